import type {
  AlarmView,
  IncidentView,
  OrderView,
  Recommendation,
  StationView,
  UnitView,
  WalkInView,
} from '#protocols/api.ts'
import type { CoverageCost, CoverageView } from '#protocols/coverage.ts'
import type { ClosureStretch, ClosureView, ClosureWhere } from '#protocols/closures.ts'
import type { EtaView } from '#protocols/eta.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { DeviceId, IncidentId, OrderId, UnitId } from '#protocols/ids.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import { City } from './city/city-state.ts'
import { closuresTick } from './city/closures.ts'
import { commandEffects } from './city/commands.ts'
import { recordEffects, unstoredEffects } from './city/records.ts'
import type { CityRow } from './city/rows.ts'
import { atOnce } from './city/steps.ts'
import type { Steps } from './city/steps.ts'
import type { GridLookup, Mint, Reach } from './city/surroundings.ts'
import type { ClosureRoads } from './closures/closure-roads.ts'
import { viewOfClosure, viewOfStretch } from './closures/closure.ts'
import type { CoverageRefresh } from './coverage/coverage-book.ts'
import type { DemandCounts } from './coverage/demand-history.ts'
import type { MoveUpAsked, MoveUpMeasured } from './coverage/move-ups.ts'
import type { MeasuredLoss } from './coverage/plans.ts'
import { recommend, recommending } from './dispatch/recommend.ts'
import type { RecommendOptions } from './dispatch/recommend.ts'
import type { EtaBook } from './eta/eta-book.ts'
import { viewOfEtas } from './eta/eta-view.ts'
import type { CityEffect, CityEvent, UnitBinding } from './loop/effects.ts'
import { viewOfStation } from './stations/station-book.ts'
import { letGoEffects } from './walkins/let-go.ts'
import type { OverVisit } from './walkins/let-go.ts'
import { viewOfWalkIn } from './walkins/walk-in.ts'
import type { ConsultationRow } from './walkins/walk-in-book.ts'
import type { WalkInRow } from './walkins/walk-in.ts'

export type CityParts = {
  readonly mint: Mint
  readonly reach: Reach
  readonly roads: ClosureRoads
  readonly grids: GridLookup
  /** Learns driving times from what the fleet reports; absent, the profile's are all there is. */
  readonly etas?: EtaBook
}

/** What pages and the API may ask at any time; every answer is a value of its own. */
export type CityViews = {
  readonly units: (now: Now) => UnitView[]
  readonly unitsInSteps: (now: Now) => Steps<UnitView[]>
  readonly unit: (unitId: UnitId, now: Now) => UnitView | undefined
  readonly incidents: (now: Now) => IncidentView[]
  readonly incident: (incidentId: IncidentId, now: Now) => IncidentView | undefined
  readonly alarms: (now: Now) => AlarmView[]
  readonly order: (orderId: OrderId) => OrderView | undefined
  readonly stations: (now: Now) => StationView[]
  readonly walkIns: (now: Now) => WalkInView[]
  /** The row with its sealed words, for whoever may open them. */
  readonly walkIn: (id: string) => WalkInRow | undefined
  readonly consultations: () => readonly ConsultationRow[]
  readonly closures: (now: Now) => ClosureView[]
  /** Which roads somebody means; nothing happens to them. */
  readonly stretchOf: (where: ClosureWhere) => Result<ClosureStretch>
  /** Null before the first refresh. */
  readonly coverage: (now: Now) => CoverageView | null
  /** How many incidents each place had, all day and around this hour; `version` grows when that changes. */
  readonly demand: (now: Now) => DemandCounts
  readonly demandVersion: () => number
  /** What move-ups to look for. */
  readonly moveUpsAsked: (now: Now) => MoveUpAsked
  /** What a measured loss means for the grids, by the colours of now. */
  readonly foresee: (loss: MeasuredLoss, now: Now) => CoverageCost
  /** Null where nothing is learned. */
  readonly etas: (now: Now) => EtaView | null
  readonly recommend: (place: LatLon, now: Now, options?: RecommendOptions) => Result<Recommendation>
  /** The same in steps; one at a time (`inTurns`). */
  readonly recommending: (
    place: LatLon,
    now: Now,
    options?: RecommendOptions,
  ) => Steps<Result<Recommendation>>
  /** For gauges: units by freshness is read from `units`. */
  readonly counts: () => {
    readonly openIncidents: number
    readonly openAlarms: number
    readonly waitingOrders: number
  }
}

export type CityCore = CityViews & {
  /** The one way in. Synchronous; what it returns leaves the gateway only after its rows were committed. */
  readonly handle: (event: CityEvent, now: Now) => CityEffect[]
  /** Rows of `CITY_PREFIXES` after a restart, before the first event; other keys are ignored. */
  readonly restore: (rows: Iterable<CityRow>, now: Now) => void
  /** Visits whose words have had their time; they go on the next tick. */
  readonly letGo: (visits: readonly OverVisit[]) => void
}

/** Units viewed in a step: half a millisecond of a processor. */
const UNITS_A_STEP = 128

/**
 * The city: units, incidents, orders and alarms, and nothing that knows a clock, a disk or a socket.
 *
 *     CityEvent -> fleet / dispatch / alarms -> rows to put, orders to sign, changes to show, replies, audit
 */
