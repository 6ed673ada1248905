import { z } from 'zod'
import { Sealed } from './sealed.ts'
import { Channel, ChannelValue, EquipmentState } from './equipment.ts'
import { GridId, IncidentId, OrderId } from './ids.ts'
import { quickParse } from './quick-parse.ts'
import { Lane, SpanMs, UtcMs } from './record.ts'
import { fault, ok } from './result.ts'
import type { Result } from './result.ts'
import {
  ConsultTopic,
  KioskLanguage,
  WalkInAnswers,
  WalkInClass,
  WalkInPlace,
  WalkInWhen,
} from './walk-in.ts'

/** Where a car was, WGS-84. `fixUtcMs` is the receiver's own time of the fix, absent when it gave none. */
export const Position = z.object({
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
  mode: z.union([z.literal(2), z.literal(3)]),
  speedMps: z.number().nonnegative().optional(),
  trackDeg: z.number().min(0).max(360).optional(),
  altMslM: z.number().optional(),
  hdop: z.number().nonnegative().optional(),
  satsUsed: z.number().int().optional(),
  satsSeen: z.number().int().optional(),
  fixUtcMs: z.number().int().optional(),
})
export type Position = z.infer<typeof Position>

/** How far a crew is with an order. `declared` times come from taps, `sensed` ones from the car itself. */
export const AssignmentStep = z.enum(['signed', 'enroute', 'on_scene', 'cleared', 'refused'])
export type AssignmentStep = z.infer<typeof AssignmentStep>

export const TimeSlot = z.enum(['declared', 'sensed', 'radio', 'system'])
export type TimeSlot = z.infer<typeof TimeSlot>

export const Availability = z.enum(['off_duty', 'available', 'assigned', 'busy', 'out_of_service'])
export type Availability = z.infer<typeof Availability>

/** 32 hex digits derived from what only the visitor's page and receipt hold; joins the records of one visit. */
export const WalkInRef = z.string().regex(/^[0-9a-f]{32}$/)

const OfAssignment = {
  orderId: OrderId,
  incidentId: IncidentId,
  revision: z.number().int().nonnegative(),
}

