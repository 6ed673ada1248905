import type { AlarmView, DeviceView, StationView, UnitView } from '#protocols/api.ts'
import type { Channel } from '#protocols/equipment.ts'
import type {
  Condition,
  ConditionSeverity,
  OperatorDevice,
  OperatorTotals,
  OperatorView,
} from '#protocols/operator.ts'
import { Refusal } from '#protocols/receiver-health.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import type { ProcessHealth } from '../metrics/process-health.ts'
import type { Tallies } from '../metrics/tallies.ts'
import { conditionsOf, isWorse } from './conditions.ts'
import type { DeviceFacts, GatewayFacts } from './conditions.ts'

/** Everything the picture is made of, as plain values. */
export type PictureInputs = {
  readonly software: string
  readonly devices: readonly DeviceView[]
  readonly units: readonly UnitView[]
  readonly stations: readonly StationView[]
  readonly alarms: readonly AlarmView[]
  readonly counts: {
    readonly openIncidents: number
    readonly openAlarms: number
    readonly waitingOrders: number
  }
  readonly intake: ReadonlyMap<string, number>
  readonly loopQueued: number
  readonly health: ProcessHealth
  readonly tallies: Tallies
  /** Age of the newest refresh of coverage; null while there was none. */
  readonly coverageAgeSeconds: number | null
  /** Milliseconds since the newest open code of a device was issued. */
  readonly codeAgeMs: (deviceId: string) => number | null
}

/**
 * What an operator sees, from what the gateway knows; the page and the gauges of /metrics both read it from here, so they
 * cannot disagree.
 */
export function pictureOf(inputs: PictureInputs, now: Now): OperatorView {
  const servedBy = new Map([...inputs.units, ...inputs.stations].map(served => [served.deviceId, served]))
  const rows = inputs.devices.map(device => {
    const served = servedBy.get(device.id)
    return { device, served, facts: factsOf(device, served, inputs, now) }
  })
  const conditions = conditionsOf(
    gatewayFacts(inputs),
    rows.map(row => row.facts),
  )
  const worst = worstByDevice(conditions)
  return {
    at: rfc3339(now.utcMs),
    gateway: {
      software: inputs.software,
      ...inputs.health,
      ...pick(inputs.tallies),
      loopQueued: inputs.loopQueued,
      recordsByLane: inputs.tallies.recordsByLane,
      duplicates: inputs.intake.get('duplicates') ?? 0,
      lost: inputs.intake.get('lost') ?? 0,
      refusals: inputs.tallies.refusals,
      coverageAgeSeconds: inputs.coverageAgeSeconds,
    },
    totals: totalsOf(inputs, conditions),
    conditions,
    devices: rows.map(({ device, served, facts }) =>
      deviceRow(device, served, facts, worst.get(device.id) ?? null),
    ),
  }
}

const pick = ({ commits, commitP50Seconds, commitP99Seconds, sessions, streamClients }: Tallies) => ({
  commits,
  commitP50Seconds,
  commitP99Seconds,
  sessions,
  streamClients,
})

/** A device serves a vehicle, which is somewhere, or a station, which stays where it is. */
type Served = UnitView | StationView
const isUnit = (served: Served | undefined): served is UnitView =>
  served !== undefined && 'freshness' in served

function factsOf(
  device: DeviceView,
  served: Served | undefined,
  inputs: PictureInputs,
  now: Now,
): DeviceFacts {
  const unit = isUnit(served) ? served : undefined
  const queue = served?.queue
  return {
    id: device.id,
    state: device.state,
    certificateLeftMs:
      device.certificateNotAfter === null ? null : Date.parse(device.certificateNotAfter) - now.utcMs,
    codeAgeMs: inputs.codeAgeMs(device.id),
    link: device.link,
    heardAgeMs: served?.heardAgeMs ?? null,
    hasReceiver: served === undefined || isUnit(served),
    freshness: unit?.freshness ?? 'never',
    fixAgeMs: unit?.position?.ageMs ?? null,
    onShift: unit !== undefined && unit.availability !== 'off_duty' && unit.availability !== 'out_of_service',
    queued: queue ? queue.alarm + queue.event + queue.track + queue.diag : 0,
    bytes: queue?.bytes ?? 0,
    store: served?.store ?? device.store,
    missing: device.lanes.reduce((sum, lane) => sum + lane.missing, 0),
    inputsUnknown: unknownInputs(unit),
    faults: device.faults.map(({ driver, code, occurredAt }) => ({
      driver,
      code,
      ageMs: Math.max(0, now.utcMs - Date.parse(occurredAt)),
    })),
    gnss: unit?.drivers?.gnss ?? null,
    receiver: unit?.drivers?.receiver ?? null,
    power: unit?.drivers?.power ?? null,
    software: device.software,
  }
}

