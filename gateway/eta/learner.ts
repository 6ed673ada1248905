import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { Drive, RoadClass } from '#protocols/roads/network.ts'
import { ArcTable } from './arc-sums.ts'
import type { Pass } from './passes.ts'
import {
  addSums,
  ALL_DAY,
  CELLS,
  cellOf,
  DRIVING_KINDS,
  factorOf,
  fadedSums,
  HOURS,
  NO_SUMS,
  spreadOf,
} from './sums.ts'
import type { DrivingKind, Sums } from './sums.ts'

/** One drive between two stops at the kerb, and the hour it was in. */
export type Trip = {
  readonly kind: DrivingKind
  /** 0 to 23, local. */
  readonly hour: number
  readonly passes: readonly Pass[]
}

/** What a stretch is expected to take for one second by the profile, and what is known about that. */
export type Expected = {
  readonly roadClass: RoadClass
  readonly factor: number
  /** Share of the factor that was learned; the rest is the profile's. 0: exactly the profile's number. */
  readonly learned: number
  /** Variance of the time for every second by the profile, seconds. */
  readonly spread: number
  /** Variance of the factor itself, because it was learned from so few. */
  readonly unsure: number
  readonly runs: number
}

/** Seconds by the profile that weigh as much as what is known without them: an hour of a class against the class … */
const HOUR_PRIOR_SECONDS = 60
/** … and a class against the profile. */
const CLASS_PRIOR_SECONDS = 120
/** How far an hour of a class may be from what is known without it, as variance relative to that: 0.3 squared. */
const PRIOR_VARIANCE = 0.09
/** So much of that doubt is gone when patrols have driven the class in this hour. */
const RHYTHM_TRUSTED = 0.75
const NO_RHYTHM = { share: 0, times: 1 }
/** Passes of one drive before it speaks for itself, and that its class weighs against them. */
export const ARC_PASSES_MIN = 8
/** A drive is at most so much quicker or slower than its class: what is beyond is a mistake of the map or the match. */
const ARC_FACTOR = { least: 0.5, most: 3 }
/** Shorter stretches of one class are put together: what they take by themselves is mostly where the fixes fell. */
const RUN_SECONDS = 10
/** What one pass may take at most: eight times the profile's time and a long red. */
const SLOWEST = { times: 8, seconds: 150 }
/** How much one trip as a whole is quicker or slower than the next (driver, rain, luck): deviation and weight of the guess. */
const TRIP_DEVIATION_PRIOR = 0.1
const TRIP_PRIOR_TRIPS = 20
const TRIP_ERROR_MOST = 0.75
/** A trip with less known road says nothing about trips. */
const TRIP_SECONDS_MIN = 60

/** Half of what was learned is forgotten within so many days; within two, of the window that shows what is new. */
export const HALF_LIFE_DAYS = 28
const RECENT_HALF_LIFE_DAYS = 2

type Judged = { readonly trips: number; readonly excess: number }

/**
 * What the fleet's own drives teach: sums by kind, class and hour, and of every drive driven often enough. The state of sums
 * does not depend on the order of the trips; only `tripVariance` does, because a trip is judged by what was known before it.
 */
export class EtaLearner {
  /** By `cellOf`; the long window and the recent one. */
  readonly long: Sums[] = Array.from({ length: CELLS }, () => NO_SUMS)
  readonly recent: Sums[] = Array.from({ length: CELLS }, () => NO_SUMS)
  readonly arcs: ArcTable
  /** Of the drives that speak for themselves: how many times as long as their class they take. */
  readonly arcFactors: Readonly<Record<DrivingKind, Map<Drive, number>>> = {
    patrol: new Map(),
    response: new Map(),
  }
  /** Trips judged, and the sum of their squared errors beyond what their parts explain. */
  readonly judged: Record<DrivingKind, Judged> = {
    patrol: { trips: 0, excess: 0 },
    response: { trips: 0, excess: 0 },
  }
  readonly classOf: (drive: Drive) => RoadClass

  constructor(classOf: (drive: Drive) => RoadClass, arcsMax?: number) {
    this.classOf = classOf
    this.arcs = new ArcTable(arcsMax)
  }

