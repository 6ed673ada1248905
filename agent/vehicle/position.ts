import type { Position } from '#protocols/bodies.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Now } from '#protocols/time.ts'
import type { VehicleState } from './state.ts'

/** A fix as a record tells it; undefined without a place. */
export function positionOf(fix: Fix): Position | undefined {
  const { mode, lat, lon } = fix
  if (mode === 1 || lat === undefined || lon === undefined) return undefined
  const { timeUtcMs, speedMps, trackDeg, altMslM, hdop, satsUsed, satsSeen } = fix
  const position: Position = { lat, lon, mode }
  if (speedMps !== undefined) position.speedMps = speedMps
  if (trackDeg !== undefined) position.trackDeg = trackDeg
  if (altMslM !== undefined) position.altMslM = altMslM
  if (hdop !== undefined) position.hdop = hdop
  if (satsUsed !== undefined) position.satsUsed = satsUsed
  if (satsSeen !== undefined) position.satsSeen = satsSeen
  if (timeUtcMs !== undefined) position.fixUtcMs = timeUtcMs
  return position
}

/** Where the car is, by its newest fix with a place, reported or not: for its own page, and for alarms. */
export const newestPosition = (
  state: VehicleState,
): { readonly position: Position; readonly at: Now } | null => state.placed ?? state.sampled
