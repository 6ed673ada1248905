import type { RoadGraph } from '#protocols/roads/graph.ts'
import { alongDs, freely, intoDs, isShut, outDs, shutBorder, wholeDs } from './plain-times.ts'
import type { PlainTimes } from './plain-times.ts'

/**
 * Driving times the plain way: Dijkstra over the edge list with a binary heap, forwards, from where the unit stands. It
 * reads the graph's edges and not its arcs, imports nothing from `gateway/reach`, and is slow where being obvious costs
 * time. What it says is what the search has to say. Without `driving` roads take length over speed.
 */
export type OraclePlace = { readonly edge: number; readonly fraction: number } | { readonly node: number }

type Arc = { readonly to: number; readonly costDs: number }

/** Neighbours of every node, from the edge list. */
export function arcsOf(graph: RoadGraph, driving: PlainTimes = freely(graph)): readonly (readonly Arc[])[] {
  const arcs: Arc[][] = Array.from({ length: graph.nodeCount }, () => [])
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [from, to] = [graph.edgeFrom[edge] ?? 0, graph.edgeTo[edge] ?? 0]
    const [thereDs, backDs] = [wholeDs(driving, 2 * edge), wholeDs(driving, 2 * edge + 1)]
    if (thereDs < Infinity) arcs[from]?.push({ to, costDs: thereDs })
    if (backDs < Infinity) arcs[to]?.push({ to: from, costDs: backDs })
  }
  return arcs
}

/** Deciseconds from the start to every node; Infinity where no road leads. */
export function timesFrom(
  graph: RoadGraph,
  arcs: ReturnType<typeof arcsOf>,
  start: OraclePlace,
  driving: PlainTimes = freely(graph),
): number[] {
  const times = new Array<number>(graph.nodeCount).fill(Infinity)
  const heap: (readonly [number, number])[] = []
  for (const [node, costDs] of waysOut(graph, start, driving)) push(heap, [costDs, node])
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
  driving: PlainTimes = freely(graph),
): number {
  if ('node' in place) return times[place.node] ?? Infinity
  const [there, back] = [2 * place.edge, 2 * place.edge + 1]
  // Nobody drives into a shut road: what counts is the nearest place where it begins.
  const border = isShut(driving, place.edge) ? shutBorder(graph, driving, place.edge) : []
  const ways = [
    ...[...border].map(junction => times[junction] ?? Infinity),
    (times[graph.edgeFrom[place.edge] ?? 0] ?? Infinity) + intoDs(driving, there, place.fraction),
    (times[graph.edgeTo[place.edge] ?? 0] ?? Infinity) + intoDs(driving, back, place.fraction),
  ]
  if ('edge' in start && start.edge === place.edge)
    for (const drive of [there, back]) ways.push(alongDs(driving, drive, start.fraction, place.fraction))
  return Math.min(...ways)
}

function waysOut(graph: RoadGraph, start: OraclePlace, driving: PlainTimes): (readonly [number, number])[] {
  if ('node' in start) return [[start.node, 0]]
  const { edge, fraction } = start
  const ways: (readonly [number, number])[] = [
    [graph.edgeTo[edge] ?? 0, outDs(driving, 2 * edge, fraction)],
    [graph.edgeFrom[edge] ?? 0, outDs(driving, 2 * edge + 1, fraction)],
  ]
  return ways.filter(([, ds]) => ds < Infinity)
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
