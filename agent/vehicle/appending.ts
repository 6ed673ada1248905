import type { BodyOf, RecordKind } from '#protocols/bodies.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { asStored } from './orders.ts'
import { ORDERS_NOTE } from './state.ts'
import type { PendingAppend, VehicleState } from './state.ts'

/** Records and notes into one synced write; `pending` says what its completion means. */
export function append(
  state: VehicleState,
  drafts: readonly RecordDraft[],
  notes: readonly Note[],
  pending: PendingAppend,
): VehicleEffect {
  const ref = `a${state.nextRef++}`
  state.pending.set(ref, pending)
  return { type: 'append', ref, drafts, notes }
}

/** A record nobody waits for. */
export const record = <K extends RecordKind>(
  state: VehicleState,
  kind: K,
  body: BodyOf<K>,
  now: Now,
): VehicleEffect => append(state, [draftOf(state, kind, body, now)], [], { then: 'nothing' })

/** The orders as they are on the disk once this write is; `writing` is the order whose step it stores. */
export const ordersNote = (state: VehicleState, writing?: string): Note => ({
  key: ORDERS_NOTE,
  value: asStored(state.orders, writing),
})
