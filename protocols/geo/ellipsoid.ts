/* WGS-84, where a sphere is not enough: receivers that speak earth-centred, and speeds between neighbouring fixes. */
const A_M = 6_378_137
const F = 1 / 298.257223563
const E2 = F * (2 - F)
const RAD = Math.PI / 180

type Vector = readonly [x: number, y: number, z: number]
type LatLon = { readonly lat: number; readonly lon: number }

/** Closer to the centre of the earth than this is no place on it: zeros of a receiver that does not know. */
const RADIUS_M_MIN = 6_000_000

/**
 * Latitude, longitude and height above the ellipsoid of an earth-centred place, metres; undefined deep inside the
 * earth. Bowring's formula, iterated: exact to 1e-12 degrees near the ground.
 */
export const placeOfEcef = ([x, y, z]: Vector): (LatLon & { readonly heightM: number }) | undefined => {
  if (!(Math.hypot(x, y, z) >= RADIUS_M_MIN)) return undefined
  const p = Math.hypot(x, y)
  let lat = Math.atan2(z, p * (1 - E2))
  for (let i = 0; i < 5; i++) lat = Math.atan2(z + E2 * primeVerticalM(lat) * Math.sin(lat), p)
  const heightM = p * Math.cos(lat) + z * Math.sin(lat) - A_M * Math.sqrt(1 - E2 * Math.sin(lat) ** 2)
  return { lat: lat / RAD, lon: Math.atan2(y, x) / RAD, heightM }
}

/** Speed over ground and track of an earth-centred velocity, m/s and degrees true. */
export const velocityOfEcef = (
  place: LatLon,
  [vx, vy, vz]: Vector,
): { readonly speedMps: number; readonly trackDeg: number } => {
  const [lat, lon] = [place.lat * RAD, place.lon * RAD]
  const outward = Math.cos(lon) * vx + Math.sin(lon) * vy
  const north = Math.cos(lat) * vz - Math.sin(lat) * outward
  const east = Math.cos(lon) * vy - Math.sin(lon) * vx
  return { speedMps: Math.hypot(north, east), trackDeg: (Math.atan2(east, north) / RAD + 360) % 360 }
}

/** Metres between two places close to each other, by the radii of the ellipsoid; a sphere would be off by 0.5 %. */
export const groundM = (a: LatLon, b: LatLon): number => {
  const lat = ((a.lat + b.lat) / 2) * RAD
  const root = Math.sqrt(1 - E2 * Math.sin(lat) ** 2)
  const east = ((((b.lon - a.lon + 540) % 360) - 180) * Math.PI) / 180
  const north = (b.lat - a.lat) * RAD
  const meridianM = (A_M * (1 - E2)) / root ** 3
  return Math.hypot(north * meridianM, east * Math.cos(lat) * primeVerticalM(lat))
}

const primeVerticalM = (lat: number): number => A_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2)
