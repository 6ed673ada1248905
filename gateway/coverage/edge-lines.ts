import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'

/**
 * Where on an edge a fraction of its length lies. Lengths are measured as `RoadSnap` does, so fractions mean the same.
 *
 *   fractions f64[S]     fraction at each shape point of the graph: 0 at the first of an edge, 1 at its last
 */
export class EdgeLines {
  readonly graph: RoadGraph
  readonly fractions: Float64Array

  constructor(graph: RoadGraph) {
    this.graph = graph
    this.fractions = new Float64Array(graph.shapeLatE7.length)
    for (let edge = 0; edge < graph.edgeCount; edge++) this.measure(edge)
  }

  /** Degrees of the place. */
  pointAt(edge: number, fraction: number): LatLon {
    const { edgeShapeFirst } = this.graph
    const last = edgeShapeFirst[edge + 1]! - 1
    let s = edgeShapeFirst[edge]!
    while (s < last - 1 && this.fractions[s + 1]! < fraction) s++
    return this.between(s, fraction)
  }

  /** The line from `from` to `to`, `from` <= `to`, as `[lon, lat]` degrees with 7 digits. */
  line(edge: number, from: number, to: number): Position[] {
    const { edgeShapeFirst, shapeLatE7, shapeLonE7 } = this.graph
    const line = [rounded(this.pointAt(edge, from))]
    for (let s = edgeShapeFirst[edge]!; s < edgeShapeFirst[edge + 1]!; s++) {
      const at = this.fractions[s]!
      if (at > from && at < to) line.push([shapeLonE7[s]! / 1e7, shapeLatE7[s]! / 1e7])
    }
    line.push(rounded(this.pointAt(edge, to)))
    return line
  }

  private between(s: number, fraction: number): LatLon {
    const { shapeLatE7, shapeLonE7 } = this.graph
    const [a, b] = [this.fractions[s]!, this.fractions[s + 1]!]
    const t = b > a ? Math.min(1, Math.max(0, (fraction - a) / (b - a))) : 0
    return {
      lat: (shapeLatE7[s]! + t * (shapeLatE7[s + 1]! - shapeLatE7[s]!)) / 1e7,
      lon: (shapeLonE7[s]! + t * (shapeLonE7[s + 1]! - shapeLonE7[s]!)) / 1e7,
    }
  }

  private measure(edge: number): void {
    const { edgeShapeFirst, shapeLatE7, shapeLonE7 } = this.graph
    const first = edgeShapeFirst[edge]!
    const last = edgeShapeFirst[edge + 1]! - 1
    let sum = 0
    for (let s = first; s < last; s++) {
      const narrowing = Math.cos(((shapeLatE7[s]! / 1e7) * Math.PI) / 180)
      const x = ((shapeLonE7[s + 1]! - shapeLonE7[s]!) / 1e7) * METRES_PER_DEGREE * narrowing
      const y = ((shapeLatE7[s + 1]! - shapeLatE7[s]!) / 1e7) * METRES_PER_DEGREE
      sum += Math.hypot(x, y)
      this.fractions[s + 1] = sum
    }
    for (let s = first + 1; s < last; s++) this.fractions[s] = sum > 0 ? this.fractions[s]! / sum : 0
    if (last > first) this.fractions[last] = 1
  }
}

const rounded = ({ lat, lon }: LatLon): Position => [Math.round(lon * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7]
