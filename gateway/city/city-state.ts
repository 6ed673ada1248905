import type { AlarmView, IncidentView, OrderView, UnitView } from '#protocols/api.ts'
import type { DeviceId, IncidentId, OrderId, UnitId } from '#protocols/ids.ts'
import type { Order } from '#protocols/orders.ts'
import type { Now } from '#protocols/time.ts'
import { AlarmBook } from '../alarms/alarms.ts'
import type { AlarmRow, AlarmSource } from '../alarms/alarms.ts'
import { ClosureBook } from '../closures/closure-book.ts'
import { closedByGrid } from '../closures/closed-by-grid.ts'
import type { ClosureRoads } from '../closures/closure-roads.ts'
import { CoverageBook } from '../coverage/coverage-book.ts'
import { DemandHistory } from '../coverage/demand-history.ts'
import { IncidentBook } from '../dispatch/incident-book.ts'
import { viewOfIncident } from '../dispatch/incident.ts'
import type { Incident } from '../dispatch/incident.ts'
import { OrderBook, viewOfOrder } from '../dispatch/orders.ts'
import type { OrderRow } from '../dispatch/orders.ts'
import type { EtaBook } from '../eta/eta-book.ts'
import { UnitTable } from '../fleet/unit-table.ts'
import { rowOfUnit, UnitRowsDue } from '../fleet/unit-row.ts'
import { viewOfUnit } from '../fleet/unit.ts'
import type { Unit } from '../fleet/unit.ts'
import type { CityEffect } from '../loop/effects.ts'
import { putAlarm, putIncident, putOrder, putUnit, sortRows } from './rows.ts'
import type { CityRow } from './rows.ts'
import { StationBook } from '../stations/station-book.ts'
import { WalkInBook } from '../walkins/walk-in-book.ts'
import type { GridLookup, Mint, Reach } from './surroundings.ts'

/** The books of the city, and the effects that follow from a change in one of them. */
export class City {
  readonly fleet: UnitTable
  readonly incidents = new IncidentBook()
  readonly orders = new OrderBook()
  readonly alarms = new AlarmBook()
  readonly stations = new StationBook()
  readonly walkIns = new WalkInBook()
  readonly closures = new ClosureBook()
  readonly mint: Mint
  readonly reach: Reach
  readonly roads: ClosureRoads
  readonly grids: GridLookup
  readonly coverage: CoverageBook
  readonly demand = new DemandHistory()
  /** Null where nothing is learned about driving times. */
  readonly etas: EtaBook | null
  private readonly rowsDue = new UnitRowsDue()

  constructor(parts: {
    readonly mint: Mint
    readonly reach: Reach
    readonly roads: ClosureRoads
    readonly grids: GridLookup
    readonly etas?: EtaBook
  }) {
    this.mint = parts.mint
    this.reach = parts.reach
    this.roads = parts.roads
    this.grids = parts.grids
    this.etas = parts.etas ?? null
    this.fleet = new UnitTable(parts.grids)
    this.coverage = new CoverageBook(gridId => parts.grids.nameOf(gridId))
  }

  restore(rows: Iterable<CityRow>, now: Now): void {
    const { units, incidents, orders, alarms, walkIns, consultations, closures, etas } = sortRows(rows)
    for (const row of units) this.fleet.restore(row, now)
    for (const incident of incidents) {
      this.demand.changed(null, incident)
      this.incidents.put(incident)
    }
    for (const row of orders) this.orders.restore(row, now)
    this.alarms.restore(alarms, now)
    for (const row of walkIns) this.walkIns.put(row)
    for (const row of consultations) this.walkIns.putTopics(row)
    for (const row of closures) this.closures.put(this.roads.again(row))
    this.etas?.restore(etas)
    this.obeyClosures(now)
  }

  /** Closures that began, changed or ended count in the next question about the roads. */
  obeyClosures(now: Now): void {
    const factors = this.closures.settle(now)
    if (factors === undefined) return
    this.roads.obey(factors)
    this.coverage.roadsClosed(closedByGrid(this.closures.holding(), place => this.grids.gridAt(place)))
  }

  unitView(unit: Unit, now: Now): UnitView {
    const newest = this.incidents.newestOf(unit.id)
    const assignment = newest
      ? {
          incidentId: newest.incident.id,
          orderId: newest.assignment.orderId,
          state: newest.assignment.state,
        }
      : null
    return viewOfUnit(unit, { assignment, panic: this.alarms.hasOpenPanic(unit.id) }, now)
  }

