import { z } from 'zod'
import { Position } from './bodies.ts'
import { EquipmentState, GnssState, PanelLife, PowerLife } from './equipment.ts'
import { IncidentId, OrderId } from './ids.ts'
import { IncidentClass, Place, Severity } from './incident.ts'
import { ReceiverHealth } from './receiver-health.ts'
import { StoreHealth } from './session.ts'
import { ClockQuality } from './time.ts'

/*
 * What the agent tells the in-vehicle terminal, and what a crew can tell back. Loopback only.
 *
 *     GET  /v1/state          TerminalState
 *     GET  /v1/stream         WebSocket: TerminalState on every change, at least once a second
 *     POST /v1/taps           Tap -> 202 TapResult once the record is stored
 */
/** What the car found out by itself about an order. Times are UTC milliseconds. */
export const SensedOrder = z.object({
  rollingAt: z.number().nullable(),
  /** `near`: it stands close by. `prompt`: somebody got out 100-400 m away, is this it? `arrived`: on scene since. */
  arrival: z.enum(['none', 'near', 'prompt', 'arrived']),
  /** Start of the stop `arrival` speaks of. */
  stoppedAt: z.number().nullable(),
  /** The crew can still say that it is not there. Milliseconds left; 0: no more. */
  undoMs: z.number(),
})
export type SensedOrder = z.infer<typeof SensedOrder>

/** An automatic arrival can be taken back this long. */
export const UNDO_MS = 10_000

export const TerminalOrder = z.object({
  orderId: OrderId,
  incidentId: IncidentId,
  revision: z.number(),
  number: z.string(),
  class: IncidentClass,
  severity: Severity,
  place: Place,
  /** Milliseconds since this car received it. */
  ageMs: z.number(),
  step: z.enum(['received', 'signed', 'enroute', 'on_scene', 'cleared', 'refused', 'cancelled']),
  /** Why a cancelled order ended, as the dispatcher wrote it. */
  note: z.string(),
  exercise: z.boolean(),
  /** Straight line from here, metres; null without a position. */
  distanceM: z.number().nullable(),
  bearingDeg: z.number().nullable(),
  sensed: SensedOrder,
})
export type TerminalOrder = z.infer<typeof TerminalOrder>

export const TerminalState = z.object({
  v: z.literal(1),
  deviceId: z.string(),
  unitId: z.string(),
  callSign: z.string(),
  gridName: z.string().nullable(),
  utcMs: z.number(),
  clockQuality: ClockQuality,
  gnss: GnssState,
  position: z
    .object({
      ...Position.shape,
      ageMs: z.number(),
      sats: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
    })
    .nullable(),
  panel: PanelLife,
  /** Absent where nobody watches over the battery and no meter tells its volts. */
  power: PowerLife.optional(),
  /** Absent while the receiver has said nothing of itself. */
  receiver: ReceiverHealth.optional(),
  equipment: EquipmentState,
  recording: z.boolean(),
  bodycam: z.enum(['idle', 'starting', 'recording', 'failed']),
  link: z.enum(['up', 'connecting', 'down']),
  linkSinceMs: z.number(),
  queue: z.object({
    alarm: z.number(),
    event: z.number(),
    track: z.number(),
    diag: z.number(),
    bytes: z.number(),
  }),
  store: StoreHealth,
  /** The grid by the car's own map, whether the link is up or not; null while it has none. */
  grid: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** Where the centre asks the car to stand by; absent when nowhere. */
  moveUp: z
    .object({
      orderId: OrderId,
      place: Place,
      ageMs: z.number(),
      distanceM: z.number().nullable(),
      bearingDeg: z.number().nullable(),
    })
    .optional(),
  /** Active orders first, newest first; ended ones stay for a minute. */
  orders: z.array(TerminalOrder),
  panic: z.object({
    active: z.boolean(),
    ageMs: z.number(),
    delivered: z.boolean(),
    acknowledged: z.boolean(),
  }),
})
export type TerminalState = z.infer<typeof TerminalState>

export const Tap = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sign'), orderId: OrderId }),
  z.strictObject({ kind: z.literal('enroute'), orderId: OrderId }),
  z.strictObject({ kind: z.literal('on_scene'), orderId: OrderId }),
  z.strictObject({ kind: z.literal('clear'), orderId: OrderId }),
  z.strictObject({ kind: z.literal('refuse'), orderId: OrderId }),
  /** Takes back an automatic arrival, within `UNDO_MS`. */
  z.strictObject({ kind: z.literal('undo_arrival'), orderId: OrderId }),
  /** The answer "not yet" to the question of a far stop. */
  z.strictObject({ kind: z.literal('not_there'), orderId: OrderId }),
  /** There is a crew in the car: the computer does not go down yet. Any other tap says the same. */
  z.strictObject({ kind: z.literal('stay_on') }),
  z.strictObject({ kind: z.literal('panic') }),
])
export type Tap = z.infer<typeof Tap>

/** `accepted` means stored and synced on the car, whatever the link does. */
export const TapResult = z.object({ accepted: z.boolean(), code: z.string().nullable() })
export type TapResult = z.infer<typeof TapResult>
