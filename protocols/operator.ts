import { z } from 'zod'
import { DeviceView, Freshness } from './api.ts'
import { DriverStates } from './equipment.ts'
import { DeviceId, GridId, UnitId } from './ids.ts'
import { AntennaState, Refusal } from './receiver-health.ts'

/*
 * What whoever keeps the system running is shown (DOMAIN.md 4.5). Every number here is also in /metrics, read from the same
 * registry; names of units and devices are not.
 *
 *     GET  /v1/operator                       OperatorView
 *     GET  /v1/devices/{id}                   DeviceView
 *     POST /v1/devices/{id}/revoke            { reason } -> DeviceView
 *     GET  /v1/enrolments                     { codes: CodeView[] }            newest first
 *     POST /v1/enrolments/{id}/withdraw       {} -> CodeView
 */
const Time = z.iso.datetime({ precision: 3 })

/** `alarm`: act now; `warn`: act today; `note`: good to know. */
export const ConditionSeverity = z.enum(['alarm', 'warn', 'note'])
export type ConditionSeverity = z.infer<typeof ConditionSeverity>

/** Everything that can be wrong. Words of the interface: what it means and what to do next is in the page's tables. */
export const ConditionCode = z.enum([
  // a device
  'cert_expired',
  'cert_ends',
  'not_redeemed',
  'never_connected',
  'link_down',
  'fix_stale',
  'fix_never',
  'queue_grows',
  'outbox_fills',
  'store_poisoned',
  'store_repaired',
  'store_memory',
  'records_missing',
  'inputs_unknown',
  'driver_fault',
  'battery_low',
  'brown_outs',
  'went_off',
  'antenna_open',
  'antenna_short',
  'gnss_jammed',
  'gnss_doubted',
  'datum_foreign',
  'software_differs',
  // the gateway
  'refusals',
  'disk_low',
  'commits_slow',
  'loop_lags',
  'loop_queues',
  'alarms_waiting',
  'orders_waiting',
  'records_lost',
  'stream_dropped',
  'coverage_late',
  'just_started',
])
export type ConditionCode = z.infer<typeof ConditionCode>

export const Condition = z.object({
  code: ConditionCode,
  severity: ConditionSeverity,
  /** What it is about; null for the gateway itself. */
  deviceId: DeviceId.nullable(),
  /** What was compared, in the unit the code implies: days, seconds, records, share. */
  value: z.number().nullable(),
  /** A code of protocols/errors.ts, a driver, a lane: what the words name. */
  about: z.string(),
})
export type Condition = z.infer<typeof Condition>

const Lanes = z.object({ alarm: z.number(), event: z.number(), track: z.number(), diag: z.number() })

/** One device with what its unit last said. */
export const OperatorDevice = DeviceView.extend({
  /** Days of its certificate left, rounded down; null before it has one. */
  certificateDays: z.number().nullable(),
  freshness: Freshness,
  fixAgeMs: z.number().nullable(),
  heardAgeMs: z.number().nullable(),
  queue: Lanes.extend({ bytes: z.number() }).nullable(),
  /** Seqs the gateway knows of and does not hold, over all lanes. */
  missing: z.number(),
  /** As its car told them last; null for what is no car, or was not heard. */
  drivers: DriverStates.nullable(),
  worst: ConditionSeverity.nullable(),
})
export type OperatorDevice = z.infer<typeof OperatorDevice>

/** The process itself. `null` where this machine does not say. */
export const GatewayHealth = z.object({
  software: z.string(),
  uptimeSeconds: z.number(),
  residentBytes: z.number(),
  cpuSeconds: z.number(),
  loopLagP99Seconds: z.number(),
  commitP50Seconds: z.number(),
  commitP99Seconds: z.number(),
  commits: z.number(),
  sessions: z.number(),
  streamClients: z.number(),
  loopQueued: z.number(),
  diskFreeBytes: z.number().nullable(),
  diskTotalBytes: z.number().nullable(),
  recordsByLane: Lanes,
  duplicates: z.number(),
  lost: z.number(),
  refusals: z.record(z.string(), z.number()),
  coverageAgeSeconds: z.number().nullable(),
})
export type GatewayHealth = z.infer<typeof GatewayHealth>

export const OperatorTotals = z.object({
  devicesExpected: z.number(),
  devicesUp: z.number(),
  units: z.record(Freshness, z.number()),
  queued: Lanes,
  conditions: z.record(ConditionSeverity, z.number()),
  incidentsOpen: z.number(),
  alarmsOpen: z.number(),
  ordersWaiting: z.number(),
  /** Cars by what their receivers last said of the antenna's wire. */
  antennas: z.record(z.enum([...AntennaState.options, 'unknown']), z.number()),
  /** Cars whose receivers tell interference now. */
  jammed: z.number(),
  /** Fixes and values that cars did not believe, by reason, each since its agent started. */
  fixesRefused: z.record(Refusal, z.number()),
})
export type OperatorTotals = z.infer<typeof OperatorTotals>

export const OperatorView = z.object({
  at: Time,
  gateway: GatewayHealth,
  totals: OperatorTotals,
  /** Worst first. */
  conditions: z.array(Condition),
  devices: z.array(OperatorDevice),
})
export type OperatorView = z.infer<typeof OperatorView>

/** A one-time code without the code: that is known to whoever made it, once. */
export const CodeView = z.object({
  /** The first twelve hex digits of its hash. */
  id: z.string(),
  deviceId: DeviceId,
  unitId: UnitId,
  callSign: z.string(),
  homeGridId: GridId.nullable(),
  issuedBy: z.string(),
  issuedAt: Time,
  expiresAt: Time,
  usedAt: Time.nullable(),
  state: z.enum(['open', 'used', 'expired', 'withdrawn']),
})
export type CodeView = z.infer<typeof CodeView>
