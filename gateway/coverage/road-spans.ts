import type { RoadSearch } from '../reach/search.ts'
import type { KLabels } from './k-labels.ts'
import type { SpanSweep } from './span-sweep.ts'

/** Which slots are not there, by slot; null when all are. */
export type Gone = Uint8Array | null

/** What each unit reaches of an edge within a budget, as spans for a sweep: by the labels of its ends, and on the edge. */
export class RoadSpans {
  private readonly labels: KLabels
  private readonly sweep: SpanSweep

  constructor(labels: KLabels, sweep: SpanSweep) {
    this.labels = labels
    this.sweep = sweep
  }

  /** What the labels of both ends reach. */
  addEnds(edge: number, budgetDs: number, gone: Gone = null): void {
    const { weights, counts, timesDs, slots, k } = this.labels
    for (let end = 0; end < 2; end++) {
      const drive = 2 * edge + end
      if (!weights.isWayTo(drive)) continue
      const row = this.labels.rowInto(drive)
      const leftDs = budgetDs - weights.enterDs[drive]!
      for (let label = row * k; label < row * k + counts[row]!; label++) {
        const share = (leftDs - timesDs[label]!) / weights.lastDs[drive]!
        if (share <= 0) break
        const slot = slots[label]!
        if (gone === null || gone[slot] === 0) this.addFrom(slot, end, share)
      }
    }
  }

  /** What units on the road reach of it without leaving it. */
  addStanding(edge: number, budgetDs: number, turnoutDs: Uint32Array, gone: Gone = null): void {
    const { units } = this.labels
    for (let slot = units.edgeHead[edge]!; slot >= 0; slot = units.edgeNext[slot]!)
      if (gone === null || gone[slot] === 0)
        this.addOne(slot, edge, units.fractionOf[slot]!, budgetDs - turnoutDs[slot]!)
  }

  /** What somebody standing on the road reaches of it in `leftDs`. */
  addOne(slot: number, edge: number, place: number, leftDs: number): void {
    if (leftDs < 0) return
    const { weights } = this.labels
    const [there, back] = [2 * edge, 2 * edge + 1]
    if (weights.isWayAlong(there)) this.sweep.add(slot, place, weights.aheadTo(there, place, leftDs))
    if (weights.isWayAlong(back)) this.sweep.add(slot, weights.aheadTo(back, place, leftDs), place)
  }

  /** What an outward search, run to `leftDs`, reaches of the edge from its ends. */
  addSearched(slot: number, edge: number, search: RoadSearch, leftDs: number): void {
    const { weights } = this.labels
    for (let end = 0; end < 2; end++) {
      const drive = 2 * edge + end
      const beginDs = search.intoDs(drive)
      if (beginDs < 0 || !weights.isWayTo(drive)) continue
      this.addFrom(slot, end, (leftDs - beginDs - weights.enterDs[drive]!) / weights.lastDs[drive]!)
    }
  }

  /** Every unit that may reach a part of the edge, each once, appended to `owners`. */
  ownersOf(edge: number, owners: number[]): void {
    const { counts, slots, k, units } = this.labels
    for (let drive = 2 * edge; drive <= 2 * edge + 1; drive++) {
      const row = this.labels.rowInto(drive)
      for (let label = row * k; label < row * k + counts[row]!; label++) noteOnce(owners, slots[label]!)
    }
    for (let slot = units.edgeHead[edge]!; slot >= 0; slot = units.edgeNext[slot]!) noteOnce(owners, slot)
  }

  private addFrom(slot: number, end: number, share: number): void {
    if (end === 0) this.sweep.add(slot, 0, share)
    else this.sweep.add(slot, 1 - share, 1)
  }
}

function noteOnce(owners: number[], slot: number): void {
  if (!owners.includes(slot)) owners.push(slot)
}
