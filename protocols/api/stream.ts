import { z } from 'zod'
import { ClosureView } from '../closures.ts'
import { CoverageView } from '../coverage.ts'
import { UnitId } from '../ids.ts'
import { AlarmView } from './alarms.ts'
import { IncidentView } from './incidents.ts'
import { OrderView } from './orders.ts'
import { Time } from './time.ts'
import { UnitView } from './units.ts'

/** Everything a page needs to start; changes follow with `seq` growing by one. */
export const Snapshot = z.object({
  units: z.array(UnitView),
  incidents: z.array(IncidentView),
  alarms: z.array(AlarmView),
  /** Roads closed or slow: in force, to come, and what ended lately. */
  closures: z.array(ClosureView).default([]),
  /** null until the first refresh after a start. */
  coverage: CoverageView.nullable().default(null),
})
export type Snapshot = z.infer<typeof Snapshot>

const Column = z.array(z.number())
const GappyColumn = z.array(z.number().nullable())
/**
 * Units that only moved, one column per value, for pages that ask with `compact=1`: 5,000 units a second are then a third of
 * a megabyte and not five. Everything else about a unit, a new grid or state for example, comes as `unit.changed`; what only
 * a unit's card shows (satellites, queue) may be up to 2 s late with 250 units and 20 s with 5,000.
 */
export const UnitMoves = z.object({
  ids: z.array(UnitId),
  lat: Column,
  lon: Column,
  speedMps: GappyColumn,
  trackDeg: GappyColumn,
  fixAgeMs: Column,
  heardAgeMs: GappyColumn,
})
export type UnitMoves = z.infer<typeof UnitMoves>

/*
 * `seq` numbers what happened: incidents, alarms, orders, closures. Such a message has the number after the one before it; units,
 * coverage and heartbeats repeat the newest number, so a page that misses something sees it within a heartbeat.
 *
 *     connect              -> snapshot
 *     connect ?after=SEQ   -> what happened after SEQ, the newest of everything else, resumed
 *                          or resync (why that cannot be done), snapshot
 */
const envelope = { seq: z.number().int(), at: Time, v: z.literal(1) }
export const StreamMessage = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('snapshot'), data: Snapshot }),
  z.object({
    ...envelope,
    type: z.literal('resync'),
    data: z.object({ reason: z.enum(['too_old', 'unknown']) }),
  }),
  z.object({ ...envelope, type: z.literal('resumed'), data: z.object({ missed: z.number().int() }) }),
  z.object({ ...envelope, type: z.literal('unit.changed'), data: UnitView }),
  z.object({ ...envelope, type: z.literal('units.moved'), data: UnitMoves }),
  z.object({ ...envelope, type: z.literal('incident.changed'), data: IncidentView }),
  z.object({ ...envelope, type: z.literal('alarm.changed'), data: AlarmView }),
  z.object({ ...envelope, type: z.literal('order.changed'), data: OrderView }),
  z.object({ ...envelope, type: z.literal('closure.changed'), data: ClosureView }),
  z.object({ ...envelope, type: z.literal('coverage.changed'), data: CoverageView }),
  z.object({ ...envelope, type: z.literal('system.degraded'), data: z.object({ reason: z.string() }) }),
  z.object({ ...envelope, type: z.literal('heartbeat'), data: z.object({}) }),
])
export type StreamMessage = z.infer<typeof StreamMessage>
