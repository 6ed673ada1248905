import { z } from 'zod'
import { TimeSlot } from '../bodies.ts'
import { GridId, IncidentId, OrderId, UnitId } from '../ids.ts'
import { AssignmentState, IncidentClass, IncidentState, Moment, Place, Severity } from '../incident.ts'
import { Time } from './time.ts'

/** `{ tSigned: { declared: '…Z' } }`: one slot per source, first write stays. */
export const Times = z.partialRecord(Moment, z.partialRecord(TimeSlot, Time))
export type Times = z.infer<typeof Times>

export const AssignmentView = z.object({
  orderId: OrderId,
  unitId: UnitId,
  callSign: z.string(),
  state: AssignmentState,
  times: Times,
  /** Road time promised when the order was given; null when it was given without one. */
  etaSeconds: z.number().nullable(),
  /** The car stands near the place since then, and has not arrived yet as far as it can tell. */
  nearSince: Time.nullable(),
  /** Metres to the place when the crew said it was there, told only beyond 300 m. */
  declaredFarM: z.number().nullable(),
})
export type AssignmentView = z.infer<typeof AssignmentView>

export const IncidentSource = z.enum(['map', 'api', 'kiosk', 'crew', 'simulator'])
export type IncidentSource = z.infer<typeof IncidentSource>

export const IncidentView = z.object({
  id: IncidentId,
  /** For people: `JQ-20261124-0007`. */
  number: z.string(),
  class: IncidentClass,
  severity: Severity,
  state: IncidentState,
  source: IncidentSource,
  place: Place,
  gridId: GridId.nullable(),
  /** Grows with every change; an order cites it. */
  revision: z.number().int(),
  exercise: z.boolean(),
  times: Times,
  /** Milliseconds since received, at `at`. */
  ageMs: z.number(),
  at: Time,
  /** From the zone of the grid; 300 in town. */
  targetSeconds: z.number(),
  assignments: z.array(AssignmentView),
  /** Of an incident that a visitor reported at a kiosk. */
  walkIn: z
    .object({
      id: z.string(),
      /** The receipt the visitor holds; null after a mere press of the emergency button. */
      number: z.string().nullable(),
      station: z.string(),
      kiosk: z.string(),
      emergency: z.boolean(),
      words: z.enum(['none', 'typed', 'officer']),
      contact: z.enum(['phone', 'none', 'anonymous']),
      /** How old the report was when it reached the gateway; large means it was filed offline. */
      arrivedAfterMs: z.number(),
      /** Name, phone and story were let go then, because their time was over. */
      removedAt: Time.optional(),
    })
    .optional(),
})
export type IncidentView = z.infer<typeof IncidentView>

export const IncidentCreate = z.strictObject({
  place: z.strictObject({
    lat: z.number().min(-90).max(90),
    lon: z.number().min(-180).max(180),
    text: z.string().max(200).default(''),
  }),
  class: IncidentClass.default('unknown'),
  severity: Severity.default('normal'),
  source: IncidentSource.default('api'),
  exercise: z.boolean().default(false),
})
export type IncidentCreate = z.infer<typeof IncidentCreate>
