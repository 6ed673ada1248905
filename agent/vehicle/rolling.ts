import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { LiveFix } from './live-fix.ts'

/*
 * When a crew set off, found out by the car:
 *
 *     signed ── more than 8 km/h for 5 s, or more than 50 m from where it was signed ──> rolling
 *
 * dated back to the start of that motion, and never before the order was signed: a patrol that is under way already
 * rolls for this incident from the moment the crew took it.
 */
const FAST_MPS = 8 / 3.6
const FAST_MS = 5_000
const MOVED_M = 50
/** A car at this speed has begun to move; below the lower one it stands. */
const SETS_OFF_MPS = 1
const STANDS_MPS = 0.6

export type Rolling = {
  /** Where it was when signed; null until the first live fix after that. */
  readonly from: LatLon | null
  /** Start of the motion under way, and of the first one since signed. */
  readonly motionUtcMs: number | null
  readonly firstMotionUtcMs: number | null
  readonly fastSinceMonoMs: number | null
}
export const NOT_ROLLING: Rolling = {
  from: null,
  motionUtcMs: null,
  firstMotionUtcMs: null,
  fastSinceMonoMs: null,
}

export type Rolled = { readonly startedUtcMs: number; readonly by: 'speed' | 'distance' }

/** After a live fix: the state, and the rolling it found. Call it only until it found one. */
export function rollingAfter(
  rolling: Rolling,
  fix: LiveFix,
): { readonly rolling: Rolling; readonly rolled: Rolled | null } {
  const { speedMps, at } = fix
  const from = rolling.from ?? { lat: fix.lat, lon: fix.lon }
  const motionUtcMs =
    speedMps >= SETS_OFF_MPS
      ? (rolling.motionUtcMs ?? at.utcMs)
      : speedMps <= STANDS_MPS
        ? null
        : rolling.motionUtcMs
  const firstMotionUtcMs = rolling.firstMotionUtcMs ?? motionUtcMs
  const fastSinceMonoMs = speedMps > FAST_MPS ? (rolling.fastSinceMonoMs ?? at.monoMs) : null
  const next: Rolling = { from, motionUtcMs, firstMotionUtcMs, fastSinceMonoMs }
  if (fastSinceMonoMs !== null && at.monoMs - fastSinceMonoMs >= FAST_MS) {
    return { rolling: next, rolled: { startedUtcMs: motionUtcMs ?? at.utcMs, by: 'speed' } }
  }
  if (distanceM(from, fix) > MOVED_M + fix.accuracyM) {
    return { rolling: next, rolled: { startedUtcMs: firstMotionUtcMs ?? at.utcMs, by: 'distance' } }
  }
  return { rolling: next, rolled: null }
}
