import type { EtaHour, EtaView } from '#protocols/eta.ts'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { ARC_PASSES_MIN, HALF_LIFE_DAYS } from './learner.ts'
import type { EtaLearner } from './learner.ts'
import { medianErrorOf } from './past-etas.ts'
import type { Fared, PastEtas } from './past-etas.ts'
import { ALL_DAY, cellOf, DRIVING_KINDS, factorOf, HOURS, spreadOf } from './sums.ts'
import type { DrivingKind, Sums } from './sums.ts'

/** Fewer trips than this are somebody's trips: their figure is not shown. */
export const TRIPS_SHOWN_MIN = 3
/** The last days count as moved when they differ by a tenth, from enough trips, and by more than chance. */
const DRIFT = { runs: 30, trips: 5, share: 0.1, deviations: 3 }
/** What a minute of such road by the profile takes: long enough that a red light is not everything. */
const SHOWN_SECONDS = 60
/** Of the standard normal distribution: four of five lie below. */
const Z80 = 0.8416

export function viewOfEtas(learner: EtaLearner, past: PastEtas, now: Now): EtaView {
  const hours = DRIVING_KINDS.flatMap(kind =>
    ROAD_CLASSES.flatMap(roadClass =>
      [ALL_DAY, ...Array.from({ length: HOURS }, (_, hour) => hour)].flatMap(hour =>
        learner.long[cellOf(kind, roadClass, hour)]!.base > 0 ? [hourOf(learner, kind, roadClass, hour)] : [],
      ),
    ),
  )
  const { patrol, response } = learner.arcFactors
  return {
    at: rfc3339(now.utcMs),
    hours,
    roads: { known: learner.arcs.size, spoken: patrol.size + response.size, passesLeast: ARC_PASSES_MIN },
    tripDeviation: round(Math.sqrt(learner.tripVariance('response')), 4),
    tripsJudged: round(learner.judged.response.trips, 1),
    past: {
      profile: faredView(past.profile),
      learned: faredView(past.learned),
      quarantined: past.quarantined,
    },
    halfLifeDays: HALF_LIFE_DAYS,
  }
}

function hourOf(learner: EtaLearner, kind: DrivingKind, roadClass: RoadClass, hour: number): EtaHour {
  const cell = cellOf(kind, roadClass, hour)
  const { runs, trips } = learner.long[cell]!
  const shown = trips >= TRIPS_SHOWN_MIN
  const { factor, spread } = learner.ofClass(kind, roadClass, hour)
  const seconds = factor * SHOWN_SECONDS
  const variance = spread * SHOWN_SECONDS + learner.tripVariance(kind) * seconds ** 2
  const logVariance = Math.log1p(variance / seconds ** 2)
  const p50 = seconds * Math.exp(-logVariance / 2)
  return {
    kind,
    class: roadClass,
    hour: hour === ALL_DAY ? null : hour,
    runs: round(runs, 1),
    trips: round(trips, 1),
    factor: shown ? round(factor, 3) : null,
    p50Seconds: shown ? round(p50, 1) : null,
    p80Seconds: shown ? round(p50 * Math.exp(Z80 * Math.sqrt(logVariance)), 1) : null,
    drift: driftOf(learner.long[cell]!, learner.recent[cell]!, learner.tripVariance(kind)),
  }
}

/** The recent window against the long one, where it moved; null where it did not, or too little was driven to say. */
export function driftOf(long: Sums, recent: Sums, tripVariance: number): EtaHour['drift'] {
  if ([long, recent].some(({ runs, trips }) => runs < DRIFT.runs || trips < DRIFT.trips)) return null
  const ratio = factorOf(recent) / factorOf(long)
  const chance = (sums: Sums): number =>
    spreadOf(sums) / (sums.base * factorOf(sums) ** 2) + tripVariance / sums.trips
  const isMoved =
    Math.abs(Math.log(ratio)) > Math.max(DRIFT.share, DRIFT.deviations * Math.sqrt(chance(recent)))
  return isMoved
    ? { factor: round(factorOf(recent), 3), ratio: round(ratio, 3), runs: round(recent.runs, 1) }
    : null
}

const faredView = (fared: Fared): EtaView['past']['learned'] => {
  const { trips, within80, errorSum } = fared
  const median = medianErrorOf(fared)
  const isAny = trips >= 0.5
  return {
    trips: round(trips, 1),
    medianErrorSeconds: median === null ? null : round(median, 1),
    biasSeconds: isAny ? round(errorSum / trips, 1) : null,
    within80: isAny ? round(within80 / trips, 4) : null,
  }
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits
