import type { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'
import type { KLabels } from './k-labels.ts'
import { LABEL_BOUNDS, PROMISE_DS } from './measure.ts'
import type { CoverageMeasure } from './measure.ts'
import { RoadSpans } from './road-spans.ts'
import { SpanSweep } from './span-sweep.ts'
import type { Stretches } from './stretches.ts'

/** One more unit, standing at a place: an outward search from it that was run to `PROMISE_DS` less its turnout. */
export type Added = { readonly search: RoadSearch; readonly place: RoadPoint; readonly turnoutDs: number }

/** What somebody's going, or coming, changes: of a grid by its index, or of the city (the number of grids). */
export type Changes = {
  readonly lengthM: Float64Array
  readonly demand: Float64Array
  readonly area: Float64Array
}

/** So many can be gone and three of the K = 4 are still told apart. */
const ALONE = 1
/** Less of an edge than this is rounding between two frontiers. */
const NOTHING = 1e-12

/**
 * What would be reached within 300 s if some units were not there, and one more stood somewhere, measured on the labels of
 * the last refresh. For one the labels are enough and exact: a row keeps its K nearest units, so the nearest of the others
 * is among them, or the row has no further unit in time at all; and whether somebody reaches a place is a question of the
 * nearest alone. For several the labels are made without them, so that counts up to K stay exact too.
 *
 *   gapFrom, gapTo f64[stretches]   as in `CoverageMeasure`, after the change
 *   changes                         what is reached more; what is reached less is negative
 *   changed                         stretches that are reached differently
 */
export class WhatIf {
  readonly gapFrom: Float64Array
  readonly gapTo: Float64Array
  readonly changes: Changes
  readonly changed: number[] = []
  readonly gone: Uint8Array
  private isRelabelled = false
  private readonly measure: CoverageMeasure
  private readonly stretches: Stretches
  private readonly labels: KLabels
  private readonly sweep: SpanSweep
  private readonly spans: RoadSpans

  constructor(measure: CoverageMeasure, labels: KLabels) {
    const { stretches } = measure
    this.measure = measure
    this.stretches = stretches
    this.labels = labels
    this.gapFrom = new Float64Array(stretches.count)
    this.gapTo = new Float64Array(stretches.count)
    const areas = stretches.grids.length + 1
    this.changes = {
      lengthM: new Float64Array(areas),
      demand: new Float64Array(areas),
      area: new Float64Array(areas),
    }
    this.gone = new Uint8Array(labels.units.sizeMax)
    this.sweep = new SpanSweep(2 * labels.k + 2 * labels.units.sizeMax + 4)
    this.spans = new RoadSpans(labels, this.sweep)
  }

  /** Looks at the city without the slots `gone`, and with one more; `end` it before the labels are used for anything else. */
  run(gone: readonly number[], turnoutDs: Uint32Array, added: Added | null = null): void {
    for (const slot of gone) this.gone[slot] = 1
    this.isRelabelled = gone.length > ALONE
    if (this.isRelabelled) this.labels.run(turnoutDs, LABEL_BOUNDS, this.gone)
    const { lengthM, demand, area } = this.changes
    for (const sums of [lengthM, demand, area]) sums.fill(0)
    this.changed.length = 0
    this.gapFrom.set(this.measure.gapFrom)
    this.gapTo.set(this.measure.gapTo)
    const { graph, firstOf } = this.stretches
    for (let edge = 0; edge < graph.edgeCount; edge++) {
      const isMissed = this.isRelabelled || (gone.length > 0 && this.isMissed(edge))
      const comes = added !== null && this.comesTo(edge, added)
      if (!comes && !isMissed) continue
      for (let s = firstOf[edge]!; s < firstOf[edge + 1]!; s++)
        if (isMissed || !this.isWhole(s)) this.look(s, edge, turnoutDs, comes ? added : null)
    }
    for (const sums of [lengthM, demand, area]) {
      const city = sums.length - 1
      for (let grid = 0; grid < city; grid++) sums[city]! += sums[grid]!
    }
  }

  /** Everybody is back. */
  end(gone: readonly number[], turnoutDs: Uint32Array): void {
    for (const slot of gone) this.gone[slot] = 0
    if (this.isRelabelled) this.labels.run(turnoutDs, LABEL_BOUNDS)
    this.isRelabelled = false
  }

  private look(s: number, edge: number, turnoutDs: Uint32Array, added: Added | null): void {
    const { from, to, grid } = this.stretches
    const before = this.measure.once[s]!
    this.sweep.begin(from[s]!, to[s]!)
    this.spans.addEnds(edge, PROMISE_DS, this.gone)
    this.spans.addStanding(edge, PROMISE_DS, turnoutDs, this.gone)
    if (added !== null) this.addSpans(edge, added)
    this.sweep.measure()
    const change = this.sweep.atLeast[1]! - before
    if (Math.abs(change) <= NOTHING) return
    this.changed.push(s)
    this.gapFrom[s] = this.sweep.gapFrom
    this.gapTo[s] = this.sweep.gapTo
    if (grid[s]! < 0) return
    const part = change / (to[s]! - from[s]!)
    this.changes.lengthM[grid[s]!]! += part * this.stretches.lengthM[s]!
    this.changes.demand[grid[s]!]! += part * this.stretches.demand[s]!
    this.changes.area[grid[s]!]! += part * this.stretches.area[s]!
  }

  private addSpans(edge: number, { search, place, turnoutDs }: Added): void {
    // No unit has this slot.
    const slot = this.labels.units.sizeMax
    const leftDs = PROMISE_DS - turnoutDs
    this.spans.addSearched(slot, edge, search, leftDs)
    if (place.edge === edge) this.spans.addOne(slot, edge, place.fraction, leftDs)
  }

  /** Nothing is left of it to reach. */
  private isWhole(s: number): boolean {
    return this.measure.once[s]! >= this.stretches.to[s]! - this.stretches.from[s]! - NOTHING
  }

  private comesTo(edge: number, { search, place }: Added): boolean {
    return place.edge === edge || search.intoDs(2 * edge) >= 0 || search.intoDs(2 * edge + 1) >= 0
  }

  /** Whether one of those gone is among those who reach the edge. */
  private isMissed(edge: number): boolean {
    const { counts, slots, k, units } = this.labels
    for (let end = 0; end < 2; end++) {
      const row = this.labels.rowInto(2 * edge + end)
      for (let label = row * k; label < row * k + counts[row]!; label++)
        if (this.gone[slots[label]!] === 1) return true
    }
    for (let slot = units.edgeHead[edge]!; slot >= 0; slot = units.edgeNext[slot]!)
      if (this.gone[slot] === 1) return true
    return false
  }
}
