import type { Live } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import type { DeliveryFacts } from '../uplink/carrier.ts'
import { equipmentOf } from './equipment.ts'
import { activeOrders } from './orders.ts'
import { announcedMs } from './reporting.ts'
import { powerOf } from './power.ts'
import { receiverOf } from './receiver.ts'
import type { OrderStep, VehicleState } from './state.ts'

const LIVE_ASSIGNMENTS_MAX = 16

/** The live slot as of `now`: every age is by the monotonic clock of this car. */
export function liveOf(state: VehicleState, facts: DeliveryFacts, now: Now): Live | undefined {
  const window = state.windows.at(-1)
  if (!window) return undefined
  return {
    v: 1,
    epoch: facts.epoch,
    bootId: state.bootId,
    bootCount: state.bootCount,
    liveSeq: facts.liveSeq,
    sentMonoMs: now.monoMs,
    sentAt: now.utcMs,
    clockQuality: now.quality,
    window: window.nonce,
    announcedMs: announcedMs(state),
    position: livePosition(state, now),
    equipment: equipmentOf(state),
    drivers: { gnss: state.gnss, panel: state.panel, ...powerOf(state, now), ...receiverOf(state) },
    recording: state.equipment.camera_recording === 'on',
    emergency: state.panic !== null && !state.panic.acknowledged,
    availability: state.availability,
    assignments: activeOrders(state)
      .slice(0, LIVE_ASSIGNMENTS_MAX)
      .map(({ order, step, revision }) => ({
        orderId: order.orderId,
        incidentId: order.incidentId,
        revision,
        step: step as Exclude<OrderStep, 'cancelled'>,
      })),
    queue: { ...facts.queue, bytes: facts.bytes },
    store: facts.store,
  }
}

function livePosition(state: VehicleState, now: Now): Live['position'] {
  if (!state.sampled) return null
  const sats = state.fix?.fix.sats
  return {
    eventId: state.sampled.eventId,
    ageMs: Math.max(0, now.monoMs - state.sampled.at.monoMs),
    ...state.sampled.position,
    ...(sats && { sats }),
  }
}
