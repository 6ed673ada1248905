import { z } from 'zod'
import { DeviceId, UnitId } from '../ids.ts'
import { Time } from './time.ts'

export const AlarmView = z.object({
  /** The eventId of the record, or `unstored/{id}` when the car could not store it. */
  id: z.string(),
  kind: z.enum(['panic', 'crash', 'bodycam.failed', 'walkin', 'device']),
  deviceId: DeviceId,
  unitId: UnitId.nullable(),
  callSign: z.string(),
  occurredAt: Time,
  /** Milliseconds since it happened, at `at`: "pressed 3 min ago". */
  ageMs: z.number(),
  /** How old it already was when it reached the gateway; large means it was pressed offline. */
  arrivedAfterMs: z.number(),
  at: Time,
  position: z.object({ lat: z.number(), lon: z.number(), ageMs: z.number() }).nullable(),
  stored: z.boolean(),
  acknowledgedAt: Time.nullable(),
  acknowledgedBy: z.string().nullable(),
  detail: z.string(),
})
export type AlarmView = z.infer<typeof AlarmView>
