import type { CityViews } from '../city.ts'
import type { CoverageCost, ForeseenView } from '#protocols/coverage.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { UnitId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import { TURNOUT } from '../profiles/built-in.ts'
import type { Turnout } from '../profiles/profile.ts'
import { coverageUnit } from './coverage-duty.ts'
import type { ReachStart } from './coverage-engine.ts'
import type { CoverageThread } from './coverage-thread.ts'
import type { Foreseen, UnitLoss } from './plans.ts'

/** A recommendation waits no longer for what it costs. */
const COST_WITHIN_MS = 300

export type ReachOf = { readonly unitId: UnitId } | LatLon

/** What the API asks of coverage beyond the view: drawings, which the worker makes. Faults: COVERAGE_LOST and below. */
export type CoverageDesk = {
  /** `GET /v1/coverage/roads`, as it is or had some units been sent. Fault: UNIT_UNKNOWN. */
  readonly roads: (without?: readonly UnitId[]) => Promise<Result<Uint8Array>>
  /** What sending each of these units costs; those not free are left out. COVERAGE_LOST when that takes too long. */
  readonly costs: (unitIds: readonly UnitId[]) => Promise<Result<ReadonlyMap<UnitId, CoverageCost>>>
  /** What sending them all would do. Fault: UNIT_UNKNOWN. */
  readonly foreseen: (unitIds: readonly UnitId[]) => Promise<Result<ForeseenView>>
  readonly coldSpots: () => Promise<Result<string>>
  /** Faults: UNIT_UNKNOWN, POSITION_UNKNOWN, PLACE_OFF_ROAD. */
  readonly reach: (of: ReachOf) => Promise<Result<string>>
  readonly reachRoads: (of: ReachOf) => Promise<Result<Uint8Array>>
}

export function coverageDesk(
  thread: CoverageThread,
  views: Pick<CityViews, 'unit' | 'foresee'>,
  clock: Clock,
  turnout: Turnout = TURNOUT,
): CoverageDesk {
  const startOf = (of: ReachOf): Result<ReachStart> => {
    if (!('unitId' in of)) return ok({ ...of, turnoutSeconds: 0, isClick: true })
    const unit = views.unit(of.unitId, clock.now())
    if (unit === undefined) return fault('UNIT_UNKNOWN', of.unitId)
    if (unit.position === null || unit.freshness === 'stale')
      return fault('POSITION_UNKNOWN', `${unit.callSign}: ${unit.freshness}`)
    return ok({ ...coverageUnit(unit, turnout), isClick: false })
  }
  const unknownOf = (unitIds: readonly UnitId[]): string | undefined =>
    unitIds.find(unitId => views.unit(unitId, clock.now()) === undefined)
  const ask = async <T extends string | Uint8Array>(
    of: ReachOf,
    as: 'geojson' | 'roads',
  ): Promise<Result<T>> => {
    const start = startOf(of)
    return start.ok ? thread.ask<T>({ kind: 'reach', start: start.value, as }) : start
  }
  return {
    roads: async (without = []) => {
      if (without.length === 0) return thread.roads()
      const unknown = unknownOf(without)
      if (unknown !== undefined) return fault('UNIT_UNKNOWN', unknown)
      return thread.ask<Uint8Array>({ kind: 'roadsWithout', unitIds: without })
    },
    costs: async unitIds => {
      const asked = thread.ask<readonly UnitLoss[]>({ kind: 'losses', unitIds })
      const losses = await within(COST_WITHIN_MS, clock, asked)
      if (!losses.ok) return losses
      const now = clock.now()
      return ok(new Map(losses.value.map(loss => [loss.unitId, views.foresee(loss, now)])))
    },
    foreseen: async unitIds => {
      const unknown = unknownOf(unitIds)
      if (unknown !== undefined) return fault('UNIT_UNKNOWN', unknown)
      const told = await thread.ask<Foreseen>({ kind: 'without', unitIds })
      if (!told.ok) return told
      const { coldSpots, lines } = told.value
      const cost = views.foresee(told.value, clock.now())
      return ok({
        ...cost,
        unitIds: [...unitIds],
        coldSpots: [...coldSpots],
        lines: lines.map(line => line.map(([lon, lat]): [number, number] => [lon, lat])),
      })
    },
    coldSpots: () => thread.ask<string>({ kind: 'coldSpots' }),
    reach: of => ask<string>(of, 'geojson'),
    reachRoads: of => ask<Uint8Array>(of, 'roads'),
  }
}

function within<T>(ms: number, clock: Clock, asked: Promise<Result<T>>): Promise<Result<T>> {
  return new Promise(resolve => {
    const cancel = clock.after(ms, () => resolve(fault('COVERAGE_LOST', `no answer within ${ms} ms`)))
    void asked.then(answer => {
      cancel()
      resolve(answer)
    })
  })
}
