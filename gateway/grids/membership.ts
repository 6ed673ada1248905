import { borderDistanceM } from '#protocols/geo/polygon.ts'
import { BORDER_RULES, moveMembership } from '#protocols/geo/membership.ts'
import type { BorderRules, Membership } from '#protocols/geo/membership.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Grid } from './grid.ts'
import { GridRaster } from './grid-raster.ts'

/** The grids of a city, ready to be asked. */
export class GridMap {
  readonly grids: readonly Grid[]
  private readonly raster: GridRaster
  private readonly byId: ReadonlyMap<string, Grid>
  private readonly rules: BorderRules

  constructor(grids: readonly Grid[], rules: BorderRules = BORDER_RULES) {
    this.grids = grids
    this.raster = new GridRaster(grids)
    this.byId = new Map(grids.map(grid => [grid.id, grid]))
    this.rules = rules
  }

  /** The grid that holds the place, without history: for incidents. */
  gridAt(place: LatLon): Grid | undefined {
    const index = this.raster.indexAt(place.lat, place.lon)
    return index < 0 ? undefined : this.grids[index]
  }

  /** The unit's grid after a fix: `protocols/geo/membership.ts`, the rule the agent has too. */
  move(was: Membership, fix: LatLon, nowMs: number): Membership {
    const own = was.gridId === null ? undefined : this.byId.get(was.gridId)
    const seen = {
      gridId: this.gridAt(fix)?.id ?? null,
      outsideM: own && (() => borderDistanceM(own.polygon, fix)),
    }
    return moveMembership(was, seen, nowMs, this.rules)
  }
}
