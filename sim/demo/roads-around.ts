import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadsAround } from '../control/sim-view.ts'
import type { StreetMap } from '../traffic/street-map.ts'

const RADIUS_M = 650
/** Faster than this is drawn as a large road. */
const LARGE_KPH = 55

/** Every road with a point within 650 m; one pass over the ends of all roads. */
export function roadsAround(map: StreetMap, place: LatLon): RoadsAround {
  const centre = map.plane.toMetres(place)
  const lines: RoadsAround['lines'][number][] = []
  const near = (node: number): boolean =>
    Math.abs(map.nodeX[node]! - centre.x) < RADIUS_M && Math.abs(map.nodeY[node]! - centre.y) < RADIUS_M
  map.network.edges.forEach((edge, e) => {
    if (!near(edge.from) && !near(edge.to)) return
    const points: number[] = []
    for (let k = map.shapeFirst[e]!; k < map.shapeFirst[e + 1]!; k += 1)
      points.push(Math.round(map.x[k]! - centre.x), Math.round(map.y[k]! - centre.y))
    lines.push({ large: edge.speedKph > LARGE_KPH, points })
  })
  return { origin: { lat: place.lat, lon: place.lon }, lines }
}
