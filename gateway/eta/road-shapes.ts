import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'

/**
 * The lines of all roads in metres, for asking where on a drive a place is. A drive is an edge one way, and metres along it
 * run the way it is driven.
 *
 *   m f32[S]   metres from the edge's first shape point
 *
 * Shape points are those of the graph, in metres east and north of its south-west corner.
 * One scale of longitude serves the whole graph: the error cancels where only parts of an edge are asked for. An answer of
 * `project` lies in the fields until the next one, so a query allocates nothing.
 */
export class RoadShapes {
  readonly graph: RoadGraph
  /** Where on the drive the last place was found, metres, and how far from it. */
  foundM = 0
  awayM = Infinity
  /** The way the road leads there, of length 1. */
  eastward = 0
  northward = 0
  private readonly m: Float32Array
  private readonly west: number
  private readonly south: number
  private readonly perLon: number

  constructor(graph: RoadGraph) {
    const { south, west, north } = graph.metadata.bbox
    const { edgeShapeFirst, edgeCount } = graph
    this.graph = graph
    this.west = west
    this.south = south
    this.perLon = METRES_PER_DEGREE * Math.cos((((south + north) / 2) * Math.PI) / 180)
    this.m = new Float32Array(graph.shapeLatE7.length)
    for (let edge = 0; edge < edgeCount; edge++)
      for (let s = edgeShapeFirst[edge]! + 1; s < edgeShapeFirst[edge + 1]!; s++)
        this.m[s] = this.m[s - 1]! + this.spanM(s - 1)
  }

  xOf(lon: number): number {
    return (lon - this.west) * this.perLon
  }

  yOf(lat: number): number {
    return (lat - this.south) * METRES_PER_DEGREE
  }

  lengthM(drive: Drive): number {
    return this.m[this.graph.edgeShapeFirst[(drive >> 1) + 1]! - 1]!
  }

  /** The place of the drive nearest to (x, y), not before `fromM`: into `foundM`, `awayM`, `eastward`, `northward`. */
  project(drive: Drive, x: number, y: number, fromM = 0): void {
    const edge = drive >> 1
    const isAlong = (drive & 1) === 0
    const first = this.graph.edgeShapeFirst[edge]!
    const last = this.graph.edgeShapeFirst[edge + 1]! - 1
    const lengthM = this.m[last]!
    const lowM = isAlong ? fromM : 0
    const highM = isAlong ? lengthM : lengthM - fromM
    this.awayM = Infinity
    let bestM = 0
    let bestDx = 0
    let bestDy = 0
    for (let s = first; s < last; s++) {
      const startM = this.m[s]!
      const spanM = this.m[s + 1]! - startM
      if (startM > highM || startM + spanM < lowM) continue
      const ax = this.eastOf(s)
      const ay = this.northOf(s)
      const dx = this.eastOf(s + 1) - ax
      const dy = this.northOf(s + 1) - ay
      const freeM = spanM === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / spanM
      const atM = Math.min(highM, startM + spanM, Math.max(lowM, startM, startM + freeM))
      const share = spanM === 0 ? 0 : (atM - startM) / spanM
      const awayM = Math.hypot(ax + share * dx - x, ay + share * dy - y)
      if (awayM >= this.awayM) continue
      this.awayM = awayM
      bestM = atM
      bestDx = dx
      bestDy = dy
    }
    const length = Math.hypot(bestDx, bestDy) || 1
    const sense = isAlong ? 1 : -1
    this.foundM = isAlong ? bestM : lengthM - bestM
    this.eastward = (sense * bestDx) / length
    this.northward = (sense * bestDy) / length
  }

  private spanM(s: number): number {
    return Math.hypot(this.eastOf(s + 1) - this.eastOf(s), this.northOf(s + 1) - this.northOf(s))
  }

  private eastOf(s: number): number {
    return this.xOf(this.graph.shapeLonE7[s]! / 1e7)
  }

  private northOf(s: number): number {
    return this.yOf(this.graph.shapeLatE7[s]! / 1e7)
  }
}
