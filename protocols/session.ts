import { z } from 'zod'
import { Availability, AssignmentStep, Position } from './bodies.ts'
import { DriverStates, EquipmentState } from './equipment.ts'
import { GridId, IncidentId, OrderId } from './ids.ts'
import { Epoch, Lane, SpanMs, UtcMs } from './record.ts'
import { ClockQuality } from './time.ts'

/** A window nonce: made by the agent every 10 s, cited by actuations, worthless after 30 s of the agent's own clock. */
export const WindowNonce = z.string().regex(/^[0-9a-f]{32}$/)

const LaneRange = z.strictObject({
  /** Oldest seq still held; `first > last` means the lane is empty. */
  first: z.number().int().positive(),
  last: z.number().int().nonnegative(),
})
export type LaneRange = z.infer<typeof LaneRange>

export const StoreHealth = z.enum(['ok', 'repaired', 'poisoned', 'memory'])
export type StoreHealth = z.infer<typeof StoreHealth>

/** First words of every connection, so lost acks, rollbacks and foreign epochs show at once. */
export const Hello = z.strictObject({
  v: z.literal(1),
  epoch: Epoch,
  bootId: z.string().regex(/^[0-9a-f]{16}$/),
  bootCount: z.number().int().nonnegative(),
  lanes: z.strictObject({ alarm: LaneRange, event: LaneRange, track: LaneRange, diag: LaneRange }),
  store: StoreHealth,
  software: z.string().max(64),
  /** The longest silence the gateway should expect on shift, at most 20 s. */
  announcedMs: z.number().int().positive().max(60_000),
})
export type Hello = z.infer<typeof Hello>

/** The gateway holds every record of this lane up to `upTo`, synced; only this frees them. */
export const Ack = z.strictObject({
  v: z.literal(1),
  ledgerId: z.string().regex(/^[0-9a-f]{16}$/),
  generation: z.number().int().nonnegative(),
  epoch: Epoch,
  lane: Lane,
  upTo: z.number().int().nonnegative(),
  /**
   * Sum of record `upTo` where the gateway knows it, zeros where it has no record of that name: a store put back may bear one, or
   * another one. Nothing is said of it while the end of the lane is not told.
   */
  sum: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** The gateway is busy: no back-fill for this long. Alarms, live and what happens now go on. */
  pauseMs: z.number().int().positive().max(60_000).optional(),
})
export type Ack = z.infer<typeof Ack>

/** The gateway holds the alarm that came without a store, synced; only this ends its being sent again. */
export const UnstoredAck = z.strictObject({
  v: z.literal(1),
  ledgerId: z.string().regex(/^[0-9a-f]{16}$/),
  generation: z.number().int().nonnegative(),
  unstored: z.string().regex(/^[0-9a-f]{32}$/),
})
export type UnstoredAck = z.infer<typeof UnstoredAck>

/** The order a crew is working on, as the car itself sees it. `received` is before the first tap. */
export const LiveAssignment = z.strictObject({
  orderId: OrderId,
  incidentId: IncidentId,
  revision: z.number().int().nonnegative(),
  step: z.enum(['received', ...AssignmentStep.options]),
})
export type LiveAssignment = z.infer<typeof LiveAssignment>

/**
 * The live slot: the newest truth of one device, sent first after every reconnect, never queued, QoS 0. Ages are by the
 * agent's monotonic clock, so a clock in 1970 still shows a true age.
 */
export const Live = z.strictObject({
  v: z.literal(1),
  epoch: Epoch,
  bootId: z.string().regex(/^[0-9a-f]{16}$/),
  bootCount: z.number().int().nonnegative(),
  liveSeq: z.number().int().positive(),
  sentMonoMs: SpanMs,
  sentAt: UtcMs,
  clockQuality: ClockQuality,
  window: WindowNonce,
  announcedMs: z.number().int().positive().max(60_000),
  position: z
    .strictObject({
      /** Of the record that entered lane `track`; null only in memory-only mode. */
      eventId: z.string().nullable(),
      ageMs: SpanMs,
      ...Position.shape,
      sats: z.record(z.string().max(16), z.tuple([z.number().int(), z.number().int()])).optional(),
    })
    .nullable(),
  equipment: EquipmentState,
  /** Absent from devices of before. */
  drivers: DriverStates.optional(),
  recording: z.boolean(),
  emergency: z.boolean(),
  availability: Availability,
  assignments: z.array(LiveAssignment).max(16),
  /** Records not yet acknowledged, per lane, and bytes held. */
  queue: z.strictObject({
    alarm: z.number().int().nonnegative(),
    event: z.number().int().nonnegative(),
    track: z.number().int().nonnegative(),
    diag: z.number().int().nonnegative(),
    bytes: z.number().int().nonnegative(),
  }),
  store: StoreHealth,
})
export type Live = z.infer<typeof Live>

/** An alarm from a car whose store cannot be written: idempotent by its random 128-bit id, never *accepted*. */
export const Unstored = z.strictObject({
  v: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  kind: z.string().max(48),
  occurredAt: UtcMs,
  ageMs: SpanMs,
  clockQuality: ClockQuality,
  body: z.string().max(4096),
})
export type Unstored = z.infer<typeof Unstored>

/** Vertices of all grids sent to one car: about 36 KiB, well inside one message. The farthest grids give way. */
export const NEARBY_VERTICES_MAX = 1_500

/** A piece of the city's map of grids. `version` names the cut, so that an agent can tell a new one from the one it has. */
export const NearbyGrids = z.strictObject({
  version: z.string().max(64),
  grids: z
    .array(
      z.strictObject({
        id: GridId,
        name: z.string().max(64),
        /** Rings of `[lon, lat]`, inside by the even-odd rule. */
        polygon: z.array(z.array(z.tuple([z.number(), z.number()])).max(NEARBY_VERTICES_MAX)).max(64),
      }),
    )
    .max(32),
})
export type NearbyGrids = z.infer<typeof NearbyGrids>

/** Unit binding and names, pushed by the gateway for display; identity stays in the certificate. */
export const DeviceConfig = z.strictObject({
  v: z.literal(1),
  unitId: z.string(),
  callSign: z.string().max(32),
  gridName: z.string().max(64).nullable(),
  /** Its own grid and those around, so that a car without a link knows where it is. Absent: nothing new. */
  grids: NearbyGrids.optional(),
})
export type DeviceConfig = z.infer<typeof DeviceConfig>
