import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Now } from '#protocols/time.ts'
import type { LiveFix } from './live-fix.ts'

/*
 * When a car was there, found out in two stages and dated back to the start of its stop. "Slow near the place" is also
 * what a red light looks like, so standing alone is only a candidate:
 *
 *     away ──stands within 100 m──> near ──door opens, ignition off, crew says so, or a long dwell──> arrived
 *       ^                            │                                                                  │
 *       └────drives on > 30 m────────┘<─────────────── undone by the crew within 10 s ──────────────────┘
 *     away ──stands within 400 m and a door opens──> prompt: the crew is asked, nothing is assumed
 *
 * A dwell alone counts only after more than the longest red light: 130 s close by, 180 s further off. 90 s, the first
 * idea, is early on a light that stays red for two minutes; how often is measured by `reach5 prove arrival`.
 */
export const ARRIVAL = {
  nearM: 100,
  promptM: 400,
  standingMps: 2,
  /** Faster than standing is driving: at once by a receiver sure to 10 m, for this long by any other. */
  sureM: 10,
  drivingMs: 900,
  /** Still manoeuvring: the stop begins when this is over. */
  crawlingMps: 1,
  candidateAfterMs: 2_000,
  closeM: 40,
  dwellCloseMs: 130_000,
  dwellMs: 180_000,
  droveOnM: 30,
  fixAgeMsMax: 10_000,
  /** Fixes further apart than this say nothing of what the car did between. */
  blindMs: 5_000,
  /** After that, this far from where it stood is another stop. */
  blindM: 15,
  undoMs: 10_000,
} as const
export type ArrivalRules = { readonly [K in keyof typeof ARRIVAL]: number }

/** A stop's place is the mean of this many fixes at most; then newer ones count as much as the oldest. */
const MEAN_OF_MAX = 600

export type Cue = 'door' | 'ignition'
export type ConfirmedBy = Cue | 'dwell' | 'tap'

export type Arrival = {
  readonly stage: 'away' | 'near' | 'prompt' | 'arrived'
  /** The stop under way, wherever it is. `dwellFromMonoMs` is null after a restart until the car is seen there again. */
  readonly stop:
    | (LatLon & {
        readonly startedUtcMs: number
        readonly dwellFromMonoMs: number | null
        /** How many fixes `lat`, `lon` is the mean of. */
        readonly fixes: number
      })
    | null
  /** Where the candidate was told; driving on from here takes it back. */
  readonly toldAt: LatLon | null
  /** Somebody got out, or the engine was switched off, since the car last drove. */
  readonly cue: { readonly by: Cue; readonly utcMs: number } | null
  /** The crew said no here: nothing is sensed before the car has driven on. */
  readonly refusedAt: LatLon | null
  /** Newest live fix, for its age. */
  readonly seen: LiveFix | null
  readonly fastSinceMonoMs: number | null
  readonly crawled: boolean
  /** Of an automatic arrival that can be taken back. */
  readonly undoUntilMonoMs: number | null
}
export const AWAY: Arrival = {
  stage: 'away',
  stop: null,
  toldAt: null,
  cue: null,
  refusedAt: null,
  seen: null,
  fastSinceMonoMs: null,
  crawled: false,
  undoUntilMonoMs: null,
}

export type ArrivalEvent =
  | { readonly type: 'fix'; readonly fix: LiveFix }
  | { readonly type: 'cue'; readonly by: Cue }
  /** The crew says it is there. */
  | { readonly type: 'tap' }
  /** The crew takes an automatic arrival back, or answers a prompt with no. */
  | { readonly type: 'undo' }

export type ArrivalEffect =
  | { readonly type: 'candidate'; readonly startedUtcMs: number; readonly distanceM: number }
  | {
      readonly type: 'confirmed'
      readonly startedUtcMs: number
      readonly distanceM: number
      readonly by: ConfirmedBy
    }
  | { readonly type: 'undone'; readonly why: 'crew' | 'drove_on' }

type Step = { readonly arrival: Arrival; readonly effects: readonly ArrivalEffect[] }

