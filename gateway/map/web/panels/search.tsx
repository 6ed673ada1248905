import { signal } from '@preact/signals'
import { Icon } from '../look/icons.tsx'
import { flyTo, focus } from '../state/focus.ts'
import { incidentsNewestFirst, unitsByCallSign } from '../state/picture.ts'
import { words } from '../words/words.ts'
import { showUnitCard } from './candidates.tsx'

export const search = signal('')

/** Every word typed must occur somewhere in the texts of an entry. */
export function fitsSearch(...texts: readonly string[]): boolean {
  const hay = texts.join(' ').toLowerCase()
  return search.value
    .toLowerCase()
    .split(/\s+/)
    .every(word => hay.includes(word))
}

/** Narrows both lists as one types; Enter opens the first unit that fits, else the first incident. */
export function Search() {
  const w = words.value
  const openFirst = (): void => {
    if (search.value.trim() === '') return
    const unit = unitsByCallSign.value.find(({ view }) => fitsSearch(view.callSign, view.id))
    if (unit !== undefined) return showUnitCard(unit.view.id)
    const incident = incidentsNewestFirst.value.find(({ view }) => fitsSearch(view.number, view.place.text))
    if (incident === undefined) return
    focus.value = { kind: 'incident', id: incident.view.id }
    flyTo(incident.view.place)
  }
  return (
    <label class="search">
      <Icon name="search" />
      <input
        id="search"
        type="search"
        placeholder={w.search}
        aria-label={w.search}
        value={search.value}
        onInput={event => (search.value = event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && !event.isComposing) openFirst()
          if (event.key === 'Escape') search.value = ''
        }}
      />
      <kbd>/</kbd>
    </label>
  )
}
