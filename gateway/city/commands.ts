import type { OrderCreate } from '#protocols/api.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import type { AlarmRow } from '../alarms/alarms.ts'
import { hasEnded, moveAssignment } from '../dispatch/assignment.ts'
import type { Assignment } from '../dispatch/assignment.ts'
import { activeOf } from '../dispatch/incident-book.ts'
import { closeIncident, receiveIncident, viewOfIncident, withAssignment } from '../dispatch/incident.ts'
import type { Incident } from '../dispatch/incident.ts'
import { ACTUATION_LIFE_MS } from '../dispatch/orders.ts'
import { promisedTo } from '../dispatch/recommend.ts'
import type { CityEffect, CityEvent, Command } from '../loop/effects.ts'
import type { City } from './city-state.ts'
import { closeRoad, openRoad } from './closures.ts'
import { acceptMoveUp, declineMoveUp } from './move-up-commands.ts'
import { settleEta } from './etas.ts'

type CommandEvent = Extract<CityEvent, { type: 'command' }>
/** What a command did, and what the person gets back. */
type Outcome = { readonly effects: readonly CityEffect[]; readonly result: Result<unknown> }

/** Carries out what a person asked for; the reply and the audit line belong to the same commit as what was done. */
export function commandEffects(city: City, event: CommandEvent, now: Now): CityEffect[] {
  const { command, actor, commandId } = event
  const { effects, result } = outcomeOf(city, command, actor, now)
  const detail = { ...auditDetail(command), ...(result.ok ? {} : { refused: result.code }) }
  const action = command.kind === 'order' ? `order.${command.order.kind}` : command.kind
  return [...effects, { type: 'audit', action, actor, detail }, { type: 'reply', commandId, result }]
}

function outcomeOf(city: City, command: Command, actor: string, now: Now): Outcome {
  switch (command.kind) {
    case 'incident.create':
      return create(city, command, actor, now)
    case 'incident.close':
      return close(city, command, actor, now)
    case 'order':
      return order(city, command.order, actor, now)
    case 'alarm.acknowledge':
      return acknowledge(city, command.alarmId, actor, now)
    case 'closure.create':
      return closeRoad(city, command.closure, actor, now)
    case 'closure.end':
      return openRoad(city, command.closureId, command.note, actor, now)
    case 'moveup.accept':
      return acceptMoveUp(city, command.moveUpId, actor, now)
    case 'moveup.decline':
      return declineMoveUp(city, command.moveUpId, now)
    case 'warning.acknowledge': {
      const result = city.coverage.acknowledge(command.gridId, now)
      return { effects: result.ok ? city.coverageChanged(now) : [], result }
    }
  }
}

/** Names and numbers, not the free text of a report: the audit says who did what to what. */
function auditDetail(command: Command): Record<string, unknown> {
  switch (command.kind) {
    case 'incident.create': {
      const { place, source, exercise } = command.incident
      return {
        class: command.incident.class,
        source,
        exercise,
        place: { lat: place.lat, lon: place.lon },
      }
    }
    case 'incident.close':
      return { incidentId: command.incidentId, reason: command.reason, duplicate: command.duplicate ?? false }
    case 'order':
      return command.order
    case 'alarm.acknowledge':
      return { alarmId: command.alarmId }
    case 'closure.create':
      return command.closure
    case 'closure.end':
      return { closureId: command.closureId, note: command.note }
    case 'moveup.accept':
    case 'moveup.decline':
      return { moveUpId: command.moveUpId }
    case 'warning.acknowledge':
      return { gridId: command.gridId }
  }
}

function create(
  city: City,
  command: Extract<Command, { kind: 'incident.create' }>,
  actor: string,
  now: Now,
): Outcome {
  const id = city.mint.id('inc')
  const number = city.incidents.numbers.next(now.utcMs)
  const gridId = city.grids.gridAt(command.incident.place)
  const incident = receiveIncident(command.incident, { id, number, gridId, actor }, now)
  return { effects: city.keepIncident(incident, now), result: ok(viewOfIncident(incident, now)) }
}

