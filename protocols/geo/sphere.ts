/**
 * Distances and bearings on a sphere of the mean Earth radius (IUGG R1, 6,371,008.8 m). Against the ellipsoid this is
 * wrong by at most 0.56 %, less than any travel speed is known; within a city it is the same error everywhere.
 */
export const EARTH_RADIUS_M = 6_371_008.8

/** Degrees WGS-84. Anything shifted for a map is another type (`lonGcj02`). */
export type LatLon = { readonly lat: number; readonly lon: number }

const RAD = Math.PI / 180

/**
 * Great-circle distance in metres (haversine, R. W. Sinnott 1984: stable for points a metre apart).
 * `distanceM({ lat: 35.6, lon: 116.98 }, { lat: 35.6, lon: 116.99 })` is about 904.
 */
export function distanceM(a: LatLon, b: LatLon): number {
  const halfLat = Math.sin(((b.lat - a.lat) * RAD) / 2)
  const halfLon = Math.sin(((b.lon - a.lon) * RAD) / 2)
  const h = halfLat * halfLat + Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * halfLon * halfLon
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Initial bearing from `a` to `b`, degrees true in [0, 360); 0 when the points are the same. */
export function bearingDeg(a: LatLon, b: LatLon): number {
  const dLon = (b.lon - a.lon) * RAD
  const y = Math.sin(dLon) * Math.cos(b.lat * RAD)
  const x =
    Math.cos(a.lat * RAD) * Math.sin(b.lat * RAD) -
    Math.sin(a.lat * RAD) * Math.cos(b.lat * RAD) * Math.cos(dLon)
  const deg = Math.atan2(y, x) / RAD
  return deg < 0 ? (deg + 360) % 360 : deg
}

/** The point `metres` away from `from` when leaving on `bearing` (degrees true). Longitude comes back in [-180, 180). */
export function destination(from: LatLon, bearing: number, metres: number): LatLon {
  const arc = metres / EARTH_RADIUS_M
  const lat1 = from.lat * RAD
  const sinLat = Math.sin(lat1) * Math.cos(arc) + Math.cos(lat1) * Math.sin(arc) * Math.cos(bearing * RAD)
  const dLon = Math.atan2(
    Math.sin(bearing * RAD) * Math.sin(arc) * Math.cos(lat1),
    Math.cos(arc) - Math.sin(lat1) * sinLat,
  )
  return { lat: Math.asin(sinLat) / RAD, lon: ((((from.lon + dLon / RAD + 180) % 360) + 360) % 360) - 180 }
}

/** Smallest angle between two bearings, degrees in [0, 180]: `angleBetweenDeg(350, 10)` is 20. */
export function angleBetweenDeg(a: number, b: number): number {
  const d = Math.abs(a - b) % 360
  return d > 180 ? 360 - d : d
}
