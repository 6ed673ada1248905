import { z } from 'zod'
import { Availability } from '../bodies.ts'
import { DriverStates, EquipmentState } from '../equipment.ts'
import { DeviceId, GridId, IncidentId, OrderId, UnitId } from '../ids.ts'
import { AssignmentState } from '../incident.ts'
import { StoreHealth } from '../session.ts'
import { Time } from './time.ts'

export const Freshness = z.enum(['live', 'ageing', 'stale', 'never'])
export type Freshness = z.infer<typeof Freshness>

export const UnitView = z.object({
  id: UnitId,
  callSign: z.string(),
  deviceId: DeviceId.nullable(),
  type: z.enum(['ptu']),
  homeGridId: GridId.nullable(),
  /** Grid the car is in now, with hysteresis at the border; null outside all of them or without a position. */
  gridId: GridId.nullable(),
  availability: Availability,
  /** Newest incident the unit works on and how far it is. */
  assignment: z.object({ incidentId: IncidentId, orderId: OrderId, state: AssignmentState }).nullable(),
  position: z
    .object({
      lat: z.number(),
      lon: z.number(),
      speedMps: z.number().optional(),
      trackDeg: z.number().optional(),
      satsUsed: z.number().optional(),
      satsSeen: z.number().optional(),
      sats: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
      hdop: z.number().optional(),
      mode: z.number(),
      /** Age of the fix at `UnitView.at`, by monotonic clocks alone. */
      ageMs: z.number(),
    })
    .nullable(),
  /** Judged against the announced report interval: two announcements and 10 s missed is stale. */
  freshness: Freshness,
  /** Gateway time of this view; a page adds its own elapsed time to every age. */
  at: Time,
  link: z.enum(['up', 'down']),
  heardAgeMs: z.number().nullable(),
  equipment: EquipmentState,
  /** How receiver and panel are doing; null until the device was heard. */
  drivers: DriverStates.nullable(),
  recording: z.boolean(),
  emergency: z.boolean(),
  queue: z
    .object({ alarm: z.number(), event: z.number(), track: z.number(), diag: z.number(), bytes: z.number() })
    .nullable(),
  store: StoreHealth.nullable(),
})
export type UnitView = z.infer<typeof UnitView>
