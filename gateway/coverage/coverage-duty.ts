import type { IncidentView, UnitView } from '#protocols/api.ts'
import type { GridId } from '#protocols/ids.ts'
import { exclusionOf, turnoutSecondsOf } from '../dispatch/recommend.ts'
import { TURNOUT } from '../profiles/built-in.ts'
import type { Turnout } from '../profiles/profile.ts'
import type { Busy } from './busy-share.ts'
import type { CoverageInput, CoverageUnit, UrgentIncident } from './coverage-input.ts'

/** Cars say hello one after the other; judged before most have, every grid would be black for three minutes. */
export const SETTLE_MS = 45_000
/** Cars that keep arriving one by one do not put the first judgement off for ever. */
const SETTLE_MS_MAX = 300_000

/** Since when no further unit was heard for the first time after a start; once it was long enough it stays so. */
export class Settling {
  private readonly startMonoMs: number
  private grewMonoMs: number
  private heard = 0
  private done = false

  constructor(startMonoMs: number) {
    this.startMonoMs = startMonoMs
    this.grewMonoMs = startMonoMs
  }

  /** Milliseconds of quiet; Infinity once settled. */
  quietMs(units: readonly UnitView[], monoMs: number): number {
    const heard = units.filter(unit => unit.heardAgeMs !== null).length
    if (heard > this.heard) {
      this.heard = heard
      this.grewMonoMs = monoMs
    }
    const quietMs = monoMs - this.grewMonoMs
    const isLate = monoMs - this.startMonoMs >= SETTLE_MS_MAX
    if (heard > 0 && (heard === units.length || quietMs >= SETTLE_MS || isLate)) this.done = true
    return this.done ? Infinity : quietMs
  }
}

export type GridDuty = {
  readonly gridId: GridId
  /** Free to go, in the grid now; and those whose position is stale, last seen there. */
  readonly units: number
  readonly unitsStale: number
  /** Of the units the grid depends on: its own, else its neighbours', else the city's. Null: nothing can be said. */
  readonly staleShare: number | null
}
/** How far what is measured at one moment can be trusted, in the order of the grids. */
export type CoverageDuty = {
  readonly grids: readonly GridDuty[]
  readonly unitsStale: number
  readonly busy: Busy
}

type Grids = {
  readonly ids: readonly GridId[]
  readonly neighboursOf: (gridId: GridId) => readonly GridId[]
}
type Counted = { fresh: number; stale: number }

/**
 * What a refresh is made of, from what pages see: the same rule as a recommendation says who is free, and a unit that
 * would be free but for its old position counts as stale. `quietMs`: see `Settling`.
 */
export function coverageDuty(
  units: readonly UnitView[],
  incidents: readonly IncidentView[],
  grids: Grids,
  quietMs: number,
  busy: Busy,
  turnout: Turnout = TURNOUT,
): { duty: CoverageDuty; input: Pick<CoverageInput, 'units' | 'urgent' | 'unknown' | 'busyShare'> } {
  const free = units.filter(unit => exclusionOf(unit) === null)
  const stale = units.filter(isLost)
  const counts = new Map<GridId, Counted>(grids.ids.map(id => [id, { fresh: 0, stale: 0 }]))
  for (const unit of free) if (unit.gridId !== null) add(counts.get(unit.gridId), 'fresh')
  for (const unit of stale) add(counts.get(unit.gridId ?? unit.homeGridId ?? ''), 'stale')
  const city = { fresh: free.length, stale: stale.length }
  const isKnown = hasSettled(units, quietMs)
  const duty = {
    unitsStale: stale.length,
    busy,
    grids: grids.ids.map(gridId => {
      const own = counts.get(gridId) ?? { fresh: 0, stale: 0 }
      const staleShare = isKnown ? shareOf(dependsOn(gridId, own, counts, grids, city)) : null
      return { gridId, units: own.fresh, unitsStale: own.stale, staleShare }
    }),
  }
  const byId = new Map(units.map(unit => [unit.id, unit]))
  return {
    duty,
    input: {
      units: free.map(unit => coverageUnit(unit, turnout)),
      urgent: incidents.filter(isUrgent).map(incident => urgentIncident(incident, byId, turnout)),
      unknown: duty.grids.filter(grid => isUntrusted(grid.staleShare)).map(grid => grid.gridId),
      busyShare: busy.share,
    },
  }
}

/** More than a fifth of the units lost: DOMAIN 9.4. The colour itself is judged by `gridColour` with its own rules. */
const STALE_SHARE_MAX = 0.2
const isUntrusted = (staleShare: number | null): boolean =>
  staleShare === null || staleShare > STALE_SHARE_MAX

/** A unit that could go if anybody knew where it is. */
const isLost = (unit: UnitView): boolean =>
  unit.availability === 'available' && unit.assignment === null && !isFresh(unit)

const isFresh = (unit: UnitView): boolean => unit.position !== null && unit.freshness !== 'stale'

/** Somebody was heard, and everybody was or had time to be. */
function hasSettled(units: readonly UnitView[], quietMs: number): boolean {
  const heard = units.filter(unit => unit.heardAgeMs !== null)
  return heard.length > 0 && (quietMs >= SETTLE_MS || heard.length === units.length)
}

function dependsOn(
  gridId: GridId,
  own: Counted,
  counts: ReadonlyMap<GridId, Counted>,
  grids: Grids,
  city: Counted,
): Counted {
  if (own.fresh + own.stale > 0) return own
  const around = { fresh: 0, stale: 0 }
  for (const beside of grids.neighboursOf(gridId)) {
    around.fresh += counts.get(beside)?.fresh ?? 0
    around.stale += counts.get(beside)?.stale ?? 0
  }
  return around.fresh + around.stale > 0 ? around : city
}

const shareOf = ({ fresh, stale }: Counted): number => (stale === 0 ? 0 : stale / (fresh + stale))

function add(counted: Counted | undefined, kind: keyof Counted): void {
  if (counted !== undefined) counted[kind]++
}

/** As the search needs it; without a position it stands nowhere. */
export const coverageUnit = (unit: UnitView, turnout: Turnout = TURNOUT): CoverageUnit => ({
  unitId: unit.id,
  callSign: unit.callSign,
  lat: unit.position?.lat ?? NaN,
  lon: unit.position?.lon ?? NaN,
  speedMps: unit.position?.speedMps,
  trackDeg: unit.position?.trackDeg,
  turnoutSeconds: turnoutSecondsOf(unit, turnout),
})

/** Urgent or worse, still open, and nobody there yet. */
const isUrgent = (incident: IncidentView): boolean =>
  incident.severity !== 'normal' && ['received', 'dispatched', 'responding'].includes(incident.state)

const ON_THE_WAY = ['dispatched', 'delivered', 'signed', 'enroute']

function urgentIncident(
  incident: IncidentView,
  units: ReadonlyMap<string, UnitView>,
  turnout: Turnout,
): UrgentIncident {
  const responding = incident.assignments
    .filter(assignment => ON_THE_WAY.includes(assignment.state))
    .map(assignment => units.get(assignment.unitId))
    .filter((unit): unit is UnitView => unit !== undefined && isFresh(unit))
  const { id, place, targetSeconds } = incident
  return {
    incidentId: id,
    lat: place.lat,
    lon: place.lon,
    targetSeconds,
    responding: responding.map(unit => coverageUnit(unit, turnout)),
  }
}
