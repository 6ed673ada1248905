import { z } from 'zod'
import {
  ConsultTopic,
  KioskLanguage,
  NAME_CHARS_MAX,
  NARRATIVE_CHARS_MAX,
  WalkInAnswers,
  WalkInClass,
  WalkInPlace,
  WalkInWhen,
} from './walk-in.ts'

/*
 * What the station's computer and the page of its kiosk say to each other. Loopback only.
 *
 *     GET  /v1/state            KioskState
 *     GET  /v1/stream           WebSocket: KioskState on every change, at least once a second
 *     POST /v1/reports          KioskReport -> 202 KioskAnswer once the record is stored
 *     POST /v1/alarms           KioskAlarm -> 202 KioskAnswer, also when it could only be sent
 *     POST /v1/calls            {} -> 202; an officer is asked for
 *     POST /v1/consultations    { topic } -> 202; counted
 *
 * and to the page of the duty officer's desk, which has a listener of its own (a visitor's page cannot read it):
 *
 *     GET  /v1/state, /v1/stream   DeskState
 *     POST /v1/taken               { ref } -> 202; somebody takes care of it
 */

/** Random, made by the page when a visitor begins; retried under the same id, a report is filed once. It is the QR's token. */
export const DraftId = z.string().regex(/^[0-9a-f]{32}$/)

export const KioskState = z.object({
  v: z.literal(1),
  station: z.object({ name: z.string(), number: z.string(), kiosk: z.string() }),
  /** Places near the station a visitor may point at, nearest first. */
  places: z.array(z.object({ name: z.string(), lat: z.number(), lon: z.number(), distanceM: z.number() })),
  /** Whether the centre hears us now; what is told here is kept either way. */
  link: z.enum(['up', 'down']),
  /** The store takes reports; when it cannot, the page says so plainly and shows the way to an officer. */
  accepting: z.boolean(),
  /** The alarm raised last at this kiosk, while it is not over. */
  alarm: z
    .object({ ref: z.string(), ageMs: z.number(), centreKnows: z.boolean(), deskKnows: z.boolean() })
    .nullable(),
  /** Somebody at the desk answered the call for an officer. */
  call: z.enum(['none', 'waiting', 'answered']),
})
export type KioskState = z.infer<typeof KioskState>

export const KioskReport = z.strictObject({
  draftId: DraftId,
  class: WalkInClass,
  place: WalkInPlace,
  when: WalkInWhen,
  answers: WalkInAnswers,
  /** `officer`: an officer will write it down with the visitor. */
  words: z.enum(['none', 'typed', 'officer']),
  narrative: z
    .string()
    .max(NARRATIVE_CHARS_MAX * 2)
    .default(''),
  contact: z.enum(['phone', 'none', 'anonymous']),
  phone: z.string().max(40).default(''),
  name: z
    .string()
    .max(NAME_CHARS_MAX * 2)
    .default(''),
  callback: z.boolean().default(false),
  language: KioskLanguage,
})
export type KioskReport = z.input<typeof KioskReport>

export const KioskAlarm = z.strictObject({ draftId: DraftId, source: z.enum(['button', 'danger']) })
export type KioskAlarm = z.infer<typeof KioskAlarm>

export const KioskConsultation = z.strictObject({ topic: ConsultTopic })

/** `accepted` means stored and synced here, whatever the link does. `number` is given with a report and never before. */
export const KioskAnswer = z.object({
  accepted: z.boolean(),
  code: z.string().nullable(),
  number: z.string().nullable(),
  /** The report was of a kind that somebody comes for at once. */
  emergency: z.boolean().default(false),
})
export type KioskAnswer = z.infer<typeof KioskAnswer>

/** One line of the duty officer's queue; no name, phone or story is in it. */
export const DeskItem = z.object({
  ref: z.string(),
  kind: z.enum(['alarm', 'call', 'report']),
  number: z.string().nullable(),
  class: WalkInClass.nullable(),
  when: WalkInWhen.nullable(),
  words: z.enum(['none', 'typed', 'officer']).nullable(),
  contact: z.enum(['phone', 'none', 'anonymous']).nullable(),
  emergency: z.boolean(),
  ageMs: z.number(),
  /** The gateway has the record. */
  delivered: z.boolean(),
  /** A person at the centre acknowledged the alarm. */
  centreKnows: z.boolean(),
  taken: z.boolean(),
})
export type DeskItem = z.infer<typeof DeskItem>

export const DeskState = z.object({
  v: z.literal(1),
  station: z.object({ name: z.string(), number: z.string(), kiosk: z.string() }),
  link: z.enum(['up', 'connecting', 'down']),
  linkSinceMs: z.number(),
  queue: z.number(),
  store: z.string(),
  /** Oldest unanswered first, then what was taken, newest first. */
  items: z.array(DeskItem),
})
export type DeskState = z.infer<typeof DeskState>

export const DeskTake = z.strictObject({ ref: z.string().max(64) })