  learn(trip: Trip): void {
    this.judge(trip)
    for (const [roadClass, runs] of runsOf(trip.passes, this.classOf)) {
      const sums = { ...runs.reduce(addSums, NO_SUMS), trips: 1 }
      for (const hour of [trip.hour, ALL_DAY]) this.add(cellOf(trip.kind, roadClass, hour), sums)
    }
    for (const { drive, baseSeconds, seconds, isWhole } of trip.passes)
      if (
        isWhole &&
        this.arcs.addPass(trip.kind, drive, trip.hour, baseSeconds, bounded(seconds, baseSeconds))
      )
        this.refreshArc(trip.kind, drive)
  }

  /** How many times as long as the profile says a drive takes; without a sample 1, to the last bit. */
  expected(kind: DrivingKind, drive: Drive, hour: number): Expected {
    const ofClass = this.ofClass(kind, this.classOf(drive), hour)
    const arc = this.arcFactor(kind, drive)
    return arc === 1 ? ofClass : { ...ofClass, factor: ofClass.factor * arc }
  }

  /** The same for a class as a whole. */
  ofClass(kind: DrivingKind, roadClass: RoadClass, hour: number): Expected {
    const day = this.long[cellOf(kind, roadClass, ALL_DAY)]!
    if (day.base === 0)
      return { roadClass, factor: 1, learned: 0, spread: spreadOf(day), unsure: PRIOR_VARIANCE, runs: 0 }
    const own = this.long[cellOf(kind, roadClass, hour)]!
    const dayShare = shareOf(day, CLASS_PRIOR_SECONDS)
    const ownShare = shareOf(own, HOUR_PRIOR_SECONDS)
    const rhythm = kind === 'patrol' ? NO_RHYTHM : this.rhythmOf('patrol', roadClass, hour)
    const parent = (dayShare * factorOf(day) + (1 - dayShare)) * rhythm.times
    const factor = own.base === 0 ? parent : ownShare * factorOf(own) + (1 - ownShare) * parent
    const spread = spreadOf(own.base === 0 ? day : own)
    const ofTrips = (this.tripVariance(kind) * factor ** 2) / Math.max(1, own.trips)
    const tooFew = own.base === 0 ? 0 : spread / own.base + ofTrips
    const withoutOwn = PRIOR_VARIANCE * (1 - RHYTHM_TRUSTED * rhythm.share) * parent ** 2
    const unsure = ownShare ** 2 * tooFew + (1 - ownShare) ** 2 * withoutOwn
    const learned = 1 - (1 - ownShare) * (1 - dayShare)
    return { roadClass, factor, learned, spread, unsure, runs: own.runs }
  }

  /** How an hour differs from the day: traffic is the same for everybody, so patrols tell what a response will meet. */
  private rhythmOf(kind: DrivingKind, roadClass: RoadClass, hour: number): typeof NO_RHYTHM {
    const [own, day] = [hour, ALL_DAY].map(at => this.long[cellOf(kind, roadClass, at)]!)
    if (own === undefined || day === undefined || own.base === 0) return NO_RHYTHM
    const share = shareOf(own, HOUR_PRIOR_SECONDS)
    return { share, times: share * (factorOf(own) / factorOf(day)) + 1 - share }
  }

  /** Of every class driven before: its factor in this hour. */
  classFactors(kind: DrivingKind, hour: number): Partial<Record<RoadClass, number>> {
    const known = ROAD_CLASSES.map(roadClass => this.ofClass(kind, roadClass, hour)).filter(
      one => one.learned > 0,
    )
    return Object.fromEntries(known.map(({ roadClass, factor }) => [roadClass, factor]))
  }

  /** How much slower than its class a drive is, 1 until it was passed often enough. */
  arcFactor(kind: DrivingKind, drive: Drive): number {
    return this.arcFactors[kind].get(drive) ?? 1
  }

  /** Works out what a drive says for itself: after a pass of it, and for all of them after a merge. */
  refreshArc(kind: DrivingKind, drive: Drive): void {
    const sums = this.arcs.of(kind, drive)
    if (sums === undefined || sums.passes < ARC_PASSES_MIN) return
    let expected = 0
    for (let hour = 0; hour < HOURS; hour++) {
      const base = sums.baseByHour[hour]!
      if (base > 0) expected += base * this.ofClass(kind, this.classOf(drive), hour).factor
    }
    if (expected === 0) return
    const ratio = (sums.passes * (sums.seconds / expected) + ARC_PASSES_MIN) / (sums.passes + ARC_PASSES_MIN)
    this.arcFactors[kind].set(drive, Math.min(ARC_FACTOR.most, Math.max(ARC_FACTOR.least, ratio)))
  }

