import type { Now } from '#protocols/time.ts'
import { append } from './appending.ts'
import type { Mint } from './core.ts'
import { draftOf } from './drafts.ts'
import type { VehicleEffect } from './events.ts'
import { newestPosition } from './position.ts'
import type { PendingAppend, VehicleState } from './state.ts'
import { tapped } from './taps.ts'

/** A press of the panic button, on the screen or wired. */
export function pressPanic(
  state: VehicleState,
  source: 'input' | 'screen',
  tapRef: string | null,
  now: Now,
  mint: Mint,
): VehicleEffect[] {
  const pressId = mint(16)
  const draft = draftOf(state, 'panic', { source, pressId, ...whereOf(state, now) }, now)
  state.panic = { pressed: now, pressId, eventId: null, seq: null, delivered: false, acknowledged: false }
  return [
    append(state, [draft], [], { then: 'panic', tapRef, pressId, body: draft.body, pressed: now }),
    { type: 'live' },
    { type: 'log', level: 'warn', event: 'panic.pressed', detail: { source } },
  ]
}

/** The crash contact closed: an alarm like any other, with where it happened. */
export function raiseCrash(state: VehicleState, now: Now, mint: Mint): VehicleEffect {
  const pressId = mint(16)
  const draft = draftOf(state, 'crash', { pressId, ...whereOf(state, now) }, now)
  return append(state, [draft], [], { then: 'crash', crashId: pressId, body: draft.body, occurred: now })
}

/** The newest position and how old it is; null when the car never had a fix. */
function whereOf(state: VehicleState, now: Now) {
  const newest = newestPosition(state)
  return {
    position: newest?.position ?? null,
    positionAgeMs: newest && now.monoMs - newest.at.monoMs,
  }
}

/**
 * The write behind a press is over. Refused, it goes out unstored under the same press id: a write that failed may be on
 * the disk after all, and then the centre hears of one press twice and alarms once.
 */
export function onPanicStored(
  state: VehicleState,
  pending: Extract<PendingAppend, { then: 'panic' }>,
  eventId: string | null,
  seq: number | null,
  code: string | null,
): VehicleEffect[] {
  const answer = pending.tapRef === null ? [] : [tapped(pending.tapRef, code)]
  const { pressId: id } = pending
  if (state.panic?.pressId === id) state.panic = { ...state.panic, eventId: eventId ?? `unstored/${id}`, seq }
  if (eventId) return answer
  return [{ type: 'unstored', id, kind: 'panic', body: pending.body, occurred: pending.pressed }, ...answer]
}

/** The gateway holds the press that had no store. */
export function onUnstoredAcked(state: VehicleState, id: string): VehicleEffect[] {
  const { panic } = state
  if (panic?.pressId !== id || panic.delivered) return []
  state.panic = { ...panic, delivered: true }
  return [{ type: 'live' }]
}

/** The gateway holds the press: the crew is shown that it was heard. */
export function onAlarmAcked(state: VehicleState, lane: string, upTo: number): VehicleEffect[] {
  const { panic } = state
  if (lane !== 'alarm' || !panic || panic.delivered || panic.seq === null || panic.seq > upTo) return []
  state.panic = { ...panic, delivered: true }
  return [{ type: 'live' }]
}
