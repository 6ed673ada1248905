import { CIRCLE_SECONDS } from '#protocols/coverage.ts'
import type { AreaCoverage } from '#protocols/coverage.ts'
import type { KLabels, LabelBounds } from './k-labels.ts'
import { RoadSpans } from './road-spans.ts'
import { DEPTH_MAX, SpanSweep } from './span-sweep.ts'
import type { Stretches } from './stretches.ts'

const CIRCLES_DS = CIRCLE_SECONDS.map(seconds => seconds * 10)
/** Where in a row of `sums` what begins: four depths of each weighting, then the two smaller circles. */
const AT = { length: 0, demand: 4, area: 8, lengthNear: 12, demandNear: 14 } as const
const WIDTH = 16
/** The circle of the promise: five minutes. */
export const PROMISE_DS = 3_000
/** Who could fill a hole is followed this far: an hour. */
export const FILL_DS = 36_000
export const LABEL_BOUNDS: LabelBounds = { budgetDs: PROMISE_DS, fillDs: FILL_DS }

/**
 * Shares of road, exact along every stretch: a place at fraction f of an edge is reached by the labels of either end plus
 * the drive from there, or by a unit on the edge itself, so what is reached of a stretch are spans, cut at the frontier.
 *
 *   sums f64[(grids+1)*16]    per grid, then the whole city, see `AT`: length, demand and area within 300 s of at least one
 *                             to four units; length and demand within 60 and 180 s
 *   roadM, demand, area f64[grids+1]
 *   once, twice f64[stretches]      share of the edge that at least one, two reach within 300 s, inside the stretch
 *   gapFrom, gapTo f64[stretches]   what nobody reaches within 300 s, as fractions of the edge; equal: nothing. A stretch
 *                             takes 60 s at most, so it is one piece (the longest, should a unit that takes long to get
 *                             going stand in the middle of it)
 *
 * The city is the road inside its grids. No refresh allocates.
 */
export class CoverageMeasure {
  readonly stretches: Stretches
  readonly gapFrom: Float64Array
  readonly gapTo: Float64Array
  readonly once: Float64Array
  readonly twice: Float64Array
  readonly roadM: Float64Array
  readonly demand: Float64Array
  readonly area: Float64Array
  private readonly labels: KLabels
  private readonly sums: Float64Array
  private readonly sweep: SpanSweep
  private readonly spans: RoadSpans
  private readonly full: Int32Array
  private readonly promiseDs: number
  private readonly circlesDs: readonly number[]

  /** `promiseDs`: the third circle, to which the labels are told apart. */
  constructor(stretches: Stretches, labels: KLabels, promiseDs = PROMISE_DS) {
    const areas = stretches.grids.length + 1
    this.stretches = stretches
    this.labels = labels
    this.promiseDs = promiseDs
    this.circlesDs = [...CIRCLES_DS.slice(0, 2), promiseDs]
    this.gapFrom = new Float64Array(stretches.count)
    this.gapTo = new Float64Array(stretches.count)
    this.once = new Float64Array(stretches.count)
    this.twice = new Float64Array(stretches.count)
    this.sums = new Float64Array(areas * WIDTH)
    this.roadM = new Float64Array(areas)
    this.demand = new Float64Array(areas)
    this.area = new Float64Array(areas)
    this.sweep = new SpanSweep(2 * labels.k + 2 * labels.units.sizeMax)
    this.spans = new RoadSpans(labels, this.sweep)
    this.full = new Int32Array(2 * labels.k)
    this.weigh()
  }

  /** What the whole of each grid and of the city weighs: once, and when the demand of the stretches has changed. */
  weigh(): void {
    const { stretches, roadM, demand, area } = this
    for (const sums of [roadM, demand, area]) sums.fill(0)
    const city = roadM.length - 1
    for (let s = 0; s < stretches.count; s++) {
      const grid = stretches.grid[s]!
      if (grid < 0) continue
      for (const at of [grid, city]) {
        roadM[at]! += stretches.lengthM[s]!
        demand[at]! += stretches.demand[s]!
        area[at]! += stretches.area[s]!
      }
    }
  }

  /** Measures what the labels say now; `turnoutDs[slot]` as they were made with. */
  run(turnoutDs: Uint32Array): void {
    this.sums.fill(0)
    const { graph, firstOf } = this.stretches
    const { edgeHead } = this.labels.units
    for (let edge = 0; edge < graph.edgeCount; edge++) {
      const occupied = edgeHead[edge]! >= 0
      for (let s = firstOf[edge]!; s < firstOf[edge + 1]!; s++) {
        if (occupied) this.measureOccupied(s, edge, turnoutDs)
        else this.measureFree(s, edge)
      }
    }
    const city = this.roadM.length - 1
    for (let at = 0; at < city * WIDTH; at++) this.sums[city * WIDTH + (at % WIDTH)]! += this.sums[at]!
  }

