import type { BodyOf } from '#protocols/bodies.ts'
import type { Fix } from '#protocols/fix.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { SensedOrder } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import { append, ordersNote } from './appending.ts'
import { AWAY, afterRestart, arrivalAfter, mayUndo } from './arrival.ts'
import type { Arrival, ArrivalEffect, ArrivalEvent, Cue } from './arrival.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { liveFixOf } from './live-fix.ts'
import { activeOrders, mayStep, replace, settleAvailability } from './orders.ts'
import { NOT_ROLLING, rollingAfter } from './rolling.ts'
import type { Rolling } from './rolling.ts'
import type { HeldOrder, OrderStep, PendingAppend, VehicleState } from './state.ts'

/*
 * The car's own word about each order its crew has signed: when it set off, when it was there. Every fix at the
 * receiver's rate and every door goes in; records in lane `event` and the order's next step come out. What a crew
 * declares goes its own way beside it, and neither hides the other.
 */
export type Sensing = {
  readonly rolling: Rolling
  readonly rolledUtcMs: number | null
  readonly arrival: Arrival
  /** What the crew said itself: then what was sensed changes no step. */
  readonly declared: { readonly enroute: boolean; readonly on_scene: boolean }
}
export type Sensings = Readonly<Record<string, Sensing>>

export const SENSING_NOTE = 'sensing'

const NOTHING: Sensing = {
  rolling: NOT_ROLLING,
  rolledUtcMs: null,
  arrival: AWAY,
  declared: { enroute: false, on_scene: false },
}

/** As the notes remember it, for a new boot. */
export const restoreSensings = (stored: unknown): Sensings =>
  Object.fromEntries(
    Object.entries((stored ?? {}) as Sensings).map(([orderId, sensing]) => [
      orderId,
      { ...sensing, arrival: afterRestart(sensing.arrival) },
    ]),
  )

export const sensingOf = (state: VehicleState, orderId: string): Sensing => state.sensings[orderId] ?? NOTHING

/** A live fix, for every order that is signed and not over. */
export function senseFix(state: VehicleState, fix: Fix, now: Now): VehicleEffect[] {
  const orders = sensedOrders(state)
  if (orders.length === 0) return []
  const live = liveFixOf(fix, now)
  if (live === undefined) return []
  return orders.flatMap(held => {
    const sensing = sensingOf(state, held.order.orderId)
    if (sensing.rolledUtcMs === null) {
      const { rolling, rolled } = rollingAfter(sensing.rolling, live)
      if (rolled === null) return keep(state, held, { ...sensing, rolling })
      const { startedUtcMs, by } = rolled
      const rolledNow = { ...sensing, rolling, rolledUtcMs: startedUtcMs }
      const draft = draftOf(
        state,
        'rolling.started',
        { ...wordOf(held), startedAt: Math.round(startedUtcMs), by },
        now,
      )
      return tell(state, held, rolledNow, [draft], 'enroute', now)
    }
    return onArrival(state, held, sensing, { type: 'fix', fix: live }, now)
  })
}

/** A door opened or the ignition went off: a car that stands near the place has arrived. */
export const senseCue = (state: VehicleState, by: Cue, now: Now): VehicleEffect[] =>
  sensedOrders(state).flatMap(held => {
    const sensing = sensingOf(state, held.order.orderId)
    return sensing.rolledUtcMs === null ? [] : onArrival(state, held, sensing, { type: 'cue', by }, now)
  })

/** What a crew's step means for what is sensed: records and a note for the step's own write. */
export function senseStep(
  state: VehicleState,
  held: HeldOrder,
  step: OrderStep,
  now: Now,
): { readonly drafts: readonly RecordDraft[]; readonly notes: readonly Note[] } {
  const { orderId } = held.order
  const before = sensingOf(state, orderId)
  if (step !== 'enroute' && step !== 'on_scene') return { drafts: [], notes: [] }
  const sensing = { ...before, declared: { ...before.declared, [step]: true } }
  const { arrival, effects } =
    step === 'on_scene' && before.arrival.stage !== 'arrived'
      ? arrivalAfter(sensing.arrival, { type: 'tap' }, held.order.incident.place, now)
      : { arrival: { ...sensing.arrival, undoUntilMonoMs: null }, effects: [] }
  put(state, orderId, { ...sensing, arrival })
  return { drafts: effects.map(effect => draftOfEffect(state, held, effect, now)), notes: [note(state)] }
}

/** Takes an automatic arrival back, or answers the question of a far stop with no; null when there is nothing to take back. */
export function undoArrival(
  state: VehicleState,
  held: HeldOrder,
  tapRef: string,
  now: Now,
): VehicleEffect[] | null {
  const sensing = sensingOf(state, held.order.orderId)
  const { stage } = sensing.arrival
  if (stage !== 'prompt' && !mayUndo(sensing.arrival, now)) return null
  const { arrival, effects } = arrivalAfter(sensing.arrival, { type: 'undo' }, held.order.incident.place, now)
  put(state, held.order.orderId, { ...sensing, arrival })
  if (held.step === 'on_scene' && !sensing.declared.on_scene) {
    const back: HeldOrder = { ...held, step: 'enroute', storedStep: 'enroute', changedUtcMs: now.utcMs }
    state.orders = replace(state.orders, back)
  }
  const drafts = effects.map(effect => draftOfEffect(state, held, effect, now))
  const { orderId } = held.order
  const pending: PendingAppend = { then: 'tapped', tapRefs: [tapRef], orderId, step: 'enroute' }
  return [append(state, drafts, [note(state), ordersNote(state)], pending), { type: 'live' }]
}

