import { parseBody } from '#protocols/bodies.ts'
import type { BodyOf } from '#protocols/bodies.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { eventIdOf } from '#protocols/record.ts'
import type { Unstored } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import { comeNear, moveAssignment, undoArrival } from '../dispatch/assignment.ts'
import type { Assignment, Move, Verdict } from '../dispatch/assignment.ts'
import { closeIncident, isDone, withAssignment } from '../dispatch/incident.ts'
import { occurredUtcMs } from '../dispatch/occurrence.ts'
import type { CityEffect, CityEvent } from '../loop/effects.ts'
import type { City } from './city-state.ts'
import { learnFromPosition, settleEta } from './etas.ts'
import { walkInEffects } from './walk-ins.ts'

type RecordEvent = Extract<CityEvent, { type: 'record' }>

/** What one record, accepted exactly once, changes in the city. Most change nothing: the ledger has them. */
export function recordEffects(city: City, event: RecordEvent, now: Now): CityEffect[] {
  const { deviceId, record, body, ageMs } = event
  learnFromPosition(city, event, now)
  const effects = city.changed(city.fleet.record(deviceId, record, body, now), now)
  // Where a car is now it says live; where it was is for the ledger.
  if (body?.kind === 'position' && record.lane === 'track') return effects
  const utcMs = occurredUtcMs(record, ageMs, now)
  const source = eventIdOf(deviceId, record)
  effects.push(...walkInEffects(city, deviceId, body, { eventId: source, utcMs, ageMs }, now))
  // Only a record that says so itself, and is understood, is a test; its lane would make it an alarm.
  if (body?.kind === 'panic.test') return effects
  // The lane makes it an alarm, whatever this version understands of the body.
  if (record.lane === 'alarm') {
    const stands = city.stations.byDevice(deviceId)?.place
    const row = city.alarms.raise(city.sourceOf(deviceId), record, body, { ageMs, utcMs }, now, stands)
    return [...effects, ...(row ? city.keepAlarm(row, now) : [])]
  }
  if (body?.kind === 'order.receipt')
    effects.push(
      ...receiptEffects(city, deviceId, body.body, { utcMs, occurredAt: record.occurredAt }, source, now),
    )
  if (body?.kind === 'assignment.step') {
    const { orderId, step, slot, distanceM: awayM } = body.body
    effects.push(...moveEffects(city, deviceId, orderId, { to: step, slot, utcMs, source, awayM }, now))
  }
  return [...effects, ...sensedEffects(city, event, utcMs, now)]
}

/** What the car found out by itself: stored as it says, never derived again here. */
function sensedEffects(city: City, event: RecordEvent, utcMs: number, now: Now): CityEffect[] {
  const { deviceId, record, body } = event
  const source = eventIdOf(deviceId, record)
  // By the clock of the record, whose error is known; a start is a distance back from it.
  const since = (startedAt: number): number => utcMs - Math.max(0, record.occurredAt - startedAt)
  switch (body?.kind) {
    case 'rolling.started': {
      const move: Move = { to: 'enroute', slot: 'sensed', utcMs: since(body.body.startedAt), source }
      return moveEffects(city, deviceId, body.body.orderId, move, now)
    }
    case 'arrival.confirmed': {
      const move: Move = { to: 'on_scene', slot: 'sensed', utcMs: since(body.body.startedAt), source }
      return moveEffects(city, deviceId, body.body.orderId, move, now)
    }
    case 'arrival.candidate': {
      const { orderId, startedAt } = body.body
      return assignmentEffects(city, deviceId, orderId, { to: 'near', source }, now, before => ({
        assignment: comeNear(before, since(startedAt)),
        verdict: 'moved',
      }))
    }
    case 'arrival.undone':
      return assignmentEffects(city, deviceId, body.body.orderId, { to: 'undone', source }, now, undoArrival)
    default:
      return []
  }
}