export function createCity(parts: CityParts): CityCore {
  const city = new City(parts)
  const { fleet, incidents, orders, alarms } = city
  const unitsInSteps = function* (now: Now): Steps<UnitView[]> {
    const views: UnitView[] = []
    for (const unit of fleet.all()) {
      views.push(city.unitView(unit, now))
      if (views.length % UNITS_A_STEP === 0) yield
    }
    return views
  }
  const units = (now: Now): UnitView[] => atOnce(unitsInSteps(now))
  return {
    handle: (event, now) => handle(city, event, now),
    restore: (rows, now) => city.restore(rows, now),
    letGo: visits => void city.walkIns.over.push(...visits),
    units,
    unitsInSteps,
    unit: (unitId, now) => {
      const unit = fleet.byId(unitId)
      return unit && city.unitView(unit, now)
    },
    incidents: now => incidents.all().map(incident => city.incidentView(incident, now)),
    incident: (incidentId, now) => {
      const incident = incidents.byId(incidentId)
      return incident && city.incidentView(incident, now)
    },
    alarms: now => alarms.all(now),
    order: orderId => city.orderView(orderId),
    stations: now => city.stations.all().map(station => viewOfStation(station, now)),
    walkIns: now => city.walkIns.all().map(row => viewOfWalkIn(row, now)),
    walkIn: id => city.walkIns.byId(id),
    consultations: () => city.walkIns.topics(),
    closures: now => city.closures.all().map(closure => viewOfClosure(closure, now)),
    stretchOf: where => {
      const stretch = parts.roads.stretchOf(where)
      return stretch.ok ? ok(viewOfStretch(stretch.value)) : stretch
    },
    coverage: now => city.coverage.view(now),
    demand: now => city.demand.counts(now.utcMs),
    demandVersion: () => city.demand.version,
    moveUpsAsked: now => city.coverage.moveUps.asked(units(now), now),
    foresee: (loss, now) => city.coverage.foresee(loss, now),
    etas: now => city.etas && viewOfEtas(city.etas.learner, city.etas.past, now),
    recommend: (place, now, options) => recommend(place, units(now), city, now, options),
    recommending: (place, now, options) => recommending(place, units(now), city, now, options),
    counts: () => ({
      openIncidents: incidents.openCount(),
      openAlarms: alarms.openCount(),
      waitingOrders: orders.waitingCount(),
    }),
  }
}

function handle(city: City, event: CityEvent, now: Now): CityEffect[] {
  switch (event.type) {
    case 'bound':
      return onBound(city, event.binding, now)
    case 'session':
      if (event.link === 'up') city.stations.heard(event.deviceId, { link: 'up' }, now)
      else city.stations.left(event.deviceId)
      return city.changed(city.fleet.session(event.deviceId, event.link), now)
    case 'hello':
      city.stations.heard(event.deviceId, { link: 'up', store: event.hello.store }, now)
      return [
        ...city.changed(city.fleet.hello(event.deviceId, event.hello, now), now),
        ...city.config(event.deviceId),
        ...city.orders.dueAtHello(event.deviceId, now).map(order => ({ type: 'order' as const, order })),
      ]
    case 'live':
      return onLive(city, event.deviceId, event, now)
    case 'record':
      return recordEffects(city, event, now)
    case 'unstored':
      return unstoredEffects(city, event.deviceId, event.alarm, now)
    case 'command':
      return commandEffects(city, event, now)
    case 'coverage':
      return onCoverage(city, event.refresh, now)
    case 'moveups':
      return onMoveUps(city, event.measured, now)
    case 'tick':
      return onTick(city, now)
  }
}

function onBound(city: City, binding: UnitBinding, now: Now): CityEffect[] {
  if (binding.station) {
    city.stations.bind(binding, binding.station)
    return []
  }
  return [...city.changed(city.fleet.bind(binding), now), ...city.config(binding.deviceId)]
}

function onLive(
  city: City,
  deviceId: DeviceId,
  event: Extract<CityEvent, { type: 'live' }>,
  now: Now,
): CityEffect[] {
  const { queue, store } = event.live
  city.stations.heard(deviceId, { link: 'up', queue, store }, now)
  const before = city.fleet.byDevice(deviceId)?.membership.gridId
  const changed = city.fleet.live(deviceId, event.live, event.latenessMs, now)
  const crossed = changed.some(unit => unit.membership.gridId !== before)
  return [...city.changed(changed, now), ...(crossed ? city.config(deviceId) : [])]
}

function onCoverage(city: City, refresh: CoverageRefresh | null, now: Now): CityEffect[] {
  const isNews = refresh === null ? city.coverage.refreshLost(now) : true
  if (refresh !== null) city.coverage.refreshed(refresh, id => city.incident(id)?.gridId ?? null, now)
  return isNews ? city.coverageChanged(now) : []
}

function onMoveUps(city: City, measured: MoveUpMeasured, now: Now): CityEffect[] {
  const units = city.fleet.all().map(unit => city.unitView(unit, now))
  const isNews = city.coverage.moveUps.planned(measured, units, () => city.mint.id('mov'), now)
  return isNews ? city.coverageChanged(now) : []
}

function onTick(city: City, now: Now): CityEffect[] {
  return [
    ...city.changed(city.fleet.tick(now), now),
    ...city.orders
      .dueNow(deviceId => city.isUp(deviceId), now)
      .map(order => ({ type: 'order' as const, order })),
    ...city.unitRowsDue(now),
    ...letGoEffects(city, now),
    ...closuresTick(city, now),
    ...(city.etas?.tick(now) ?? []),
    ...(city.coverage.tick(now) ? city.coverageChanged(now) : []),
  ]
}
