import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { placeAt } from './places.ts'
import type { Place } from './places.ts'

/** What people name a place by when they call; villages and suburbs are too large for that. */
const SPOKEN = new Set(['landmark', 'hospital', 'school', 'railway_station', 'police_station'])
/** Further from any junction, nobody on the road would say it. */
const NEAR_M = 300
const CELL_DEG = NEAR_M / METRES_PER_DEGREE / 0.6

/** Named places of an extract as landmarks of the city, each at the junction nearest to it. */
export function realLandmarks(
  network: RoadNetwork,
  places: readonly (LatLon & { readonly kind: string; readonly name: string })[],
): Place[] {
  const cellOf = (degrees: number): number => Math.floor(degrees / CELL_DEG)
  const cells = new Map<string, number[]>()
  network.nodes.forEach(({ lat, lon }, node) => {
    const key = `${cellOf(lat)} ${cellOf(lon)}`
    cells.set(key, [...(cells.get(key) ?? []), node])
  })
  const around = ({ lat, lon }: LatLon): number[] =>
    [-1, 0, 1].flatMap(dy =>
      [-1, 0, 1].flatMap(dx => cells.get(`${cellOf(lat) + dy} ${cellOf(lon) + dx}`) ?? []),
    )
  return places
    .filter(place => SPOKEN.has(place.kind))
    .flatMap((place, k) => {
      const awayM = (node: number): number => distanceM(network.nodes[node]!, place)
      const [nearest] = around(place).sort((a, b) => awayM(a) - awayM(b))
      if (nearest === undefined || awayM(nearest) > NEAR_M) return []
      // Where it is, not where its junction is: the junction only says that it lies at the roads.
      const { lat, lon, name } = place
      return [{ ...placeAt(network, `landmark-${k + 1}`, name, 'landmark', nearest), lat, lon }]
    })
}
