import type { Incident } from '#gateway/dispatch/incident.ts'
import type { OrderRow } from '#gateway/dispatch/orders.ts'
import type { SimulatedDisk, SimulatedStore } from '../../store/simulated-disk.ts'
import { rowsOf } from '../../store/simulated-disk.ts'
import type { Car } from '../car.ts'
import type { Findings } from './findings.ts'
import { ENDED_STEPS } from './order-watch.ts'
import type { OrderWatch } from './order-watch.ts'

type Rows = (family: string) => ReadonlyMap<string, unknown>

/** What is deleted, and what notes and marks take, comes on top of what a store is allowed. */
const DISK_SLACK_BYTES = 32 * 1024

/** Orders that a car must answer and has not; an actuation may be too old to be sent at all. */
export function unanswered(rows: Rows): readonly string[] {
  return [...rows('order/').values()]
    .map(row => row as OrderRow)
    .filter(({ order, outcome }) => order.kind !== 'actuate' && outcome === null)
    .map(({ order }) => `${order.kind} ${order.orderId} of ${order.deviceId}`)
}

/** Orders a car works on though the centre has called them off; unless what befell its disk made it forget that. */
export function disagreements(
  cars: Iterable<Car>,
  rows: Rows,
  orders: OrderWatch,
): readonly (readonly [string, string])[] {
  const cancelled = new Set<string>()
  for (const row of rows('incident/').values())
    for (const { orderId, state } of (row as Incident).assignments)
      if (state === 'cancelled') cancelled.add(orderId)
  return [...cars].flatMap(car =>
    (car.runtime?.view().orders ?? [])
      .filter(({ orderId, step }) => cancelled.has(orderId) && !ENDED_STEPS.has(step))
      .filter(({ orderId }) => !orders.hasForgotten(car.deviceId, orderId))
      .map(({ orderId }) => [car.deviceId, orderId] as const),
  )
}

/** A store stays within its bound, whatever was shed or refused for it. */
export function judgeDisk(findings: Findings, deviceId: string, disk: SimulatedDisk, bytesMax: number): void {
  for (const { log } of disk.stores.values()) {
    // What was ever written to it bounds what lies there now, and is added up sooner.
    if (bytesWritten(log) <= bytesMax + DISK_SLACK_BYTES) continue
    let bytes = 0
    for (const [key, value] of rowsOf(log)) bytes += key.length + value.length
    if (bytes > bytesMax + DISK_SLACK_BYTES)
      findings.add('unbounded', deviceId, `${bytes} bytes in a store of ${bytesMax}`)
  }
}

function bytesWritten(log: SimulatedStore['log']): number {
  let bytes = 0
  for (const batch of log)
    if (batch !== null) for (const { key, value } of batch.rows) bytes += key.length + (value?.length ?? 0)
  return bytes
}