/** For the crew's page. */
export function sensedView(state: VehicleState, orderId: string, now: Now): SensedOrder {
  const { arrival, rolledUtcMs, declared } = sensingOf(state, orderId)
  const { stage, stop, undoUntilMonoMs } = arrival
  const canUndo = mayUndo(arrival, now) && !declared.on_scene
  return {
    rollingAt: rolledUtcMs,
    arrival: stage === 'away' ? 'none' : stage,
    stoppedAt: stage === 'away' ? null : (stop?.startedUtcMs ?? null),
    undoMs: canUndo ? Math.max(0, (undoUntilMonoMs ?? 0) - now.monoMs) : 0,
  }
}

/** Forgets what belonged to orders that are gone. */
export function forgetEnded(state: VehicleState): void {
  const held = new Set(state.orders.map(({ order }) => order.orderId))
  const kept = Object.entries(state.sensings).filter(([orderId]) => held.has(orderId))
  if (kept.length !== Object.keys(state.sensings).length) state.sensings = Object.fromEntries(kept)
}

const sensedOrders = (state: VehicleState): readonly HeldOrder[] =>
  activeOrders(state).filter(({ step }) => step !== 'received')

function onArrival(
  state: VehicleState,
  held: HeldOrder,
  sensing: Sensing,
  event: ArrivalEvent,
  now: Now,
): VehicleEffect[] {
  const { arrival, effects } = arrivalAfter(sensing.arrival, event, held.order.incident.place, now)
  const next = { ...sensing, arrival }
  if (effects.length === 0) return keep(state, held, next)
  const drafts = effects.map(effect => draftOfEffect(state, held, effect, now))
  const isThere = effects.some(effect => effect.type === 'confirmed')
  return tell(state, held, next, drafts, isThere ? 'on_scene' : null, now)
}

/** Nothing to tell. A page is told when it would look different. */
function keep(state: VehicleState, held: HeldOrder, next: Sensing): VehicleEffect[] {
  const before = sensingOf(state, held.order.orderId)
  put(state, held.order.orderId, next)
  return before.arrival.stage === next.arrival.stage ? [] : [{ type: 'live' }]
}

/** Records, what is sensed, and the step it leads to, in one write. */
function tell(
  state: VehicleState,
  held: HeldOrder,
  next: Sensing,
  drafts: readonly RecordDraft[],
  step: 'enroute' | 'on_scene' | null,
  now: Now,
): VehicleEffect[] {
  const { orderId } = held.order
  const before = sensingOf(state, orderId)
  put(state, orderId, next)
  const moves = step !== null && mayStep(held, step)
  if (moves) {
    state.orders = replace(state.orders, { ...held, step, changedUtcMs: now.utcMs })
    settleAvailability(state)
  }
  const notes = [note(state), ...(moves ? [ordersNote(state, orderId)] : [])]
  const pending = { then: 'sensed', orderId, step: moves ? step : null, before } as const
  return [append(state, drafts, notes, pending), { type: 'live' }]
}

/** The store refused what was sensed: it stands as before, and the next fix finds it again. */
export function takeBack(state: VehicleState, orderId: string, before: Sensing): void {
  const { seen } = sensingOf(state, orderId).arrival
  put(state, orderId, { ...before, arrival: { ...before.arrival, seen } })
}

function put(state: VehicleState, orderId: string, sensing: Sensing): void {
  state.sensings = { ...state.sensings, [orderId]: sensing }
}

const note = (state: VehicleState): Note => ({ key: SENSING_NOTE, value: state.sensings })

const wordOf = ({ order }: HeldOrder) => ({
  orderId: order.orderId,
  incidentId: order.incidentId,
  revision: order.revision,
})

function draftOfEffect(state: VehicleState, held: HeldOrder, effect: ArrivalEffect, now: Now): RecordDraft {
  const word = wordOf(held)
  switch (effect.type) {
    case 'candidate': {
      const body = {
        ...word,
        startedAt: Math.round(effect.startedUtcMs),
        distanceM: metres(effect.distanceM),
      }
      return draftOf(state, 'arrival.candidate', body, now)
    }
    case 'confirmed': {
      const { startedUtcMs, distanceM, by } = effect
      const body: BodyOf<'arrival.confirmed'> = {
        ...word,
        startedAt: Math.round(startedUtcMs),
        distanceM: metres(distanceM),
        by,
      }
      return draftOf(state, 'arrival.confirmed', body, now)
    }
    case 'undone':
      return draftOf(state, 'arrival.undone', { ...word, why: effect.why }, now)
  }
}

const metres = (m: number): number => Math.round(10 * m) / 10