/** Ends every assignment: cars under way are called off, a crew on scene is released. */
function close(
  city: City,
  { incidentId, reason, duplicate }: Extract<Command, { kind: 'incident.close' }>,
  actor: string,
  now: Now,
): Outcome {
  const incident = city.incident(incidentId)
  if (incident === undefined) return refused('INCIDENT_UNKNOWN', incidentId)
  if (incident.closed) return refused('INCIDENT_CLOSED', `${incident.number} is ${incident.closed.as}`)
  const active = incident.assignments.filter(a => !hasEnded(a))
  const closed = closeIncident(incident, reason, actor, now, duplicate)
  const ended: Incident = {
    ...closed,
    assignments: closed.assignments.map(a => release(a, reason, actor, now)),
  }
  closed.assignments.forEach((before, i) => settleEta(city, ended, before, ended.assignments[i]!, now))
  const effects = [
    ...city.keepIncident(ended, now),
    ...active.flatMap(a => callOff(city, ended, a, reason, actor, now)),
    ...active.flatMap(a => city.unitChanged(a.unitId, now)),
  ]
  return { effects, result: ok(viewOfIncident(ended, now)) }
}

function release(assignment: Assignment, reason: string, actor: string, now: Now): Assignment {
  if (hasEnded(assignment)) return assignment
  const to = assignment.state === 'on_scene' ? 'cleared' : 'cancelled'
  const move = { to, slot: 'system', utcMs: now.utcMs, source: actor, note: reason } as const
  return moveAssignment(assignment, move).assignment
}

function callOff(
  city: City,
  incident: Incident,
  assignment: Assignment,
  reason: string,
  actor: string,
  now: Now,
): CityEffect[] {
  const { deviceId, unitId, orderId } = assignment
  const head = city.orderHead(deviceId, unitId, incident.revision, now)
  const cancel = { ...head, kind: 'cancel', incidentId: incident.id, cancels: orderId, reason } as const
  return city.issue(cancel, actor, now)
}

function order(city: City, asked: OrderCreate, actor: string, now: Now): Outcome {
  switch (asked.kind) {
    case 'dispatch':
      return dispatch(city, asked.incidentId, asked.unitId, actor, now)
    case 'cancel':
      return cancel(city, asked.orderId, asked.reason, actor, now)
    case 'actuate':
      return actuate(city, asked, actor, now)
  }
}

/** Any unit with a device may be sent, whatever the recommendation says: the dispatcher decides, the record remembers. */
function dispatch(city: City, incidentId: string, unitId: string, actor: string, now: Now): Outcome {
  const incident = city.incident(incidentId)
  const unit = city.fleet.byId(unitId)
  if (incident === undefined) return refused('INCIDENT_UNKNOWN', incidentId)
  if (unit === undefined) return refused('UNIT_UNKNOWN', unitId)
  if (unit.deviceId === null) return refused('UNIT_UNKNOWN', `${unitId} has no device to send an order to`)
  if (incident.closed) return refused('INCIDENT_CLOSED', `${incident.number} is ${incident.closed.as}`)
  if (activeOf(incident, unitId)) return refused('ALREADY_ASSIGNED', `${unitId} on ${incident.number}`)
  const { id, number, severity, place, exercise } = incident
  const head = city.orderHead(unit.deviceId, unitId, incident.revision + 1, now)
  const assignment: Assignment = {
    orderId: head.orderId,
    unitId,
    deviceId: unit.deviceId,
    callSign: unit.callSign,
    state: 'dispatched',
    moments: [{ moment: 'tDispatched', slot: 'system', utcMs: now.utcMs, source: actor }],
    superseded: [],
    ...promisedTo(city.unitView(unit, now), place, city, now),
    ended: null,
  }
  city.coverage.moveUps.taken(unitId)
  const told = { number, class: incident.class, severity, place, exercise }
  const effects = [
    ...city.keepIncident(withAssignment(incident, assignment), now),
    ...city.issue({ ...head, kind: 'dispatch', incidentId: id, incident: told }, actor, now),
    ...city.unitChanged(unitId, now),
  ]
  return { effects, result: ok(city.orderView(head.orderId)) }
}

