import type { Candidate, Recommendation, UnitView } from '#protocols/api.ts'
import { angleBetweenDeg, bearingDeg } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { GridId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { atOnce } from '../city/steps.ts'
import type { Steps } from '../city/steps.ts'
import type { GridLookup, Reach, ReachAnswer, ReachUnit } from '../city/surroundings.ts'
import type { EtaBook } from '../eta/eta-book.ts'
import type { Promise50 } from '../eta/past-etas.ts'
import { TURNOUT } from '../profiles/built-in.ts'
import type { Turnout } from '../profiles/profile.ts'
import { HYBRID, ranked } from './policy.ts'
import type { DispatchPolicy } from './policy.ts'

type Reason = Candidate['reasons'][number]
type Warning = Candidate['warnings'][number]
type Exclusion = Recommendation['excluded'][number]['excludedBy']

export type RecommendOptions = {
  readonly policy?: DispatchPolicy
  /** Candidates to return, all when absent. The excluded are always listed. */
  readonly limit?: number
  /** How many of the first candidates carry their route. */
  readonly routes?: number
}

/** A patrol car rolls already above this; below, the crew first has to get going. */
const MOVING_MPS = 1
/** Below this a receiver's track wanders, and a car in a junction points anywhere. */
const HEADING_TRUSTED_MPS = 3
const HEADING_AWAY_DEG = 120
/** The best few are drawn on the map; more lines hide the roads. */
const ROUTES_DEFAULT = 3

/** What a recommendation rests on beside the units. */
export type Around = {
  readonly reach: Reach
  readonly grids: GridLookup
  /** What is known of driving times from past drives; null: the profile is all there is. */
  readonly etas: Pick<EtaBook, 'promise'> | null
}

/**
 * Everybody who could go, by turnout plus road time, with reasons and warnings, and everybody who could not, with the
 * reason why. Fault: `PLACE_OFF_ROAD`.
 */
export const recommend = (...asked: Parameters<typeof recommending>): Result<Recommendation> =>
  atOnce(recommending(...asked))

/** The same in steps, see `Reach.timing`. */
export function* recommending(
  place: LatLon,
  units: readonly UnitView[],
  around: Around,
  now: Now,
  options: RecommendOptions = {},
): Steps<Result<Recommendation>> {
  const judged = units.map(unit => ({ unit, excludedBy: exclusionOf(unit) }))
  const fit = judged.filter(j => j.excludedBy === null).map(j => j.unit)
  const here = around.grids.gridAt(place)
  const found = yield* timedAll({ place, here, fit, now }, around)
  if (found === undefined) return fault('PLACE_OFF_ROAD', `no road near ${place.lat}, ${place.lon}`)
  const { answer, timed } = found
  const byEta = timed.sort((a, b) => a.etaSeconds - b.etaSeconds || (a.unitId < b.unitId ? -1 : 1))
  const first = byEta[0]
  const chosen = ranked(byEta, options.policy ?? HYBRID).slice(0, options.limit ?? byEta.length)
  const routes: Pick<Candidate, 'route'>[] = []
  for (const { unit } of chosen.slice(0, options.routes ?? ROUTES_DEFAULT)) {
    routes.push(routeOf(place, unit, around.reach))
    yield
  }
  const candidates = chosen.map(({ isOwnGrid: _isOwnGrid, unit: _unit, ...c }, i) => ({
    ...c,
    reasons: c.unitId === first?.unitId ? [...c.reasons, 'nearest_eta' as const] : c.reasons,
    ...routes[i],
  }))
  const excluded = judged
    .map(j => ({ unit: j.unit, excludedBy: j.excludedBy ?? roadExclusionOf(j.unit, answer) }))
    .filter((j): j is { unit: UnitView; excludedBy: Exclusion } => j.excludedBy !== null)
    .map(({ unit, excludedBy }) => ({ unitId: unit.id, callSign: unit.callSign, excludedBy }))
  return ok({ at: rfc3339(now.utcMs), place: answer.place, candidates, excluded })
}

/** What is promised when a unit is sent, whatever its state; null without a position or a way. */
export function promisedTo(
  unit: UnitView,
  place: LatLon,
  { reach, etas }: Pick<Around, 'reach' | 'etas'>,
  now: Now,
): { readonly etaSeconds: number | null; readonly promised?: Promise50 } {
  if (unit.position === null) return { etaSeconds: null }
  const answer = reach.times(place, [reachUnitOf(unit)])
  const roadSeconds = answer?.roadSeconds.get(unit.id)
  if (answer === undefined || roadSeconds === undefined) return { etaSeconds: null }
  const turnoutSeconds = turnoutSecondsOf(unit, reach.turnout)
  const promised = promiseOf(unit, answer, turnoutSeconds, etas, now)
  const etaSeconds = Math.round(promised?.p50Seconds ?? turnoutSeconds + roadSeconds)
  return { etaSeconds, ...(promised && { promised }) }
}

function promiseOf(
  unit: UnitView,
  answer: ReachAnswer,
  turnoutSeconds: number,
  etas: Around['etas'],
  now: Now,
) {
  const way = etas === null ? undefined : answer.wayOf?.(unit.id)
  return way === undefined || way.count === 0 ? undefined : etas?.promise(way, turnoutSeconds, now.utcMs)
}

/** Why a unit cannot go: the first reason that holds, in the order a dispatcher would ask; null when it can. */
export function exclusionOf(unit: UnitView): Exclusion | null {
  if (unit.availability === 'off_duty') return 'off_shift'
  if (unit.availability === 'busy' || unit.availability === 'out_of_service') return 'status_not_dispatchable'
  if (unit.assignment !== null) return 'already_assigned'
  if (unit.position === null) return 'no_fix'
  return unit.freshness === 'stale' ? 'stale_fix' : null
}

function roadExclusionOf(unit: UnitView, answer: ReachAnswer): Exclusion | null {
  if (answer.roadSeconds.has(unit.id)) return null
  return answer.offRoad.has(unit.id) ? 'off_road' : 'unreachable'
}

const reachUnitOf = (unit: UnitView): ReachUnit => ({
  unitId: unit.id,
  lat: unit.position?.lat ?? NaN,
  lon: unit.position?.lon ?? NaN,
  speedMps: unit.position?.speedMps,
  trackDeg: unit.position?.trackDeg,
})

type Asked = {
  readonly place: LatLon
  readonly here: GridId | null
  readonly fit: readonly UnitView[]
  readonly now: Now
}

/** Ways looked at in one step: a hundred legs each and more. */
const WAYS_PER_STEP = 16

/** All who have a way there, in steps; from the beginning when roads are laid anew meanwhile. */
function* timedAll(
  asked: Asked,
  around: Around,
): Steps<{ readonly answer: ReachAnswer; readonly timed: Timed[] } | undefined> {
  const { times, timing } = around.reach
  const units = asked.fit.map(reachUnitOf)
  for (;;) {
    const answer = timing === undefined ? times(asked.place, units) : yield* timing(asked.place, units)
    if (answer === undefined) return undefined
    const onWay = asked.fit.filter(unit => answer.roadSeconds.has(unit.id))
    const timed: Timed[] = []
    const stands = (): boolean => answer.stands?.() ?? true
    while (timed.length < onWay.length && stands()) {
      for (const unit of onWay.slice(timed.length, timed.length + WAYS_PER_STEP))
        timed.push(timedOf(unit, answer, asked, around))
      yield
    }
    if (timed.length === onWay.length) return { answer, timed }
  }
}

type Timed = Candidate & { readonly isOwnGrid: boolean; readonly unit: UnitView }

function timedOf(unit: UnitView, answer: ReachAnswer, asked: Asked, { grids, etas, reach }: Around): Timed {
  const { here, now } = asked
  const roadSeconds = answer.roadSeconds.get(unit.id) ?? 0
  const turnoutSeconds = turnoutSecondsOf(unit, reach.turnout)
  const promised = promiseOf(unit, answer, turnoutSeconds, etas, now)
  const learned = promised?.basis === 'learned' ? promised : undefined
  const etaSeconds = learned?.p50Seconds ?? turnoutSeconds + roadSeconds
  const fixAgeMs = unit.position?.ageMs ?? 0
  // A fix of age a may be a·v metres of driving wrong either way, and driving them takes a seconds.
  const openSeconds = fixAgeMs / 1000
  const home = unit.homeGridId ?? unit.gridId
  const isOwnGrid = here !== null && home === here
  const reasons = reasonsOf(home, here, grids)
  return {
    unitId: unit.id,
    callSign: unit.callSign,
    etaSeconds: Math.round(etaSeconds),
    roadSeconds: Math.round(roadSeconds),
    turnoutSeconds,
    etaLowSeconds: Math.max(0, Math.floor((learned?.lowSeconds ?? etaSeconds) - openSeconds)),
    etaHighSeconds: Math.ceil((learned?.p80Seconds ?? etaSeconds) + openSeconds),
    etaBasis: learned === undefined ? 'profile' : 'learned',
    etaSamples: learned?.samples ?? 0,
    etaP80Seconds: learned === undefined ? null : Math.ceil(learned.p80Seconds),
    fixAgeMs,
    reasons,
    warnings: warningsOf(unit, reasons, answer, asked),
    isOwnGrid,
    unit,
  }
}

/** What a crew needs to get going: standing with the engine known to be off, it first has to come back to the car. */
export function turnoutSecondsOf(unit: UnitView, turnout: Turnout = TURNOUT): number {
  if ((unit.position?.speedMps ?? 0) >= MOVING_MPS) return turnout.moving.value
  return (unit.equipment.ignition === 'off' ? turnout.standby : turnout.stopped).value
}

function reasonsOf(home: GridId | null, here: GridId | null, grids: GridLookup): Reason[] {
  if (here === null || home === null) return []
  if (home === here) return ['own_grid']
  const reasons: Reason[] = []
  if (grids.neighboursOf(here).includes(home)) reasons.push('adjacent_grid')
  if (isOverBorder(home, here, grids)) reasons.push('mutual_aid')
  return reasons
}

/** Crews of one county and a place that another one answers for. */
function isOverBorder(home: GridId, here: GridId, grids: GridLookup): boolean {
  const [theirs, ours] = [grids.countyOf(home), grids.countyOf(here)]
  return theirs !== null && ours !== null && theirs !== ours
}

function warningsOf(
  unit: UnitView,
  reasons: readonly Reason[],
  answer: ReachAnswer,
  { place, here, fit }: Asked,
): Warning[] {
  const warnings: Warning[] = []
  if (answer.place.closed) warnings.push('road_closed')
  if (reasons.includes('mutual_aid')) warnings.push('cross_border')
  if (unit.freshness === 'ageing') warnings.push('fix_ageing')
  if (hasFault(unit)) warnings.push('equipment_fault')
  if (unit.gridId !== null && unit.gridId !== here && isOnlyOne(unit, fit)) warnings.push('only_unit_in_grid')
  if (isHeadingAway(unit, place)) warnings.push('heading_away')
  if (unit.drivers?.power?.phase === 'survival') warnings.push('low_battery')
  if (unit.emergency) warnings.push('emergency')
  return warnings
}

const hasFault = (unit: UnitView): boolean =>
  unit.store === 'poisoned' || Object.values(unit.equipment).includes('unknown')

const isOnlyOne = (unit: UnitView, fit: readonly UnitView[]): boolean =>
  !fit.some(other => other.id !== unit.id && other.gridId === unit.gridId)

function isHeadingAway({ position }: UnitView, place: LatLon): boolean {
  if (position?.trackDeg === undefined || (position.speedMps ?? 0) < HEADING_TRUSTED_MPS) return false
  return angleBetweenDeg(position.trackDeg, bearingDeg(position, place)) > HEADING_AWAY_DEG
}

function routeOf(place: LatLon, unit: UnitView, reach: Reach): Pick<Candidate, 'route'> {
  const route = reach.route(place, reachUnitOf(unit))
  return route === undefined ? {} : { route: route.map(([lon, lat]): [number, number] => [lon, lat]) }
}