/** Every kind of record, the lane it travels in and the shape of its body. A new kind is a row here. */
export const RECORD_KINDS = {
  position: { lane: 'track', body: Position },
  /**
   * What remains of positions that had to give way in a full store: of so many the points without which the drive would be
   * drawn more than `toleranceM` wrong, each its moment (UTC ms), latitude and longitude. A gap record names what it is of.
   */
  'track.sketch': {
    lane: 'track',
    body: z.object({
      of: z.number().int().positive(),
      toleranceM: z.number().positive(),
      points: z.array(z.tuple([UtcMs, z.number().min(-90).max(90), z.number().min(-180).max(180)])).max(512),
    }),
  },
  'equipment.edge': {
    lane: 'event',
    body: z.object({ channel: Channel, value: ChannelValue, state: EquipmentState }),
  },
  'bodycam.activated': {
    lane: 'event',
    body: z.object({ activationId: z.string().max(64), sources: z.array(Channel), at: z.number() }),
  },
  'bodycam.confirmed': {
    lane: 'event',
    body: z.object({ activationId: z.string().max(64), afterMs: z.number() }),
  },
  'bodycam.released': { lane: 'event', body: z.object({ activationId: z.string().max(64) }) },
  /** Where the chain of the trigger's own log stands, so that its tail cannot be cut off unseen. */
  'bodycam.log': {
    lane: 'event',
    body: z.object({ n: z.number().int().positive(), sum: z.string().regex(/^[0-9a-f]{64}$/) }),
  },
  'bodycam.failed': {
    lane: 'alarm',
    body: z.object({
      activationId: z.string().max(64),
      sources: z.array(Channel),
      reason: z.string().max(200),
    }),
  },
  panic: {
    lane: 'alarm',
    body: z.object({
      source: z.enum(['input', 'screen']),
      /** One press, however it travels: stored, unstored or both. Absent from devices of before. */
      pressId: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .optional(),
      /** The newest position at the press and how old it was; null when the car never had a fix. */
      position: Position.nullable(),
      positionAgeMs: SpanMs.nullable(),
    }),
  },
  /** The crash contact closed. */
  crash: {
    lane: 'alarm',
    body: z.object({
      /** As with a press of the panic button: one crash, however it travels. */
      pressId: z.string().regex(/^[0-9a-f]{32}$/),
      position: Position.nullable(),
      positionAgeMs: SpanMs.nullable(),
    }),
  },
  /** A technician's press of the panic path: it travels as an alarm does, and never alarms anybody. */
  'panic.test': { lane: 'alarm', body: z.object({ test: z.literal(true), runId: z.string().max(32) }) },
  /** Sent by the self-test to see its acknowledgement come back. */
  'selftest.probe': { lane: 'event', body: z.object({ test: z.literal(true), runId: z.string().max(32) }) },
  /** What a technician left behind: the acceptance report as its exact text, with the device's signature over it. */
  'selftest.report': {
    lane: 'event',
    body: z.object({
      report: z.string().max(14_000),
      signature: z.string().max(200),
      keyId: z.string().max(64),
    }),
  },
  'order.receipt': {
    lane: 'event',
    body: z.object({
      orderId: OrderId,
      incidentId: IncidentId.nullable(),
      revision: z.number().int().nonnegative(),
      outcome: z.enum(['delivered', 'executed', 'refused', 'superseded']),
      code: z.string().max(48).optional(),
      /** The order was answered before, at this time by the device's clock, and then asked about again. */
      toldAt: z.number().int().nonnegative().optional(),
    }),
  },
  'assignment.step': {
    lane: 'event',
    body: z.object({
      orderId: OrderId,
      incidentId: IncidentId,
      revision: z.number().int().nonnegative(),
      step: AssignmentStep,
      slot: TimeSlot,
      /** Metres to the place by a live fix when the crew said `on_scene`; absent without one. */
      distanceM: z.number().nonnegative().optional(),
    }),
  },
  /** The car set off for an incident: sensed, dated back to the start of the motion. */
  'rolling.started': {
    lane: 'event',
    body: z.object({ ...OfAssignment, startedAt: UtcMs, by: z.enum(['speed', 'distance']) }),
  },
  /** It stands near the place: perhaps it arrived, perhaps a red light. */
  'arrival.candidate': {
    lane: 'event',
    body: z.object({ ...OfAssignment, startedAt: UtcMs, distanceM: z.number().nonnegative() }),
  },
  /** It arrived, at the start of its stop. */
  'arrival.confirmed': {
    lane: 'event',
    body: z.object({
      ...OfAssignment,
      startedAt: UtcMs,
      by: z.enum(['door', 'ignition', 'dwell', 'tap']),
      distanceM: z.number().nonnegative(),
    }),
  },
  /** It was no arrival after all: takes back the candidate or the confirmation before it. */
  'arrival.undone': { lane: 'event', body: z.object({ ...OfAssignment, why: z.enum(['crew', 'drove_on']) }) },
  /** The car left a grid for another by its own map of grids, online or not. `null` is outside all it knows. */
  'grid.crossed': {
    lane: 'event',
    body: z.object({ from: GridId.nullable(), to: GridId.nullable(), at: UtcMs }),
  },
  'unit.status': { lane: 'event', body: z.object({ availability: Availability }) },
  /** Somebody at a kiosk is in danger, or what they reported is an emergency (then `number` is its receipt). */
  'walkin.alarm': {
    lane: 'alarm',
    body: z.object({
      ref: WalkInRef,
      source: z.enum(['button', 'danger', 'report']),
      number: z.string().max(24).nullable(),
    }),
  },
  /** A report of a visitor. Name, phone and story are in `sealed` and nowhere else. */
  'walkin.report': {
    lane: 'event',
    body: z.object({
      ref: WalkInRef,
      number: z.string().max(24),
      class: WalkInClass,
      place: WalkInPlace,
      when: WalkInWhen,
      answers: WalkInAnswers,
      words: z.enum(['none', 'typed', 'officer']),
      contact: z.enum(['phone', 'none', 'anonymous']),
      callback: z.boolean(),
      language: KioskLanguage,
      sealed: Sealed.nullable(),
    }),
  },
  /** Somebody asked something and was told: the topic, for counting. */
  'walkin.consultation': { lane: 'event', body: z.object({ topic: ConsultTopic }) },
  /** Explains a hole: these seqs of `lane` were shed before delivery, and the chain continues from `after`. */
  gap: {
    lane: 'event',
    body: z.object({
      lane: Lane,
      ranges: z.array(z.tuple([z.number().int().positive(), z.number().int().positive()])).max(256),
      reason: z.enum(['thinned', 'lost_in_repair']),
      /** Sums before and after what was thinned, so that the chain can be followed across the hole. */
      chain: z.unknown().optional(),
      /** What a repair could not save, in the numbers of the store it lay in. */
      lost: z.unknown().optional(),
    }),
  },
  boot: {
    lane: 'diag',
    body: z.object({ bootCount: z.number().int(), software: z.string().max(64), store: z.string().max(64) }),
  },
  'driver.fault': {
    lane: 'diag',
    body: z.object({ driver: z.string().max(32), code: z.string().max(48), detail: z.string().max(300) }),
  },
  'order.rejected': {
    lane: 'diag',
    body: z.object({ code: z.string().max(48), detail: z.string().max(300) }),
  },
  /** Lets a reader re-date records of a boot whose clock was wrong: at `monoMs` it truly was `utcMs`. */
  'clock.anchor': {
    lane: 'diag',
    body: z.object({ monoMs: z.number(), utcMs: z.number().int(), quality: z.string().max(8) }),
  },
} as const satisfies Record<string, { lane: Lane; body: z.ZodType }>

export type RecordKind = keyof typeof RECORD_KINDS
export type BodyOf<K extends RecordKind> = z.infer<(typeof RECORD_KINDS)[K]['body']>
export type ParsedBody = { [K in RecordKind]: { readonly kind: K; readonly body: BodyOf<K> } }[RecordKind]

export const isRecordKind = (kind: string): kind is RecordKind => Object.hasOwn(RECORD_KINDS, kind)

const READERS = Object.fromEntries(
  Object.entries(RECORD_KINDS).map(([kind, { body }]) => [kind, quickParse<unknown>(body)]),
) as Record<RecordKind, ReturnType<typeof quickParse<unknown>>>

/** Body text to typed body. An unknown kind is a fault, not a throw: an older gateway keeps it in the ledger unread. */
export function parseBody(kind: string, text: string): Result<ParsedBody> {
  if (!isRecordKind(kind)) return fault('RECORD_KIND', `unknown kind ${kind}`)
  try {
    const parsed = READERS[kind](JSON.parse(text))
    if (!parsed.success) return fault('RECORD_BODY', z.prettifyError(parsed.error))
    return ok({ kind, body: parsed.data } as ParsedBody)
  } catch (error) {
    return fault('RECORD_BODY', String(error))
  }
}
