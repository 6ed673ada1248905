import type { Position } from '#protocols/bodies.ts'
import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { angleBetweenDeg, distanceM } from '#protocols/geo/sphere.ts'

/*
 * Which fixes become records. Between two records a reader draws a straight line at even speed, so a fix is worth a
 * record when that line would be wrong by more than `errorM` about any fix left out since the last one:
 *
 *     last ●────────────○ now        every fix between is compared with where the line has the car at its moment:
 *            ·   ·  ·                corners, braking and standing still all show as distance
 *
 * Beside the shape of the track a dispatcher wants to see at once that a car starts, stops or turns; and silence is
 * never longer than was announced.
 */
export type SamplingRules = {
  /** Largest error of the straight line, metres. The receiver's own error comes on top. */
  readonly errorM: number
  /** A report at the latest after this, and what the gateway is told to expect: later by a lost message or two. */
  readonly everyMs: number
  readonly announcedMs: number
  /** Never sooner than this after the last. */
  readonly everyMsMin: number
  /** Metres from the last report, so that a fast car's mark is never far behind. */
  readonly movedM: number
  /** Turned by more than this while moving: the arrow on the map points the wrong way. */
  readonly turnedDeg: number
}

/** What a car is doing, as far as it decides how often it reports. */
export type Situation = 'parked' | 'patrol' | 'incident'

export type Sampling = Readonly<Record<Situation, SamplingRules>>

const RULES = { errorM: 7, everyMsMin: 1_900, movedM: 250, turnedDeg: 45 } as const

/** By default. On shift a car is never silent longer than it announced, and it announces at most 20 s. */
export const ADAPTIVE: Sampling = {
  parked: { ...RULES, errorM: 15, everyMs: 17_000, announcedMs: 20_000 },
  patrol: { ...RULES, everyMs: 13_000, announcedMs: 16_000 },
  /** On the way to an incident somebody looks at this very car. */
  incident: { ...RULES, errorM: 4, everyMs: 5_000, announcedMs: 8_000, movedM: 90, turnedDeg: 30 },
}

/** Every fix of a receiver at 1 Hz while moving: for measuring links and maps, and for whoever pays for it. */
export const EVERY_SECOND: Sampling = (() => {
  const moving = { errorM: 0, everyMs: 900, everyMsMin: 900, announcedMs: 20_000, movedM: 0, turnedDeg: 0 }
  return { parked: { ...moving, everyMs: 8_000, errorM: 25, movedM: 25 }, patrol: moving, incident: moving }
})()

export const SAMPLINGS = { adaptive: ADAPTIVE, 'every-second': EVERY_SECOND } as const
export type SamplingName = keyof typeof SAMPLINGS

type Seen = { readonly lat: number; readonly lon: number; readonly monoMs: number }

export type SamplingState = {
  readonly last: { readonly position: Position; readonly monoMs: number } | null
  /** Fixes left out since the last report, oldest first, at most one per `KEPT_EVERY_MS`. */
  readonly since: readonly Seen[]
  /** As the last report said. */
  readonly moving: boolean
}
export const NOTHING_SAMPLED: SamplingState = { last: null, since: [], moving: false }

/** At 10 Hz one fix in nine is compared; with `everyMs` this bounds `since` to some twenty. */
const KEPT_EVERY_MS = 900

/** A car moves from this speed on and stands below the lower one: a receiver in a street drifts by less. */
const MOVING_MPS = 1.5
const STANDING_MPS = 0.6

export function isMoving(wasMoving: boolean, position: Pick<Position, 'speedMps'>): boolean {
  const speedMps = position.speedMps ?? 0
  return wasMoving ? speedMps > STANDING_MPS : speedMps >= MOVING_MPS
}

/** The next fix becomes a record whatever it is. */
export const reportNext = (state: SamplingState): SamplingState => ({ ...state, last: null, since: [] })

/** The state after a fix, and whether the fix is to become a record. */
export function sample(
  state: SamplingState,
  position: Position,
  monoMs: number,
  rules: SamplingRules,
): { readonly state: SamplingState; readonly isDue: boolean } {
  const moving = isMoving(state.moving, position)
  if (isDue(state, position, monoMs, rules, moving)) {
    return { state: { last: { position, monoMs }, since: [], moving }, isDue: true }
  }
  const newest = state.since.at(-1)?.monoMs ?? state.last?.monoMs ?? -Infinity
  const { lat, lon } = position
  const isKept = monoMs - newest >= KEPT_EVERY_MS
  const since = isKept ? [...state.since, { lat, lon, monoMs }] : state.since
  return { state: { ...state, since }, isDue: false }
}

function isDue(
  { last, since, moving: wasMoving }: SamplingState,
  position: Position,
  monoMs: number,
  rules: SamplingRules,
  moving: boolean,
): boolean {
  if (last === null) return true
  const silentMs = monoMs - last.monoMs
  if (silentMs >= rules.everyMs) return true
  if (silentMs < rules.everyMsMin) return false
  if (moving !== wasMoving) return true
  if (distanceM(last.position, position) > rules.movedM) return true
  if (moving && turnedBy(last.position, position) > rules.turnedDeg) return true
  return lineErrorM(last, since, { ...position, monoMs }) > rules.errorM
}

/** How far the straight line from the last report to here is from the fixes between, at most; metres. */
function lineErrorM(
  { position: from, monoMs: fromMs }: NonNullable<SamplingState['last']>,
  since: readonly Seen[],
  to: Seen,
): number {
  const perLon = METRES_PER_DEGREE * Math.cos((from.lat * Math.PI) / 180)
  let worst = 0
  for (const { lat, lon, monoMs } of since) {
    const share = (monoMs - fromMs) / (to.monoMs - fromMs)
    const north = (from.lat + share * (to.lat - from.lat) - lat) * METRES_PER_DEGREE
    const east = (from.lon + share * (to.lon - from.lon) - lon) * perLon
    worst = Math.max(worst, Math.hypot(north, east))
  }
  return worst
}

const turnedBy = (from: Position, to: Position): number =>
  from.trackDeg === undefined || to.trackDeg === undefined ? 0 : angleBetweenDeg(from.trackDeg, to.trackDeg)
