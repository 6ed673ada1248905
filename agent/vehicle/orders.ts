import type { AssignmentStep } from '#protocols/bodies.ts'
import type { DispatchOrder } from '#protocols/orders.ts'
import type { Tap } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import type { HeldOrder, OrderStep, VehicleState } from './state.ts'

/** Steps in the order a crew goes through them; a tap may skip forward and never goes back. */
const STEP_RANK: Record<OrderStep, number> = {
  received: 0,
  signed: 1,
  enroute: 2,
  on_scene: 3,
  cleared: 4,
  refused: 4,
  cancelled: 4,
}

/** An ended order stays on the screen this long, so that a crew sees how it ended. */
const ENDED_SHOWN_MS = 60_000

/** Cancels heard before their dispatch; more than this at once means something else is wrong. */
export const CANCELLED_MAX = 64

/** An actuation cites a window at most this old by our own monotonic clock; no wall clock is trusted. */
export const WINDOW_LIFE_MS = 30_000
export const WINDOW_EVERY_MS = 10_000

export const isEnded = (order: HeldOrder): boolean => STEP_RANK[order.step] >= 4

/** Taps that move an order to its next step. */
export type StepTap = Exclude<Tap, { kind: 'panic' | 'stay_on' | 'undo_arrival' | 'not_there' }>

export const STEP_OF_TAP = {
  sign: 'signed',
  enroute: 'enroute',
  on_scene: 'on_scene',
  clear: 'cleared',
  refuse: 'refused',
} as const satisfies Record<StepTap['kind'], AssignmentStep>

/** Whether a crew may take this step now: forward only, and an order once on scene can no longer be refused. */
export function mayStep(held: HeldOrder, step: AssignmentStep): boolean {
  if (isEnded(held)) return false
  if (step === 'refused') return STEP_RANK[held.step] < STEP_RANK.on_scene
  return STEP_RANK[step] > STEP_RANK[held.step]
}

/** The newest revision of an incident this car has heard of, 0 when it never did. */
export const revisionOf = (orders: readonly HeldOrder[], incidentId: string): number =>
  Math.max(0, ...orders.filter(o => o.order.incidentId === incidentId).map(o => o.revision))

export function hold(order: DispatchOrder, now: Now): HeldOrder {
  return {
    order,
    step: 'received',
    storedStep: 'received',
    revision: order.revision,
    note: '',
    receivedUtcMs: now.utcMs,
    changedUtcMs: now.utcMs,
  }
}

export const replace = (orders: readonly HeldOrder[], next: HeldOrder): readonly HeldOrder[] =>
  orders.map(o => (o.order.orderId === next.order.orderId ? next : o))

/** What is known to be on the disk: a step still being written is not in the note of anybody else's record. */
export const asStored = (orders: readonly HeldOrder[], writing?: string): readonly HeldOrder[] =>
  orders.map(o => (o.order.orderId === writing ? { ...o, storedStep: o.step } : { ...o, step: o.storedStep }))

/** A step is on the disk, or will never be: then the order stands where its last stored step left it. */
export function settleStep(held: HeldOrder, step: OrderStep, stored: boolean): HeldOrder {
  if (stored) {
    const further = STEP_RANK[step] > STEP_RANK[held.storedStep]
    return further ? { ...held, storedStep: step } : held
  }
  return held.step === step ? { ...held, step: held.storedStep } : held
}

/** Ended orders leave the screen after a minute, active ones never do. */
export const withoutOld = (orders: readonly HeldOrder[], now: Now): readonly HeldOrder[] =>
  orders.filter(o => !isEnded(o) || Math.abs(now.utcMs - o.changedUtcMs) < ENDED_SHOWN_MS)

/** Which order the crew works on, newest first: what live and availability show. */
export const activeOrders = (state: VehicleState): readonly HeldOrder[] =>
  state.orders.filter(o => !['cleared', 'refused', 'cancelled'].includes(o.step))

/** A crew with an open order is `assigned`; only a person moves a car out of service. */
export function settleAvailability(state: VehicleState): void {
  if (state.availability !== 'available' && state.availability !== 'assigned') return
  state.availability = activeOrders(state).length > 0 ? 'assigned' : 'available'
}
