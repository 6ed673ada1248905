import type { Position } from '#protocols/geo/polygon.ts'
import { partOfShape } from '../roads/shape.ts'
import type { RoadSearch } from './search.ts'
import type { RoadWeights } from './weights.ts'

type RoadPlace = { readonly edge: number; readonly fraction: number }

export type Route = {
  /** The same number `nearest` gives for this unit and place. */
  readonly etaDs: number
  /** `[lon, lat]` along the road, from the unit to the place, or to where the shut road begins that the place is on. */
  readonly line: readonly Position[]
}

/** How the unit would drive to the place, or undefined when no road leads there within `budgetDs`. */
export function routeBetween(
  search: RoadSearch,
  unit: RoadPlace,
  place: RoadPlace,
  budgetDs = Infinity,
): Route | undefined {
  const { graph, weights } = search
  const direct = alongOneEdge(weights, unit, place)
  search.begin('back', Math.min(budgetDs, direct?.etaDs ?? Infinity))
  search.startOnEdge(place.edge, place.fraction)
  const exits = exitsOf(weights, unit)
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
function exitsOf(weights: RoadWeights, { edge, fraction }: RoadPlace): Exit[] {
  return [2 * edge, 2 * edge + 1]
    .filter(drive => weights.mayLeave(drive))
    .map(drive => ({
      node: weights.graph.driveEnd[drive]!,
      costDs: weights.outDs(drive, fraction),
      fraction: (drive & 1) === 0 ? 1 : 0,
    }))
}

function alongOneEdge(weights: RoadWeights, unit: RoadPlace, place: RoadPlace): Route | undefined {
  const { edge } = place
  if (unit.edge !== edge) return undefined
  const ahead = place.fraction - unit.fraction
  const times = [2 * edge, 2 * edge + 1]
    .filter(drive => weights.isWayAlong(drive) && ((drive & 1) === 0 ? ahead >= 0 : ahead <= 0))
    .map(drive => weights.alongDs(drive, unit.fraction, place.fraction))
  if (times.length === 0) return undefined
  const line = partOfShape(weights.graph.edgeShape(edge), unit.fraction, place.fraction)
  return { etaDs: Math.min(...times), line }
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
  // A shut road is not driven: the way ends where it begins.
  if (search.weights.isShut(place.edge)) return lines
  lines.push(partOfShape(graph.edgeShape(place.edge), entryFraction(search, node, place), place.fraction))
  return lines
}

/** At which end of the place's edge the search started for this node; the cheaper one when a loop has both. */
function entryFraction({ graph, weights, costs }: RoadSearch, node: number, place: RoadPlace): 0 | 1 {
  const ahead = 2 * place.edge
  const isHere = graph.isOpen(ahead)
    ? graph.arcOf(node, ahead) >= 0
    : graph.driveFrom(ahead) === graph.junctionOf(node)
  const isAhead = weights.isWayTo(ahead) && isHere
  return isAhead && costs[node] === weights.intoDs(ahead, place.fraction) ? 0 : 1
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
