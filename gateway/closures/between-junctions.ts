import { CLOSURE_EDGES_MAX } from '#protocols/closures.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'

/**
 * A road between the junctions on either side: maps cut roads where a name or a speed limit changes, people do not. Where
 * exactly two ends of edges meet, the road goes on.
 *
 *   first u32[N+1], ends u32[2E]    drives that leave a junction by geometry, open or not
 */
export class BetweenJunctions {
  private readonly graph: RoadGraph
  private readonly first: Uint32Array
  private readonly ends: Uint32Array

  constructor(graph: RoadGraph) {
    this.graph = graph
    this.first = new Uint32Array(graph.nodeCount + 1)
    this.ends = new Uint32Array(2 * graph.edgeCount)
    for (let drive = 0; drive < this.ends.length; drive++) this.first[graph.driveFrom(drive) + 1]!++
    for (let node = 0; node < graph.nodeCount; node++) this.first[node + 1]! += this.first[node]!
    const next = this.first.slice()
    for (let drive = 0; drive < this.ends.length; drive++) this.ends[next[graph.driveFrom(drive)]!++] = drive
  }

  /** The whole road that holds the edge, as drives one after the other in the edge's own direction. */
  through(edge: number): Drive[] {
    const ahead = this.onwards(2 * edge, edge)
    const isRound = ahead[ahead.length - 1] === 2 * edge
    if (isRound) return ahead
    const before = this.onwards(2 * edge + 1, edge).map(drive => drive ^ 1)
    return [...before.reverse(), 2 * edge, ...ahead]
  }

  /** What follows a drive until a junction, a dead end or the edge it began with, that one included. */
  private onwards(from: Drive, begun: number): Drive[] {
    const road: Drive[] = []
    let drive = from
    while (road.length < CLOSURE_EDGES_MAX) {
      const node = this.graph.driveFrom(drive ^ 1)
      if (this.first[node + 1]! - this.first[node]! !== 2) return road
      const [a, b] = [this.ends[this.first[node]!]!, this.ends[this.first[node]! + 1]!]
      const back = drive ^ 1
      drive = a === back ? b : a
      road.push(drive)
      if (drive >> 1 === begun) return road
    }
    return road
  }
}
