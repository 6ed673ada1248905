import type { UnitView } from '#protocols/api.ts'
import type { CoverageView } from '#protocols/coverage.ts'

/** Before anything was measured: a quarter. A design value, no measurement. */
export const BUSY_SHARE_DEFAULT = 0.25
/** Less than this says more of the hour than of the fleet. */
const ENOUGH_SECONDS = 1_800
/** What was an hour ago counts a third of what is now. */
const MEMORY_SECONDS = 3_600
/** A gap longer than this was no watching. */
const STEP_SECONDS_MAX = 10

/** How often a unit is busy when it is needed. */
export type Busy = CoverageView['busy']

/**
 * The share of units on shift that are busy or on an incident, smoothed over the last hour. Told by configuration it stays
 * as told; measured it is the default until half an hour was watched. After a start it is learned anew.
 */
export class BusyShare {
  private readonly told: number | null
  private share = 0
  private seconds = 0
  private lastMonoMs: number | null = null

  constructor(told: number | null) {
    this.told = told
  }

  /** One look at the fleet. */
  see(units: readonly UnitView[], monoMs: number): Busy {
    const onShift = units.filter(
      unit => unit.availability !== 'off_duty' && unit.availability !== 'out_of_service',
    )
    const stepMs = this.lastMonoMs === null ? 0 : monoMs - this.lastMonoMs
    this.lastMonoMs = monoMs
    if (onShift.length > 0) this.learn(busyOf(onShift) / onShift.length, stepMs / 1000)
    return this.busy()
  }

  busy(): Busy {
    const measuredSeconds = Math.round(this.seconds)
    if (this.told !== null) return { share: this.told, basis: 'configured', measuredSeconds }
    if (this.seconds < ENOUGH_SECONDS)
      return { share: BUSY_SHARE_DEFAULT, basis: 'configured', measuredSeconds }
    return { share: this.share, basis: 'measured', measuredSeconds }
  }

  /** An average of all at first, of the last hour mostly later. */
  private learn(now: number, stepSeconds: number): void {
    const step = Math.min(STEP_SECONDS_MAX, Math.max(0, stepSeconds))
    this.seconds += step
    const memory = Math.min(MEMORY_SECONDS, this.seconds)
    if (memory > 0) this.share += (now - this.share) * Math.min(1, step / memory)
  }
}

const busyOf = (units: readonly UnitView[]): number =>
  units.filter(unit => unit.availability === 'busy' || unit.assignment !== null).length
