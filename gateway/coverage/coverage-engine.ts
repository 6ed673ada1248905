import type { ColdSpotView } from '#protocols/coverage.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { IncidentId, UnitId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { Grid } from '../grids/grid.ts'
import type { Conditions } from '../reach/conditions.ts'
import { NearestUnits } from '../reach/nearest.ts'
import type { RoadSearch } from '../reach/search.ts'
import { UnitsOnRoads } from '../reach/units-on-roads.ts'
import { RoadWeights } from '../reach/weights.ts'
import { RoadSnap } from '../roads/snap.ts'
import type { Purpose, RoadPoint, SnapIndex } from '../roads/snap.ts'
import { AtPlace } from './at-place.ts'
import { COLD_SPOT_RULES, ColdSpots } from './cold-spots.ts'
import type { ColdSpot, ColdSpotRules } from './cold-spots.ts'
import type { CoverageInput, CoverageMeasured, CoverageUnit, UrgentIncident } from './coverage-input.ts'
import { demandByClass } from './demand.ts'
import type { DemandWeights } from './demand.ts'
import type { DemandCounts } from './demand-history.ts'
import { isLearned, learnedDemand } from './learned-demand.ts'
import { demandCentres } from './demand-centres.ts'
import { KLabels, TURNOUT_DS_MAX } from './k-labels.ts'
import { CoverageMeasure, LABEL_BOUNDS, PROMISE_DS } from './measure.ts'
import { MoveUps } from './move-ups.ts'
import type { MoveUpAsked, MoveUpMeasured, MoveUpRules, StandbyPlace } from './move-ups.ts'
import { Plans, scratchOf } from './plans.ts'
import type { Foreseen, UnitLoss } from './plans.ts'
import { coverageRoads } from './roads-bytes.ts'
import { StandingStill } from './standing-still.ts'
import { Stretches } from './stretches.ts'
import { reachGeoJson, reachRoads } from './unit-reach.ts'

/** Told apart at every place: three for "at least three", one to see who is the next. */
const K = 4
/** Units on the street at once, far above 255; a snapshot of a county, not the 20,000 networked units of all kinds. */
export const COVERAGE_UNITS_MAX = 4_096
/** As `createRoadReach`: beyond this a car is on no road we know, a place is in a field. */
const UNIT_SNAP_M = 150
const PLACE_SNAP_M = 300
/** A unit that moved less than this since it was placed stays where it hangs. */
const MOVED_M = 0.5

/** A unit, or a place that was clicked and has no turnout. */
export type ReachStart = LatLon &
  Pick<CoverageUnit, 'speedMps' | 'trackDeg' | 'turnoutSeconds'> & { readonly isClick: boolean }

export type EngineOptions = {
  /** What driving takes; length over speed without. The engine owns them from now on. */
  readonly weights?: RoadWeights
  /** Made for the same graph elsewhere. */
  readonly snapIndex?: SnapIndex | undefined
  readonly demand?: DemandWeights
  readonly coldSpots?: ColdSpotRules
  readonly moveUps?: MoveUpRules
  /** Posts where units may stand by. */
  readonly standby?: readonly StandbyPlace[]
  /** Begins the names of cold spots, so that those of two runs differ. */
  readonly spotPrefix?: string
}

/**
 * Coverage of one city on one graph: `refresh` takes all free units and gives what they reach. It keeps units hung on
 * their roads and remembers since when road is out of reach; nothing else is remembered.
 */
export class CoverageEngine {
  readonly graph: RoadGraph
  readonly grids: readonly Grid[]
  readonly measure: CoverageMeasure
  readonly labels: KLabels
  private readonly weights: RoadWeights
  readonly turnoutDs = new Uint32Array(COVERAGE_UNITS_MAX)
  private readonly table: UnitsOnRoads
  private readonly stretches: Stretches
  private readonly spots: ColdSpots
  private readonly at: AtPlace
  private readonly plans: Plans
  private readonly movers: MoveUps
  private readonly snap: RoadSnap
  private readonly responders: UnitsOnRoads
  private readonly search: RoadSearch
  private readonly nearest: NearestUnits
  private centres: readonly (RoadPoint | undefined)[]
  private demand: CoverageMeasured['demand'] = { basis: 'roads', incidents: 0, hour: 0 }
  private readonly placed = new Map<string, { readonly at: LatLon; readonly onRoad: boolean }>()
  private readonly callSigns = new Map<string, string>()
  private readonly still = new StandingStill()
  private readonly stillAway = new StandingStill()
  private unknown: Uint8Array
  private newest: readonly ColdSpot[] = []
  private tick = 0
  private monoMs = 0

