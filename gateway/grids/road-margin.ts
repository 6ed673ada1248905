import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import type { Bbox } from '#protocols/geo/polygon.ts'
import type { Grid } from './grid.ts'

/** What a car drives in the five minutes that are promised, at 60 km/h: who is further away need not be known. */
export const ROAD_MARGIN_M = 5_000

/**
 * Grids nearer to the end of the roads than a car drives in time: whoever could come from beyond is not in the graph, and
 * times there may be too long. Their ids, in the order of the grids; judged by the box around all roads.
 */
export function gridsWithoutMargin(grids: readonly Grid[], roads: Bbox, marginM = ROAD_MARGIN_M): string[] {
  const marginLat = marginM / METRES_PER_DEGREE
  const middleLat = (roads.south + roads.north) / 2
  const marginLon = marginLat / Math.cos((middleLat * Math.PI) / 180)
  const isNear = ([lon, lat]: readonly [number, number]): boolean =>
    lat < roads.south + marginLat ||
    lat > roads.north - marginLat ||
    lon < roads.west + marginLon ||
    lon > roads.east - marginLon
  return grids.filter(({ polygon }) => polygon.some(ring => ring.some(isNear))).map(({ id }) => id)
}
