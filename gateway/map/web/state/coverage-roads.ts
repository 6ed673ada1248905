import { computed, effect, signal, untracked } from '@preact/signals'
import { parseRoadLines, parseRoadTimes, unknownTimes } from '../city/road-lines.ts'
import type { RoadLines, RoadTimes } from '../city/road-lines.ts'
import { bytesOf, geoJsonOf } from './gateway-http.ts'
import { coverage, coverageIsOld } from './coverage.ts'
import { layers } from './layers.ts'
import { comparing, plannedUnits } from './plan.ts'

/** The roads to colour, fetched when they are first wanted; the times of the newest refresh, for all units or one. */
export const roadLines = signal<RoadLines | null>(null)
export const roadTimes = signal<RoadTimes | null>(null)
export const coldSpotShapes = signal<GeoJSON.FeatureCollection | null>(null)

/** What the map draws: an old picture is unknown, never green, and claims no cold spot. */
export const shownTimes = computed((): RoadTimes | null =>
  roadTimes.value !== null && coverageIsOld.value ? unknownTimes(roadTimes.value) : roadTimes.value,
)
export const shownColdSpots = computed(() => (coverageIsOld.value ? null : coldSpotShapes.value))

/** The one unit whose reach is shown instead of everybody's; null shows everybody's. */
export const reachOf = signal<string | null>(null)

const RETRY_MS = 3_000
/** One unit's reach follows it at this pace. */
const REACH_EVERY_MS = 2_000

/** All units, one, or all but those of a plan. */
function pathOf(unit: string | null): string {
  if (unit !== null) return `v1/reach/roads?${new URLSearchParams({ unit })}`
  const without = comparing.peek() === 'after' ? plannedUnits.peek().join() : ''
  return without === '' ? 'v1/coverage/roads' : `v1/coverage/roads?${new URLSearchParams({ without })}`
}

/** Asks only while a layer that needs it is on, and never twice at once. */
export function startCoverageRoads(): void {
  const wantsRoads = (): boolean =>
    layers.value.coverage !== 'off' || reachOf.value !== null || comparing.value !== 'off'
  let asking = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const ask = async (): Promise<void> => {
    clearTimeout(timer)
    if (asking || !untracked(wantsRoads)) return
    asking = true
    const unit = comparing.peek() === 'off' ? reachOf.peek() : null
    const path = pathOf(unit)
    if (roadLines.peek() === null) {
      const answer = await bytesOf('v1/roads/lines')
      const parsed = answer.ok ? parseRoadLines(answer.value) : answer
      if (parsed.ok) roadLines.value = parsed.value
    }
    const answer = await bytesOf(path)
    asking = false
    if (path !== pathOf(comparing.peek() === 'off' ? reachOf.peek() : null)) return void ask()
    const parsed = answer.ok ? parseRoadTimes(answer.value) : answer
    // An answer that failed takes the colours away: an old picture must not pass for the reach of now.
    roadTimes.value = parsed.ok ? parsed.value : null
    if (!parsed.ok) timer = setTimeout(() => void ask(), RETRY_MS)
    else if (unit !== null) timer = setTimeout(() => void ask(), REACH_EVERY_MS)
  }
  effect(() => {
    void [coverage.value?.view.tick, plannedUnits.value]
    if (wantsRoads()) void ask()
    else roadTimes.value = null
  })
  startColdSpots()
}

/** One question at a time: where answers take longer than a refresh, the map shows the one before, not nothing. */
function startColdSpots(): void {
  const wanted = computed(() => {
    const spots = layers.value.coldSpots ? (coverage.value?.view.coldSpots ?? []) : []
    return spots.map(spot => `${spot.id} ${spot.roadM}`).join()
  })
  let shown = ''
  let asking = false
  const ask = async (): Promise<void> => {
    const asked = wanted.peek()
    if (asking || asked === shown) return
    if (asked === '') {
      shown = ''
      coldSpotShapes.value = null
      return
    }
    asking = true
    const answer = await geoJsonOf('coldspots')
    asking = false
    if (!answer.ok) return
    shown = asked
    coldSpotShapes.value = answer.value
    void ask()
  }
  effect(() => {
    void wanted.value
    void ask()
  })
}