/** An alarm the car could not store goes the same way, marked as not stored. */
export function unstoredEffects(city: City, deviceId: DeviceId, alarm: Unstored, now: Now): CityEffect[] {
  const times = { ageMs: alarm.ageMs, utcMs: occurredUtcMs(alarm, alarm.ageMs, now) }
  const stands = city.stations.byDevice(deviceId)?.place
  const row = city.alarms.raiseUnstored(city.sourceOf(deviceId), alarm, times, now, stands)
  if (row === undefined) return []
  const parsed = parseBody(alarm.kind, alarm.body)
  const visit = walkInEffects(
    city,
    deviceId,
    parsed.ok ? parsed.value : null,
    { eventId: row.id, ...times },
    now,
  )
  return [...visit, ...city.keepAlarm(row, now)]
}

/**
 * When the device took the order: a receipt told again says when it was told first. A device that had no clock then says
 * so by a time before the order was given, and counts from now: late rather than flattering.
 */
function answeredUtcMs(
  city: City,
  { orderId, toldAt }: BodyOf<'order.receipt'>,
  { utcMs, occurredAt }: { readonly utcMs: number; readonly occurredAt: number },
): number {
  if (toldAt === undefined) return utcMs
  const firstUtcMs = utcMs - Math.max(0, occurredAt - toldAt)
  return firstUtcMs < (city.orders.byId(orderId)?.order.issuedAt ?? 0) ? utcMs : firstUtcMs
}

function receiptEffects(
  city: City,
  deviceId: DeviceId,
  body: BodyOf<'order.receipt'>,
  times: { readonly utcMs: number; readonly occurredAt: number },
  source: string,
  now: Now,
): CityEffect[] {
  const utcMs = answeredUtcMs(city, body, times)
  const row = city.orders.receipt(deviceId, body, utcMs)
  if (row === undefined) return [odd('order.receipt_unused', { deviceId, ...body })]
  const kept = city.keepOrder(row)
  if (row.order.kind !== 'dispatch') return kept
  const isDelivered = body.outcome === 'delivered' || body.outcome === 'executed'
  // The crew never saw it: the dispatcher has to know, as if the crew had refused.
  const move: Move = isDelivered
    ? { to: 'delivered', slot: 'system', utcMs, source }
    : { to: 'refused', slot: 'system', utcMs, source, note: body.code ?? body.outcome }
  return [...kept, ...moveEffects(city, deviceId, body.orderId, move, now)]
}

/** A crew's move on one of its assignments. Nothing is ignored silently: what cannot move is timed, kept or logged. */
const moveEffects = (city: City, deviceId: DeviceId, orderId: string, move: Move, now: Now): CityEffect[] =>
  assignmentEffects(city, deviceId, orderId, move, now, before => moveAssignment(before, move))

function assignmentEffects(
  city: City,
  deviceId: DeviceId,
  orderId: string,
  move: { readonly to: string; readonly source: string },
  now: Now,
  change: (before: Assignment) => { readonly assignment: Assignment; readonly verdict: Verdict },
): CityEffect[] {
  const incident = city.incidents.byOrder(orderId)
  const before = incident?.assignments.find(a => a.orderId === orderId)
  if (incident === undefined || before === undefined || before.deviceId !== deviceId) {
    return [odd('assignment.unknown', { deviceId, orderId, to: move.to })]
  }
  const { assignment, verdict } = change(before)
  const log = odd(`assignment.${verdict}`, { orderId, to: move.to, state: before.state, source: move.source })
  if (assignment === before) return [log]
  settleEta(city, incident, before, assignment, now)
  const kept = withAssignment(incident, assignment)
  const effects = verdict === 'moved' ? [] : [log]
  const done = isDone(kept) ? closeIncident(kept, 'the last crew cleared', 'system', now) : kept
  effects.push(...city.keepIncident(done, now), ...city.unitChanged(before.unitId, now))
  return effects
}

const odd = (event: string, detail: Record<string, unknown>): CityEffect => ({
  type: 'log',
  level: 'info',
  event,
  detail,
})