  constructor(graph: RoadGraph, grids: readonly Grid[], options: EngineOptions = {}) {
    this.graph = graph
    this.grids = grids
    this.weights = options.weights ?? new RoadWeights(graph)
    this.table = new UnitsOnRoads(graph, COVERAGE_UNITS_MAX)
    this.labels = new KLabels(this.table, K, this.weights)
    this.stretches = new Stretches(graph, grids, options.demand ?? demandByClass)
    this.measure = new CoverageMeasure(this.stretches, this.labels)
    const rules = options.coldSpots ?? COLD_SPOT_RULES
    this.spots = new ColdSpots(this.measure, this.labels, rules, options.spotPrefix ?? 'cold')
    this.at = new AtPlace(this.labels)
    this.snap = new RoadSnap(graph, options.snapIndex)
    this.responders = new UnitsOnRoads(graph, COVERAGE_UNITS_MAX)
    const scratch = scratchOf(this.measure, this.labels)
    this.search = scratch.searches[0]
    this.nearest = new NearestUnits(this.responders, this.search)
    this.centres = demandCentres(this.stretches)
    this.unknown = new Uint8Array(grids.length)
    const parts = {
      grids,
      measure: this.measure,
      labels: this.labels,
      at: this.at,
      turnoutDs: this.turnoutDs,
      centres: () => this.centres,
      callSignOf: (unitId: UnitId) => this.callSigns.get(unitId) ?? unitId,
      rules,
      ...scratch,
    }
    this.plans = new Plans(parts)
    const moveUpParts = {
      ...parts,
      plans: this.plans,
      snap: (at: LatLon) => this.placeOf(at, PLACE_SNAP_M),
      standby: options.standby ?? [],
      stands: (unitId: UnitId) => this.still.stands(unitId, this.monoMs),
      standsAway: (unitId: UnitId) => this.stillAway.stands(unitId, this.monoMs),
    }
    this.movers = new MoveUps(moveUpParts, options.moveUps)
  }

  /** Takes up what driving takes from now on, as `RoadWeights.lay`. */
  lay(conditions: Conditions, only?: Iterable<Drive>): void {
    this.weights.lay(conditions, only)
  }

  /** Takes up what incidents say of demand, from the next refresh on. */
  weigh(counts: DemandCounts): void {
    const { hour, incidents } = counts
    this.demand = { basis: isLearned(counts) ? 'history' : 'roads', incidents, hour }
    this.stretches.weigh(learnedDemand(counts))
    this.measure.weigh()
    this.centres = demandCentres(this.stretches)
  }

  /** All shares, spots and reasons for this moment. `tookMs` is left to who can measure it. */
  refresh(input: CoverageInput): CoverageMeasured {
    this.tick = input.tick
    this.monoMs = input.monoMs
    this.unknown = Uint8Array.from(this.grids, grid => Number(input.unknown.includes(grid.id)))
    const offRoad = this.placeAll(input.units)
    this.still.note(input.units, input.monoMs)
    this.labels.run(this.turnoutDs, LABEL_BOUNDS)
    this.measure.run(this.turnoutDs)
    this.plans.forget()
    this.newest = this.spots.refresh(grid => this.unknown[grid] === 1, input.monoMs)
    const coldShares = this.spots.sharesByGrid()
    return {
      tick: input.tick,
      tookMs: 0,
      unitsCounted: this.table.size,
      unitsOffRoad: offRoad,
      demand: this.demand,
      city: this.measure.areaOf(this.grids.length, input.busyShare),
      grids: this.grids.map((grid, i) => ({
        gridId: grid.id,
        area: this.measure.areaOf(i, input.busyShare),
        ...this.centreOf(i),
        coldShare: coldShares[i]!,
      })),
      coldSpots: this.newest.map(spot => this.viewOf(spot)),
      unreached: this.unreached(input.urgent),
    }
  }

  /** Cold spots of the newest refresh as GeoJSON, their road cut where it is reached. */
  coldSpotsGeoJson(): string {
    return JSON.stringify({
      type: 'FeatureCollection',
      features: this.newest.map(spot => ({
        type: 'Feature',
        id: spot.id,
        properties: { ...this.viewOf(spot), datum: 'wgs84' },
        geometry: { type: 'MultiLineString', coordinates: this.spots.linesOf(spot) },
      })),
    })
  }

  /** The newest refresh as the map colours it. */
  roads(): Uint8Array {
    return coverageRoads(this.stretches, this.labels, this.at, this.turnoutDs, this.tick, this.unknown)
  }

  /** What sending each of these units would uncover, each by itself. Units not counted now are left out. */
  losses(unitIds: readonly UnitId[]): UnitLoss[] {
    return this.plans.losses(unitIds)
  }

  /** What sending them all would uncover. */
  without(unitIds: readonly UnitId[]): Foreseen {
    return this.plans.without(unitIds)
  }

  /** As `roads`, had they all been sent. */
  roadsWithout(unitIds: readonly UnitId[]): Uint8Array {
    const { stretches, labels, at, turnoutDs, tick, unknown } = this
    const { gone } = this.plans.whatIf
    return this.plans.during(unitIds, () =>
      coverageRoads(stretches, labels, at, turnoutDs, tick, unknown, gone),
    )
  }

  /** Who should stand where instead; see `MoveUps`. */
  moveUps(asked: MoveUpAsked): MoveUpMeasured {
    this.stillAway.note(asked.away, this.monoMs)
    return this.movers.plan(asked)
  }

