import type { Spot, StreetMap } from './street-map.ts'

/** Arcs in driving order; the first is entered at the start spot, the last left at the goal spot. */
export type Route = {
  readonly from: Spot
  readonly to: Spot
  readonly arcs: readonly number[]
  readonly seconds: number
}

export type RouteOptions = {
  /** Which way the car may leave its spot: a moving car goes on the way it faces. */
  readonly leave?: 'either' | 'along' | 'against'
  /** What an arc counts beside its travel time; a patrol likes to wander. At least 1, or A* is no longer exact. */
  readonly factor?: (arc: number) => number
}

/**
 * The fastest way at each road's own speed (A*, straight-line time at the fastest road's speed as the bound), obeying
 * one-ways. Turn delays are the mover's matter. undefined when there is no way.
 */
export function fastestRoute(
  map: StreetMap,
  from: Spot,
  to: Spot,
  options: RouteOptions = {},
): Route | undefined {
  const factor = options.factor ?? (() => 1)
  const { leave = 'either' } = options
  const starts = [2 * from.edge, 2 * from.edge + 1].filter(
    arc => map.isOpen(arc) && (leave === 'either' || (leave === 'along') === ((arc & 1) === 0)),
  )
  const direct = starts.find(
    arc => from.edge === to.edge && (arc & 1 ? to.alongM <= from.alongM : to.alongM >= from.alongM),
  )
  if (direct !== undefined) {
    return { from, to, arcs: [direct], seconds: Math.abs(to.alongM - from.alongM) / map.speedMps[to.edge]! }
  }

  const { x: goalX, y: goalY } = map.pointAt(to)
  const bound = (node: number): number =>
    Math.hypot(map.nodeX[node]! - goalX, map.nodeY[node]! - goalY) / map.fastestMps
  const scratch = scratchOf(map)
  const { cost, cameBy, reachedIn, doneIn, fromStart, run } = scratch
  const queue = new NearestFirst()
  const offer = (node: number, seconds: number, arc: number, first: boolean): void => {
    if (reachedIn[node] === run && seconds >= cost[node]!) return
    reachedIn[node] = run
    cost[node] = seconds
    cameBy[node] = arc
    fromStart[node] = first ? 1 : 0
    queue.put(node, seconds + bound(node))
  }

  for (const arc of starts) offer(map.endOf(arc), restSeconds(map, arc, from.alongM) * factor(arc), arc, true)
  const lastArcs = [2 * to.edge, 2 * to.edge + 1].filter(arc => map.isOpen(arc))
  let [best, bestArc] = [Infinity, -1]
  for (let node = queue.take(); node !== undefined; node = queue.take()) {
    if (doneIn[node] === run) continue
    doneIn[node] = run
    const seconds = cost[node]!
    if (seconds + bound(node) >= best) break
    for (const arc of lastArcs) {
      const whole = seconds + (spanSeconds(map, to.edge) - restSeconds(map, arc, to.alongM)) * factor(arc)
      if (map.startOf(arc) === node && whole < best) [best, bestArc] = [whole, arc]
    }
    for (let k = map.arcFirst[node]!; k < map.arcFirst[node + 1]!; k += 1) {
      const arc = map.arcs[k]!
      offer(map.endOf(arc), seconds + spanSeconds(map, arc >> 1) * factor(arc), arc, false)
    }
  }
  if (bestArc === -1) return undefined
  return {
    from,
    to,
    arcs: [...backTrack(map, scratch, map.startOf(bestArc)), bestArc],
    seconds: best,
  }
}

const spanSeconds = (map: StreetMap, edge: number): number => map.lengthM(edge) / map.speedMps[edge]!

/** Seconds from the place `alongM` on the arc's edge to the arc's end. */
function restSeconds(map: StreetMap, arc: number, alongM: number): number {
  const restM = (arc & 1) === 0 ? map.lengthM(arc >> 1) - alongM : alongM
  return restM / map.speedMps[arc >> 1]!
}

/** The arcs that lead to `node`, read back to the one that left the start spot. */
function backTrack(map: StreetMap, { cameBy, fromStart }: Scratch, node: number): number[] {
  const arcs = [cameBy[node]!]
  for (let at = node; fromStart[at] === 0;) {
    at = map.startOf(cameBy[at]!)
    arcs.push(cameBy[at]!)
  }
  return arcs.reverse()
}

/**
 * What a search writes down, one slot per node, kept with the map and told apart by the number of the run, so that a
 * short way in a big city touches only its own neighbourhood. `fromStart` marks nodes best reached straight from the
 * start spot: there a way ends when it is read backwards.
 */
type Scratch = {
  run: number
  readonly cost: Float64Array
  readonly cameBy: Int32Array
  readonly reachedIn: Uint32Array
  readonly doneIn: Uint32Array
  readonly fromStart: Uint8Array
}
const scratches = new WeakMap<StreetMap, Scratch>()

function scratchOf(map: StreetMap): Scratch {
  const count = map.nodeX.length
  const scratch = scratches.get(map) ?? {
    run: 0,
    cost: new Float64Array(count),
    cameBy: new Int32Array(count),
    reachedIn: new Uint32Array(count),
    doneIn: new Uint32Array(count),
    fromStart: new Uint8Array(count),
  }
  scratches.set(map, scratch)
  scratch.run += 1
  return scratch
}

/** Binary heap of nodes by estimated seconds; an entry outdated by a better one is skipped by the caller. */
class NearestFirst {
  private readonly nodes: number[] = []
  private readonly keys: number[] = []

  put(node: number, key: number): void {
    let at = this.nodes.push(node) - 1
    this.keys.push(key)
    while (at > 0 && this.keys[(at - 1) >> 1]! > key) {
      this.move(at, (at - 1) >> 1)
      at = (at - 1) >> 1
    }
    this.nodes[at] = node
    this.keys[at] = key
  }

  take(): number | undefined {
    const top = this.nodes[0]
    const [node, key] = [this.nodes.pop(), this.keys.pop()]
    if (node === undefined || key === undefined || this.nodes.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.nodes.length) break
      if (child + 1 < this.nodes.length && this.keys[child + 1]! < this.keys[child]!) child += 1
      if (this.keys[child]! >= key) break
      this.move(at, child)
      at = child
    }
    this.nodes[at] = node
    this.keys[at] = key
    return top
  }

  private move(to: number, from: number): void {
    this.nodes[to] = this.nodes[from]!
    this.keys[to] = this.keys[from]!
  }
}