/** One event on the way to `place`. */
export function arrivalAfter(
  arrival: Arrival,
  event: ArrivalEvent,
  place: LatLon,
  now: Now,
  rules: ArrivalRules = ARRIVAL,
): Step {
  if (event.type === 'undo') return undo(arrival, now)
  if (arrival.stage === 'arrived') return { arrival, effects: [] }
  switch (event.type) {
    case 'fix':
      return decide(afterFix(arrival, event.fix, rules), place, now, rules)
    case 'cue': {
      const cue = { by: event.by, utcMs: now.utcMs }
      return decide({ ...arrival, cue: arrival.cue ?? cue }, place, now, rules)
    }
    case 'tap':
      return tap(arrival, place, now, rules)
  }
}

/** A new boot has another monotonic clock; what was seen before it is kept by its time of day. */
export const afterRestart = (arrival: Arrival): Arrival => ({
  ...arrival,
  stop: arrival.stop && { ...arrival.stop, dwellFromMonoMs: null },
  cue: null,
  seen: null,
  fastSinceMonoMs: null,
  crawled: false,
  undoUntilMonoMs: null,
})

function afterFix(arrival: Arrival, fix: LiveFix, rules: ArrivalRules): Arrival {
  const { monoMs, utcMs } = fix.at
  const { stop, cue, refusedAt } = arrival
  const isFast = fix.speedMps > rules.standingMps
  const fastSinceMonoMs = isFast ? (arrival.fastSinceMonoMs ?? monoMs) : null
  const crawled = fix.speedMps > rules.crawlingMps
  const next: Arrival = { ...arrival, seen: fix, fastSinceMonoMs, crawled }
  // A drifting receiver slides a standing car by more than this; only wheels or a gap in the fixes make it another place.
  const wasBlind = arrival.seen === null || monoMs - arrival.seen.at.monoMs > rules.blindMs
  const isElsewhere = wasBlind && stop !== null && distanceM(stop, fix) > rules.blindM
  const fastMs = monoMs - (fastSinceMonoMs ?? monoMs)
  const isSure = fix.accuracyM <= rules.sureM
  const isDriving = isFast && (isSure || fastMs >= rules.drivingMs)
  if (isDriving || isElsewhere) {
    const isAway = refusedAt !== null && distanceM(refusedAt, fix) > rules.droveOnM
    const driving = { ...next, stop: null, cue: null, refusedAt: isAway ? null : refusedAt }
    return isFast ? driving : standing(driving, fix, utcMs)
  }
  if (isFast) return next
  // Somebody who got out before the first fix of this stop did so while the car stood.
  if (stop === null) return standing(next, fix, Math.min(utcMs, cue?.utcMs ?? utcMs))
  // A crawl, in two fixes where one could be wrong: the car is still finding its place, or the queue moved up.
  if (crawled && (isSure || arrival.crawled) && cue === null) return standing(next, fix, utcMs)
  return { ...next, stop: stoodOn(stop, fix) }
}

/** One more fix of the same stop: the place is their mean, so that a wandering receiver does not carry the car away. */
function stoodOn(
  stop: NonNullable<Arrival['stop']>,
  { lat, lon, at }: LiveFix,
): NonNullable<Arrival['stop']> {
  const fixes = Math.min(stop.fixes + 1, MEAN_OF_MAX)
  return {
    ...stop,
    fixes,
    lat: stop.lat + (lat - stop.lat) / fixes,
    lon: stop.lon + (lon - stop.lon) / fixes,
    dwellFromMonoMs: stop.dwellFromMonoMs ?? at.monoMs,
  }
}

const standing = (arrival: Arrival, { lat, lon, at }: LiveFix, startedUtcMs: number): Arrival => ({
  ...arrival,
  stop: { lat, lon, startedUtcMs, dwellFromMonoMs: at.monoMs, fixes: 1 },
})

