import { CIRCLE_SECONDS } from '#protocols/coverage.ts'
import type { AreaCoverage } from '#protocols/coverage.ts'
import type { KLabels } from './k-labels.ts'
import { DEPTH_MAX, SpanSweep } from './span-sweep.ts'
import type { Stretches } from './stretches.ts'

const CIRCLES_DS = CIRCLE_SECONDS.map(seconds => seconds * 10)
/** The circle of the promise: five minutes. */
export const PROMISE_DS = 3_000

/**
 * Shares of road, exact along every stretch: a place at fraction f of an edge is reached by the labels of either end plus
 * the drive from there, or by a unit on the edge itself, so what is reached of a stretch are spans, cut at the frontier.
 *
 *   sums f64[(grids+1)*8]     per grid, then the whole city: metres within 60, 180, 300 s; metres within 300 s of two,
 *                             of three; demand within 60, 180, 300 s
 *   roadM, demand f64[grids+1]
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
  readonly roadM: Float64Array
  readonly demand: Float64Array
  private readonly labels: KLabels
  private readonly sums: Float64Array
  private readonly sweep: SpanSweep
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
    this.sums = new Float64Array(areas * 8)
    this.roadM = new Float64Array(areas)
    this.demand = new Float64Array(areas)
    this.sweep = new SpanSweep(2 * labels.k + 2 * labels.units.sizeMax)
    this.full = new Int32Array(2 * labels.k)
    for (let s = 0; s < stretches.count; s++) {
      const grid = stretches.grid[s]!
      if (grid < 0) continue
      for (const area of [grid, areas - 1]) {
        this.roadM[area]! += stretches.lengthM[s]!
        this.demand[area]! += stretches.demand[s]!
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
    for (let at = 0; at < city * 8; at++) this.sums[city * 8 + (at % 8)]! += this.sums[at]!
  }

  /** Coverage of a grid by its index, or of the city (`index` the number of grids). Without road nothing is reached. */
  areaOf(index: number): AreaCoverage {
    const share = (at: number, whole: Float64Array): number =>
      whole[index]! > 0 ? Math.min(1, this.sums[index * 8 + at]! / whole[index]!) : 0
    const length = (at: number): number => share(at, this.roadM)
    const demand = (at: number): number => share(at, this.demand)
    return {
      roadM: this.roadM[index]!,
      circles: [length(0), length(1), length(2)],
      demandCircles: [demand(5), demand(6), demand(7)],
      atLeast: [length(2), length(3), length(4)],
    }
  }

  /** A road nobody stands on: only its ends matter, and most roads are reached as a whole or not at all. */
  private measureFree(s: number, edge: number): void {
    const { from, to } = this.stretches
    const [a, b] = [from[s]!, to[s]!]
    for (let circle = 0; circle < 2; circle++) {
      const reachedTo = Math.max(a, Math.min(b, this.nearestShare(2 * edge, circle)))
      const reachedFrom = Math.min(b, Math.max(a, 1 - this.nearestShare(2 * edge + 1, circle)))
      this.count(s, circle, reachedTo >= reachedFrom ? b - a : reachedTo - a + (b - reachedFrom))
    }
    const whole = this.wholeReach(s, edge)
    if (whole >= 0) return this.countWhole(s, whole)
    this.sweep.begin(a, b)
    this.addEnds(edge, this.promiseDs)
    this.countSweep(s)
  }

  /** How far along a drive the nearest unit comes within a circle, below 0 when not as far as its beginning. */
  private nearestShare(drive: number, circle: number): number {
    const { weights } = this.labels
    if (!weights.isOpen(drive)) return -Infinity
    const onItDs = this.labels.nearestDs(drive) + weights.enterDs[drive]!
    return (this.circlesDs[circle]! - onItDs) / weights.runDs[drive]!
  }

  /**
   * How many units reach all of the stretch in 300 s (at most three are told apart), or -1 when some reach a part of it
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
      if (!weights.isOpen(drive)) continue
      const row = this.labels.rowInto(drive)
      const [enterDs, runDs] = [weights.enterDs[drive]!, weights.runDs[drive]!]
      const nearDs = enterDs + runDs * (end === 0 ? from[s]! : 1 - to[s]!)
      const farDs = enterDs + runDs * (end === 0 ? to[s]! : 1 - from[s]!)
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
      this.addEnds(edge, this.circlesDs[circle]!)
      this.addStanding(edge, this.circlesDs[circle]!, turnoutDs)
      if (circle === 2) this.countSweep(s)
      else {
        this.sweep.measure()
        this.count(s, circle, this.sweep.atLeast[1]!)
      }
    }
  }

  /** What the labels of both ends reach. */
  private addEnds(edge: number, budgetDs: number): void {
    const { weights, counts, timesDs, slots, k } = this.labels
    for (let end = 0; end < 2; end++) {
      const drive = 2 * edge + end
      if (!weights.isOpen(drive)) continue
      const row = this.labels.rowInto(drive)
      const leftDs = budgetDs - weights.enterDs[drive]!
      for (let label = row * k; label < row * k + counts[row]!; label++) {
        const share = (leftDs - timesDs[label]!) / weights.runDs[drive]!
        if (share <= 0) break
        if (end === 0) this.sweep.add(slots[label]!, 0, share)
        else this.sweep.add(slots[label]!, 1 - share, 1)
      }
    }
  }

  /** What units on the road reach of it without leaving it. */
  private addStanding(edge: number, budgetDs: number, turnoutDs: Uint32Array): void {
    const { weights, units } = this.labels
    for (let slot = units.edgeHead[edge]!; slot >= 0; slot = units.edgeNext[slot]!) {
      const leftDs = budgetDs - turnoutDs[slot]!
      if (leftDs < 0) continue
      const place = units.fractionOf[slot]!
      const [there, back] = [2 * edge, 2 * edge + 1]
      if (weights.isOpen(there)) this.sweep.add(slot, place, weights.aheadTo(there, place, leftDs))
      if (weights.isOpen(back)) this.sweep.add(slot, weights.aheadTo(back, place, leftDs), place)
    }
  }

  private countSweep(s: number): void {
    this.sweep.measure()
    this.count(s, 2, this.sweep.atLeast[1]!)
    this.countMore(s, 3, this.sweep.atLeast[2]!)
    this.countMore(s, 4, this.sweep.atLeast[3]!)
    this.gapFrom[s] = this.sweep.gapFrom
    this.gapTo[s] = this.sweep.gapTo
  }

  private countWhole(s: number, units: number): void {
    const { from, to } = this.stretches
    const share = to[s]! - from[s]!
    if (units >= 1) this.count(s, 2, share)
    if (units >= 2) this.countMore(s, 3, share)
    if (units >= 3) this.countMore(s, 4, share)
    this.gapFrom[s] = from[s]!
    this.gapTo[s] = units === 0 ? to[s]! : from[s]!
  }

  /** `share` of the edge lies within a circle: its metres and its demand. */
  private count(s: number, circle: number, share: number): void {
    const grid = this.stretches.grid[s]!
    if (grid < 0) return
    const part = this.partOf(s, share)
    this.sums[grid * 8 + circle]! += part * this.stretches.lengthM[s]!
    this.sums[grid * 8 + 5 + circle]! += part * this.stretches.demand[s]!
  }

  private countMore(s: number, at: number, share: number): void {
    const grid = this.stretches.grid[s]!
    if (grid >= 0) this.sums[grid * 8 + at]! += this.partOf(s, share) * this.stretches.lengthM[s]!
  }

  /** Share of the edge to share of the stretch; a stretch without length weighs nothing. */
  private partOf(s: number, share: number): number {
    const whole = this.stretches.to[s]! - this.stretches.from[s]!
    return whole > 0 ? share / whole : 0
  }
}
