const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** 1970 began on a Thursday; a week here begins on Monday. */
const THURSDAY = 3

/** Days since 1970, by local time `utcOffsetMinutes` ahead of UTC. */
export const dayOf = (utcMs: number, utcOffsetMinutes: number): number =>
  Math.floor((utcMs + utcOffsetMinutes * 60_000) / DAY_MS)

/** Local hour of the week: 0 is Monday from midnight to one, 167 the last of Sunday; modulo 24 the hour of the day. */
export function hourOfWeekAt(utcMs: number, utcOffsetMinutes: number): number {
  const hours = Math.floor((utcMs + utcOffsetMinutes * 60_000) / HOUR_MS)
  return (((hours + THURSDAY * 24) % 168) + 168) % 168
}
