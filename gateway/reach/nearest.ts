import { RoadSearch } from './search.ts'
import type { UnitsOnRoads } from './units-on-roads.ts'

/** A place on a road, or a junction itself. */
export type Target = { readonly edge: number; readonly fraction: number } | { readonly node: number }

export type NearUnit = { readonly id: string; readonly etaDs: number }

export type NearestOptions = {
  /** Units further away are left out; no bound when absent. */
  readonly budgetDs?: number
  /** Asked for a unit whenever a way to it is found (up to three times): busy and stale units are told apart here. */
  readonly accept?: (id: string) => boolean
}

/**
 * Who can be there first: one search from the place against the direction of travel, which meets units hung on the
 * junctions they drive to. It ends once nothing that waits can be quicker than the k-th found.
 *
 * The best so far lie in two arrays as long as the unit table, sorted by (eta, id), so that equals come in an order a
 * person can predict. A query allocates only its answer.
 */
export class NearestUnits {
  private readonly units: UnitsOnRoads
  private readonly search: RoadSearch
  private readonly bestSlots: Int32Array
  private readonly bestDs: Float64Array
  private count = 0
  private wanted = 0

  constructor(units: UnitsOnRoads, search: RoadSearch = new RoadSearch(units.graph)) {
    this.units = units
    this.search = search
    this.bestSlots = new Int32Array(units.sizeMax)
    this.bestDs = new Float64Array(units.sizeMax)
  }

  /**
   * The `k` units with the shortest driving time to the target, exact, integer deciseconds, equals by id.
   * `nearest({ edge: 17, fraction: 0.25 }, 2)` may be `[{ id: 'ptu-2', etaDs: 310 }, { id: 'ptu-9', etaDs: 422 }]`.
   */
  nearest(target: Target, k: number, options: NearestOptions = {}): NearUnit[] {
    const budgetDs = options.budgetDs ?? Infinity
    const accept = options.accept
    const { units, search } = this
    const { weights } = search
    this.count = 0
    this.wanted = Math.min(k, units.size)
    if (this.wanted <= 0) return []
    search.begin('back', budgetDs)
    if ('node' in target) search.startAtNode(target.node)
    else {
      search.startOnEdge(target.edge, target.fraction)
      this.meetOnEdge(target.edge, target.fraction, budgetDs, accept)
    }
    while (search.frontierDs() <= this.worstDs()) {
      const node = search.next()
      if (node < 0) break
      const fromNodeDs = search.costs[node]!
      for (let hang = units.nodeHead[node]!; hang >= 0; hang = units.hangNext[hang]!) {
        const drive = units.driveOfHang(hang)
        if (!weights.mayLeave(drive)) continue
        const toNodeDs = weights.outDs(drive, units.fractionOf[hang >> 1]!)
        this.consider(hang >> 1, toNodeDs + fromNodeDs, budgetDs, accept)
      }
    }
    const found: NearUnit[] = []
    for (let i = 0; i < this.count; i++) {
      found.push({ id: units.ids[this.bestSlots[i]!]!, etaDs: this.bestDs[i]! })
    }
    return found
  }

  /** Units on the target's own edge that need not leave it: those behind the place in an open direction. */
  private meetOnEdge(
    edge: number,
    fraction: number,
    budgetDs: number,
    accept: NearestOptions['accept'],
  ): void {
    const { units } = this
    const { weights } = this.search
    for (let slot = units.edgeHead[edge]!; slot >= 0; slot = units.edgeNext[slot]!) {
      const unit = units.fractionOf[slot]!
      for (let drive = 2 * edge; drive <= 2 * edge + 1; drive++) {
        const isAhead = (drive & 1) === 0 ? unit <= fraction : unit >= fraction
        if (isAhead && weights.isWayAlong(drive))
          this.consider(slot, weights.alongDs(drive, unit, fraction), budgetDs, accept)
      }
    }
  }

  /** Time of the last unit wanted; while fewer are found, any unit is welcome. */
  private worstDs(): number {
    // Infinity itself would let the loop run on an empty queue, whose frontier is Infinity too.
    return this.count < this.wanted ? Number.MAX_VALUE : this.bestDs[this.count - 1]!
  }

  private consider(slot: number, etaDs: number, budgetDs: number, accept: NearestOptions['accept']): void {
    if (etaDs > budgetDs) return
    if (this.count === this.wanted && !this.isBefore(slot, etaDs, this.count - 1)) return
    if (accept !== undefined && !accept(this.units.ids[slot]!)) return
    let at = 0
    while (at < this.count && this.bestSlots[at] !== slot) at++
    if (at < this.count && this.bestDs[at]! <= etaDs) return
    if (at === this.count) {
      if (this.count < this.wanted) this.count++
      at = this.count - 1
    }
    for (; at > 0 && this.isBefore(slot, etaDs, at - 1); at--) {
      this.bestSlots[at] = this.bestSlots[at - 1]!
      this.bestDs[at] = this.bestDs[at - 1]!
    }
    this.bestSlots[at] = slot
    this.bestDs[at] = etaDs
  }

  private isBefore(slot: number, etaDs: number, at: number): boolean {
    if (etaDs !== this.bestDs[at]!) return etaDs < this.bestDs[at]!
    return this.units.ids[slot]! < this.units.ids[this.bestSlots[at]!]!
  }
}