const unknownInputs = (unit: UnitView | undefined): number =>
  unit === undefined
    ? 0
    : (Object.keys(unit.equipment) as Channel[]).filter(c => unit.equipment[c] === 'unknown').length

function gatewayFacts(inputs: PictureInputs): GatewayFacts {
  const waiting = inputs.alarms.filter(alarm => alarm.acknowledgedAt === null)
  return {
    software: inputs.software,
    uptimeSeconds: inputs.health.uptimeSeconds,
    diskFreeBytes: inputs.health.diskFreeBytes,
    diskTotalBytes: inputs.health.diskTotalBytes,
    commitP99Seconds: inputs.tallies.commitP99Seconds,
    loopLagP99Seconds: inputs.health.loopLagP99Seconds,
    loopQueued: inputs.loopQueued,
    oldestAlarmMs: waiting.length === 0 ? null : Math.max(...waiting.map(alarm => alarm.ageMs)),
    ordersWaiting: inputs.counts.waitingOrders,
    refusedLately: inputs.tallies.refusedLately,
    streamDroppedLately: inputs.tallies.streamDroppedLately,
    lost: inputs.intake.get('lost') ?? 0,
    coverageAgeSeconds: inputs.coverageAgeSeconds,
  }
}

function worstByDevice(conditions: readonly Condition[]): ReadonlyMap<string, ConditionSeverity> {
  const worst = new Map<string, ConditionSeverity>()
  for (const { deviceId, severity } of conditions)
    if (deviceId !== null && isWorse(severity, worst.get(deviceId) ?? null)) worst.set(deviceId, severity)
  return worst
}

function totalsOf(inputs: PictureInputs, conditions: readonly Condition[]): OperatorTotals {
  const units = { live: 0, ageing: 0, stale: 0, never: 0 }
  const queued = { alarm: 0, event: 0, track: 0, diag: 0 }
  for (const unit of inputs.units) {
    units[unit.freshness] += 1
    for (const lane of ['alarm', 'event', 'track', 'diag'] as const) queued[lane] += unit.queue?.[lane] ?? 0
  }
  const bySeverity = { alarm: 0, warn: 0, note: 0 }
  for (const { severity } of conditions) bySeverity[severity] += 1
  const expected = inputs.devices.filter(device => device.state === 'active')
  return {
    devicesExpected: expected.length,
    devicesUp: expected.filter(device => device.link === 'up').length,
    units,
    queued,
    conditions: bySeverity,
    incidentsOpen: inputs.counts.openIncidents,
    alarmsOpen: inputs.counts.openAlarms,
    ordersWaiting: inputs.counts.waitingOrders,
    ...receiversOf(inputs.units),
  }
}

function receiversOf(
  units: readonly UnitView[],
): Pick<OperatorTotals, 'antennas' | 'jammed' | 'fixesRefused'> {
  const antennas = { ok: 0, open: 0, short: 0, unknown: 0 }
  const fixesRefused = { jump: 0, backwards: 0, speed: 0, altitude: 0, date: 0, datum: 0 }
  let jammed = 0
  for (const { drivers } of units) {
    const receiver = drivers?.receiver
    antennas[receiver?.antenna ?? 'unknown'] += 1
    if (receiver?.jamming === 'warning' || receiver?.jamming === 'critical') jammed += 1
    for (const why of Refusal.options) fixesRefused[why] += receiver?.refused[why] ?? 0
  }
  return { antennas, jammed, fixesRefused }
}

const DAY_MS = 86_400_000

const deviceRow = (
  device: DeviceView,
  served: Served | undefined,
  facts: DeviceFacts,
  worst: ConditionSeverity | null,
): OperatorDevice => ({
  ...device,
  certificateDays:
    facts.certificateLeftMs === null ? null : Math.max(0, Math.floor(facts.certificateLeftMs / DAY_MS)),
  freshness: facts.freshness,
  fixAgeMs: facts.fixAgeMs,
  heardAgeMs: facts.heardAgeMs,
  queue: served?.queue ?? null,
  store: facts.store,
  missing: facts.missing,
  drivers: isUnit(served) ? served.drivers : null,
  worst,
})
