import { localPlane, segmentDistance } from './local.ts'
import type { LatLon } from './sphere.ts'

/** `[lon, lat]` in degrees, the order of GeoJSON (RFC 7946). */
export type Position = readonly [number, number]
/** A closed line; the last position may repeat the first or not. */
export type Ring = readonly Position[]
/** The outer ring first, then holes. */
export type Polygon = readonly Ring[]
/** Degrees: west, south, east, north. */
export type Bbox = {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}

/**
 * Even-odd rule over all rings, so holes need no winding. Every side is read from its southern end and half-open to the
 * north: two polygons that share a side with equal ends agree on it to the last bit, and a point on it is in exactly one.
 */
export function pointInPolygon(polygon: Polygon, lat: number, lon: number): boolean {
  let inside = false
  for (const ring of polygon) if (crossingsOdd(ring, lat, lon)) inside = !inside
  return inside
}

function crossingsOdd(ring: Ring, lat: number, lon: number): boolean {
  let odd = false
  let previous = ring[ring.length - 1]
  for (const here of ring) {
    if (previous !== undefined && previous[1] > lat !== here[1] > lat) {
      if (lon < crossingAt(previous, here, lat)) odd = !odd
    }
    previous = here
  }
  return odd
}

/** The longitude at which a side that spans the latitude crosses it. */
function crossingAt(a: Position, b: Position, lat: number): number {
  const [low, high] = a[1] < b[1] ? [a, b] : [b, a]
  return low[0] + ((lat - low[1]) * (high[0] - low[0])) / (high[1] - low[1])
}

/**
 * Where the polygon's sides cross a latitude: longitudes, rising, an even number of them. From the first to the second
 * is inside, to the third outside, and so on, by the same rule as `pointInPolygon`.
 */
export function cutsAt(polygon: Polygon, lat: number): number[] {
  const cuts: number[] = []
  for (const ring of polygon) {
    let previous = ring[ring.length - 1]
    for (const here of ring) {
      if (previous !== undefined && previous[1] > lat !== here[1] > lat)
        cuts.push(crossingAt(previous, here, lat))
      previous = here
    }
  }
  return cuts.sort((a, b) => a - b)
}

/** Metres from the point to the nearest place on the polygon's border, whichever side the point is on. */
export function borderDistanceM(polygon: Polygon, point: LatLon): number {
  const plane = localPlane(point)
  let best = Infinity
  for (const ring of polygon) {
    let previous = ring[ring.length - 1]
    for (const here of ring) {
      if (previous !== undefined) {
        const a = plane.toMetres({ lon: previous[0], lat: previous[1] })
        const b = plane.toMetres({ lon: here[0], lat: here[1] })
        best = Math.min(best, segmentDistance({ x: 0, y: 0 }, a, b))
      }
      previous = here
    }
  }
  return best
}

/** Area in square metres: the outer ring less its holes, whatever their winding. */
export function polygonAreaM2(polygon: Polygon): number {
  const [outer, ...holes] = polygon
  if (outer === undefined) return 0
  return holes.reduce((area, hole) => area - ringAreaM2(hole), ringAreaM2(outer))
}

/** Shoelace formula on the plane around the middle of the ring. */
function ringAreaM2(ring: Ring): number {
  const first = ring[0]
  if (first === undefined) return 0
  const plane = localPlane(bboxMiddle(bboxOf(ring)))
  let twice = 0
  let previous = ring[ring.length - 1] ?? first
  for (const here of ring) {
    const a = plane.toMetres({ lon: previous[0], lat: previous[1] })
    const b = plane.toMetres({ lon: here[0], lat: here[1] })
    twice += a.x * b.y - b.x * a.y
    previous = here
  }
  return Math.abs(twice) / 2
}

/** The smallest box around the positions; west > east when there are none. */
export function bboxOf(positions: Iterable<Position>): Bbox {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon, lat] of positions) {
    west = Math.min(west, lon)
    east = Math.max(east, lon)
    south = Math.min(south, lat)
    north = Math.max(north, lat)
  }
  return { west, south, east, north }
}

/** The middle of a box. */
export const bboxMiddle = (box: Bbox): LatLon => ({
  lat: (box.south + box.north) / 2,
  lon: (box.west + box.east) / 2,
})
