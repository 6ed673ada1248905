import type { Fix } from '#protocols/fix.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { Refusal } from '#protocols/receiver-health.ts'

/*
 * What a receiver says and what a car can do. A checksum of eight bits lets one altered sentence in 256 through, a
 * reflected signal moves a car across a river, a week counter rolls over: the decoder tells such a fix as it was told,
 * and this gate stands behind it.
 *
 *   jump        further than the car could have driven since the last believed fix      the fix is refused
 *   backwards   its time is older than the last believed one                            the fix is refused
 *   speed       faster than any patrol car                                              speed and track are left out
 *   altitude    below every road or above every mountain                                altitude is left out, mode is 2
 *   date        before this could have been installed, or a rollover later              time is left out, flag is kept
 *   datum       told in another datum than WGS-84                                       place is left out, flag is kept
 *
 * A refusal that persists was right: after three refused fixes that agree with each other for two seconds, the car is
 * where they say. So a ferry, a cold start or a receiver set right by its first almanac is not locked out.
 */

/** 320 km/h; the receivers themselves stop at 500 m/s. */
const SPEED_MPS_MAX = 90
/** What a fix may be off without any driving: multipath in a street of high houses. */
const SLACK_M = 60
/** Two sentences of one epoch may round their time apart. */
const BACKWARDS_MS_MAX = 20
const ALTITUDE_M_MIN = -450
const ALTITUDE_M_MAX = 6_000
const AGREEING_MIN = 3
const AGREEING_MS_MIN = 2_000

type Seen = {
  readonly lat: number
  readonly lon: number
  readonly timeUtcMs?: number
  readonly monoMs: number
}

export type Gate = {
  readonly believed: Seen | undefined
  /** Refused fixes that agree with each other: since when, how many, the last of them. */
  readonly doubt: { readonly sinceMonoMs: number; readonly count: number; readonly last: Seen } | undefined
  readonly refused: Readonly<Record<Refusal, number>>
}
export type Judged = {
  readonly gate: Gate
  /** Absent when the whole fix is refused. */
  readonly fix?: Fix
}

export const openGate: Gate = {
  believed: undefined,
  doubt: undefined,
  refused: { jump: 0, backwards: 0, speed: 0, altitude: 0, date: 0, datum: 0 },
}

/** Whether `fix`, heard at `monoMs` (ms, monotonic), can be; what cannot be is left out and counted. */
export const judge = (gate: Gate, fix: Fix, monoMs: number): Judged => {
  const { values, refused } = withoutNonsense(fix, gate.refused)
  const seen = seenOf(values, monoMs)
  // Without a place there is nothing to doubt.
  if (seen === undefined) return { gate: { ...gate, refused }, fix: values }
  const why = gate.believed === undefined ? undefined : doubtOf(gate.believed, seen)
  if (why === undefined) return { gate: { believed: seen, doubt: undefined, refused }, fix: values }
  const doubt = persisting(gate.doubt, seen)
  if (doubt.count >= AGREEING_MIN && monoMs - doubt.sinceMonoMs >= AGREEING_MS_MIN)
    return { gate: { believed: seen, doubt: undefined, refused }, fix: values }
  return { gate: { ...gate, doubt, refused: { ...refused, [why]: refused[why] + 1 } } }
}

const withoutNonsense = (
  fix: Fix,
  before: Gate['refused'],
): { readonly values: Fix; readonly refused: Gate['refused'] } => {
  const values: Fix = { ...fix }
  const refused = { ...before }
  if (fix.speedMps !== undefined && fix.speedMps > SPEED_MPS_MAX) {
    delete values.speedMps
    delete values.trackDeg
    refused.speed++
  }
  if (fix.altMslM !== undefined && (fix.altMslM < ALTITUDE_M_MIN || fix.altMslM > ALTITUDE_M_MAX)) {
    delete values.altMslM
    if (values.mode === 3) values.mode = 2
    refused.altitude++
  }
  if (fix.datumSuspect !== undefined && fix.mode >= 2) {
    for (const key of OF_A_PLACE) delete values[key]
    values.mode = 1
    refused.datum++
  }
  if (fix.dateSuspect === true && fix.timeUtcMs !== undefined) {
    delete values.timeUtcMs
    refused.date++
  }
  return { values, refused }
}

/** What a fix without a place does not tell; time and sky stay. */
const OF_A_PLACE = ['lat', 'lon', 'altMslM', 'speedMps', 'trackDeg', 'hdop', 'accuracyM'] as const

const seenOf = ({ lat, lon, timeUtcMs, mode }: Fix, monoMs: number): Seen | undefined =>
  mode < 2 || lat === undefined || lon === undefined
    ? undefined
    : { lat, lon, monoMs, ...(timeUtcMs === undefined ? {} : { timeUtcMs }) }

const doubtOf = (from: Seen, to: Seen): 'jump' | 'backwards' | undefined => {
  const told = from.timeUtcMs === undefined || to.timeUtcMs === undefined ? 0 : to.timeUtcMs - from.timeUtcMs
  if (told < -BACKWARDS_MS_MAX) return 'backwards'
  // A busy computer hears fixes late and together: the longer of the two times counts.
  const ms = Math.max(told, to.monoMs - from.monoMs)
  return distanceM(from, to) > SLACK_M + (SPEED_MPS_MAX * ms) / 1000 ? 'jump' : undefined
}

const persisting = (doubt: Gate['doubt'], seen: Seen): NonNullable<Gate['doubt']> =>
  doubt !== undefined && doubtOf(doubt.last, seen) === undefined
    ? { ...doubt, count: doubt.count + 1, last: seen }
    : { sinceMonoMs: seen.monoMs, count: 1, last: seen }
