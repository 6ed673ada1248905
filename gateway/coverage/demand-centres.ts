import { distanceM } from '#protocols/geo/sphere.ts'
import type { RoadPoint } from '../roads/snap.ts'
import type { Stretches } from './stretches.ts'

/**
 * Per grid the place its demand turns about: the mean of its road by demand, on the nearest road of the grid itself.
 * `undefined` for a grid without road.
 */
export function demandCentres(stretches: Stretches): (RoadPoint | undefined)[] {
  const { count, grid, edge, from, to, demand, lines } = stretches
  const sums = stretches.grids.map(() => ({ lat: 0, lon: 0, weight: 0 }))
  for (let s = 0; s < count; s++) {
    const sum = sums[grid[s]!]
    if (sum === undefined || !(demand[s]! > 0)) continue
    const { lat, lon } = lines.pointAt(edge[s]!, (from[s]! + to[s]!) / 2)
    sum.lat += demand[s]! * lat
    sum.lon += demand[s]! * lon
    sum.weight += demand[s]!
  }
  const best = sums.map(() => ({ metres: Infinity, edge: -1, fraction: 0 }))
  for (let s = 0; s < count; s++) {
    const sum = sums[grid[s]!]
    const near = best[grid[s]!]
    if (sum === undefined || near === undefined || !(demand[s]! > 0)) continue
    const fraction = (from[s]! + to[s]!) / 2
    const centre = { lat: sum.lat / sum.weight, lon: sum.lon / sum.weight }
    const metres = distanceM(centre, lines.pointAt(edge[s]!, fraction))
    if (metres < near.metres) Object.assign(near, { metres, edge: edge[s]!, fraction })
  }
  return best.map(({ edge: at, fraction }) => (at < 0 ? undefined : { edge: at, fraction }))
}
