import { z } from 'zod'

/** Triage classes of DOMAIN.md 6.5; `unknown` is allowed, because only a place is needed to start. */
export const IncidentClass = z.enum([
  'emergency',
  'major',
  'injury',
  'theft',
  'vice',
  'fraud',
  'help',
  'dispute',
  'traffic',
  'tip_off',
  'complaint',
  'unknown',
])
export type IncidentClass = z.infer<typeof IncidentClass>

export const Severity = z.enum(['normal', 'urgent', 'major'])
export type Severity = z.infer<typeof Severity>

export const Place = z.strictObject({
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
  /** What a crew reads: `鼓楼大街与大成路交叉口附近`. */
  text: z.string().max(200),
})
export type Place = z.infer<typeof Place>

export const IncidentState = z.enum([
  'received',
  'dispatched',
  'responding',
  'attended',
  'resolved',
  'cancelled',
])
export type IncidentState = z.infer<typeof IncidentState>

/** An assignment moves forward only; `cancelled` and `refused` end it from any step before `on_scene`. */
export const AssignmentState = z.enum([
  'dispatched',
  'delivered',
  'signed',
  'enroute',
  'on_scene',
  'cleared',
  'refused',
  'cancelled',
])
export type AssignmentState = z.infer<typeof AssignmentState>

/** Moments of an incident or assignment; each has one slot per source, and the first write in a slot stays. */
export const Moment = z.enum([
  'tReceived',
  'tDispatched',
  'tDelivered',
  'tSigned',
  'tRolling',
  'tEnroute',
  'tArrived',
  'tCleared',
  'tResolved',
])
export type Moment = z.infer<typeof Moment>
