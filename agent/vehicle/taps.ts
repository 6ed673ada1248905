import type { AssignmentStep } from '#protocols/bodies.ts'
import type { Tap, TapResult } from '#protocols/terminal.ts'
import type { Now } from '#protocols/time.ts'
import { append, ordersNote } from './appending.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { STEP_OF_TAP, mayStep, replace, settleAvailability } from './orders.ts'
import type { HeldOrder, VehicleState } from './state.ts'

/** A crew's tap on an order: shown at once, answered after the synced write. */
export function onTap(
  state: VehicleState,
  tapRef: string,
  tap: Exclude<Tap, { kind: 'panic' }>,
  now: Now,
): VehicleEffect[] {
  const held = state.orders.find(o => o.order.orderId === tap.orderId)
  if (!held) return [tapped(tapRef, 'ORDER_UNKNOWN')]
  const to: AssignmentStep = STEP_OF_TAP[tap.kind]
  // A finger that bounces on the glass is not an error: it is answered with the tap it repeats.
  if (held.step === to) {
    const writing = writingStep(state, tap.orderId, to)
    if (!writing) return [tapped(tapRef, null)]
    writing.tapRefs.push(tapRef)
    return []
  }
  if (!mayStep(held, to)) return [tapped(tapRef, 'STEP_BACKWARD')]
  const next: HeldOrder = { ...held, step: to, changedUtcMs: now.utcMs }
  state.orders = replace(state.orders, next)
  settleAvailability(state)
  const { orderId, incidentId, revision } = held.order
  const draft = draftOf(
    state,
    'assignment.step',
    { orderId, incidentId, revision, step: to, slot: 'declared' },
    now,
  )
  return [
    append(state, [draft], [ordersNote(state, orderId)], {
      then: 'tapped',
      tapRefs: [tapRef],
      orderId,
      step: to,
    }),
    { type: 'live' },
  ]
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
