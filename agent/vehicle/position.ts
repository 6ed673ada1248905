import type { Position } from '#protocols/bodies.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Now } from '#protocols/time.ts'
import type { VehicleState } from './state.ts'

/** A fix as a record tells it; undefined without a place. */
export function positionOf(fix: Fix): Position | undefined {
  const { mode, lat, lon } = fix
  if (mode === 1 || lat === undefined || lon === undefined) return undefined
  const { timeUtcMs, speedMps, trackDeg, altMslM, hdop, satsUsed, satsSeen } = fix
  return {
    lat,
    lon,
    mode,
    ...(speedMps !== undefined && { speedMps }),
    ...(trackDeg !== undefined && { trackDeg }),
    ...(altMslM !== undefined && { altMslM }),
    ...(hdop !== undefined && { hdop }),
    ...(satsUsed !== undefined && { satsUsed }),
    ...(satsSeen !== undefined && { satsSeen }),
    ...(timeUtcMs !== undefined && { fixUtcMs: timeUtcMs }),
  }
}

/** Where the car is, by its newest fix with a place, reported or not: for its own page, and for alarms. */
export const newestPosition = (
  state: VehicleState,
): { readonly position: Position; readonly at: Now } | null => state.placed ?? state.sampled
