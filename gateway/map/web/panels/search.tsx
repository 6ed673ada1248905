import { computed, useSignal } from '@preact/signals'
import { Icon } from '../look/icons.tsx'
import type { IconName } from '../look/icons.tsx'
import { namedPlaces } from '../state/city-data.ts'
import { flyTo, focus } from '../state/focus.ts'
import { incidentsNewestFirst, unitsByCallSign } from '../state/picture.ts'
import { fitsSearch, search } from '../state/unit-filter.ts'
import { words } from '../words/words.ts'
import { showUnitCard } from './candidates.tsx'

type Hit = {
  readonly key: string
  readonly icon: IconName
  readonly text: string
  readonly more: string
  readonly open: () => void
}
const UNITS_MAX = 3
const INCIDENTS_MAX = 3
const PLACES_MAX = 6
/** `35.5838, 116.9925`: latitude first, as people write it. */
const COORDINATES = /^\s*(-?\d{1,2}\.\d+)\s*[,，\s]\s*(-?\d{1,3}\.\d+)\s*$/

const hits = computed((): readonly Hit[] => {
  if (search.value.trim() === '') return []
  const place = COORDINATES.exec(search.value)
  if (place !== null) {
    const [lat, lon] = [Number(place[1]), Number(place[2])]
    return [placeHit(words.value.here, lat, lon)]
  }
  const units = unitsByCallSign.value.filter(({ view }) => fitsSearch(view.callSign, view.id))
  const incidents = incidentsNewestFirst.value.filter(({ view }) =>
    fitsSearch(view.number, view.place.text, words.value.classes[view.class]),
  )
  const places = namedPlaces.value.filter(({ name }) => fitsSearch(name))
  return [
    ...units.slice(0, UNITS_MAX).map(({ view }): Hit => ({
      key: view.id,
      icon: 'target',
      text: view.callSign,
      more: words.value.units,
      open: () => showUnitCard(view.id),
    })),
    ...incidents.slice(0, INCIDENTS_MAX).map(({ view }): Hit => ({
      key: view.id,
      icon: 'alarm',
      text: `${words.value.classes[view.class]} ${view.place.text}`,
      more: view.number.split('-').at(-1) ?? '',
      open: () => {
        focus.value = { kind: 'incident', id: view.id }
        flyTo(view.place)
      },
    })),
    ...places.slice(0, PLACES_MAX).map(({ name, lat, lon }) => placeHit(name, lat, lon)),
  ]
})

const placeHit = (name: string, lat: number, lon: number): Hit => ({
  key: `${name} ${lat} ${lon}`,
  icon: 'home',
  text: name,
  more: words.value.newHere,
  open: () => {
    focus.value = { kind: 'place', lat, lon, name }
    flyTo({ lat, lon })
  },
})

/** Narrows both lists as one types; the arrows choose among units, incidents and places, Enter opens. */
export function Search() {
  const w = words.value
  const chosen = useSignal(0)
  const isOpen = useSignal(false)
  const shown = isOpen.value ? hits.value : []
  const open = (hit: Hit | undefined): void => {
    if (hit === undefined) return
    isOpen.value = false
    search.value = ''
    hit.open()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    if (event.key === 'Enter') open(shown[chosen.value] ?? hits.value[0])
    else if (event.key === 'Escape') {
      search.value = ''
      isOpen.value = false
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      chosen.value = Math.max(0, Math.min(shown.length - 1, chosen.value + step))
    }
  }
  return (
    <div class="search">
      <Icon name="search" />
      <input
        id="search"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        placeholder={w.search}
        aria-label={w.search}
        aria-expanded={shown.length > 0}
        aria-controls="search-hits"
        aria-activedescendant={shown.length > 0 ? `hit-${chosen.value}` : undefined}
        value={search.value}
        onInput={event => {
          search.value = event.currentTarget.value
          chosen.value = 0
          isOpen.value = true
        }}
        onFocus={() => (isOpen.value = true)}
        onBlur={() => (isOpen.value = false)}
        onKeyDown={onKeyDown}
      />
      <kbd>/</kbd>
      <ul class="hits" id="search-hits" role="listbox" aria-label={w.search} hidden={shown.length === 0}>
        {shown.map((hit, n) => (
          <li
            key={hit.key}
            id={`hit-${n}`}
            role="option"
            aria-selected={n === chosen.value}
            // Before the field loses the focus, or the list would be gone.
            onPointerDown={event => {
              event.preventDefault()
              open(hit)
            }}
          >
            <Icon name={hit.icon} />
            <b>{hit.text}</b>
            <span class="sub">{hit.more}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
