/** Deeper than this nobody asks: at least one, two, three, four units. */
export const DEPTH_MAX = 4

/**
 * How much of a stretch lies within at least one to four of the spans that units reach of it, and the longest
 * piece that lies in none. The spans of one unit count once where they overlap.
 *
 *   owner i32[n]  low, high f64[n]    spans, clipped to the stretch; n at most `spansMax`
 *   atLeast f64[5]                    atLeast[k] after `measure`: length within k or more
 *
 * `begin`, `add`..., `measure`; nothing allocates. Sorting is by insertion: there are a handful of spans, and twice as
 * many as units stand on one road where they all do.
 */
export class SpanSweep {
  readonly atLeast = new Float64Array(DEPTH_MAX + 1)
  gapFrom = 0
  gapTo = 0
  private from = 0
  private to = 1
  private count = 0
  private readonly owner: Int32Array
  private readonly low: Float64Array
  private readonly high: Float64Array

  constructor(spansMax: number) {
    this.owner = new Int32Array(spansMax)
    this.low = new Float64Array(spansMax)
    this.high = new Float64Array(spansMax)
  }

  begin(from: number, to: number): void {
    this.from = from
    this.to = to
    this.count = 0
  }

  /** What the unit reaches; parts outside the stretch are ignored. */
  add(unit: number, low: number, high: number): void {
    const l = Math.max(low, this.from)
    const h = Math.min(high, this.to)
    if (!(h > l)) return
    let at = this.count++
    for (; at > 0 && this.isAfter(at - 1, unit, l); at--) this.move(at - 1, at)
    this.set(at, unit, l, h)
  }

  measure(): void {
    this.mergeOwn()
    this.sortEach(this.low)
    this.sortEach(this.high)
    this.atLeast.fill(0)
    this.gapFrom = this.gapTo = this.from
    let depth = 0
    let here = this.from
    for (let l = 0, h = 0; h < this.count;) {
      const opens = l < this.count && this.low[l]! <= this.high[h]!
      const next = opens ? this.low[l]! : this.high[h]!
      this.pass(depth, here, next)
      here = next
      if (opens) {
        depth++
        l++
      } else {
        depth--
        h++
      }
    }
    this.pass(0, here, this.to)
  }

  private pass(depth: number, from: number, to: number): void {
    for (let k = Math.min(depth, DEPTH_MAX); k > 0; k--) this.atLeast[k]! += to - from
    if (depth === 0 && to - from > this.gapTo - this.gapFrom) {
      this.gapFrom = from
      this.gapTo = to
    }
  }

  /** Spans are sorted by unit and begin; those of one unit that meet become one. */
  private mergeOwn(): void {
    let last = -1
    for (let i = 0; i < this.count; i++) {
      const joins = last >= 0 && this.owner[last] === this.owner[i] && this.low[i]! <= this.high[last]!
      if (joins) this.high[last] = Math.max(this.high[last]!, this.high[i]!)
      else this.move(i, ++last)
    }
    this.count = last + 1
  }

  /** Which end belongs to which unit no longer matters, so both lists are sorted by themselves. */
  private sortEach(values: Float64Array): void {
    for (let i = 1; i < this.count; i++) {
      const value = values[i]!
      let at = i
      for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!
      values[at] = value
    }
  }

  private isAfter(i: number, unit: number, low: number): boolean {
    return this.owner[i]! > unit || (this.owner[i] === unit && this.low[i]! > low)
  }

  private set(i: number, unit: number, low: number, high: number): void {
    this.owner[i] = unit
    this.low[i] = low
    this.high[i] = high
  }

  private move(from: number, to: number): void {
    this.set(to, this.owner[from]!, this.low[from]!, this.high[from]!)
  }
}
