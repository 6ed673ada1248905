import { z } from 'zod'
import { StationPlace } from '../enrolment.ts'
import { DeviceId, IncidentId, UnitId } from '../ids.ts'
import { Place, Severity } from '../incident.ts'
import { StoreHealth } from '../session.ts'
import { ConsultTopic, KioskLanguage, WalkInAnswers, WalkInClass, WalkInWhen } from '../walk-in.ts'
import { Time } from './time.ts'
import { UnitView } from './units.ts'

export const StationView = z.object({
  id: UnitId,
  name: z.string(),
  ...StationPlace.shape,
  /** The circle it answers for. */
  radiusM: z.number(),
  deviceId: DeviceId,
  link: z.enum(['up', 'down']),
  heardAgeMs: z.number().nullable(),
  queue: UnitView.shape.queue,
  store: StoreHealth.nullable(),
  at: Time,
})
export type StationView = z.infer<typeof StationView>

/** One visit at a kiosk. What names the visitor or tells their story is not in it: `…/reveal`. */
export const WalkInView = z.object({
  id: z.string(),
  number: z.string().nullable(),
  station: z.object({ id: UnitId, name: z.string(), kiosk: z.string() }),
  route: z.enum(['dispatch', 'supervision', 'intelligence']),
  severity: Severity,
  emergency: z.boolean(),
  /** null while only the emergency button was pressed. */
  report: z
    .object({
      class: WalkInClass,
      place: z.enum(['here', 'landmark', 'unknown']),
      when: WalkInWhen,
      answers: WalkInAnswers,
      words: z.enum(['none', 'typed', 'officer']),
      contact: z.enum(['phone', 'none', 'anonymous']),
      callback: z.boolean(),
      language: KioskLanguage,
    })
    .nullable(),
  place: Place,
  hasSealed: z.boolean(),
  /** Name, phone and story were let go then, because their time was over; null while nothing was. */
  removedAt: Time.nullable(),
  filedAt: Time,
  ageMs: z.number(),
  arrivedAfterMs: z.number(),
  at: Time,
  incidentId: IncidentId.nullable(),
})
export type WalkInView = z.infer<typeof WalkInView>

/** How often each topic was asked about at a station on one day; nothing about who asked. */
export const ConsultationCount = z.object({
  v: z.literal(1),
  /** `20261124`, local. */
  day: z.string(),
  stationId: UnitId,
  topics: z.partialRecord(ConsultTopic, z.number()),
})
export type ConsultationCount = z.infer<typeof ConsultationCount>

/** Why somebody looks at what a visitor told; written into the audit before anything is shown. */
export const Reveal = z.strictObject({ purpose: z.string().trim().min(1).max(200) })
