import type { VehicleEffect, VehicleEvent } from './events.ts'
import { forgetNonce } from './nonces.ts'
import { settleAvailability, settleStep } from './orders.ts'
import { onPanicStored } from './panic.ts'
import { takeBack } from './sensing.ts'
import type { VehicleState } from './state.ts'
import { tapped } from './taps.ts'

/** A write is over, done or refused: what was waiting for it happens now. */
export function onAppended(
  state: VehicleState,
  ref: string,
  result: Extract<VehicleEvent, { type: 'appended' }>['result'],
): VehicleEffect[] {
  const pending = state.pending.get(ref)
  state.pending.delete(ref)
  if (!pending) return []
  const first = result.ok ? result.value[0] : undefined
  const eventId = first ? `${state.deviceId}/${first.epoch}/${first.lane}/${first.seq}` : null
  switch (pending.then) {
    case 'sampled':
      // Without a store the car stays visible: live goes out with no eventId and the store shown as poisoned.
      state.sampled = { position: pending.position, at: pending.at, eventId }
      return [{ type: 'live' }]
    case 'tapped': {
      const { orderId, step: taken, tapRefs } = pending
      state.orders = state.orders.map(o =>
        o.order.orderId === orderId ? settleStep(o, taken, result.ok) : o,
      )
      settleAvailability(state)
      const code = result.ok ? null : result.code
      return [...tapRefs.map(ref => tapped(ref, code)), { type: 'live' }]
    }
    case 'sensed': {
      const { orderId, step: taken, before } = pending
      if (!result.ok) takeBack(state, orderId, before)
      if (taken === null) return []
      state.orders = state.orders.map(o =>
        o.order.orderId === orderId ? settleStep(o, taken, result.ok) : o,
      )
      settleAvailability(state)
      return [{ type: 'live' }]
    }
    case 'panic':
      return onPanicStored(state, pending, eventId, first?.seq ?? null, result.ok ? null : result.code)
    case 'crash': {
      if (result.ok) return []
      const { crashId: id, body, occurred } = pending
      return [{ type: 'unstored', id, kind: 'crash', body, occurred }]
    }
    case 'receipt':
      // Unreceipted, the order will come again; it must not look like a replay then.
      if (!result.ok) state.nonces = forgetNonce(state.nonces, pending.nonce)
      return result.ok && pending.actuate ? [{ type: 'output', ...pending.actuate }] : []
    case 'nothing':
      return result.ok
        ? []
        : [{ type: 'log', level: 'warn', event: 'record.refused', detail: { code: result.code } }]
  }
}
