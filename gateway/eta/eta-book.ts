import type { Position } from '#protocols/bodies.ts'
import type { UnitId } from '#protocols/ids.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { Now } from '#protocols/time.ts'
import type { Way } from '../city/surroundings.ts'
import type { Layer } from '../reach/conditions.ts'
import type { DriveTimes } from '../reach/drive-times.ts'
import type { RoadSnap } from '../roads/snap.ts'
import { DutySpans } from './duty-spans.ts'
import { EtaStore } from './eta-store.ts'
import type { EtaStoreEffect } from './eta-store.ts'
import { forecast } from './estimate.ts'
import { EtaLearner, HALF_LIFE_DAYS } from './learner.ts'
import { dayOf, hourOfWeekAt } from './local-hour.ts'
import { NOTHING_MATCHED, RoadMatcher } from './match.ts'
import type { Matching } from './match.ts'
import { drove, newDriving, stopped } from './passes.ts'
import type { Driving, Pass, RoadMeasures } from './passes.ts'
import { PastEtas } from './past-etas.ts'
import type { Promise50 } from './past-etas.ts'
import type { DrivingKind } from './sums.ts'

export type EtaParts = {
  readonly graph: RoadGraph
  /** The index of its roads, if there is one already. */
  readonly snap?: RoadSnap
  /** The profile either kind of driving is measured against. */
  readonly times: Readonly<Record<DrivingKind, DriveTimes>>
  /** Which profiles those are: what was learned against others is not taken over. */
  readonly basis: string
  /** Local time less UTC, minutes: 480 in China. */
  readonly utcOffsetMinutes: number
}

/** A position as a car recorded it. */
export type SeenFix = {
  readonly bootId: string
  readonly monoMs: number
  readonly utcMs: number
  readonly position: Position
}

/** What is remembered of one car while it drives: the last minutes, as passes of roads. It is forgotten with the drive. */
type Driven = {
  readonly bootId: string
  readonly kind: DrivingKind
  readonly matching: Matching
  readonly driving: Driving
  monoMs: number
  utcMs: number
  heardMonoMs: number
}

/** A car that says nothing for so long has ended its drive. */
const SILENT_MS = 600_000
const SWEEP_EVERY_MS = 60_000
/** A gateway that slept longer starts over. */
const DAYS_MAX = 400

/**
 * ETA that learns: positions of the fleet in, driving times and how past promises fared out. Only sums by class, hour and road
 * outlive a drive.
 */
export class EtaBook {
  readonly learner: EtaLearner
  readonly past = new PastEtas()
  readonly duties = new DutySpans()
  private readonly parts: EtaParts
  private readonly matcher: RoadMatcher
  private readonly store: EtaStore
  private readonly driven = new Map<UnitId, Driven>()
  private sweptMonoMs = 0

  constructor(parts: EtaParts) {
    const { graph, basis } = parts
    this.parts = parts
    this.matcher = new RoadMatcher(graph, parts.snap)
    this.learner = new EtaLearner(drive => graph.edgeClass(drive >> 1))
    this.store = new EtaStore(this.learner, this.past, basis)
  }

  /** A recorded position, live or back-filled, in the order of its lane. `kind` null: nothing is learned from it. */
  seen(unitId: UnitId, fix: SeenFix, kind: DrivingKind | null, now: Now): void {
    const before = this.driven.get(unitId)
    const isSame = before !== undefined && before.bootId === fix.bootId && before.kind === kind
    // Told late, after what came later: its place in the drive is gone.
    if (isSame && fix.monoMs <= before.monoMs) return
    if (before !== undefined && !isSame) this.end(unitId, before)
    if (kind === null) return
    const driven = isSame ? before : newDriven(fix, kind)
    this.driven.set(unitId, driven)
    const { monoMs, utcMs, position } = fix
    driven.monoMs = monoMs
    driven.utcMs = utcMs
    driven.heardMonoMs = now.monoMs
    const { steps, isBroken } = this.matcher.take(driven.matching, { ...position, monoMs })
    const road = this.roadOf(driven)
    for (const step of steps) this.learn(driven, drove(driven.driving, step, road))
    if (isBroken) this.learn(driven, stopped(driven.driving, road))
  }

