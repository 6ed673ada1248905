import { partialCostDs } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'

/**
 * Driving times the plain way: Dijkstra over the edge list with a binary heap, forwards, from where the unit stands. It
 * reads the graph's edges and not its arcs, imports nothing from `gateway/reach`, and is slow where being obvious costs
 * time. What it says is what the search has to say.
 */
export type OraclePlace = { readonly edge: number; readonly fraction: number } | { readonly node: number }

type Arc = { readonly to: number; readonly costDs: number }

/** Neighbours of every node, from the edge list. */
export function arcsOf(graph: RoadGraph): readonly (readonly Arc[])[] {
  const arcs: Arc[][] = Array.from({ length: graph.nodeCount }, () => [])
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [from, to] = [graph.edgeFrom[edge] ?? 0, graph.edgeTo[edge] ?? 0]
    const costDs = graph.edgeCostDs(edge)
    if (graph.isForward(edge)) arcs[from]?.push({ to, costDs })
    if (graph.isBackward(edge)) arcs[to]?.push({ to: from, costDs })
  }
  return arcs
}

/** Deciseconds from the start to every node; Infinity where no road leads. */
export function timesFrom(graph: RoadGraph, arcs: ReturnType<typeof arcsOf>, start: OraclePlace): number[] {
  const times = new Array<number>(graph.nodeCount).fill(Infinity)
  const heap: (readonly [number, number])[] = []
  for (const [node, costDs] of waysOut(graph, start)) push(heap, [costDs, node])
  for (let top = pop(heap); top !== undefined; top = pop(heap)) {
    const [timeDs, node] = top
    if (timeDs >= (times[node] ?? 0)) continue
    times[node] = timeDs
    for (const { to, costDs } of arcs[node] ?? []) push(heap, [timeDs + costDs, to])
  }
  return times
}

/** From the start to the place, given `timesFrom(start)`: by either end of the place's edge, or without leaving it. */
export function timeTo(
  graph: RoadGraph,
  times: readonly number[],
  start: OraclePlace,
  place: OraclePlace,
): number {
  if ('node' in place) return times[place.node] ?? Infinity
  const costDs = graph.edgeCostDs(place.edge)
  const partDs = partialCostDs(costDs, place.fraction)
  const ways: number[] = [Infinity]
  if (graph.isForward(place.edge)) ways.push((times[graph.edgeFrom[place.edge] ?? 0] ?? Infinity) + partDs)
  if (graph.isBackward(place.edge))
    ways.push((times[graph.edgeTo[place.edge] ?? 0] ?? Infinity) + costDs - partDs)
  if ('edge' in start && start.edge === place.edge) {
    const startDs = partialCostDs(costDs, start.fraction)
    if (graph.isForward(place.edge) && start.fraction <= place.fraction) ways.push(partDs - startDs)
    if (graph.isBackward(place.edge) && start.fraction >= place.fraction) ways.push(startDs - partDs)
  }
  return Math.min(...ways)
}

function waysOut(graph: RoadGraph, start: OraclePlace): (readonly [number, number])[] {
  if ('node' in start) return [[start.node, 0]]
  const costDs = graph.edgeCostDs(start.edge)
  const partDs = partialCostDs(costDs, start.fraction)
  const ways: (readonly [number, number])[] = []
  if (graph.isForward(start.edge)) ways.push([graph.edgeTo[start.edge] ?? 0, costDs - partDs])
  if (graph.isBackward(start.edge)) ways.push([graph.edgeFrom[start.edge] ?? 0, partDs])
  return ways
}

type Heap = (readonly [number, number])[]

function push(heap: Heap, item: readonly [number, number]): void {
  let at = heap.push(item) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if ((heap[parent]?.[0] ?? 0) <= item[0]) break
    heap[at] = heap[parent] ?? item
    at = parent
  }
  heap[at] = item
}

function pop(heap: Heap): readonly [number, number] | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return top
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child + 1 < heap.length && (heap[child + 1]?.[0] ?? 0) < (heap[child]?.[0] ?? 0)) child++
    const below = heap[child]
    if (below === undefined || below[0] >= last[0]) break
    heap[at] = below
    at = child
  }
  heap[at] = last
  return top
}
