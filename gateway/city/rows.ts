import type { AlarmRow } from '../alarms/alarms.ts'
import type { Closure } from '../closures/closure.ts'
import type { Incident } from '../dispatch/incident.ts'
import type { OrderRow } from '../dispatch/orders.ts'
import type { UnitRow } from '../fleet/unit-row.ts'
import type { ConsultationRow } from '../walkins/walk-in-book.ts'
import type { WalkInRow } from '../walkins/walk-in.ts'
import type { CityEffect } from '../loop/effects.ts'

/** A key and its value as they lie in the ledger (keys: `gateway/loop/effects.ts`). */
export type CityRow = { readonly key: string; readonly value: unknown }

/** Key prefixes the city owns; what `restore` wants to see. */
export const CITY_PREFIXES = [
  'unit/',
  'incident/',
  'order/',
  'alarm/',
  'walkin/',
  'consultation/',
  'closure/',
  'eta/',
] as const

export const putUnit = (row: UnitRow): CityEffect => ({ type: 'put', key: `unit/${row.unitId}`, value: row })
export const putIncident = (row: Incident): CityEffect => ({
  type: 'put',
  key: `incident/${row.id}`,
  value: row,
})
export const putOrder = (row: OrderRow): CityEffect => ({
  type: 'put',
  key: `order/${row.order.orderId}`,
  value: row,
})
export const putAlarm = (row: AlarmRow): CityEffect => ({ type: 'put', key: `alarm/${row.id}`, value: row })
export const putWalkIn = (row: WalkInRow): CityEffect => ({
  type: 'put',
  key: `walkin/${row.id}`,
  value: row,
})
export const putConsultation = (row: ConsultationRow): CityEffect => ({
  type: 'put',
  key: `consultation/${row.day}/${row.stationId}`,
  value: row,
})

export const putClosure = (row: Closure): CityEffect => ({
  type: 'put',
  key: `closure/${row.id}`,
  value: row,
})

export type SortedRows = {
  readonly units: readonly UnitRow[]
  readonly incidents: readonly Incident[]
  readonly orders: readonly OrderRow[]
  readonly alarms: readonly AlarmRow[]
  readonly walkIns: readonly WalkInRow[]
  readonly consultations: readonly ConsultationRow[]
  readonly closures: readonly Closure[]
  readonly etas: readonly CityRow[]
}

/**
 * Our own rows, oldest first inside a kind. The store's format version was checked when it was opened, so the shapes are
 * believed here.
 */
export function sortRows(rows: Iterable<CityRow>): SortedRows {
  const units: UnitRow[] = []
  const incidents: Incident[] = []
  const orders: OrderRow[] = []
  const alarms: AlarmRow[] = []
  const walkIns: WalkInRow[] = []
  const consultations: ConsultationRow[] = []
  const closures: Closure[] = []
  const etas: CityRow[] = []
  for (const { key, value } of rows) {
    if (key.startsWith('unit/')) units.push(value as UnitRow)
    else if (key.startsWith('incident/')) incidents.push(value as Incident)
    else if (key.startsWith('order/')) orders.push(value as OrderRow)
    else if (key.startsWith('alarm/')) alarms.push(value as AlarmRow)
    else if (key.startsWith('walkin/')) walkIns.push(value as WalkInRow)
    else if (key.startsWith('eta/')) etas.push({ key, value })
    else if (key.startsWith('consultation/')) consultations.push(value as ConsultationRow)
    else if (key.startsWith('closure/')) closures.push(value as Closure)
  }
  incidents.sort((a, b) => a.receivedUtcMs - b.receivedUtcMs || (a.number < b.number ? -1 : 1))
  orders.sort((a, b) => a.order.issuedAt - b.order.issuedAt || a.order.revision - b.order.revision)
  alarms.sort((a, b) => a.happenedUtcMs - b.happenedUtcMs)
  walkIns.sort((a, b) => a.happenedUtcMs - b.happenedUtcMs)
  return { units, incidents, orders, alarms, walkIns, consultations, closures, etas }
}