function cancel(city: City, orderId: string, reason: string, actor: string, now: Now): Outcome {
  const incident = city.incidents.byOrder(orderId)
  const before = incident?.assignments.find(a => a.orderId === orderId)
  if (incident === undefined || before === undefined) return refused('ORDER_UNKNOWN', orderId)
  if (incident.closed) return refused('INCIDENT_CLOSED', `${incident.number} is ${incident.closed.as}`)
  const move = { to: 'cancelled', slot: 'system', utcMs: now.utcMs, source: actor, note: reason } as const
  const { assignment, verdict } = moveAssignment(before, move)
  if (verdict !== 'moved') {
    return refused('ASSIGNMENT_ENDED', `${before.callSign} is ${before.state}; close the incident instead`)
  }
  const next = withAssignment(incident, assignment)
  settleEta(city, next, before, assignment, now)
  const kept = city.keepIncident(next, now)
  const issued = callOff(city, next, before, reason, actor, now)
  const issuedOrder = issued.find(e => e.type === 'change' && e.change.type === 'order.changed')
  const view = issuedOrder?.type === 'change' ? issuedOrder.change.data : null
  return { effects: [...kept, ...issued, ...city.unitChanged(before.unitId, now)], result: ok(view) }
}

/** An actuation cites the newest window the car told us; without a fresh one it could only be refused. */
function actuate(
  city: City,
  asked: Extract<OrderCreate, { kind: 'actuate' }>,
  actor: string,
  now: Now,
): Outcome {
  const unit = city.fleet.byId(asked.unitId)
  if (unit === undefined) return refused('UNIT_UNKNOWN', asked.unitId)
  if (unit.deviceId === null) return refused('UNIT_UNKNOWN', `${unit.id} has no device to send an order to`)
  const { window } = unit
  if (window === null || unit.link === 'down' || now.monoMs - window.heardMonoMs > ACTUATION_LIFE_MS) {
    return refused('WINDOW_EXPIRED', `${unit.id} was not heard within 30 s`)
  }
  const head = city.orderHead(unit.deviceId, unit.id, 0, now)
  const { output, on } = asked
  const effects = city.issue({ ...head, kind: 'actuate', window: window.nonce, output, on }, actor, now)
  return { effects, result: ok(city.orderView(head.orderId)) }
}

/** A panic is named by its press too: the car may know it under another name than we do. */
const pressOf = ({ kind, pressId }: AlarmRow): { pressId?: string } =>
  kind === 'panic' && pressId !== undefined ? { pressId } : {}

/** Acknowledged once; asking again gives the same answer and sends nothing. */
function acknowledge(city: City, alarmId: string, actor: string, now: Now): Outcome {
  const done = city.alarms.acknowledge(alarmId, actor, now)
  if (done === undefined) return refused('ALARM_UNKNOWN', alarmId)
  const { row, isNew } = done
  const view = ok(city.alarms.view(alarmId, now))
  if (!isNew) return { effects: [], result: view }
  const effects = city.keepAlarm(row, now)
  // A device nobody bound any more cannot be told; the alarm is acknowledged all the same.
  const serves = city.fleet.byDevice(row.deviceId) ?? city.stations.byDevice(row.deviceId)
  if (serves === undefined) return { effects, result: view }
  const head = city.orderHead(row.deviceId, serves.id, 0, now)
  return {
    effects: [
      ...effects,
      ...city.issue({ ...head, kind: 'alarm_ack', alarmId, ...pressOf(row) }, actor, now),
    ],
    result: view,
  }
}

const refused = (code: string, detail: string): Outcome => ({ effects: [], result: fault(code, detail) })
