import { computed, effect, signal, untracked } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { gatewayMs, grown, isHidden, nowMs } from '../state/clock.ts'
import { grids, roadSource, roads, surroundings, tiles } from '../state/city-data.ts'
import { colourOf, coverage, coverageIsOld } from '../state/coverage.ts'
import { reachOf, roadLines, shownColdSpots, shownTimes } from '../state/coverage-roads.ts'
import { closuresInForce, meant, middleOf } from '../state/closures.ts'
import { useHotkey } from '../state/hotkeys.ts'
import { layers } from '../state/layers.ts'
import { flight, focus, inSight, ranked, routes } from '../state/focus.ts'
import { incidentClock } from '../state/incident-clock.ts'
import { incidents, isOpen, ringing, units } from '../state/picture.ts'
import { comparing, foreseen } from '../state/plan.ts'
import { language, theme } from '../state/settings.ts'
import { lostForMs } from '../state/stream.ts'
import { Icon } from '../look/icons.tsx'
import { startClosing } from '../panels/closing-card.tsx'
import { effectWords } from '../panels/closure-item.tsx'
import { closureWords, roadNames } from '../words/closure-words.ts'
import { freshnessAt, lookOf } from '../look/unit-look.ts'
import { ageWords, words } from '../words/words.ts'
import {
  boundsOf,
  closureFeatures,
  coldSpotFeatures,
  coloured,
  foreseenFeatures,
  gridNamePoints,
  moveUpFeatures,
  pointsOf,
} from './features.ts'
import { openMap } from './maplibre-map.ts'
import type { CityMap, Standing } from './maplibre-map.ts'
import { Legend, ScaleBar } from './map-furniture.tsx'
import { paintPin, pinElement, ringElement, signElement } from './pins.ts'
import { marksOf } from './unit-marks.ts'
import type { Mark, Sight } from './unit-marks.ts'
import type { Track } from './unit-tracks.ts'

/** Where the first frame looks until the grids are known: the middle of the reform text's smallest example. */
const FIRST_LOOK = { lat: 35.5833, lon: 116.9858 }

const AGEING_EVERY_MS = 900
const trouble = signal(false)
const metresPerPixel = signal(0)
/** The part of the city whose units have marks, and how often the map has left it. */
let marked: Sight | null = null
const leftMarked = signal(0)

/** Read-only, for tests: which units are on the canvas, and where a place is on the screen. */
declare global {
  var reach5Map:
    | {
        readonly drawnUnits: () => string[]
        readonly unitWork: () => ReturnType<CityMap['unitWork']>
      }
    | undefined
}

export function CityMapView() {
  const container = useRef<HTMLDivElement>(null)
  const opened = useRef<CityMap | null>(null)
  const base = tiles.value
  useEffect(() => {
    if (base === undefined) return
    let stop = (): void => {}
    let gone = false
    void openMap(container.current!, base, FIRST_LOOK, {
      onPlace: choosePlace,
      onUnit: (id, at) => {
        if (focus.value.kind === 'closing') choosePlace(at)
        else focus.value = { kind: 'unit', id }
      },
      onMove: () => {
        const map = opened.current
        if (map === null) return
        metresPerPixel.value = map.metresPerPixel()
        if (marked !== null && !map.isWithin(marked)) leftMarked.value += 1
      },
      onTrouble: lost => (trouble.value = lost),
    }).then(map => {
      if (gone) return map.close()
      opened.current = map
      globalThis.reach5Map = { drawnUnits: () => map.drawnUnits(), unitWork: () => map.unitWork() }
      stop = keepDrawn(map)
    })
    return () => {
      gone = true
      stop()
      opened.current?.close()
    }
  }, [base === undefined])

  useHotkey('m', () => {
    if (opened.current !== null) choosePlace(opened.current.centre())
  })
  useHotkey('b', () => startClosing())
  const w = words.value
  return (
    <div class="map" data-closing={focus.value.kind === 'closing'} data-lost={lostForMs.value !== null}>
      <div class="map-canvas" ref={container} />
      {trouble.value && <p class="map-note">{w.mapFailed}</p>}
      <div class="map-tools">
        <button type="button" title={w.zoomIn} onClick={() => opened.current?.zoomBy(1)}>
          <Icon name="plus" title={w.zoomIn} />
        </button>
        <button type="button" title={w.zoomOut} onClick={() => opened.current?.zoomBy(-1)}>
          <Icon name="minus" title={w.zoomOut} />
        </button>
        <button
          type="button"
          title={w.overview}
          onClick={() => opened.current && fitTown(opened.current, true)}
        >
          <Icon name="home" title={w.overview} />
        </button>
        <button
          type="button"
          class="close-road"
          title={`${closureWords.value.close} (B)`}
          aria-pressed={focus.value.kind === 'closing'}
          onClick={() => startClosing()}
        >
          <Icon name="noEntry" title={closureWords.value.close} />
        </button>
      </div>
      <Legend />
      <div class="map-foot">
        <ScaleBar metresPerPixel={metresPerPixel.value} />
        <span class="map-source">{roadSource.value || (roads.value === null ? w.roadsMissing : '')}</span>
      </div>
    </div>
  )
}

