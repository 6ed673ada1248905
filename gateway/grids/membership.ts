import { borderDistanceM } from '#protocols/geo/polygon.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Grid } from './grid.ts'
import { GridRaster } from './grid-raster.ts'

/** When a car that crossed a border belongs to the other side. */
export type BorderRules = {
  /** This far outside its grid it has left for certain: three times the usual error of a receiver in a street. */
  readonly leaveM: number
  /** Outside, however near, for this long: it is working there. A patrol along the border road stays where it was. */
  readonly leaveMs: number
}
export const BORDER_RULES: BorderRules = { leaveM: 30, leaveMs: 10_000 }

/** A unit's grid. Keep it with the unit and hand it back with the next fix. */
export type Membership = {
  readonly gridId: string | null
  /** Since when the fixes lie outside the grid, monotonic ms; null while inside. */
  readonly outsideSinceMs: number | null
}
export const NO_GRID: Membership = { gridId: null, outsideSinceMs: null }

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

  /**
   * The unit's grid after a fix. It changes at once 30 m outside or after 10 s outside, else it stays; a unit without a
   * grid gets one at once. Gives back `was` itself when nothing changed.
   */
  move(was: Membership, fix: LatLon, nowMs: number): Membership {
    const now = this.gridAt(fix)?.id ?? null
    const own = was.gridId === null ? undefined : this.byId.get(was.gridId)
    if (own === undefined || now === was.gridId)
      return same(was, now) ? was : { gridId: now, outsideSinceMs: null }
    const sinceMs = was.outsideSinceMs ?? nowMs
    const left =
      nowMs - sinceMs >= this.rules.leaveMs || borderDistanceM(own.polygon, fix) >= this.rules.leaveM
    if (left) return { gridId: now, outsideSinceMs: null }
    return was.outsideSinceMs === sinceMs ? was : { gridId: was.gridId, outsideSinceMs: sinceMs }
  }
}

const same = (was: Membership, gridId: string | null): boolean =>
  was.gridId === gridId && was.outsideSinceMs === null
