import type { AssignmentStep } from '#protocols/bodies.ts'
import type { Tap, TapResult } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import { append, ordersNote } from './appending.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import { ARRIVAL } from './arrival.ts'
import { sensingOf, senseStep, undoArrival } from './sensing.ts'
import type { StepTap } from './orders.ts'
import { STEP_OF_TAP, mayStep, replace, settleAvailability } from './orders.ts'
import type { HeldOrder, VehicleState } from './state.ts'

/** A crew's tap on an order: shown at once, answered after the synced write. */
export function onTap(
  state: VehicleState,
  tapRef: string,
  tap: Exclude<Tap, { kind: 'panic' }>,
  now: Now,
): VehicleEffect[] {
  // Whoever watches over the power heard it before; there is nothing to store.
  if (tap.kind === 'stay_on') return [tapped(tapRef, null)]
  const held = state.orders.find(o => o.order.orderId === tap.orderId)
  if (!held) return [tapped(tapRef, 'ORDER_UNKNOWN')]
  if (tap.kind === 'undo_arrival' || tap.kind === 'not_there') {
    return undoArrival(state, held, tapRef, now) ?? [tapped(tapRef, 'UNDO_LATE')]
  }
  return onStep(state, tapRef, held, tap, now)
}

function onStep(
  state: VehicleState,
  tapRef: string,
  held: HeldOrder,
  tap: StepTap,
  now: Now,
): VehicleEffect[] {
  const to: AssignmentStep = STEP_OF_TAP[tap.kind]
  // A finger that bounces on the glass is not an error: it is answered with the tap it repeats.
  const isRepeated = held.step === to && !isSensedOnly(state, held, to)
  if (isRepeated) {
    const writing = writingStep(state, tap.orderId, to)
    if (!writing) return [tapped(tapRef, null)]
    writing.tapRefs.push(tapRef)
    return []
  }
  if (held.step !== to && !mayStep(held, to)) return [tapped(tapRef, 'STEP_BACKWARD')]
  const next: HeldOrder = { ...held, step: to, changedUtcMs: now.utcMs }
  state.orders = replace(state.orders, next)
  settleAvailability(state)
  const { orderId, incidentId, revision } = held.order
  const away = to === 'on_scene' ? awayM(state, held, now) : undefined
  const draft = draftOf(
    state,
    'assignment.step',
    {
      orderId,
      incidentId,
      revision,
      step: to,
      slot: 'declared',
      ...(away !== undefined && { distanceM: away }),
    },
    now,
  )
  const sensed = senseStep(state, next, to, now)
  return [
    append(state, [draft, ...sensed.drafts], [ordersNote(state, orderId), ...sensed.notes], {
      then: 'tapped',
      tapRefs: [tapRef],
      orderId,
      step: to,
    }),
    { type: 'live' },
  ]
}

/** The car took this step by itself; the crew's own word for it is still wanted. */
function isSensedOnly(state: VehicleState, held: HeldOrder, to: AssignmentStep): boolean {
  if (to !== 'enroute' && to !== 'on_scene') return false
  const { declared, rolledUtcMs, arrival } = sensingOf(state, held.order.orderId)
  return !declared[to] && (to === 'enroute' ? rolledUtcMs !== null : arrival.stage === 'arrived')
}

/** Metres from the newest fix to the place, while that fix is live. */
function awayM(state: VehicleState, { order }: HeldOrder, now: Now): number | undefined {
  const { fix } = state
  if (fix === null || now.monoMs - fix.at.monoMs > ARRIVAL.fixAgeMsMax) return undefined
  const { lat, lon } = fix.fix
  if (lat === undefined || lon === undefined) return undefined
  return Math.round(distanceM({ lat, lon }, order.incident.place))
}

/** The answer to a tap; no code is a yes. */
export const tapped = (tapRef: string, code: string | null): VehicleEffect => ({
  type: 'tapped',
  tapRef,
  result: { accepted: code === null, code } satisfies TapResult,
})

/** The write behind a step that is shown and not stored yet. */
function writingStep(state: VehicleState, orderId: string, step: AssignmentStep) {
  for (const pending of state.pending.values()) {
    if (pending.then === 'tapped' && pending.orderId === orderId && pending.step === step) return pending
  }
  return undefined
}