function decide(arrival: Arrival, place: LatLon, now: Now, rules: ArrivalRules): Step {
  const { seen, stop } = arrival
  if (seen === null || now.monoMs - seen.at.monoMs > rules.fixAgeMsMax) return { arrival, effects: [] }
  if (stop === null) {
    const { toldAt } = arrival
    if (toldAt !== null && distanceM(toldAt, seen) > rules.droveOnM) return droveOn(arrival)
    return { arrival: arrival.stage === 'prompt' ? { ...arrival, stage: 'away' } : arrival, effects: [] }
  }
  if (arrival.refusedAt !== null || seen.speedMps > rules.standingMps) return { arrival, effects: [] }
  const away = distanceM(place, stop)
  const standsMs = stop.dwellFromMonoMs === null ? 0 : now.monoMs - stop.dwellFromMonoMs
  // A car that says it may be off by 15 m is not told to be 101 m away.
  if (away <= rules.nearM + seen.accuracyM) {
    const dwellMs = away <= rules.closeM ? rules.dwellCloseMs : rules.dwellMs
    if (arrival.cue !== null) return confirm(arrival, stop.startedUtcMs, away, arrival.cue.by, now, rules)
    if (standsMs >= dwellMs) return confirm(arrival, stop.startedUtcMs, away, 'dwell', now, rules)
    if (arrival.toldAt === null && standsMs >= rules.candidateAfterMs) return candidate(arrival, stop, away)
    return { arrival, effects: [] }
  }
  if (away <= rules.promptM && arrival.cue?.by === 'door' && arrival.stage === 'away') {
    return { arrival: { ...arrival, stage: 'prompt' }, effects: [] }
  }
  return { arrival, effects: [] }
}

const candidate = (arrival: Arrival, stop: NonNullable<Arrival['stop']>, away: number): Step => ({
  arrival: { ...arrival, stage: 'near', toldAt: { lat: stop.lat, lon: stop.lon } },
  effects: [{ type: 'candidate', startedUtcMs: stop.startedUtcMs, distanceM: away }],
})

function confirm(
  arrival: Arrival,
  startedUtcMs: number,
  away: number,
  by: ConfirmedBy,
  now: Now,
  rules: ArrivalRules,
): Step {
  const undoUntilMonoMs = by === 'tap' ? null : now.monoMs + rules.undoMs
  return {
    arrival: { ...arrival, stage: 'arrived', undoUntilMonoMs },
    effects: [{ type: 'confirmed', startedUtcMs, distanceM: away, by }],
  }
}

const droveOn = (arrival: Arrival): Step => ({
  arrival: { ...arrival, stage: 'away', toldAt: null },
  effects: [{ type: 'undone', why: 'drove_on' }],
})

/** The crew's word confirms the stop it is in; without a stop its word stands alone. */
function tap(arrival: Arrival, place: LatLon, now: Now, rules: ArrivalRules): Step {
  const { stop, seen } = arrival
  const isLive = seen !== null && now.monoMs - seen.at.monoMs <= rules.fixAgeMsMax
  if (stop === null || !isLive) return { arrival, effects: [] }
  const away = distanceM(place, seen)
  const isHere = away <= rules.nearM + seen.accuracyM || arrival.stage === 'prompt'
  return isHere ? confirm(arrival, stop.startedUtcMs, away, 'tap', now, rules) : { arrival, effects: [] }
}

function undo(arrival: Arrival, now: Now): Step {
  const refusedAt = arrival.stop && { lat: arrival.stop.lat, lon: arrival.stop.lon }
  const back: Arrival = {
    ...arrival,
    stage: 'away',
    cue: null,
    toldAt: null,
    refusedAt,
    undoUntilMonoMs: null,
  }
  if (arrival.stage === 'prompt') return { arrival: back, effects: [] }
  return mayUndo(arrival, now)
    ? { arrival: back, effects: [{ type: 'undone', why: 'crew' }] }
    : { arrival, effects: [] }
}

/** Whether an automatic arrival can still be taken back. */
export const mayUndo = (arrival: Arrival, now: Now): boolean =>
  arrival.stage === 'arrived' && arrival.undoUntilMonoMs !== null && now.monoMs <= arrival.undoUntilMonoMs
