import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import type { Way } from '../city/surroundings.ts'
import type { EtaLearner, Expected } from './learner.ts'
import type { DrivingKind } from './sums.ts'

/** Time of a way before past errors were looked at: a log-normal, by its median and deviation. */
export type Forecast = {
  /** Half or more of a `learned` one comes from drives; the seconds of the other are the profile's. */
  readonly basis: 'profile' | 'learned'
  readonly medianSeconds: number
  readonly logDeviation: number
  /** The least number of runs behind any class that makes up a tenth of the way: the weakest link. */
  readonly samples: number
}

/** A start, a gate, looking for the house: what no road explains, deviation in seconds. */
const ENDS_DEVIATION_SECONDS = 8
const MINOR_SHARE = 0.1

/**
 * What a way takes, whose legs already are as learned, and how sure that is. Three kinds of spread are told apart because they grow differently with the way:
 * that of its parts (independent, so their variances add), that of what is known of a class (the same error on all of its
 * parts, so deviations add), and that of the trip as a whole (in proportion to it).
 */
export function forecast(
  learner: EtaLearner,
  kind: DrivingKind,
  hour: number,
  { count, drives, ds }: Way,
  turnoutSeconds: number,
): Forecast {
  // One by one: taken out of a list they stay objects to V8, and every leg makes a new one of each.
  let seconds = 0
  let profile = 0
  let learned = 0
  let variance = ENDS_DEVIATION_SECONDS ** 2
  const known: Expected[] = []
  for (let leg = 0; leg < count; leg++) {
    const drive = drives[leg]!
    const part = partOf(learner, kind, hour, learner.classOf(drive), known)
    const expected = known[part]!
    const base = ds[leg]! / 10 / (expected.factor * learner.arcFactor(kind, drive))
    seconds += ds[leg]! / 10
    profile += base
    learned += expected.learned * base
    variance += expected.spread * base
    bases[part]! += base
  }
  let samples = Infinity
  for (let part = 0; part < known.length; part++) {
    const [base, { unsure, runs }] = [bases[part]!, known[part]!]
    variance += base ** 2 * unsure
    if (base >= MINOR_SHARE * profile) samples = Math.min(samples, runs)
  }
  variance += learner.tripVariance(kind) * seconds * seconds
  const total = turnoutSeconds + seconds
  const logVariance = Math.log1p(variance / Math.max(1, total * total))
  const isLearned = profile > 0 && learned / profile >= 0.5
  return {
    basis: isLearned ? 'learned' : 'profile',
    // The mean is what adds up; the median of a log-normal lies below it.
    medianSeconds: isLearned ? total * Math.exp(-logVariance / 2) : total,
    logDeviation: Math.sqrt(logVariance),
    samples: Number.isFinite(samples) ? Math.round(samples) : 0,
  }
}

/** Seconds by the profile of each class of a way, in the order it comes to them; of no use between two ways. */
const bases = new Float64Array(ROAD_CLASSES.length)

/** What is known of a class is worked out once for a way: a recommendation looks at 255 ways of a hundred legs each. */
function partOf(
  learner: EtaLearner,
  kind: DrivingKind,
  hour: number,
  roadClass: RoadClass,
  known: Expected[],
): number {
  for (let part = 0; part < known.length; part++) if (known[part]!.roadClass === roadClass) return part
  bases[known.length] = 0
  return known.push(learner.ofClass(kind, roadClass, hour)) - 1
}
