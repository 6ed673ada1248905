import type { RoadGraph } from '#protocols/roads/graph.ts'
import { BucketQueue } from './bucket-queue.ts'
import { shutAround } from './shut-roads.ts'
import { CLOSED_DS, RoadWeights } from './weights.ts'

/** `out`: from the start to everywhere. `back`: from everywhere to the start. */
export type Direction = 'out' | 'back'

/**
 * Shortest driving times over the graph (E. W. Dijkstra 1959), bounded, exact per node, in integer deciseconds. Its N nodes
 * are the junctions and their copies (`RoadGraph`), so what is forbidden is never driven; a start that drives off from the
 * middle of a road arrives on the copy that knows this road.
 *
 *   costs u32[N]     time of a node, valid when stamps[n] >= stamp
 *   stamps u32[N]    stamp: waiting; stamp + 1: settled; lower: not seen in this search
 *   parents i32[N]   arc through which the time came (index into the arrays of the direction), -1 at a start
 *   settledNodes u32[N]   nodes in the order they were settled, so by rising time
 *
 * A search begins by raising the stamp by 2, so nothing is cleared; after 2^31 searches the stamps are wiped once.
 * No query allocates. One search at a time per instance: `begin`, then `start...`, then `next` until -1.
 */
export class RoadSearch {
  readonly graph: RoadGraph
  readonly weights: RoadWeights
  readonly costs: Uint32Array
  readonly parents: Int32Array
  readonly settledNodes: Uint32Array
  settledCount = 0
  private readonly stamps: Uint32Array
  private queue: BucketQueue
  private stamp = 0
  private budgetDs = 0
  private first: Uint32Array
  private ends: Uint32Array
  private arcCosts: Uint32Array
  private direction: Direction = 'out'

  /** Without weights roads are driven in length over speed. */
  constructor(graph: RoadGraph, weights: RoadWeights = new RoadWeights(graph)) {
    this.graph = graph
    this.weights = weights
    this.costs = new Uint32Array(graph.searchCount)
    this.parents = new Int32Array(graph.searchCount)
    this.settledNodes = new Uint32Array(graph.searchCount)
    this.stamps = new Uint32Array(graph.searchCount)
    this.queue = new BucketQueue(graph.searchCount, weights.stepDsMax)
    this.first = graph.arcFirst
    this.ends = graph.arcTo
    this.arcCosts = weights.arcDs
  }

  /** Forgets the search before. Nodes further than `budgetDs` are never touched; a budget of Infinity is allowed. */
  begin(direction: Direction, budgetDs: number): void {
    const { graph, weights } = this
    this.direction = direction
    // What is closed costs more than anybody may spend, so the loop need not ask.
    this.budgetDs = Math.min(budgetDs, CLOSED_DS - 1)
    this.first = direction === 'out' ? graph.arcFirst : graph.backFirst
    this.ends = direction === 'out' ? graph.arcTo : graph.backFrom
    this.arcCosts = direction === 'out' ? weights.arcDs : weights.backDs
    if (this.queue.stepDsMax < weights.stepDsMax)
      this.queue = new BucketQueue(graph.searchCount, weights.stepDsMax)
    else this.queue.clear()
    this.settledCount = 0
    if (this.stamp > 0xffff_fff0) {
      this.stamps.fill(0)
      this.stamp = 0
    }
    this.stamp += 2
  }

  /** The search starts at a junction: free to go anywhere, or come to by any way. */
  startAtNode(node: number): void {
    this.touch(node, 0, -1)
    if (this.direction === 'out') return
    const { copyFirst } = this.graph
    for (let copy = copyFirst[node]!; copy < copyFirst[node + 1]!; copy++) this.touch(copy, 0, -1)
  }

  /**
   * The search starts in the middle of an edge: at whichever of its ends can be left for, or come from. Nobody comes to a
   * place on a shut road: what counts is where that road begins (`shutAround`).
   */
  startOnEdge(edge: number, fraction: number): void {
    const { graph, weights } = this
    if (this.direction === 'back' && weights.isShut(edge)) {
      for (const junction of shutAround(weights, edge)) this.startAtNode(junction)
      return
    }
    for (let drive = 2 * edge; drive <= 2 * edge + 1; drive++) {
      if (this.direction === 'out') {
        if (weights.mayLeave(drive)) this.touch(graph.driveEnd[drive]!, weights.outDs(drive, fraction), -1)
      } else if (weights.isWayTo(drive)) this.startInto(drive, weights.intoDs(drive, fraction))
    }
  }

  /** Wherever one can stand before taking this drive. */
  private startInto(drive: number, costDs: number): void {
    const { graph } = this
    const junction = graph.driveFrom(drive)
    this.touch(junction, costDs, -1)
    for (let copy = graph.copyFirst[junction]!; copy < graph.copyFirst[junction + 1]!; copy++)
      if (this.mayTake(copy, drive)) this.touch(copy, costDs, -1)
  }

  /** Time up to which every node is settled: what waits is no lower. Infinity when nothing waits. */
  frontierDs(): number {
    return this.queue.isEmpty ? Infinity : this.queue.lowestDs()
  }

  /** Settles the next node and returns it, or -1 when the budget is spent. Its time is `costs[node]`. */
  next(): number {
    if (this.queue.isEmpty) return -1
    const node = this.queue.pop()
    const reachedDs = this.costs[node]!
    this.stamps[node] = this.stamp + 1
    this.settledNodes[this.settledCount++] = node
    const end = this.first[node + 1]!
    for (let arc = this.first[node]!; arc < end; arc++) {
      this.touch(this.ends[arc]!, reachedDs + this.arcCosts[arc]!, arc)
    }
    return node
  }

  /** Settles everything within the budget. */
  run(): void {
    while (this.next() >= 0);
  }

  /** Time of a settled node in deciseconds, -1 when the search has not settled it. */
  costDs(node: number): number {
    return this.stamps[node] === this.stamp + 1 ? this.costs[node]! : -1
  }

  /** Time of a junction whichever way it was reached, in deciseconds; -1 when the search has not settled it. */
  atDs(junction: number): number {
    const { copyFirst } = this.graph
    let best = this.costDs(junction)
    for (let copy = copyFirst[junction]!; copy < copyFirst[junction + 1]!; copy++) {
      const ds = this.costDs(copy)
      if (ds >= 0 && (best < 0 || ds < best)) best = ds
    }
    return best
  }

  /** Whoever stands on this copy of its junction may take the drive; against a one-way road everybody, if anybody. */
  private mayTake(copy: number, drive: number): boolean {
    return this.graph.arcOf(copy, drive) >= 0 || !this.graph.isOpen(drive)
  }

  /** Of an outward search: the earliest time one can set out on a drive from its beginning, -1 when not in time. */
  intoDs(drive: number): number {
    const { graph } = this
    const junction = graph.driveFrom(drive)
    let best = this.costDs(junction)
    for (let copy = graph.copyFirst[junction]!; copy < graph.copyFirst[junction + 1]!; copy++) {
      const ds = this.costDs(copy)
      if (ds >= 0 && (best < 0 || ds < best) && this.mayTake(copy, drive)) best = ds
    }
    return best
  }

  private touch(node: number, costDs: number, arc: number): void {
    if (costDs > this.budgetDs) return
    const stamp = this.stamps[node]!
    if (stamp < this.stamp) this.queue.push(node, costDs)
    else if (stamp === this.stamp && costDs < this.costs[node]!) this.queue.lower(node, costDs)
    else return
    this.stamps[node] = this.stamp
    this.costs[node] = costDs
    this.parents[node] = arc
  }
}
