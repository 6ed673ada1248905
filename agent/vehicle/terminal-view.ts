import { bearingDeg, distanceM } from '#protocols/geo/sphere.ts'
import type { TerminalOrder, TerminalState } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import { triggerPhase } from '../bodycam/trigger-state.ts'
import type { DeliveryFacts, LinkFacts } from '../uplink/carrier.ts'
import { equipmentOf } from './equipment.ts'
import { gridView } from './grids.ts'
import { isEnded } from './orders.ts'
import { moveUpView } from './move-up.ts'
import { newestPosition } from './position.ts'
import { sensedView } from './sensing.ts'
import { powerOf } from './power.ts'
import { receiverOf } from './receiver.ts'
import type { HeldOrder, VehicleState } from './state.ts'

/** What the in-vehicle terminal shows: the state of the car in words a page can print, ages as of `now`. */
export function terminalView(
  state: VehicleState,
  facts: DeliveryFacts,
  link: LinkFacts,
  now: Now,
): TerminalState {
  const { panic } = state
  const orders = [...state.orders].sort((a, b) => Number(isEnded(a)) - Number(isEnded(b)))
  return {
    v: 1,
    deviceId: state.deviceId,
    unitId: state.unitId,
    callSign: state.config.callSign,
    gridName: state.config.gridName,
    utcMs: now.utcMs,
    clockQuality: now.quality,
    gnss: state.gnss,
    position: positionView(state, now),
    panel: state.panel,
    ...powerOf(state, now),
    ...receiverOf(state),
    equipment: equipmentOf(state),
    recording: state.equipment.camera_recording === 'on',
    bodycam: triggerPhase(state.trigger),
    link: link.state,
    linkSinceMs: Math.max(0, now.monoMs - link.sinceMonoMs),
    queue: { ...facts.queue, bytes: facts.bytes },
    store: facts.store,
    grid: gridView(state),
    ...moveUpView(state, now),
    orders: orders.map(held => orderView(held, state, now)),
    panic: {
      active: panic !== null && !panic.acknowledged,
      ageMs: panic ? Math.max(0, now.monoMs - panic.pressed.monoMs) : 0,
      delivered: panic?.delivered ?? false,
      acknowledged: panic?.acknowledged ?? false,
    },
  }
}

function positionView(state: VehicleState, now: Now): TerminalState['position'] {
  const newest = newestPosition(state)
  if (!newest) return null
  const sats = state.fix?.fix.sats
  return {
    ...newest.position,
    ageMs: Math.max(0, now.monoMs - newest.at.monoMs),
    ...(sats && { sats }),
  }
}

function orderView(held: HeldOrder, state: VehicleState, now: Now): TerminalOrder {
  const { order } = held
  const here = newestPosition(state)?.position
  return {
    orderId: order.orderId,
    incidentId: order.incidentId,
    revision: held.revision,
    number: order.incident.number,
    class: order.incident.class,
    severity: order.incident.severity,
    place: order.incident.place,
    ageMs: Math.max(0, now.utcMs - held.receivedUtcMs),
    step: held.step,
    note: held.note,
    exercise: order.incident.exercise,
    distanceM: here ? distanceM(here, order.incident.place) : null,
    sensed: sensedView(state, order.orderId, now),
    bearingDeg: here ? bearingDeg(here, order.incident.place) : null,
  }
}
