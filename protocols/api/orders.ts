import { z } from 'zod'
import { IncidentId, OrderId, UnitId } from '../ids.ts'
import { Time } from './time.ts'

export const OrderCreate = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dispatch'), incidentId: IncidentId, unitId: UnitId }),
  z.strictObject({ kind: z.literal('cancel'), orderId: OrderId, reason: z.string().max(200).default('') }),
  z.strictObject({
    kind: z.literal('actuate'),
    unitId: UnitId,
    output: z.enum(['camera_trigger']),
    on: z.boolean(),
  }),
])
export type OrderCreate = z.infer<typeof OrderCreate>

export const OrderView = z.object({
  id: OrderId,
  kind: z.enum(['dispatch', 'cancel', 'actuate', 'move_up', 'alarm_ack']),
  unitId: UnitId,
  incidentId: IncidentId.nullable(),
  issuedAt: Time,
  issuedBy: z.string(),
  /** null until the device's receipt came back. */
  outcome: z.enum(['delivered', 'executed', 'refused', 'superseded']).nullable(),
  receiptAt: Time.nullable(),
  code: z.string().nullable(),
})
export type OrderView = z.infer<typeof OrderView>