  /** Where one unit could be, as GeoJSON or as the map colours it. Fault: PLACE_OFF_ROAD. */
  reach(start: ReachStart, as: 'geojson' | 'roads'): Result<string | Uint8Array> {
    const place = this.placeOf(start, start.isClick ? PLACE_SNAP_M : UNIT_SNAP_M)
    if (place === undefined) return fault('PLACE_OFF_ROAD', `no road near ${start.lat}, ${start.lon}`)
    const turnoutDs = Math.round(start.turnoutSeconds * 10)
    if (as === 'geojson') return ok(reachGeoJson(this.search, place, turnoutDs))
    return ok(reachRoads(this.search, place, turnoutDs, this.tick))
  }

  /** The road place of a unit, of a click or of what they go to, or undefined beyond all roads. */
  placeOf(
    unit: LatLon & Partial<Pick<CoverageUnit, 'speedMps' | 'trackDeg'>>,
    maxM = UNIT_SNAP_M,
    purpose: Purpose = 'from',
  ): RoadPoint | undefined {
    return this.snap.snap(unit.lat, unit.lon, maxM, unit, purpose)
  }

  private placeAll(units: readonly CoverageUnit[]): number {
    const here = new Set(units.map(unit => unit.unitId))
    for (const unitId of this.placed.keys()) {
      if (here.has(unitId)) continue
      this.placed.delete(unitId)
      this.table.remove(unitId)
    }
    let offRoad = 0
    for (const unit of units) if (!this.placeUnit(unit)) offRoad++
    this.callSigns.clear()
    const turnouts = new Map<string, number>()
    for (const { unitId, callSign, turnoutSeconds } of units) {
      this.callSigns.set(unitId, callSign)
      turnouts.set(unitId, Math.min(TURNOUT_DS_MAX, Math.round(turnoutSeconds * 10)))
    }
    this.table.ids.forEach((id, slot) => {
      this.turnoutDs[slot] = turnouts.get(id) ?? 0
    })
    return offRoad
  }

  private placeUnit(unit: CoverageUnit): boolean {
    const known = this.placed.get(unit.unitId)
    if (known !== undefined && distanceM(known.at, unit) < MOVED_M) return known.onRoad
    const point = this.placeOf(unit)
    const onRoad = point !== undefined && this.table.place(unit.unitId, point.edge, point.fraction)
    if (!onRoad) this.table.remove(unit.unitId)
    this.placed.set(unit.unitId, { at: { lat: unit.lat, lon: unit.lon }, onRoad })
    return onRoad
  }

  private centreOf(grid: number): { centreUnits: number; centre: LatLon } {
    const place = this.centres[grid]
    if (place === undefined) return { centreUnits: 0, centre: { lat: 0, lon: 0 } }
    return {
      centreUnits: this.at.unitsWithin(place, PROMISE_DS, this.turnoutDs),
      centre: this.stretches.lines.pointAt(place.edge, place.fraction),
    }
  }

  private viewOf(spot: ColdSpot): ColdSpotView {
    const first = this.at.nearest(spot.centrePoint, this.turnoutDs)
    const unitId = first && this.table.ids[first.slot]
    return {
      id: spot.id,
      gridIds: spot.grids.map(grid => this.grids[grid]!.id),
      centre: spot.centre,
      roadM: spot.roadM,
      areaM2: spot.areaM2,
      sinceMs: spot.sinceMs,
      demandShare: spot.demandShare,
      fillBy:
        first === undefined || unitId === undefined
          ? null
          : { unitId, callSign: this.callSigns.get(unitId) ?? unitId, etaSeconds: first.etaDs / 10 },
    }
  }

  /** Urgent incidents that neither a free unit nor one on its way reaches in target. A place on no road is not judged. */
  private unreached(urgent: readonly UrgentIncident[]): IncidentId[] {
    return urgent.filter(incident => this.isUnreached(incident)).map(({ incidentId }) => incidentId)
  }

  private isUnreached(incident: UrgentIncident): boolean {
    const place = this.placeOf({ lat: incident.lat, lon: incident.lon }, PLACE_SNAP_M, 'to')
    if (place === undefined) return false
    const targetDs = incident.targetSeconds * 10
    const free = this.at.nearest(place, this.turnoutDs)
    return !(free !== undefined && free.etaDs <= targetDs) && !this.comesInTime(incident, place, targetDs)
  }

  private comesInTime({ responding }: UrgentIncident, place: RoadPoint, targetDs: number): boolean {
    for (const unit of responding) {
      const at = this.placeOf(unit)
      if (at !== undefined) this.responders.place(unit.unitId, at.edge, at.fraction)
    }
    const found = this.nearest.nearest(place, responding.length, { budgetDs: targetDs })
    const inTime = found.some(({ id, etaDs }) => {
      const turnoutSeconds = responding.find(unit => unit.unitId === id)?.turnoutSeconds ?? 0
      return etaDs + turnoutSeconds * 10 <= targetDs
    })
    for (const unit of responding) this.responders.remove(unit.unitId)
    return inTime
  }
}
