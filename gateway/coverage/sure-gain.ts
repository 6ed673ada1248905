import type { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'
import type { KLabels } from './k-labels.ts'
import { PROMISE_DS } from './measure.ts'
import type { CoverageMeasure } from './measure.ts'

/** What is known of where a unit will be in a few minutes. */
export type Whereabouts =
  /** It stands, and will. */
  | 'stands'
  /** On patrol: it may come nearer, or go away. */
  | 'moves'
  /** With other work, standing: it may come free where it is, and may not. */
  | 'away'
  /** With other work, driving: the same, and somewhere else. */
  | 'leaves'

export type SureMove = {
  /** The slot of who would go. */
  readonly slot: number
  readonly to: RoadPoint
  /** Turnout there. */
  readonly turnoutDs: number
  /** So much nearer or further somebody who moves may be by then. */
  readonly driftDs: number
}

/**
 * What a move gains of the city's demand whatever the others do meanwhile: what it fills counts where nobody could have
 * come into reach by then, and what it leaves is lost unless somebody is sure to be left in reach. Each stretch is judged by
 * its middle, and the others by its K nearest: this is a forecast, the gain itself is measured exactly.
 */
export class SureGain {
  private readonly labels: KLabels
  private readonly measure: CoverageMeasure
  private readonly turnoutDs: Uint32Array
  private readonly there: RoadSearch
  private readonly here: RoadSearch
  private readonly kinds: (Whereabouts | undefined)[] = []

  constructor(
    labels: KLabels,
    measure: CoverageMeasure,
    turnoutDs: Uint32Array,
    searches: readonly [RoadSearch, RoadSearch],
  ) {
    this.labels = labels
    this.measure = measure
    this.turnoutDs = turnoutDs
    this.there = searches[0]
    this.here = searches[1]
  }

  /** Labels everybody as far as any drift reaches; the caller labels them again as they were. */
  begin(whereabouts: (slot: number) => Whereabouts, driftDsMax: number): void {
    const budgetDs = PROMISE_DS + driftDsMax
    this.labels.run(this.turnoutDs, { budgetDs, fillDs: budgetDs })
    this.labels.units.ids.forEach((_, slot) => (this.kinds[slot] = whereabouts(slot)))
  }

  of(move: SureMove): number {
    const { units, graph } = this.labels
    const { stretches, demand } = this.measure
    const was = { edge: units.edgeOf[move.slot]!, fraction: units.fractionOf[move.slot]! }
    search(this.there, move.to, PROMISE_DS - move.turnoutDs)
    search(this.here, was, PROMISE_DS - this.turnoutDs[move.slot]!)
    let sure = 0
    for (let edge = 0; edge < graph.edgeCount; edge++) {
      if (!this.isNear(this.there, move.to, edge) && !this.isNear(this.here, was, edge)) continue
      for (let s = stretches.firstOf[edge]!; s < stretches.firstOf[edge + 1]!; s++) {
        if (stretches.grid[s]! < 0) continue
        const middle = (stretches.from[s]! + stretches.to[s]!) / 2
        const fills = this.reaches(this.there, move.to, edge, middle, PROMISE_DS - move.turnoutDs)
        const leaves = this.reaches(this.here, was, edge, middle, PROMISE_DS - this.turnoutDs[move.slot]!)
        if (fills === leaves) continue
        if (fills && !this.mayBeReached(edge, middle, move)) sure += stretches.demand[s]!
        if (leaves && !this.staysReached(edge, middle, move)) sure -= stretches.demand[s]!
      }
    }
    const whole = demand[stretches.grids.length]!
    return whole > 0 ? sure / whole : 0
  }

  private isNear(from: RoadSearch, place: RoadPoint, edge: number): boolean {
    return place.edge === edge || from.intoDs(2 * edge) >= 0 || from.intoDs(2 * edge + 1) >= 0
  }

  private reaches(from: RoadSearch, place: RoadPoint, edge: number, at: number, leftDs: number): boolean {
    if (place.edge === edge) return true
    return this.eitherEnd(edge, at, (drive, lastDs) => {
      const beginDs = from.intoDs(drive)
      return beginDs >= 0 && beginDs + lastDs <= leftDs
    })
  }

  /** Somebody else may reach it by then, though nobody may now. */
  private mayBeReached(edge: number, at: number, { slot, driftDs }: SureMove): boolean {
    return this.others(edge, at, slot, (kind, etaDs) => {
      const mayMove = kind === 'moves' || kind === 'leaves'
      return etaDs <= PROMISE_DS + (mayMove ? driftDs : 0)
    })
  }

  /** Somebody else will reach it then as now. */
  private staysReached(edge: number, at: number, { slot, driftDs }: SureMove): boolean {
    return this.others(
      edge,
      at,
      slot,
      (kind, etaDs) =>
        (kind === 'stands' && etaDs <= PROMISE_DS) || (kind === 'moves' && etaDs <= PROMISE_DS - driftDs),
    )
  }

  /** Whether anybody but `self` is as asked: those standing on the road, then the nearest to its ends. */
  private others(
    edge: number,
    at: number,
    self: number,
    is: (kind: Whereabouts, etaDs: number) => boolean,
  ): boolean {
    const { units, counts, timesDs, slots, k } = this.labels
    for (let slot = units.edgeHead[edge]!; slot >= 0; slot = units.edgeNext[slot]!)
      if (slot !== self && is(this.kinds[slot]!, this.turnoutDs[slot]!)) return true
    return this.eitherEnd(edge, at, (drive, lastDs) => {
      const row = this.labels.rowInto(drive)
      for (let label = row * k; label < row * k + counts[row]!; label++) {
        const slot = slots[label]!
        if (slot !== self && is(this.kinds[slot]!, timesDs[label]! + lastDs)) return true
      }
      return false
    })
  }

  /** Asks of both ways onto a place of a road: the drive, and what it takes from where it begins. */
  private eitherEnd(edge: number, at: number, ask: (drive: number, lastDs: number) => boolean): boolean {
    const { weights } = this.labels
    for (let end = 0; end < 2; end++) {
      const drive = 2 * edge + end
      if (!weights.isWayTo(drive)) continue
      if (ask(drive, weights.enterDs[drive]! + weights.lastDs[drive]! * (end === 0 ? at : 1 - at)))
        return true
    }
    return false
  }
}

function search(from: RoadSearch, place: RoadPoint, budgetDs: number): void {
  from.begin('out', budgetDs)
  from.startOnEdge(place.edge, place.fraction)
  from.run()
}