  incidentView(incident: Incident, now: Now): IncidentView {
    return viewOfIncident(incident, now)
  }

  orderView(orderId: OrderId): OrderView | undefined {
    const row = this.orders.byId(orderId)
    return row && viewOfOrder(row)
  }

  /** Units a page now sees differently; their rows are written on one of the next ticks. */
  changed(units: readonly Unit[], now: Now): CityEffect[] {
    return units.map(unit => {
      this.rowsDue.note(unit.id)
      return { type: 'change', change: { type: 'unit.changed', data: this.unitView(unit, now) } }
    })
  }

  /** A unit whose duties changed though it said nothing itself. */
  unitChanged(unitId: UnitId, now: Now): CityEffect[] {
    const unit = this.fleet.byId(unitId)
    return unit ? this.changed([unit], now) : []
  }

  /** Keeps an incident in its new state: row and change. */
  keepIncident(incident: Incident, now: Now): CityEffect[] {
    this.demand.changed(this.incidents.byId(incident.id) ?? null, incident)
    this.incidents.put(incident)
    const data = viewOfIncident(incident, now)
    return [putIncident(incident), { type: 'change', change: { type: 'incident.changed', data } }]
  }

  keepOrder(row: OrderRow): CityEffect[] {
    return [putOrder(row), { type: 'change', change: { type: 'order.changed', data: viewOfOrder(row) } }]
  }

  keepAlarm(row: AlarmRow, now: Now): CityEffect[] {
    const data = this.alarms.view(row.id, now) as AlarmView
    const unit = row.unitId === null ? [] : this.unitChanged(row.unitId, now)
    return [putAlarm(row), { type: 'change', change: { type: 'alarm.changed', data } }, ...unit]
  }

  /** A new order: kept, and sent at once where the car is connected; else it goes out at its next hello. */
  issue(order: Order, issuedBy: string, now: Now): CityEffect[] {
    const row = this.orders.issue(order, issuedBy, now)
    return [...this.keepOrder(row), ...(this.isUp(order.deviceId) ? [{ type: 'order' as const, order }] : [])]
  }

  /** Whether a device, of a unit or a station, is connected. */
  isUp(deviceId: DeviceId): boolean {
    return (this.fleet.byDevice(deviceId) ?? this.stations.byDevice(deviceId))?.link === 'up'
  }

  /** Head of a new order for a unit's device. */
  orderHead(deviceId: DeviceId, unitId: UnitId, revision: number, now: Now) {
    const orderId = this.mint.id('ord')
    return { orderId, deviceId, unitId, nonce: this.mint.nonce(), issuedAt: now.utcMs, revision }
  }

  /** What the terminal shows about its own unit. */
  config(deviceId: DeviceId): CityEffect[] {
    const unit = this.fleet.byDevice(deviceId)
    if (unit === undefined || unit.link === 'down') return []
    const gridId = unit.membership.gridId ?? unit.homeGridId
    const gridName = gridId === null ? null : this.grids.nameOf(gridId)
    const grids = gridId === null ? undefined : this.grids.nearby(gridId)
    const { id: unitId, callSign } = unit
    const config = { v: 1 as const, unitId, callSign, gridName, ...(grids && { grids }) }
    return [{ type: 'config', deviceId, config }]
  }

  /** Whose device it is; a device nobody bound speaks under its own name. */
  sourceOf(deviceId: DeviceId): AlarmSource {
    const station = this.stations.byDevice(deviceId)
    if (station) return { deviceId, unitId: null, callSign: `${station.name} ${station.place.kiosk}` }
    const unit = this.fleet.byDevice(deviceId)
    return { deviceId, unitId: unit?.id ?? null, callSign: unit?.callSign ?? deviceId }
  }

  unitRowsDue(now: Now): CityEffect[] {
    return this.rowsDue.take(now).flatMap(id => {
      const unit = this.fleet.byId(id)
      return unit ? [putUnit(rowOfUnit(unit, now))] : []
    })
  }

  /** Coverage as pages see it now, to all of them. */
  coverageChanged(now: Now): CityEffect[] {
    const data = this.coverage.view(now)
    return data === null ? [] : [{ type: 'change', change: { type: 'coverage.changed', data } }]
  }

  incident(incidentId: IncidentId): Incident | undefined {
    return this.incidents.byId(incidentId)
  }
}
