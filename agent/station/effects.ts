import type { KioskAnswer } from '#protocols/kiosk.ts'
import type { RecordDraft } from '#protocols/record.ts'
import type { Now } from '#protocols/time.ts'
import type { Note } from '../outbox/outbox.ts'
import type { PendingAppend, StationEffect, StationState } from './state.ts'

/** Randomness, handed in: `mint(16)` is 32 hex digits never seen before. */
export type Mint = (bytes: number) => string

/** An alarm that the store did not take goes out all the same. */
export const unstored = (body: string, occurred: Now, mint: Mint): StationEffect => ({
  type: 'unstored',
  id: mint(16),
  kind: 'walkin.alarm',
  body,
  occurred,
})

/** An alarm is accepted whatever the store did: it is on the desk and on its way. */
export const alarmAnswer = (code: string | null): KioskAnswer => ({
  accepted: code === null,
  code,
  number: null,
  emergency: true,
})

export const answered = (askRef: string, answer: KioskAnswer): StationEffect => ({
  type: 'answered',
  askRef,
  answer,
})

export const refused = (askRef: string, code: string): StationEffect =>
  answered(askRef, { accepted: false, code, number: null, emergency: false })

export const log = (
  level: 'info' | 'warn',
  event: string,
  detail: Record<string, unknown>,
): StationEffect => ({
  type: 'log',
  level,
  event,
  detail,
})

/** Asks for a synced write, and remembers what is to follow it. */
export function append(
  state: StationState,
  drafts: readonly RecordDraft[],
  notes: readonly Note[],
  pending: PendingAppend,
): StationEffect {
  const ref = `a${state.nextRef++}`
  state.pending.set(ref, pending)
  return { type: 'append', ref, drafts, notes }
}
