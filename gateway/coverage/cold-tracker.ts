/** Less of an edge than this is rounding between two frontiers. */
const GAP_MIN = 1e-9

/**
 * Since when road is out of reach. Per stretch two parts are remembered: `core`, all of which nobody reached at any
 * refresh since `sinceMs`, and `next`, the same since a later moment and so at least as large. Every `coldAfterMs` next
 * takes the place of core. So what is called cold was out of reach at every place and every refresh for `coldAfterMs`,
 * and road that joins a hole is called cold after twice that time at the latest.
 *
 *   sinceMs, nextSinceMs f64[n]                  NaN: reached
 *   coreFrom, coreTo, nextFrom, nextTo f64[n]    fractions of the edge
 */
export class ColdTracker {
  readonly sinceMs: Float64Array
  readonly coreFrom: Float64Array
  readonly coreTo: Float64Array
  private readonly nextSinceMs: Float64Array
  private readonly nextFrom: Float64Array
  private readonly nextTo: Float64Array
  private readonly coldAfterMs: number

  constructor(count: number, coldAfterMs: number) {
    this.coldAfterMs = coldAfterMs
    this.sinceMs = new Float64Array(count).fill(NaN)
    this.coreFrom = new Float64Array(count)
    this.coreTo = new Float64Array(count)
    this.nextSinceMs = new Float64Array(count)
    this.nextFrom = new Float64Array(count)
    this.nextTo = new Float64Array(count)
  }

  /** Nothing was ever out of reach. */
  forget(): void {
    this.sinceMs.fill(NaN)
  }

  /** What is out of reach of a stretch now; `gapFrom` = `gapTo` for nothing. */
  note(s: number, gapFrom: number, gapTo: number, nowMs: number): void {
    if (gapTo - gapFrom <= GAP_MIN) {
      this.sinceMs[s] = NaN
      return
    }
    if (Number.isNaN(this.sinceMs[s]!)) return this.begin(s, gapFrom, gapTo, nowMs)
    this.nextFrom[s] = Math.max(this.nextFrom[s]!, gapFrom)
    this.nextTo[s] = Math.min(this.nextTo[s]!, gapTo)
    this.coreFrom[s] = Math.max(this.coreFrom[s]!, gapFrom)
    this.coreTo[s] = Math.min(this.coreTo[s]!, gapTo)
    if (this.coreTo[s] - this.coreFrom[s] <= GAP_MIN) {
      if (this.nextTo[s] - this.nextFrom[s] <= GAP_MIN) return this.begin(s, gapFrom, gapTo, nowMs)
      this.sinceMs[s] = this.nextSinceMs[s]!
      this.takeNext(s, gapFrom, gapTo, nowMs)
    } else if (nowMs - this.nextSinceMs[s]! >= this.coldAfterMs) this.takeNext(s, gapFrom, gapTo, nowMs)
  }

  isCold(s: number, nowMs: number): boolean {
    return nowMs - this.sinceMs[s]! >= this.coldAfterMs
  }

  private begin(s: number, from: number, to: number, nowMs: number): void {
    this.sinceMs[s] = nowMs
    this.coreFrom[s] = from
    this.coreTo[s] = to
    this.later(s, from, to, nowMs)
  }

  private takeNext(s: number, gapFrom: number, gapTo: number, nowMs: number): void {
    this.coreFrom[s] = this.nextFrom[s]!
    this.coreTo[s] = this.nextTo[s]!
    this.later(s, gapFrom, gapTo, nowMs)
  }

  private later(s: number, from: number, to: number, nowMs: number): void {
    this.nextSinceMs[s] = nowMs
    this.nextFrom[s] = from
    this.nextTo[s] = to
  }
}
