import type { Fix } from '../fix.ts'
import type { ToldSky } from './sky.ts'
import type { Told } from './told.ts'

const DAY_MS = 86_400_000
/** A week number of ten bits rolls over after this long; a receiver past its rollover is off by exactly that. */
const ROLLOVER_MS = 1024 * 7 * DAY_MS
/** Nothing was installed before: an earlier date, or one a rollover later, is shown as suspect, never rewritten. */
export const PLAUSIBLE_FROM_UTC_MS = Date.UTC(2024, 0, 1)

/** A place told and the sky it goes with, as everybody else speaks of it; what was not told is absent. */
export const fixOf = (told: Told, sky: ToldSky): Fix => {
  const fix = noFixOf(told.timeUtcMs, sky)
  fix.mode = told.mode === 3 ? 3 : 2
  if (told.place !== undefined) {
    fix.lat = told.place.lat
    fix.lon = told.place.lon
  }
  if (told.speedMps !== undefined) fix.speedMps = told.speedMps
  if (told.trackDeg !== undefined) fix.trackDeg = told.trackDeg
  if (told.altMslM !== undefined) fix.altMslM = told.altMslM
  if (told.hdop !== undefined) fix.hdop = told.hdop
  if (told.accuracyM !== undefined) fix.accuracyM = told.accuracyM
  if (told.foreignDatum !== undefined) fix.datumSuspect = told.foreignDatum
  if (told.isSimulated) fix.simulated = true
  if (told.isEstimated) fix.deadReckoning = true
  return fix
}

/** Time and sky alone. */
export const noFixOf = (timeUtcMs: number | undefined, sky: ToldSky): Fix => {
  const fix: Fix = { mode: 1 }
  const sats = sky.tally()
  if (timeUtcMs !== undefined) fix.timeUtcMs = timeUtcMs
  if (sky.rowsUsed !== undefined) fix.satsUsed = sky.rowsUsed
  if (sky.rowsSeen !== undefined) fix.satsSeen = sky.rowsSeen
  // A copy: whoever gets the fix may do with it what he likes.
  if (sats !== undefined) fix.sats = { ...sats } as NonNullable<Fix['sats']>
  if (timeUtcMs !== undefined && isSuspect(timeUtcMs)) fix.dateSuspect = true
  return fix
}

const isSuspect = (utcMs: number): boolean =>
  utcMs < PLAUSIBLE_FROM_UTC_MS || utcMs >= PLAUSIBLE_FROM_UTC_MS + ROLLOVER_MS
