import type { BodyOf } from '#protocols/bodies.ts'
import type { Output } from '#protocols/equipment.ts'
import type { Order } from '#protocols/orders.ts'
import type { Now } from '#protocols/time.ts'
import { append, ordersNote, record } from './appending.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import {
  CANCELLED_MAX,
  WINDOW_LIFE_MS,
  activeOrders,
  hold,
  replace,
  revisionOf,
  settleAvailability,
  withoutOld,
} from './orders.ts'
import { moveUpNote } from './move-up.ts'
import { answerAgain, isReplayed, receiptBody, rememberNonce } from './nonces.ts'
import { NONCES_NOTE } from './state.ts'
import type { HeldOrder, PanicState, VehicleState } from './state.ts'

/** Refused orders are recorded at most this often, so that a forger cannot fill the store. */
const REJECTED_RECORD_EVERY_MS = 10_000

/** An order rightly signed for this car: once in effect, and receipted. */
export function onOrder(state: VehicleState, order: Order, now: Now): VehicleEffect[] {
  if (isReplayed(state.nonces, order)) {
    return onSeenBefore(state, order, now)
  }
  switch (order.kind) {
    case 'dispatch':
      return onDispatch(state, order, now)
    case 'cancel':
      return onCancel(state, order, now)
    case 'actuate':
      return onActuate(state, order, now)
    case 'move_up':
      return onMoveUp(state, order, now)
    case 'alarm_ack':
      if (state.panic && isAbout(order, state.panic)) {
        state.panic = { ...state.panic, delivered: true, acknowledged: true }
      }
      return [receipt(state, order, 'executed', now), { type: 'live' }]
  }
}

/** Nothing is done twice. Whoever goes on asking may have lost the answer, or it rotted here before it went out. */
function onSeenBefore(state: VehicleState, order: Order, now: Now): VehicleEffect[] {
  const again = answerAgain(state.nonces, order, state.lastReceiptMonoMs, now)
  if (again === null) {
    return [{ type: 'log', level: 'debug', event: 'order.seen_before', detail: { orderId: order.orderId } }]
  }
  state.lastReceiptMonoMs = now.monoMs
  return [
    record(state, 'order.receipt', again, now),
    { type: 'log', level: 'info', event: 'order.answered_again', detail: { orderId: order.orderId } },
  ]
}

/** The centre names the alarm as it heard of it first: by its record, or by the press. */
const isAbout = (order: Extract<Order, { kind: 'alarm_ack' }>, panic: PanicState): boolean =>
  panic.eventId === order.alarmId || panic.pressId === order.pressId

function onDispatch(
  state: VehicleState,
  order: Extract<Order, { kind: 'dispatch' }>,
  now: Now,
): VehicleEffect[] {
  const late = state.nonces.cancelled.includes(order.orderId)
  if (late || revisionOf(state.orders, order.incidentId) > order.revision) {
    return [receipt(state, order, 'superseded', now, 'ORDER_STALE')]
  }
  const held = state.orders.some(o => o.order.orderId === order.orderId)
  if (!held) state.moveUp = null
  if (!held) state.orders = [hold(order, now), ...withoutOld(state.orders, now)]
  settleAvailability(state)
  return [
    receipt(state, order, 'delivered', now),
    { type: 'live' },
    { type: 'log', level: 'info', event: 'order.received', detail: { orderId: order.orderId } },
  ]
}

/** A crew on an order has no time for it; who gave it sees the unit's work and proposes somebody else. */
function onMoveUp(
  state: VehicleState,
  order: Extract<Order, { kind: 'move_up' }>,
  now: Now,
): VehicleEffect[] {
  if (activeOrders(state).length > 0) return [receipt(state, order, 'superseded', now, 'ORDER_STALE')]
  state.moveUp = { orderId: order.orderId, place: order.place, receivedUtcMs: now.utcMs }
  return [receipt(state, order, 'delivered', now), { type: 'live' }]
}

function onCancel(state: VehicleState, order: Extract<Order, { kind: 'cancel' }>, now: Now): VehicleEffect[] {
  const held = state.orders.find(o => o.order.orderId === order.cancels)
  // Remembered, it makes a dispatch that it overtook arrive as superseded, and one that a disk made the car forget.
  state.nonces = {
    ...state.nonces,
    cancelled: [...state.nonces.cancelled, order.cancels].slice(-CANCELLED_MAX),
  }
  if (held && !['cleared', 'refused', 'cancelled'].includes(held.step)) {
    const next = {
      ...held,
      step: 'cancelled',
      storedStep: 'cancelled',
      revision: order.revision,
      note: order.reason,
      changedUtcMs: now.utcMs,
    }
    state.orders = replace(state.orders, next as HeldOrder)
    settleAvailability(state)
  }
  return [receipt(state, order, 'executed', now), { type: 'live' }]
}

function onActuate(
  state: VehicleState,
  order: Extract<Order, { kind: 'actuate' }>,
  now: Now,
): VehicleEffect[] {
  const window = state.windows.find(w => w.nonce === order.window)
  const fresh = window !== undefined && now.monoMs - window.madeMonoMs <= WINDOW_LIFE_MS
  if (!fresh) return [receipt(state, order, 'refused', now, 'WINDOW_EXPIRED')]
  // The receipt is synced first: a crash in between may lose the act, never repeat it.
  return [
    receipt(state, order, 'executed', now, undefined, {
      output: order.output,
      on: order.on,
    }),
  ]
}

function receipt(
  state: VehicleState,
  order: Order,
  outcome: BodyOf<'order.receipt'>['outcome'],
  now: Now,
  code?: string,
  actuate?: { readonly output: Output; readonly on: boolean },
): VehicleEffect {
  const answer = { outcome, ...(code && { code }), utcMs: now.utcMs }
  state.nonces = rememberNonce(state.nonces, order, answer)
  state.lastReceiptMonoMs = now.monoMs
  const notes = [ordersNote(state), moveUpNote(state), { key: NONCES_NOTE, value: state.nonces }]
  const pending = { then: 'receipt', nonce: order.nonce, actuate: actuate ?? null } as const
  return append(
    state,
    [draftOf(state, 'order.receipt', receiptBody(order, answer, false), now)],
    notes,
    pending,
  )
}

/** An order that is not to be believed: always logged, recorded now and then. */
export function onRejected(state: VehicleState, code: string, detail: string, now: Now): VehicleEffect[] {
  state.rejectedSinceRecord++
  const log: VehicleEffect = { type: 'log', level: 'warn', event: 'order.rejected', detail: { code, detail } }
  if (now.monoMs - state.lastRejectedRecordMonoMs < REJECTED_RECORD_EVERY_MS) return [log]
  const body = {
    code,
    detail: `${detail} (${state.rejectedSinceRecord} since the last such record)`.slice(0, 300),
  }
  state.lastRejectedRecordMonoMs = now.monoMs
  state.rejectedSinceRecord = 0
  return [log, record(state, 'order.rejected', body, now)]
}