  /**
   * Coverage of a grid by its index, or of the city (`index` the number of grids). Without road nothing is reached.
   * `busyShare`: how often a unit is busy when it is needed, for the expected coverage.
   */
  areaOf(index: number, busyShare = 0): AreaCoverage {
    const shares = (at: number, count: number, whole: Float64Array): number[] =>
      Array.from({ length: count }, (_, i) =>
        whole[index]! > 0 ? Math.min(1, this.sums[index * WIDTH + at + i]! / whole[index]!) : 0,
      )
    const length = shares(AT.length, DEPTH_MAX, this.roadM)
    const demand = shares(AT.demand, DEPTH_MAX, this.demand)
    const area = shares(AT.area, DEPTH_MAX, this.area)
    const nearer = shares(AT.lengthNear, 2, this.roadM)
    const nearerDemand = shares(AT.demandNear, 2, this.demand)
    return {
      roadM: this.roadM[index]!,
      areaM2: this.area[index]!,
      circles: [nearer[0]!, nearer[1]!, length[0]!],
      demandCircles: [nearerDemand[0]!, nearerDemand[1]!, demand[0]!],
      atLeast: firstThree(length),
      demandAtLeast: firstThree(demand),
      areaAtLeast: firstThree(area),
      expected: expectedShare(length, busyShare),
      expectedDemand: expectedShare(demand, busyShare),
    }
  }

  /** Demand of the whole city that somebody reaches within 300 s. */
  demandReached(): number {
    return this.sums[(this.roadM.length - 1) * WIDTH + AT.demand]!
  }

  /** A road nobody stands on: only its ends matter, and most roads are reached as a whole or not at all. */
  private measureFree(s: number, edge: number): void {
    const a = this.stretches.from[s]!
    const b = this.stretches.to[s]!
    const thereDs = this.onItDs(2 * edge)
    const backDs = this.onItDs(2 * edge + 1)
    for (let circle = 0; circle < 2; circle++) {
      const circleDs = this.circlesDs[circle]!
      if (thereDs >= circleDs && backDs >= circleDs) continue
      const reachedTo = Math.max(a, Math.min(b, this.shareOf(2 * edge, circleDs - thereDs)))
      const reachedFrom = Math.min(b, Math.max(a, 1 - this.shareOf(2 * edge + 1, circleDs - backDs)))
      this.countNear(s, circle, reachedTo >= reachedFrom ? b - a : reachedTo - a + (b - reachedFrom))
    }
    const whole = this.wholeReach(s, edge)
    if (whole >= 0) return this.countWhole(s, whole)
    this.sweep.begin(a, b)
    this.spans.addEnds(edge, this.promiseDs)
    this.countSweep(s)
  }

  /** When the nearest unit sets out on a drive, Infinity when nobody comes this way. */
  private onItDs(drive: number): number {
    const { weights } = this.labels
    return weights.isWayTo(drive) ? this.labels.nearestDs(drive) + weights.enterDs[drive]! : Infinity
  }

  /** How far along a drive one comes in some time, below 0 when not as far as its beginning. */
  private shareOf(drive: number, leftDs: number): number {
    return leftDs / this.labels.weights.lastDs[drive]!
  }

  /**
   * How many units reach all of the stretch in 300 s (at most `DEPTH_MAX` are told apart), or -1 when some reach a part of it
   * and that decides.
   */
  private wholeReach(s: number, edge: number): number {
    const { from, to } = this.stretches
    const { weights, counts, timesDs, slots, k } = this.labels
    const full = this.full
    let fulls = 0
    let parts = false
    for (let end = 0; end < 2; end++) {
      const drive = 2 * edge + end
      if (!weights.isWayTo(drive)) continue
      const row = this.labels.rowInto(drive)
      const enterDs = weights.enterDs[drive]!
      const runDs = weights.lastDs[drive]!
      const farDs = enterDs + runDs * (end === 0 ? to[s]! : 1 - from[s]!)
      // In most of a city the fourth comes in time as well.
      if (counts[row]! >= DEPTH_MAX && timesDs[row * k + DEPTH_MAX - 1]! + farDs <= this.promiseDs)
        return DEPTH_MAX
      const nearDs = enterDs + runDs * (end === 0 ? from[s]! : 1 - to[s]!)
      for (let label = row * k; label < row * k + counts[row]!; label++) {
        if (timesDs[label]! + nearDs >= this.promiseDs) break
        if (timesDs[label]! + farDs > this.promiseDs) {
          parts = true
          break
        }
        let known = 0
        while (known < fulls && full[known] !== slots[label]) known++
        if (known === fulls) full[fulls++] = slots[label]!
        if (fulls === DEPTH_MAX) return DEPTH_MAX
      }
    }
    return parts ? -1 : fulls
  }

