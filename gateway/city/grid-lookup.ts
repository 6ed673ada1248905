import { adjacentGrids } from '../grids/adjacency.ts'
import type { Grid } from '../grids/grid.ts'
import type { NearbyGrids } from '#protocols/session.ts'
import { nearbyGrids, toldGrids } from '../grids/nearby.ts'
import { GridMap } from '../grids/membership.ts'
import type { GridLookup } from './surroundings.ts'

/** The grids of a city as the city asks them. */
export function createGridLookup(grids: readonly Grid[]): GridLookup {
  const map = new GridMap(grids)
  const neighbours = adjacentGrids(grids)
  const told = toldGrids(grids)
  const nearby = new Map<string, NearbyGrids>()
  const counties = new Map(grids.map(grid => [grid.id, grid.county?.id ?? null]))
  const names = new Map(grids.map(grid => [grid.id, grid.name]))
  return {
    gridAt: place => map.gridAt(place)?.id ?? null,
    move: (was, fix, monoMs) => map.move(was, fix, monoMs),
    neighboursOf: gridId => neighbours.get(gridId) ?? [],
    nearby: gridId => {
      const known = nearby.get(gridId)
      if (known) return known
      const cut = nearbyGrids(gridId, told, neighbours.get(gridId) ?? [])
      if (cut) nearby.set(gridId, cut)
      return cut
    },
    countyOf: gridId => counties.get(gridId) ?? null,
    nameOf: gridId => names.get(gridId) ?? null,
  }
}