/** Signals to the map: each effect draws one thing again when what it reads has changed. */
function keepDrawn(map: CityMap): () => void {
  const elements = new Map<string, HTMLElement>()
  const element = (key: string, make: () => HTMLElement): HTMLElement => {
    const known = elements.get(key) ?? make()
    elements.set(key, known)
    return known
  }
  const tracks = new Map<string, Track>()
  let drawn: { readonly wish: readonly unknown[]; readonly atMs: number } = { wish: [], atMs: 0 }
  const stops = [
    effect(() => {
      if (surroundings.value !== null) map.setData('city', surroundings.value)
    }),
    effect(() => {
      if (roads.value !== null) map.setData('roads', roads.value)
    }),
    effect(() => {
      if (grids.value === null) return
      const colours = gridColours.value
      map.setData('grids', coloured(grids.value, colours))
      map.setData('grid-names', coloured(gridNamePoints(grids.value), colours))
    }),
    effect(() => {
      if (grids.value !== null || roads.value !== null) fitTown(map, false)
    }),
    effect(() => {
      const { warnings, coldSpots, ...posts } = layers.value
      const isOff = posts.coverage === 'off' && comparing.value === 'off'
      // Two pictures in colour on top of each other are none: coloured roads keep the badges only.
      map.setVisible(['grid-tint', 'grid-hatch'], warnings && isOff)
      map.setVisible(['grid-badges'], warnings)
      map.setVisible(['cold-spots', 'cold-names'], coldSpots)
      for (const id of ['stations', 'posts', 'joints'] as const) map.setVisible([id], posts[id])
      map.coverage.setMode(posts.coverage === 'count' && reachOf.value === null ? 'count' : 'time')
    }),
    effect(() => map.coverage.setLines(roadLines.value)),
    effect(() => map.coverage.setTimes(shownTimes.value)),
    effect(() => map.setData('cold-spots', coldSpotFeatures(shownColdSpots.value))),
    effect(() => {
      void [theme.value, language.value]
      map.repaint()
    }),
    effect(() => {
      const chosen = focus.value.kind === 'unit' ? focus.value.id : null
      const isLost = lostForMs.value !== null
      const wish = [units.value, ranked.value, chosen, language.value, isLost, leftMarked.value]
      void nowMs.value
      if (isHidden.value) return
      const now = performance.now()
      // The clock alone ages positions; a large fleet that just reported has aged already.
      if (wish.every((one, n) => one === drawn.wish[n]) && now - drawn.atMs < AGEING_EVERY_MS) return
      drawn = { wish, atMs: now }
      marked = map.around()
      const marks = marksOf(units.value, tracks, ranked.value, chosen, now, marked, {
        lookOf,
        freshnessOf: (held, at) => freshnessAt(held, at, isLost),
      })
      map.setUnits(marks, now, nameOf)
    }),
    effect(() => map.setData('routes', routeLines())),
    effect(() => {
      const answer = foreseen.value
      map.setData('foreseen', foreseenFeatures(answer?.ok ? answer.value : null))
    }),
    effect(() => {
      const shown = layers.value.moveUps && !coverageIsOld.value ? (coverage.value?.view.moveUps ?? []) : []
      const at = (id: string) => units.value.get(id)?.view.position ?? undefined
      map.setData('move-ups', moveUpFeatures(shown, at))
    }),
    effect(() => map.setData('closures', closureFeatures(closuresInForce.value, meant.value))),
    effect(() => {
      if (flight.value !== null) map.flyTo(flight.value)
    }),
    effect(() => {
      if (inSight.value !== null) map.fit(boundsOf(inSight.value), { animated: true, besideCard: true })
    }),
    effect(() => {
      const standing = [
        ...alarmRings(element),
        ...incidentPins(element),
        ...closureSigns(element),
        ...clickMark(element),
      ]
      map.setStanding(standing)
      const keys = new Set(standing.map(thing => thing.key))
      for (const key of elements.keys()) if (!keys.has(key)) elements.delete(key)
    }),
  ]
  return () => stops.forEach(stop => stop())
}