  private measureOccupied(s: number, edge: number, turnoutDs: Uint32Array): void {
    const { from, to } = this.stretches
    for (let circle = 0; circle < 3; circle++) {
      this.sweep.begin(from[s]!, to[s]!)
      this.spans.addEnds(edge, this.circlesDs[circle]!)
      this.spans.addStanding(edge, this.circlesDs[circle]!, turnoutDs)
      if (circle === 2) this.countSweep(s)
      else {
        this.sweep.measure()
        this.countNear(s, circle, this.sweep.atLeast[1]!)
      }
    }
  }

  private countSweep(s: number): void {
    this.sweep.measure()
    for (let k = 1; k <= DEPTH_MAX; k++) this.count(s, k, this.sweep.atLeast[k]!)
    this.once[s] = this.sweep.atLeast[1]!
    this.twice[s] = this.sweep.atLeast[2]!
    this.gapFrom[s] = this.sweep.gapFrom
    this.gapTo[s] = this.sweep.gapTo
  }

  private countWhole(s: number, units: number): void {
    const { from, to } = this.stretches
    const share = to[s]! - from[s]!
    if (units > 0) this.countWholly(s, units)
    this.once[s] = units >= 1 ? share : 0
    this.twice[s] = units >= 2 ? share : 0
    this.gapFrom[s] = from[s]!
    this.gapTo[s] = units === 0 ? to[s]! : from[s]!
  }

  /** All of it is reached by so many units: added as it is weighed, so that what is reached everywhere is 1 and not nearly. */
  private countWholly(s: number, units: number): void {
    const { grid, lengthM, demand, area } = this.stretches
    if (grid[s]! < 0) return
    const { sums } = this
    const first = grid[s]! * WIDTH
    const metres = lengthM[s]!
    const asked = demand[s]!
    const cells = area[s]!
    for (let at = first; at < first + units; at++) {
      sums[at + AT.length]! += metres
      sums[at + AT.demand]! += asked
      sums[at + AT.area]! += cells
    }
  }

  /** `share` of the edge is reached within 300 s by at least `k` units: its metres, its demand and its area. */
  private count(s: number, k: number, share: number): void {
    const grid = this.stretches.grid[s]!
    if (grid < 0 || share === 0) return
    const part = this.partOf(s, share)
    const at = grid * WIDTH + k - 1
    this.sums[at + AT.length]! += part * this.stretches.lengthM[s]!
    this.sums[at + AT.demand]! += part * this.stretches.demand[s]!
    this.sums[at + AT.area]! += part * this.stretches.area[s]!
  }

  /** `share` of the edge lies within one of the two smaller circles. */
  private countNear(s: number, circle: number, share: number): void {
    const grid = this.stretches.grid[s]!
    if (grid < 0 || share === 0) return
    const part = this.partOf(s, share)
    this.sums[grid * WIDTH + AT.lengthNear + circle]! += part * this.stretches.lengthM[s]!
    this.sums[grid * WIDTH + AT.demandNear + circle]! += part * this.stretches.demand[s]!
  }

  /** Share of the edge to share of the stretch; a stretch without length weighs nothing. */
  private partOf(s: number, share: number): number {
    const whole = this.stretches.to[s]! - this.stretches.from[s]!
    return whole > 0 ? share / whole : 0
  }
}

const firstThree = ([one = 0, two = 0, three = 0]: readonly number[]): [number, number, number] => [
  one,
  two,
  three,
]

/**
 * MEXCLP (M. S. Daskin 1983): road that N units reach is served with 1 - p^N, which is the sum over k up to N of
 * (1 - p) p^(k-1). Units beyond the fourth count as none, which understates the share by less than p^4.
 */
function expectedShare(atLeast: readonly number[], busyShare: number): number {
  return Math.min(
    1,
    atLeast.reduce((sum, share, i) => sum + (1 - busyShare) * busyShare ** i * share, 0),
  )
}
