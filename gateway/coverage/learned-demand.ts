import type { RoadGraph } from '#protocols/roads/graph.ts'
import { demandByClass } from './demand.ts'
import type { DemandWeights } from './demand.ts'
import { cellOf, cellsAround } from './demand-history.ts'
import type { DemandCounts } from './demand-history.ts'
import { EdgeLines } from './edge-lines.ts'

/** Ours, to be calibrated. */
export type DemandRules = {
  /** Fewer say nothing: demand is length by road class. */
  readonly incidentsMin: number
  /** What the roads alone say weighs as much as so many incidents; the whole day, as so many around the hour. */
  readonly roadsCountAs: number
  readonly dayCountsAs: number
}
export const DEMAND_RULES: DemandRules = { incidentsMin: 100, roadsCountAs: 200, dayCountsAs: 100 }

/** Whether there is history enough to learn from. */
export const isLearned = ({ incidents }: DemandCounts, rules = DEMAND_RULES): boolean =>
  incidents >= rules.incidentsMin

/**
 * Demand from history, smoothed twice (the mean of a Dirichlet posterior): of all incidents a cell has the share its roads
 * say, drawn to the share it had, drawn to the share it had around this hour:
 *
 *     day  = (all + roadsCountAs * roads) / (incidents + roadsCountAs)
 *     hour = (now + dayCountsAs * day) / (incidentsNow + dayCountsAs)
 *
 * Inside a cell demand is spread as by class; all cells together weigh what they weighed before. An incident in a cell
 * without roads counts in that one beside it which has most road, and not at all where none has any.
 */
export function learnedDemand(counts: DemandCounts, rules = DEMAND_RULES): DemandWeights {
  if (!isLearned(counts, rules)) return demandByClass
  return graph => {
    const byClass = demandByClass(graph)
    const cells = roadsByCell(graph, byClass)
    const whole = [...cells.share.values()].reduce((sum, weight) => sum + weight, 0)
    const counted = onRoads(counts, cells.share)
    const factors = new Map<string, number>()
    for (const [cell, weight] of cells.share) {
      const roads = weight / whole
      const { all = 0, now = 0 } = counted.cells.get(cell) ?? {}
      const day = (all + rules.roadsCountAs * roads) / (counted.all + rules.roadsCountAs)
      const hour = (now + rules.dayCountsAs * day) / (counted.now + rules.dayCountsAs)
      factors.set(cell, weight > 0 ? hour / roads : 1)
    }
    return byClass.map((weight, edge) => weight * (factors.get(cells.of[edge]!) ?? 1))
  }
}

/** The cell of the middle of each edge, and what the roads of each cell weigh. */
function roadsByCell(
  graph: RoadGraph,
  byClass: Float64Array,
): { readonly of: readonly string[]; readonly share: ReadonlyMap<string, number> } {
  const lines = new EdgeLines(graph)
  const share = new Map<string, number>()
  const of = Array.from({ length: graph.edgeCount }, (_, edge) => {
    const cell = cellOf(lines.pointAt(edge, 0.5))
    share.set(cell, (share.get(cell) ?? 0) + byClass[edge]! * graph.edgeLengthDm[edge]!)
    return cell
  })
  return { of, share }
}

type OnRoads = {
  readonly all: number
  readonly now: number
  readonly cells: ReadonlyMap<string, { readonly all: number; readonly now: number }>
}

/** The counts of cells with roads, each with those of cells beside it that have none. */
function onRoads(counts: DemandCounts, share: ReadonlyMap<string, number>): OnRoads {
  const cells = new Map<string, { all: number; now: number }>()
  let [allSum, nowSum] = [0, 0]
  const weightOf = (cell: string): number => share.get(cell) ?? 0
  for (const { cell, all, now } of counts.cells) {
    const near = weightOf(cell) > 0 ? [cell] : cellsAround(cell)
    const best = near.reduce((most, one) => (weightOf(one) > weightOf(most) ? one : most), near[0]!)
    if (weightOf(best) === 0) continue
    const known = cells.get(best) ?? { all: 0, now: 0 }
    cells.set(best, { all: known.all + all, now: known.now + now })
    allSum += all
    nowSum += now
  }
  return { all: allSum, now: nowSum, cells }
}
