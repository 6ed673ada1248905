import type { CityViews } from '../city.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { UnitId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import { coverageUnit } from './coverage-duty.ts'
import type { ReachStart } from './coverage-engine.ts'
import type { CoverageThread } from './coverage-thread.ts'

export type ReachOf = { readonly unitId: UnitId } | LatLon

/** What the API asks of coverage beyond the view: drawings, which the worker makes. Faults: COVERAGE_LOST and below. */
export type CoverageDesk = {
  /** `GET /v1/coverage/roads`. */
  readonly roads: () => Promise<Result<Uint8Array>>
  readonly coldSpots: () => Promise<Result<string>>
  /** Faults: UNIT_UNKNOWN, POSITION_UNKNOWN, PLACE_OFF_ROAD. */
  readonly reach: (of: ReachOf) => Promise<Result<string>>
  readonly reachRoads: (of: ReachOf) => Promise<Result<Uint8Array>>
}

export function coverageDesk(
  thread: CoverageThread,
  views: Pick<CityViews, 'unit'>,
  clock: Clock,
): CoverageDesk {
  const startOf = (of: ReachOf): Result<ReachStart> => {
    if (!('unitId' in of)) return ok({ ...of, turnoutSeconds: 0, isClick: true })
    const unit = views.unit(of.unitId, clock.now())
    if (unit === undefined) return fault('UNIT_UNKNOWN', of.unitId)
    if (unit.position === null || unit.freshness === 'stale')
      return fault('POSITION_UNKNOWN', `${unit.callSign}: ${unit.freshness}`)
    return ok({ ...coverageUnit(unit), isClick: false })
  }
  const ask = async <T extends string | Uint8Array>(
    of: ReachOf,
    as: 'geojson' | 'roads',
  ): Promise<Result<T>> => {
    const start = startOf(of)
    return start.ok ? thread.ask<T>({ kind: 'reach', start: start.value, as }) : start
  }
  return {
    roads: () => Promise.resolve(thread.roads()),
    coldSpots: () => thread.ask<string>({ kind: 'coldSpots' }),
    reach: of => ask<string>(of, 'geojson'),
    reachRoads: of => ask<Uint8Array>(of, 'roads'),
  }
}
