import { localPlane, segmentDistance } from '#protocols/geo/local.ts'
import { bboxOf, pointInPolygon } from '#protocols/geo/polygon.ts'
import type { Bbox, Position, Ring } from '#protocols/geo/polygon.ts'
import { bearingDeg, distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { RoadPoint } from '../roads/snap.ts'

/** The place and the bearing (degrees true) after a share of a line's length; a line without length points north. */
export function pointAt(line: readonly Position[], share: number): LatLon & { readonly bearing: number } {
  const points = line.map(([lon, lat]) => ({ lon, lat }))
  const lengths = points.slice(1).map((here, i) => distanceM(points[i]!, here))
  let rest = share * lengths.reduce((sum, length) => sum + length, 0)
  const last = lengths.length - 1
  const at = lengths.findIndex((length, i) => {
    if (rest <= length || i === last) return true
    rest -= length
    return false
  })
  const [a, b] = [points[Math.max(0, at)]!, points[at + 1] ?? points[0]!]
  const t = lengths[at] ? Math.min(1, rest / lengths[at]) : 0
  return {
    lat: a.lat + t * (b.lat - a.lat),
    lon: a.lon + t * (b.lon - a.lon),
    bearing: bearingDeg(a, b),
  }
}

/** Length of a line, metres. */
export const lineM = (line: readonly Position[]): number =>
  line
    .slice(1)
    .reduce((sum, [lon, lat], i) => sum + distanceM({ lon: line[i]![0], lat: line[i]![1] }, { lon, lat }), 0)

/** Degrees true of an edge at a place on it, from its beginning to its end. */
export const bearingAt = (graph: RoadGraph, { edge, fraction }: RoadPoint): number =>
  pointAt(graph.edgeShape(edge), fraction).bearing

/** Edges with some part within a distance of a place. */
export function edgesWithin(graph: RoadGraph, boxes: EdgeBoxes, place: LatLon, radiusM: number): number[] {
  const plane = localPlane(place)
  const corner = plane.toLatLon({ x: radiusM, y: radiusM })
  const [dLat, dLon] = [corner.lat - place.lat, corner.lon - place.lon]
  const box = {
    ...{ south: place.lat - dLat, north: place.lat + dLat },
    ...{ west: place.lon - dLon, east: place.lon + dLon },
  }
  const metres = (at: Position) => plane.toMetres({ lon: at[0], lat: at[1] })
  return boxes
    .touching(box)
    .filter(edge =>
      graph
        .edgeShape(edge)
        .some(
          (here, i, shape) =>
            i > 0 && segmentDistance({ x: 0, y: 0 }, metres(shape[i - 1]!), metres(here)) <= radiusM,
        ),
    )
}

/** Edges that lie in an area or cross its border. */
export function edgesInArea(graph: RoadGraph, boxes: EdgeBoxes, ring: Ring): number[] {
  const sides = ring.map((here, i) => [ring[(i + ring.length - 1) % ring.length]!, here] as const)
  return boxes.touching(bboxOf(ring)).filter(edge => {
    const shape = graph.edgeShape(edge)
    if (shape.some(([lon, lat]) => pointInPolygon([ring], lat, lon))) return true
    return shape.some((b, i) => i > 0 && sides.some(([c, d]) => crosses(shape[i - 1]!, b, c, d)))
  })
}

/**
 * The box around every edge, made once, so that a question for a few streets does not read every bend of the city:
 *
 *   i32[4E]   south, west, north, east in 1e-7 degrees
 */
export class EdgeBoxes {
  private readonly boxes: Int32Array

  constructor({ edgeCount, edgeShapeFirst, shapeLatE7, shapeLonE7 }: RoadGraph) {
    this.boxes = new Int32Array(4 * edgeCount)
    for (let edge = 0; edge < edgeCount; edge++) {
      let [south, west, north, east] = [2 ** 31 - 1, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31)]
      for (let point = edgeShapeFirst[edge]!; point < edgeShapeFirst[edge + 1]!; point++) {
        south = Math.min(south, shapeLatE7[point]!)
        north = Math.max(north, shapeLatE7[point]!)
        west = Math.min(west, shapeLonE7[point]!)
        east = Math.max(east, shapeLonE7[point]!)
      }
      this.boxes.set([south, west, north, east], 4 * edge)
    }
  }

  /** Edges whose box touches this one, rising. */
  touching(box: Bbox): number[] {
    const [south, north] = [box.south * 1e7, box.north * 1e7]
    const [west, east] = [box.west * 1e7, box.east * 1e7]
    const { boxes } = this
    const found: number[] = []
    for (let at = 0; at < boxes.length; at += 4)
      if (boxes[at]! <= north && boxes[at + 2]! >= south && boxes[at + 1]! <= east && boxes[at + 3]! >= west)
        found.push(at >> 2)
    return found
  }
}

/** Whether two stretches cross: the ends of each lie on different sides of the other. */
const crosses = (a: Position, b: Position, c: Position, d: Position): boolean =>
  side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)

const side = (a: Position, b: Position, p: Position): boolean =>
  (b[0] - a[0]) * (p[1] - a[1]) > (b[1] - a[1]) * (p[0] - a[0])
