import type { AreaCoverage, ColdSpotView, CoverageView } from '#protocols/coverage.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { GridId, IncidentId, UnitId } from '#protocols/ids.ts'

/** A unit as the search needs it: free to go, its position trusted. */
export type CoverageUnit = LatLon & {
  readonly unitId: UnitId
  readonly callSign: string
  readonly speedMps?: number | undefined
  readonly trackDeg?: number | undefined
  readonly turnoutSeconds: number
}

/** An open urgent incident at which nobody is yet. */
export type UrgentIncident = LatLon & {
  readonly incidentId: IncidentId
  readonly targetSeconds: number
  /** On their way to it, whatever else they are not free for. */
  readonly responding: readonly CoverageUnit[]
}

/** What a refresh is made from. Positions are told whole every time, so a lost refresh loses nothing. */
export type CoverageInput = {
  readonly tick: number
  readonly monoMs: number
  readonly units: readonly CoverageUnit[]
  readonly urgent: readonly UrgentIncident[]
  /** Grids whose data cannot be trusted now. */
  readonly unknown: readonly GridId[]
  /** How often a unit is busy when it is needed, 0 to 1. */
  readonly busyShare: number
}

export type MeasuredGrid = {
  readonly gridId: GridId
  readonly area: AreaCoverage
  /** Units that can be at the grid's demand centre within 300 s, four for more. */
  readonly centreUnits: number
  readonly centre: LatLon
  readonly coldShare: number
}

/** What a refresh found. */
export type CoverageMeasured = {
  readonly tick: number
  readonly tookMs: number
  readonly unitsCounted: number
  /** Free units on no road, so that nothing can be said of their reach. */
  readonly unitsOffRoad: number
  readonly demand: CoverageView['demand']
  readonly city: AreaCoverage
  /** In the order of the grids. */
  readonly grids: readonly MeasuredGrid[]
  readonly coldSpots: readonly ColdSpotView[]
  readonly unreached: readonly IncidentId[]
}
