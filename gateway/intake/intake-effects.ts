import type { DeviceId } from '#protocols/ids.ts'
import type { Ack, UnstoredAck } from '#protocols/session.ts'
import type { BrokerEvent } from '../broker/broker.ts'
import type { CityEffect, CityEvent } from '../loop/effects.ts'
import type { Recalled } from './carried.ts'
import { count } from './intake-state.ts'
import type { IntakeState, LaneRef } from './intake-state.ts'

/** A payload as the broker heard it; `recalled` is the answer to a `recall`. */
type PayloadEvent = Extract<BrokerEvent, { type: 'payload' }> & { readonly recalled?: Recalled }

/** What the broker hears and the clock brings. */
export type IntakeEvent = Exclude<BrokerEvent, { type: 'payload' }> | PayloadEvent | { readonly type: 'tick' }

export type IntakeEffect =
  | Extract<CityEffect, { type: 'put' | 'del' | 'audit' | 'log' }>
  | { readonly type: 'city'; readonly event: CityEvent }
  | { readonly type: 'ack'; readonly deviceId: DeviceId; readonly ack: Ack }
  /** Carried-over records may be in the ledger already: read these rows and bring the payload again with their sums. */
  | {
      readonly type: 'recall'
      readonly event: PayloadEvent
      readonly keys: readonly string[]
    }
  | { readonly type: 'unstored.ack'; readonly deviceId: DeviceId; readonly ack: UnstoredAck }

/** Turned away: counted under its code, and told to whoever reads the log. */
export function refusal(
  state: IntakeState,
  deviceId: DeviceId,
  channel: string,
  code: string,
  detail: string,
): IntakeEffect {
  count(state, code)
  const facts = { deviceId, channel, code, detail: detail.slice(0, 300) }
  return { type: 'log', level: 'warn', event: 'intake.refused', detail: facts }
}

/** A chain that is not what it was: written down for good. */
export function chainAudit(state: IntakeState, ref: LaneRef, detail: Record<string, unknown>): IntakeEffect {
  count(state, 'CHAIN_BROKEN')
  const facts = { ...ref, code: 'CHAIN_BROKEN', ...detail }
  return { type: 'audit', action: 'intake.chain_broken', actor: `device:${ref.deviceId}`, detail: facts }
}
