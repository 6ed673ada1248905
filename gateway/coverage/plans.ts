import type { ColdSpotView } from '#protocols/coverage.ts'
import type { UnitId } from '#protocols/ids.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { Grid } from '../grids/grid.ts'
import { NearestUnits } from '../reach/nearest.ts'
import { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'
import type { AtPlace } from './at-place.ts'
import { COLD_SPOT_RULES, ColdDesk, ColdSpots } from './cold-spots.ts'
import type { ColdSpot, ColdSpotRules } from './cold-spots.ts'
import type { KLabels } from './k-labels.ts'
import { FILL_DS, PROMISE_DS } from './measure.ts'
import type { CoverageMeasure } from './measure.ts'
import { SoleReach } from './sole-reach.ts'
import type { Loss } from './sole-reach.ts'
import { WhatIf } from './what-if.ts'
import type { Changes } from './what-if.ts'

/** What somebody's going takes from a grid; what stays is as the colour of the grid is judged by. */
export type GridLoss = {
  readonly gridId: string
  readonly roadM: number
  /** Of its road, within 300 s: now and afterwards. */
  readonly shareBefore: number
  readonly shareAfter: number
  /** Of its demand. */
  readonly demandShare: number
  /** Who can be at the grid's demand centre afterwards, told apart up to three. */
  readonly centreUnits: number
}

/** What would no longer be reached within 300 s. */
export type MeasuredLoss = {
  readonly roadM: number
  readonly areaM2: number
  /** Of the road and of the demand of the whole city. */
  readonly roadShare: number
  readonly demandShare: number
  /** Grids that lose road, or a unit at their centre; the greatest loss first. */
  readonly grids: readonly GridLoss[]
}
export type UnitLoss = MeasuredLoss & { readonly unitId: UnitId }
/** The same with the road itself, and the holes it makes or makes larger. */
export type Foreseen = MeasuredLoss & {
  readonly unitIds: readonly UnitId[]
  readonly coldSpots: readonly ColdSpotView[]
  readonly lines: readonly (readonly Position[])[]
}

/** More than one asks for when the colour of a grid is judged. */
const CENTRE_UNITS_TOLD = 3
/** Who could fill a foreseen hole first is looked for among so many by road: their turnouts differ by seconds. */
const FILL_AMONG = 8

export type PlanParts = {
  readonly grids: readonly Grid[]
  readonly measure: CoverageMeasure
  readonly labels: KLabels
  readonly at: AtPlace
  readonly turnoutDs: Uint32Array
  readonly centres: () => readonly (RoadPoint | undefined)[]
  readonly callSignOf: (unitId: UnitId) => string
  readonly rules?: ColdSpotRules
  /** Of the thread, between two questions: each search begins anew, and what nobody ordered is cold at once. */
  readonly searches: readonly [RoadSearch, RoadSearch]
  readonly desk: ColdDesk
}

/** What questions about what is not so yet work on, one after the other. */
export const scratchOf = ({ stretches }: CoverageMeasure, { graph, weights }: KLabels) => ({
  searches: [new RoadSearch(graph, weights), new RoadSearch(graph, weights)] as const,
  desk: new ColdDesk(stretches, 0),
})

/** What orders would uncover, before they are given; from the labels of the last refresh. */
export class Plans {
  readonly whatIf: WhatIf
  readonly sole: SoleReach
  private readonly parts: PlanParts
  private readonly nearest: NearestUnits
  private readonly foreseen: ColdSpots
  private centreSlots: readonly (readonly number[])[] | null = null

  constructor(parts: PlanParts) {
    const { measure, labels } = parts
    this.parts = parts
    this.whatIf = new WhatIf(measure, labels)
    this.sole = new SoleReach(measure, labels)
    this.nearest = new NearestUnits(labels.units, parts.searches[0])
    const { whatIf } = this
    this.foreseen = new ColdSpots(
      {
        stretches: measure.stretches,
        gapFrom: whatIf.gapFrom,
        gapTo: whatIf.gapTo,
        demand: measure.demand,
      },
      { nearestAtDs: junction => labels.nearestAtDs(junction, whatIf.gone) },
      { ...(parts.rules ?? COLD_SPOT_RULES), coldAfterMs: 0 },
      'foreseen',
      parts.desk,
    )
  }

  /** There are new labels. */
  forget(): void {
    this.sole.forget()
    this.centreSlots = null
  }

  /** What sending each of these units would uncover, each by itself; those not counted now are left out. */
  losses(unitIds: readonly UnitId[]): UnitLoss[] {
    return unitIds.flatMap(unitId => {
      const slot = this.slotOf(unitId)
      if (slot === undefined) return []
      const byGrid = this.sole.of(slot, this.parts.turnoutDs)
      return [{ unitId, ...this.lossOf([slot], grid => byGrid.get(grid)) }]
    })
  }

  /** What sending them all would uncover. */
  without(unitIds: readonly UnitId[]): Foreseen {
    const centres = this.slotsAtCentres()
    return this.during(unitIds, slots => {
      const after = slots.length > 1 ? this.slotsLooked() : centres
      const loss = this.lossOf(slots, grid => lostIn(this.whatIf.changes, grid), centres, after)
      const coldSpots = this.spotsOf(new Set(this.whatIf.changed))
      return { unitIds: [...unitIds], ...loss, coldSpots, lines: this.uncovered() }
    })
  }

  /** Something that is asked while these units are gone: the labels leave out whom `whatIf.gone` names. */
  during<T>(unitIds: readonly UnitId[], ask: (slots: readonly number[]) => T): T {
    const { whatIf, parts } = this
    const slots = unitIds.flatMap(unitId => this.slotOf(unitId) ?? [])
    whatIf.run(slots, parts.turnoutDs)
    const answer = ask(slots)
    whatIf.end(slots, parts.turnoutDs)
    return answer
  }

  private slotOf(unitId: UnitId): number | undefined {
    return this.parts.labels.units.slotOf(unitId)
  }

  private lossOf(
    slots: readonly number[],
    lossIn: (grid: number) => Loss | undefined,
    before = this.slotsAtCentres(),
    after = before,
  ): MeasuredLoss {
    const { grids, measure } = this.parts
    const city = grids.length
    const all = { lengthM: 0, demand: 0, area: 0 }
    const lost: GridLoss[] = []
    grids.forEach((grid, i) => {
      const loss = lossIn(i) ?? NONE
      all.lengthM += loss.lengthM
      all.demand += loss.demand
      all.area += loss.area
      const leaves = before[i]!.some(slot => slots.includes(slot))
      if (loss.lengthM === 0 && !leaves) return
      const centreUnits = after[i]!.filter(slot => !slots.includes(slot)).length
      const shareBefore = measure.areaOf(i).circles[2]
      lost.push({
        gridId: grid.id,
        roadM: loss.lengthM,
        shareBefore,
        shareAfter: Math.max(0, shareBefore - part(loss.lengthM, measure.roadM[i]!)),
        demandShare: part(loss.demand, measure.demand[i]!),
        centreUnits: Math.min(CENTRE_UNITS_TOLD, centreUnits),
      })
    })
    return {
      roadM: all.lengthM,
      areaM2: all.area,
      roadShare: part(all.lengthM, measure.roadM[city]!),
      demandShare: part(all.demand, measure.demand[city]!),
      grids: lost.sort((a, b) => b.roadM - a.roadM),
    }
  }

  private slotsAtCentres(): readonly (readonly number[])[] {
    return (this.centreSlots ??= this.slotsLooked())
  }

  /** Who can be at each centre in time, as the labels say now. */
  private slotsLooked(): readonly (readonly number[])[] {
    const { at, centres, turnoutDs } = this.parts
    return centres().map(centre =>
      centre === undefined ? [] : at.slotsWithin(centre, PROMISE_DS, turnoutDs),
    )
  }

  /** Holes that have one of these stretches in them. */
  private spotsOf(changed: ReadonlySet<number>): ColdSpotView[] {
    this.foreseen.forget()
    return this.foreseen
      .refresh(() => false, 0)
      .filter(spot => spot.stretches.some(s => changed.has(s)))
      .map(spot => this.viewOf(spot))
  }

  private viewOf(spot: ColdSpot): ColdSpotView {
    const { id, centre, roadM, areaM2, demandShare } = spot
    const gridIds = spot.grids.map(grid => this.parts.grids[grid]!.id)
    return {
      id,
      gridIds,
      centre,
      roadM,
      areaM2,
      sinceMs: 0,
      demandShare,
      fillBy: this.fillBy(spot.centrePoint),
    }
  }

  /** Who of the others could be there first. */
  private fillBy(place: RoadPoint): ColdSpotView['fillBy'] {
    const { labels, turnoutDs, callSignOf } = this.parts
    const accept = (unitId: string): boolean => this.whatIf.gone[labels.units.slotOf(unitId)!] === 0
    const best = this.nearest
      .nearest(place, FILL_AMONG, { budgetDs: FILL_DS, accept })
      .map(({ id, etaDs }) => ({ unitId: id, etaDs: etaDs + turnoutDs[labels.units.slotOf(id)!]! }))
      .sort((a, b) => a.etaDs - b.etaDs)[0]
    if (best === undefined) return null
    return { unitId: best.unitId, callSign: callSignOf(best.unitId), etaSeconds: best.etaDs / 10 }
  }

  /** The road that is uncovered, `[lon, lat]`: what the gaps have more than before. */
  private uncovered(): Position[][] {
    const { measure } = this.parts
    const { gapFrom, gapTo, changed } = this.whatIf
    const { lines, edge } = measure.stretches
    const out: Position[][] = []
    for (const s of changed) {
      const [before, beforeTo] = [measure.gapFrom[s]!, measure.gapTo[s]!]
      const [from, to] = [gapFrom[s]!, gapTo[s]!]
      const pieces =
        beforeTo > before
          ? [
              [from, Math.min(to, before)],
              [Math.max(from, beforeTo), to],
            ]
          : [[from, to]]
      for (const [a = 0, b = 0] of pieces) if (b > a) out.push(lines.line(edge[s]!, a, b))
    }
    return out
  }
}

const NONE: Loss = { lengthM: 0, demand: 0, area: 0 }

function lostIn({ lengthM, demand, area }: Changes, grid: number): Loss {
  return { lengthM: -lengthM[grid]!, demand: -demand[grid]!, area: -area[grid]! }
}

const part = (of: number, whole: number): number => (whole > 0 ? Math.min(1, of / whole) : 0)
