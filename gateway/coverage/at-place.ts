import { shutAround } from '../reach/shut-roads.ts'
import type { RoadPoint } from '../roads/snap.ts'
import type { KLabels } from './k-labels.ts'
import type { Gone } from './road-spans.ts'

/**
 * Times at a place on a road, from the labels of its ends and the units on the road itself: the same numbers as
 * `NearestUnits` gives for the place, turnout added, for the first K units.
 */
export class AtPlace {
  private readonly labels: KLabels
  private readonly foundSlots: Int32Array
  private readonly foundDs: Float64Array
  private found = 0

  constructor(labels: KLabels) {
    this.labels = labels
    const most = 2 * labels.k + labels.units.sizeMax
    this.foundSlots = new Int32Array(most)
    this.foundDs = new Float64Array(most)
  }

  /** Units that can be there within the budget, K for more. */
  unitsWithin(place: RoadPoint, budgetDs: number, turnoutDs: Uint32Array, gone: Gone = null): number {
    this.look(place, turnoutDs)
    return this.countWithin(budgetDs, gone)
  }

  /** The slots of those who can be there within the budget, of the K nearest by either end. */
  slotsWithin(place: RoadPoint, budgetDs: number, turnoutDs: Uint32Array): number[] {
    this.look(place, turnoutDs)
    return [...this.foundSlots.subarray(0, this.found)].filter((_, i) => this.foundDs[i]! <= budgetDs)
  }

  /** Who can be there first, or undefined when nobody can within the bounds of the labels. */
  nearest(place: RoadPoint, turnoutDs: Uint32Array): { slot: number; etaDs: number } | undefined {
    this.look(place, turnoutDs)
    if (this.found === 0) return undefined
    let best = 0
    for (let i = 1; i < this.found; i++) if (this.foundDs[i]! < this.foundDs[best]!) best = i
    return { slot: this.foundSlots[best]!, etaDs: this.foundDs[best]! }
  }

  /** The same of the road itself: on a shut one only who stands there. */
  unitsOn(place: RoadPoint, budgetDs: number, turnoutDs: Uint32Array, gone: Gone = null): number {
    this.found = 0
    if (!this.labels.weights.isShut(place.edge)) return this.unitsWithin(place, budgetDs, turnoutDs, gone)
    this.lookAtStanding(place, turnoutDs)
    return this.countWithin(budgetDs, gone)
  }

  private countWithin(budgetDs: number, gone: Gone): number {
    let within = 0
    for (let i = 0; i < this.found; i++)
      if (this.foundDs[i]! <= budgetDs && gone?.[this.foundSlots[i]!] !== 1) within++
    return Math.min(within, this.labels.k)
  }

  private look(place: RoadPoint, turnoutDs: Uint32Array): void {
    const { edge, fraction } = place
    const { weights, counts, timesDs, slots, k } = this.labels
    this.found = 0
    if (weights.isShut(edge)) this.lookAround(edge)
    for (let drive = 2 * edge; drive <= 2 * edge + 1; drive++) {
      if (!weights.isWayTo(drive)) continue
      const row = this.labels.rowInto(drive)
      const thereDs = weights.intoDs(drive, fraction)
      for (let label = row * k; label < row * k + counts[row]!; label++)
        this.note(slots[label]!, timesDs[label]! + thereDs)
    }
    this.lookAtStanding(place, turnoutDs)
  }

  /** Where a shut road begins, at whichever side. */
  private lookAround(edge: number): void {
    const { weights, graph, counts, timesDs, slots, k } = this.labels
    const noteNode = (node: number): void => {
      for (let label = node * k; label < node * k + counts[node]!; label++)
        this.note(slots[label]!, timesDs[label]!)
    }
    for (const junction of shutAround(weights, edge)) {
      noteNode(junction)
      for (let copy = graph.copyFirst[junction]!; copy < graph.copyFirst[junction + 1]!; copy++)
        noteNode(copy)
    }
  }

  private lookAtStanding({ edge, fraction }: RoadPoint, turnoutDs: Uint32Array): void {
    const { weights, units } = this.labels
    for (let slot = units.edgeHead[edge]!; slot >= 0; slot = units.edgeNext[slot]!) {
      const unit = units.fractionOf[slot]!
      for (let drive = 2 * edge; drive <= 2 * edge + 1; drive++) {
        const isAhead = (drive & 1) === 0 ? unit <= fraction : unit >= fraction
        if (isAhead && weights.isWayAlong(drive))
          this.note(slot, turnoutDs[slot]! + weights.alongDs(drive, unit, fraction))
      }
    }
  }

  private note(slot: number, etaDs: number): void {
    let at = 0
    while (at < this.found && this.foundSlots[at] !== slot) at++
    if (at === this.found) {
      this.foundSlots[this.found++] = slot
      this.foundDs[at] = etaDs
    } else this.foundDs[at] = Math.min(this.foundDs[at]!, etaDs)
  }
}
