import { z } from 'zod'
import { StationPlace } from '../enrolment.ts'
import { DeviceId, GridId, UnitId } from '../ids.ts'
import { StoreHealth } from '../session.ts'
import { Time } from './time.ts'

export const DeviceView = z.object({
  id: DeviceId,
  unitId: UnitId,
  callSign: z.string(),
  homeGridId: GridId.nullable(),
  state: z.enum(['preauthorized', 'active', 'revoked']),
  certificateNotAfter: Time.nullable(),
  link: z.enum(['up', 'down']),
  software: z.string().nullable(),
  store: StoreHealth.nullable(),
  lanes: z.array(
    z.object({
      epoch: z.string(),
      lane: z.string(),
      upTo: z.number(),
      missing: z.number(),
      records: z.number(),
    }),
  ),
  /** The newest fault of each of its drivers, as the device recorded it; newest first. */
  faults: z.array(
    z.object({
      driver: z.string(),
      code: z.string(),
      detail: z.string(),
      occurredAt: Time,
      receivedAt: Time,
    }),
  ),
})
export type DeviceView = z.infer<typeof DeviceView>

/** Stands where the body of a record was that named somebody, once its time was over. */
export const LET_GO_BODY = '{"removed":true}'

export const LedgerRow = z.object({
  eventId: z.string(),
  lane: z.string(),
  epoch: z.string(),
  seq: z.number(),
  kind: z.string(),
  occurredAt: Time,
  receivedAt: Time,
  clockQuality: z.string(),
  bootId: z.string(),
  /** `LET_GO_BODY` where it was personal and its time was over. */
  body: z.string(),
  sum: z.string(),
})
export type LedgerRow = z.infer<typeof LedgerRow>

export const EnrolmentCreate = z.strictObject({
  deviceId: DeviceId,
  unitId: UnitId,
  callSign: z.string().min(1).max(32),
  homeGridId: GridId.nullable().default(null),
  /** Of a duty station; `callSign` is its name then. */
  station: StationPlace.nullable().optional(),
})
export type EnrolmentCreate = z.infer<typeof EnrolmentCreate>

export const EnrolmentIssued = z.object({
  /** As a technician types it, fingerprint included: `7K3QM-X9RTB-W.5N2C…`. */
  code: z.string(),
  expiresAt: Time,
  enrolmentUrl: z.string(),
})
export type EnrolmentIssued = z.infer<typeof EnrolmentIssued>
