import { z } from 'zod'
import { Output } from './equipment.ts'
import { DeviceId, IncidentId, OrderId, UnitId } from './ids.ts'
import { IncidentClass, Place, Severity } from './incident.ts'
import { WindowNonce } from './session.ts'

const head = {
  orderId: OrderId,
  deviceId: DeviceId,
  unitId: UnitId,
  /** 32 hex digits, never used twice; remembered durably by the agent so an order is executed at most once. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  /** UTC milliseconds by the gateway's clock; for people, never for a decision. */
  issuedAt: z.number().int(),
  /** Revision of the incident the order speaks of; a later one wins. 0 where there is no incident. */
  revision: z.number().int().nonnegative(),
}

/** What the gateway tells a device, inside `SignedOrder.payload`. Dispatch does not expire by time, actuation does. */
export const Order = z.discriminatedUnion('kind', [
  z.strictObject({
    ...head,
    kind: z.literal('dispatch'),
    incidentId: IncidentId,
    incident: z.strictObject({
      number: z.string().max(32),
      class: IncidentClass,
      severity: Severity,
      place: Place,
      exercise: z.boolean(),
    }),
  }),
  z.strictObject({
    ...head,
    kind: z.literal('cancel'),
    incidentId: IncidentId,
    cancels: OrderId,
    reason: z.string().max(200),
  }),
  z.strictObject({
    ...head,
    kind: z.literal('actuate'),
    window: WindowNonce,
    output: Output,
    on: z.boolean(),
  }),
  /** Stand by there: no incident, the unit stays free for one. A later one, and any dispatch, takes its place. */
  z.strictObject({ ...head, kind: z.literal('move_up'), place: Place }),
  z.strictObject({
    ...head,
    kind: z.literal('alarm_ack'),
    alarmId: z.string().max(128),
    /** The press itself, for a car that cannot know under which name the centre heard of it first. */
    pressId: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional(),
  }),
])
export type Order = z.infer<typeof Order>
export type DispatchOrder = Extract<Order, { kind: 'dispatch' }>

/** `payload` is signed as its exact bytes, so no canonical form is needed to check it. */
export const SignedOrder = z.strictObject({
  payload: z.string().max(8192),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** Ed25519 over the UTF-8 bytes of `payload`, base64. */
  sig: z.string().max(128),
})
export type SignedOrder = z.infer<typeof SignedOrder>
