import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { RoadClass } from '#protocols/roads/network.ts'

/** Who drives: a patrol that shows itself, or a car on its way to an incident. */
export const DRIVING_KINDS = ['patrol', 'response'] as const
export type DrivingKind = (typeof DRIVING_KINDS)[number]

/** Hours of the local day, and one more for all of them together. */
export const HOURS = 24
export const ALL_DAY = HOURS

/**
 * What is kept of a class of road in one hour: sums, and nothing else. They add up in any order and over any number of
 * gateways, and no trip, car or day can be read out of them.
 */
export type Sums = {
  /** Stretches of one class driven in one go, ten seconds or longer at the road's own speed. */
  readonly runs: number
  readonly trips: number
  /** Seconds by the profile, and seconds taken. */
  readonly base: number
  readonly seconds: number
  /** Sum of seconds taken squared over seconds by the profile: spread that grows with the way, not with its square. */
  readonly squares: number
}
export const NO_SUMS: Sums = { runs: 0, trips: 0, base: 0, seconds: 0, squares: 0 }

export const addSums = (a: Sums, b: Sums): Sums => ({
  runs: a.runs + b.runs,
  trips: a.trips + b.trips,
  base: a.base + b.base,
  seconds: a.seconds + b.seconds,
  squares: a.squares + b.squares,
})

export const fadedSums = (sums: Sums, share: number): Sums => ({
  runs: sums.runs * share,
  trips: sums.trips * share,
  base: sums.base * share,
  seconds: sums.seconds * share,
  squares: sums.squares * share,
})

/** Seconds taken for one by the profile; NaN of none. */
export const factorOf = (sums: Sums): number => sums.seconds / sums.base

const SPREAD_PRIOR_SECONDS = 3
const SPREAD_PRIOR_RUNS = 10

/**
 * How far the time of a stretch strays, as variance for every second by the profile (seconds): weighted least squares through
 * the origin, variance in proportion to the way. Few runs lean on 3 s, a red light of 40 s on one minute in nine.
 */
export function spreadOf({ runs, base, seconds, squares }: Sums): number {
  if (base === 0) return SPREAD_PRIOR_SECONDS
  const residual = Math.max(0, squares - (seconds * seconds) / base)
  return (residual + SPREAD_PRIOR_SECONDS * SPREAD_PRIOR_RUNS) / (Math.max(0, runs - 1) + SPREAD_PRIOR_RUNS)
}

/** One place per kind, class and hour, in a flat list. */
export const cellOf = (kind: DrivingKind, roadClass: RoadClass, hour: number): number =>
  (DRIVING_KINDS.indexOf(kind) * ROAD_CLASSES.length + ROAD_CLASSES.indexOf(roadClass)) * (HOURS + 1) + hour
export const CELLS = DRIVING_KINDS.length * ROAD_CLASSES.length * (HOURS + 1)