  /** A car's way, as the search has it, as a promise. */
  promise(way: Way, turnoutSeconds: number, utcMs: number): Promise50 & { readonly lowSeconds: number } {
    const hour = hourOfWeekAt(utcMs, this.parts.utcOffsetMinutes) % 24
    const made = forecast(this.learner, 'response', hour, way, turnoutSeconds)
    const promised = this.past.promise(made)
    return { ...promised, lowSeconds: Math.min(promised.p50Seconds, this.past.at(made, 0.2)) }
  }

  /** A promise and when the car truly was there, seconds after it was sent. */
  arrived(promised: Promise50, seconds: number): void {
    this.past.arrived(promised, seconds)
    this.store.pastChanged()
  }

  /** What was learned for this hour, as layers over the profile; none while nothing was learned. */
  layers(kind: DrivingKind, utcMs: number): Layer[] {
    const hour = hourOfWeekAt(utcMs, this.parts.utcOffsetMinutes) % 24
    const byClass = this.learner.classFactors(kind, hour)
    const byDrive = this.learner.arcFactors[kind]
    return [
      ...(Object.keys(byClass).length === 0 ? [] : [{ by: 'class' as const, factors: byClass }]),
      ...(byDrive.size === 0 ? [] : [{ by: 'drive' as const, factors: byDrive }]),
    ]
  }

  /** Once a second: drives that ended in silence, the day's forgetting, rows that are due. */
  tick(now: Now): EtaStoreEffect[] {
    if (now.monoMs - this.sweptMonoMs >= SWEEP_EVERY_MS) {
      this.sweptMonoMs = now.monoMs
      for (const [unitId, driven] of this.driven)
        if (now.monoMs - driven.heardMonoMs > SILENT_MS) this.end(unitId, driven)
    }
    const today = dayOf(now.utcMs, this.parts.utcOffsetMinutes)
    const days = Math.min(DAYS_MAX, this.store.daysSince(today))
    for (let day = 0; day < days; day++) {
      this.learner.forgetDay()
      this.past.forgetDay(2 ** (-1 / HALF_LIFE_DAYS))
    }
    return this.store.due(now)
  }

  /** Rows under `eta/`, before the first event. */
  restore(rows: Iterable<{ readonly key: string; readonly value: unknown }>): void {
    for (const { key, value } of rows) this.store.restore(key, value)
    this.learner.refreshArcs()
  }

  private end(unitId: UnitId, driven: Driven): void {
    this.driven.delete(unitId)
    const road = this.roadOf(driven)
    for (const step of this.matcher.end(driven.matching))
      this.learn(driven, drove(driven.driving, step, road))
    this.learn(driven, stopped(driven.driving, road))
  }

  /** A trip is of the hour its middle was in. */
  private learn({ kind, utcMs }: Driven, trips: readonly (readonly Pass[])[]): void {
    for (const passes of trips) {
      if (passes.length === 0) continue
      const halfMs = 500 * passes.reduce((sum, pass) => sum + pass.seconds, 0)
      const hour = hourOfWeekAt(utcMs - halfMs, this.parts.utcOffsetMinutes) % 24
      this.learner.learn({ kind, hour, passes })
      this.store.learned(kind, passes, drive => this.parts.graph.edgeClass(drive >> 1))
    }
  }

  /** What a road takes by the profile of this hour, without what was learned. */
  private roadOf({ kind, utcMs }: Driven): RoadMeasures {
    const { graph, times, utcOffsetMinutes } = this.parts
    const { enterDs, runDs, leaveDs, hourFactor } = times[kind]
    const hourOfWeek = hourOfWeekAt(utcMs, utcOffsetMinutes)
    return {
      baseSeconds: (drive: Drive) =>
        ((enterDs[drive]! + runDs[drive]! + leaveDs[drive]!) *
          hourFactor(graph.edgeClass(drive >> 1), hourOfWeek)) /
        10,
      lengthM: drive => this.matcher.shapes.lengthM(drive),
    }
  }
}

const newDriven = (fix: SeenFix, kind: DrivingKind): Driven => ({
  bootId: fix.bootId,
  kind,
  matching: { ...NOTHING_MATCHED },
  driving: newDriving(),
  monoMs: fix.monoMs,
  utcMs: fix.utcMs,
  heardMonoMs: 0,
})
