import { EARTH_RADIUS_M } from './sphere.ts'
import type { LatLon } from './sphere.ts'

/** Metres per degree of latitude on the sphere of `sphere.ts`: 111,195. */
export const METRES_PER_DEGREE = (EARTH_RADIUS_M * Math.PI) / 180

/** A point in metres east (`x`) and north (`y`) of the plane's origin. */
export type Metres = { readonly x: number; readonly y: number }

/**
 * A flat plane of metres around an origin (equirectangular). Good for what fits into a county: 10 km from the origin at
 * 35° north it differs from the sphere by under 0.1 %. Across the 180th meridian it does not wrap.
 */
export type LocalPlane = {
  readonly origin: LatLon
  readonly metresPerDegreeLon: number
  toMetres(point: LatLon): Metres
  toLatLon(point: Metres): LatLon
}

/** `localPlane({ lat: 35.6, lon: 117 }).toMetres({ lat: 35.601, lon: 117 })` is about `{ x: 0, y: 111.2 }`. */
export function localPlane(origin: LatLon): LocalPlane {
  const metresPerDegreeLon = METRES_PER_DEGREE * Math.cos((origin.lat * Math.PI) / 180)
  return {
    origin,
    metresPerDegreeLon,
    toMetres: p => ({
      x: (p.lon - origin.lon) * metresPerDegreeLon,
      y: (p.lat - origin.lat) * METRES_PER_DEGREE,
    }),
    toLatLon: p => ({
      lat: origin.lat + p.y / METRES_PER_DEGREE,
      lon: origin.lon + p.x / metresPerDegreeLon,
    }),
  }
}

/** Where along the segment `a`-`b` the point nearest to `p` lies: 0 at `a`, 1 at `b`, 0 for a segment without length. */
export function alongSegment(p: Metres, a: Metres, b: Metres): number {
  const dx = b.x - a.x
  const dy = b.y - a.y
  const square = dx * dx + dy * dy
  if (square === 0) return 0
  return Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / square))
}

/** Distance in metres from `p` to the segment `a`-`b`, ends included. */
export function segmentDistance(p: Metres, a: Metres, b: Metres): number {
  const t = alongSegment(p, a, b)
  return Math.hypot(p.x - (a.x + t * (b.x - a.x)), p.y - (a.y + t * (b.y - a.y)))
}

/** Distance in metres from `p` to the stretch `a`-`b`, all three in degrees, measured on the plane around `p`. */
export function pointSegmentM(p: LatLon, a: LatLon, b: LatLon): number {
  const plane = localPlane(p)
  return segmentDistance({ x: 0, y: 0 }, plane.toMetres(a), plane.toMetres(b))
}
