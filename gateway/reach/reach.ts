import type { Position } from '#protocols/geo/polygon.ts'
import { partOfShape } from '../roads/shape.ts'
import type { Target } from './nearest.ts'
import type { RoadSearch } from './search.ts'
import type { RoadWeights } from './weights.ts'

/** A junction and the deciseconds it takes to get there. */
export type ReachedNode = readonly [node: number, ds: number]

/** Every junction that can be driven to from `start` within `budgetDs`, by node id, exact. */
export function reachNodes(search: RoadSearch, start: Target, budgetDs: number): ReachedNode[] {
  search.begin('out', budgetDs)
  if ('node' in start) search.startAtNode(start.node)
  else search.startOnEdge(start.edge, start.fraction)
  search.run()
  return leastByJunction(search)
}

/** Copies of a junction are one place to people: the least of their times. */
function leastByJunction(search: RoadSearch): ReachedNode[] {
  const junctions = search.settledNodes.slice(0, search.settledCount)
  for (let i = 0; i < junctions.length; i++) junctions[i] = search.graph.junctionOf(junctions[i]!)
  junctions.sort()
  const reached: ReachedNode[] = []
  for (let i = 0; i < junctions.length; i++) {
    const junction = junctions[i]!
    if (i === 0 || junction !== junctions[i - 1]) reached.push([junction, search.atDs(junction)])
  }
  return reached
}

/**
 * The stretches of road that can be driven to in time, cut where the time ends: lines, never a hull, because a hull
 * takes in the far bank of the river. Call it right after `reachNodes` with the same arguments.
 */
export function reachShapes(search: RoadSearch, start: Target, budgetDs: number): Position[][] {
  const { graph } = search
  const lines: Position[][] = []
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const spans = spansOf(search, edge, start, budgetDs)
    if (spans.length === 0) continue
    const shape = graph.edgeShape(edge)
    for (const [from, to] of merged(spans)) lines.push(partOfShape(shape, from, to))
  }
  return lines
}

type Span = readonly [number, number]

function spansOf(search: RoadSearch, edge: number, start: Target, budgetDs: number): Span[] {
  const { weights } = search
  const spans: Span[] = 'node' in start || start.edge !== edge ? [] : ownSpans(weights, start, budgetDs)
  for (let drive = 2 * edge; drive <= 2 * edge + 1; drive++) {
    const beginDs = search.intoDs(drive)
    if (beginDs < 0 || !weights.isWayTo(drive)) continue
    const share = Math.min(1, (budgetDs - beginDs - weights.enterDs[drive]!) / weights.lastDs[drive]!)
    spans.push((drive & 1) === 0 ? [0, share] : [1 - share, 1])
  }
  return spans.filter(([from, to]) => to > from)
}

/** What of its own edge the start reaches without leaving it. */
function ownSpans(
  weights: RoadWeights,
  { edge, fraction }: { readonly edge: number; readonly fraction: number },
  budgetDs: number,
): Span[] {
  const spans: Span[] = []
  for (let drive = 2 * edge; drive <= 2 * edge + 1; drive++) {
    if (!weights.isWayAlong(drive)) continue
    const end = weights.aheadTo(drive, fraction, budgetDs)
    spans.push((drive & 1) === 0 ? [fraction, Math.min(1, end)] : [Math.max(0, end), fraction])
  }
  return spans
}

function merged(spans: Span[]): Span[] {
  const sorted = [...spans].sort((a, b) => a[0] - b[0])
  const out: Span[] = []
  for (const span of sorted) {
    const last = out[out.length - 1]
    if (last !== undefined && span[0] <= last[1]) out[out.length - 1] = [last[0], Math.max(last[1], span[1])]
    else out.push(span)
  }
  return out
}
