import type { Position } from '#protocols/bodies.ts'
import { distanceM } from '#protocols/geo/sphere.ts'

export type SamplingState = { readonly lastSampledMonoMs: number; readonly last: Position | null }

/** Defaults, all of them configuration later. On shift a car is never silent longer than `announcedMs`. */
export const SAMPLING = {
  /** A moving car: often enough that an arrow on the map glides. */
  movingEveryMs: 1_000,
  /** A parked car: half the announced silence, so one lost message does not make it look stale. */
  parkedEveryMs: 8_000,
  /** Promised to the gateway in hello and live; at most 20 s on shift. */
  announcedMs: 20_000,
  movingMps: 1.5,
  movedM: 25,
} as const

/** Whether this position is worth a record: time, distance and the start of movement decide. */
export function isDue(state: SamplingState, position: Position, monoMs: number): boolean {
  const silentMs = monoMs - state.lastSampledMonoMs
  if (state.last === null || silentMs >= SAMPLING.parkedEveryMs) return true
  if (silentMs < SAMPLING.movingEveryMs * 0.9) return false
  const moving =
    (position.speedMps ?? 0) >= SAMPLING.movingMps || (state.last.speedMps ?? 0) >= SAMPLING.movingMps
  return moving || distanceM(state.last, position) >= SAMPLING.movedM
}
