import type { Position } from '#protocols/geo/polygon.ts'
import { partialCostDs } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { partOfShape } from '../roads/shape.ts'
import type { RoadSearch } from './search.ts'

type RoadPlace = { readonly edge: number; readonly fraction: number }

export type Route = {
  /** The same number `nearest` gives for this unit and place. */
  readonly etaDs: number
  /** `[lon, lat]` along the road, from the unit to the place. */
  readonly line: readonly Position[]
}

/** How the unit would drive to the place, or undefined when no road leads there within `budgetDs`. */
export function routeBetween(
  search: RoadSearch,
  unit: RoadPlace,
  place: RoadPlace,
  budgetDs = Infinity,
): Route | undefined {
  const { graph } = search
  const direct = alongOneEdge(graph, unit, place)
  search.begin('back', Math.min(budgetDs, direct?.etaDs ?? Infinity))
  search.startOnEdge(place.edge, place.fraction)
  const exits = exitsOf(graph, unit)
  while (exits.some(exit => search.costDs(exit.node) < 0) && search.next() >= 0);
  let best = direct !== undefined && direct.etaDs <= budgetDs ? direct : undefined
  for (const exit of exits) {
    const restDs = search.costDs(exit.node)
    const etaDs = restDs + exit.costDs
    if (restDs < 0 || etaDs > budgetDs || (best !== undefined && etaDs >= best.etaDs)) continue
    const first = partOfShape(graph.edgeShape(unit.edge), unit.fraction, exit.fraction)
    best = { etaDs, line: joined([first, ...linesToPlace(search, exit.node, place)]) }
  }
  return best
}

type Exit = { readonly node: number; readonly costDs: number; readonly fraction: 0 | 1 }

/** The ends by which a unit can leave its edge. */
function exitsOf(graph: RoadGraph, { edge, fraction }: RoadPlace): Exit[] {
  const costDs = graph.edgeCostDs(edge)
  const partDs = partialCostDs(costDs, fraction)
  const exits: Exit[] = []
  if (graph.isForward(edge))
    exits.push({ node: graph.driveEnd[2 * edge]!, costDs: costDs - partDs, fraction: 1 })
  if (graph.isBackward(edge)) exits.push({ node: graph.driveEnd[2 * edge + 1]!, costDs: partDs, fraction: 0 })
  return exits
}

function alongOneEdge(graph: RoadGraph, unit: RoadPlace, place: RoadPlace): Route | undefined {
  const { edge } = place
  const ahead = place.fraction - unit.fraction
  const open = (ahead >= 0 && graph.isForward(edge)) || (ahead <= 0 && graph.isBackward(edge))
  if (unit.edge !== edge || !open) return undefined
  const costDs = graph.edgeCostDs(edge)
  const etaDs = Math.abs(partialCostDs(costDs, place.fraction) - partialCostDs(costDs, unit.fraction))
  return { etaDs, line: partOfShape(graph.edgeShape(edge), unit.fraction, place.fraction) }
}

/** Follows the parents of a search that came from the place: edge after edge, then the part of the place's own edge. */
function linesToPlace(search: RoadSearch, from: number, place: RoadPlace): Position[][] {
  const { graph } = search
  const lines: Position[][] = []
  let node = from
  for (let arc = search.parents[node]!; arc >= 0; arc = search.parents[node]!) {
    const drive = graph.backDrive[arc]!
    const shape: Position[] = graph.edgeShape(drive >> 1)
    lines.push((drive & 1) === 0 ? shape : shape.reverse())
    node = graph.arcTo[graph.arcOf(node, drive)]!
  }
  lines.push(partOfShape(graph.edgeShape(place.edge), entryFraction(search, node, place), place.fraction))
  return lines
}

/** At which end of the place's edge the search started for this node; the cheaper one when a loop has both. */
function entryFraction({ graph, costs }: RoadSearch, node: number, { edge, fraction }: RoadPlace): 0 | 1 {
  const partDs = partialCostDs(graph.edgeCostDs(edge), fraction)
  return graph.arcOf(node, 2 * edge) >= 0 && costs[node] === partDs ? 0 : 1
}

/** One line out of lines that meet, each meeting point once. */
function joined(lines: readonly (readonly Position[])[]): Position[] {
  const out: Position[] = []
  for (const position of lines.flat()) {
    const last = out[out.length - 1]
    if (last === undefined || last[0] !== position[0] || last[1] !== position[1]) out.push(position)
  }
  return out
}