  refreshArcs(): void {
    for (const [kind, drive] of this.arcs.entries()) this.refreshArc(kind, drive)
  }

  /** Variance of what makes a whole trip quicker or slower, relative to its time. */
  tripVariance(kind: DrivingKind): number {
    const { trips, excess } = this.judged[kind]
    return Math.max(0, excess + TRIP_PRIOR_TRIPS * TRIP_DEVIATION_PRIOR ** 2) / (trips + TRIP_PRIOR_TRIPS)
  }

  /** A day went by. */
  forgetDay(): void {
    const [long, recent] = [2 ** (-1 / HALF_LIFE_DAYS), 2 ** (-1 / RECENT_HALF_LIFE_DAYS)]
    for (let cell = 0; cell < CELLS; cell++) {
      this.long[cell] = fadedSums(this.long[cell]!, long)
      this.recent[cell] = fadedSums(this.recent[cell]!, recent)
    }
    this.arcs.fade(long)
    for (const kind of DRIVING_KINDS) {
      const { trips, excess } = this.judged[kind]
      this.judged[kind] = { trips: trips * long, excess: excess * long }
    }
  }

  /** Adds what another gateway, or this one before a restart, has learned. */
  merge(other: Pick<EtaLearner, 'long' | 'recent' | 'arcs' | 'judged'>): void {
    for (let cell = 0; cell < CELLS; cell++) {
      this.long[cell] = addSums(this.long[cell]!, other.long[cell]!)
      this.recent[cell] = addSums(this.recent[cell]!, other.recent[cell]!)
    }
    for (const [kind, drive, sums] of other.arcs.entries()) this.arcs.add(kind, drive, sums)
    this.refreshArcs()
    for (const kind of DRIVING_KINDS) this.addJudged(kind, other.judged[kind])
  }

  private add(cell: number, sums: Sums): void {
    this.long[cell] = addSums(this.long[cell]!, sums)
    this.recent[cell] = addSums(this.recent[cell]!, sums)
  }

  /** What is left of a trip's error when the spread of its parts is taken off is the trip's own. */
  private judge({ kind, hour, passes }: Trip): void {
    let [took, expected, variance] = [0, 0, 0]
    const byClass = new Map<RoadClass, { base: number; unsure: number }>()
    for (const { drive, baseSeconds, seconds } of passes) {
      const roadClass = this.classOf(drive)
      const known = this.expected(kind, drive, hour)
      if (known.learned < 0.8) continue
      took += bounded(seconds, baseSeconds)
      expected += known.factor * baseSeconds
      variance += known.spread * baseSeconds
      const base = (byClass.get(roadClass)?.base ?? 0) + baseSeconds
      byClass.set(roadClass, { base, unsure: known.unsure })
    }
    if (expected < TRIP_SECONDS_MIN) return
    for (const { base, unsure } of byClass.values()) variance += base * base * unsure
    const error = Math.min(TRIP_ERROR_MOST, Math.max(-TRIP_ERROR_MOST, took / expected - 1))
    this.addJudged(kind, { trips: 1, excess: error * error - variance / (expected * expected) })
  }

  private addJudged(kind: DrivingKind, { trips, excess }: Judged): void {
    const known = this.judged[kind]
    this.judged[kind] = { trips: known.trips + trips, excess: known.excess + excess }
  }
}

const shareOf = ({ base }: Sums, priorSeconds: number): number => base / (base + priorSeconds)

const bounded = (seconds: number, baseSeconds: number): number =>
  Math.min(seconds, SLOWEST.times * baseSeconds + SLOWEST.seconds)

/** The passes of a trip put together class by class into stretches long enough to compare. */
function runsOf(
  passes: readonly Pass[],
  classOf: (drive: Drive) => RoadClass,
): ReadonlyMap<RoadClass, readonly Sums[]> {
  const runs = new Map<RoadClass, Sums[]>()
  for (const { drive, baseSeconds, seconds } of passes) {
    const roadClass = classOf(drive)
    const own = runs.get(roadClass) ?? []
    runs.set(roadClass, own)
    const last = own.at(-1)
    const isOpen = last !== undefined && last.base < RUN_SECONDS
    const base = baseSeconds + (isOpen ? last.base : 0)
    const took = bounded(seconds, baseSeconds) + (isOpen ? last.seconds : 0)
    if (isOpen) own.pop()
    own.push({ runs: 1, trips: 0, base, seconds: took, squares: (took * took) / Math.max(RUN_SECONDS, base) })
  }
  return runs
}