/** Colours of the grids, changed only when one of them changes: the map cuts its grids anew then. */
const gridColourKey = computed(() =>
  (coverage.value?.view.grids ?? []).map(grid => `${grid.gridId}=${colourOf(grid)}`).join(),
)
const gridColours = computed(
  (): ReadonlyMap<string, string> =>
    new Map(
      gridColourKey.value === ''
        ? []
        : gridColourKey.value.split(',').map(part => part.split('=') as [string, string]),
    ),
)

/** The call sign, and for a place that is no longer live how old it is, in steps that can be read. */
function nameOf({ callSign, oldMs }: Mark): string {
  if (oldMs === null) return callSign
  const stepMs = oldMs < 60_000 ? 10_000 : 60_000
  return `${callSign} ${words.value.age.ago(ageWords(Math.floor(oldMs / stepMs) * stepMs))}`
}

function fitTown(map: CityMap, animated: boolean): void {
  const shown = untracked(() => (grids.value?.features.length ? grids.value : roads.value))
  if (shown !== null && shown.features.length > 0)
    map.fit(boundsOf(pointsOf(shown)), { animated, besideCard: false })
}

const routeLines = (): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  // The best one last, so that it is drawn on top.
  features: routes.value
    .map((line, n) => ({
      type: 'Feature' as const,
      geometry: { type: 'LineString' as const, coordinates: line.map(point => [...point]) },
      properties: { rank: n + 1 },
    }))
    .reverse(),
})

type ElementOf = (key: string, make: () => HTMLElement) => HTMLElement

function incidentPins(element: ElementOf): Standing[] {
  const chosen = focus.value.kind === 'incident' ? focus.value.id : null
  return [...incidents.value.values()].filter(isOpen).map(held => {
    const { view } = held
    const key = `incident ${view.id}`
    const pin = element(key, () => pinElement(() => (focus.value = { kind: 'incident', id: view.id })))
    const now = nowMs.value
    paintPin(
      pin,
      view,
      incidentClock(view, grown(view.ageMs, held, now), gatewayMs(held, now)),
      view.id === chosen,
    )
    return { key, element: pin, anchor: 'bottom', lat: view.place.lat, lon: view.place.lon }
  })
}

/** A ring around the unit where it is now, and where the button was pressed when that is all we know. */
function alarmRings(element: ElementOf): Standing[] {
  return ringing.value.flatMap(({ view }) => {
    const at = (view.unitId === null ? null : units.value.get(view.unitId)?.view.position) ?? view.position
    if (at === null || view.kind !== 'panic') return []
    const key = `alarm ${view.id}`
    return [
      {
        key,
        element: element(key, () => ringElement('alarm-ring')),
        anchor: 'center',
        lat: at.lat,
        lon: at.lon,
      },
    ]
  })
}

function closureSigns(element: ElementOf): Standing[] {
  const chosen = focus.value.kind === 'closure' ? focus.value.id : null
  return closuresInForce.value.flatMap(({ view }) => {
    const middle = middleOf(view.lines)
    if (middle === null) return []
    const key = `closure ${view.id}`
    const sign = element(key, () => signElement(() => (focus.value = { kind: 'closure', id: view.id })))
    sign.dataset['effect'] = view.speedFactor === 0 ? 'closed' : 'slow'
    sign.dataset['chosen'] = String(view.id === chosen)
    sign.setAttribute('aria-label', closureWords.value.label(roadNames(view.roads), effectWords(view)))
    return [{ key, element: sign, anchor: 'center' as const, lon: middle[0], lat: middle[1] }]
  })
}

/** A click, or the middle of the map: the road to close while somebody is about to, else a place. */
function choosePlace(at: { readonly lat: number; readonly lon: number }): void {
  focus.value = { kind: focus.value.kind === 'closing' ? 'closing' : 'place', ...at }
}

function clickMark(element: ElementOf): Standing[] {
  if (focus.value.kind !== 'place' && focus.value.kind !== 'closing') return []
  const { lat, lon } = focus.value
  if (lat === undefined || lon === undefined) return []
  return [
    { key: 'click', element: element('click', () => ringElement('click-mark')), anchor: 'center', lat, lon },
  ]
}
