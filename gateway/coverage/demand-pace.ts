import { hourOf } from './demand-history.ts'

/** Demand moves slowly and laying it anew takes as long as a refresh: once a minute is often. */
const PACE_MS = 60_000

/** When the thread should hear of demand again: something was counted or the hour has changed, and a minute has passed. */
export class DemandPace {
  private version = 0
  private hour = -1
  private toldMonoMs = -Infinity

  isDue(version: number, now: { readonly monoMs: number; readonly utcMs: number }): boolean {
    const hour = hourOf(now.utcMs)
    if (version === this.version && hour === this.hour) return false
    if (now.monoMs - this.toldMonoMs < PACE_MS) return false
    this.version = version
    this.hour = hour
    this.toldMonoMs = now.monoMs
    return true
  }
}
