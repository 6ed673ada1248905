import type { Drive, RoadClass } from '#protocols/roads/network.ts'
import type { Leg } from '../reach/legs.ts'
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
  legs: readonly Leg[],
  turnoutSeconds: number,
): Forecast {
  let [seconds, profile, learned, variance] = [0, 0, 0, ENDS_DEVIATION_SECONDS ** 2]
  const parts = new Map<RoadClass, { readonly known: Expected; base: number }>()
  for (const { drive, ds } of legs) {
    const part = partOf(learner, kind, hour, drive, parts)
    const { known } = part
    const base = ds / 10 / (known.factor * learner.arcFactor(kind, drive))
    seconds += ds / 10
    profile += base
    learned += known.learned * base
    variance += known.spread * base
    part.base += base
  }
  let samples = Infinity
  for (const { base, known } of parts.values()) {
    variance += base ** 2 * known.unsure
    if (base >= MINOR_SHARE * profile) samples = Math.min(samples, known.runs)
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

/** What is known of a class is worked out once for a way: a recommendation looks at 255 ways of a hundred legs each. */
function partOf(
  learner: EtaLearner,
  kind: DrivingKind,
  hour: number,
  drive: Drive,
  parts: Map<RoadClass, { readonly known: Expected; base: number }>,
): { readonly known: Expected; base: number } {
  const roadClass = learner.classOf(drive)
  const begun = parts.get(roadClass)
  if (begun !== undefined) return begun
  const part = { known: learner.ofClass(kind, roadClass, hour), base: 0 }
  parts.set(roadClass, part)
  return part
}
