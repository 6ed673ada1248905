import type { PlaceSort } from '../city/places.ts'
import type { Random } from '../random.ts'

/**
 * How a day's calls fall on its hours, shares of 100, midnight first: quiet before dawn, busy from nine, busiest from
 * seven to ten in the evening. Ours, in the shape that public 110 bulletins describe; configuration, not statistics.
 */
export const USUAL_HOURS: readonly number[] = [
  3.0, 2.2, 1.7, 1.3, 1.1, 1.3, 2.0, 3.4, 4.8, 5.4, 5.6, 5.2, 4.4, 4.2, 4.8, 5.2, 5.4, 5.6, 5.6, 6.2, 6.6,
  6.2, 5.0, 3.8,
]

/** Nobody watching a demo waits longer than this for the next call, also at four in the morning. */
const GAP_S_MAX = 150
/** The first calls come quickly, so that a visitor sees one on its way at once. */
const FIRST_GAPS_S = [8, 15, 20]
const CHINA_MS = 8 * 3_600_000

/** The hour on the wall clock of the city, 0 to 23: China has one time, UTC+8. */
export const hourOf = (utcMs: number): number => new Date(utcMs + CHINA_MS).getUTCHours()

/** Calls an hour of a day with `perDay`. */
export const callsAt = (perDay: number, hour: number): number =>
  (perDay * (USUAL_HOURS[hour] ?? 0)) / USUAL_HOURS.reduce((sum, share) => sum + share, 0)

/** Seconds until the next call; `made` have come since the start. Calls come independently of each other. */
export function gapSeconds(perDay: number, hour: number, made: number, random: Random): number {
  const drawn = Math.min(GAP_S_MAX, random.exponential(3_600 / callsAt(perDay, hour)))
  return Math.min(drawn, FIRST_GAPS_S[made] ?? Infinity)
}

/** How much happens at a kind of place, by hour: 1 is an ordinary place at an ordinary hour. */
export function pullOf(sort: PlaceSort | undefined, hour: number): number {
  const within = (from: number, to: number): boolean =>
    from < to ? hour >= from && hour < to : hour >= from || hour < to
  switch (sort) {
    case 'nightlife':
      return within(20, 3) ? 9 : 0.6
    case 'school':
      return within(7, 9) || within(11, 13) || within(16, 18) ? 4 : within(9, 16) ? 1 : 0.1
    case 'market':
      return within(8, 20) ? 3 : 0.3
    case 'transit':
      return within(6, 22) ? 3 : 1
    case 'hospital':
      return 2
    case 'housing':
      return within(18, 24) ? 3 : 1.5
    case 'sight':
    case undefined:
      return within(9, 21) ? 1 : 0.3
  }
}
