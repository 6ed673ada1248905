import type { Freshness } from '#protocols/api.ts'
import type { GnssState, PowerLife } from '#protocols/equipment.ts'
import type { Condition, ConditionCode, ConditionSeverity } from '#protocols/operator.ts'
import type { ReceiverHealth } from '#protocols/receiver-health.ts'
import type { StoreHealth } from '#protocols/session.ts'

/*
 * What is wrong and how bad, as a question answerable on paper: the state of devices and gateway in, a list out. What to do
 * next is said in words by the page (`web/words`), one row per code.
 */

/** Limits with the reason beside each; ours, to be calibrated in service. */
export const LIMITS = {
  /** A certificate lives 30 days and is renewed with a third of its life left. */
  certNoteDays: 10,
  certWarnDays: 7,
  certAlarmDays: 2,
  /** A car in a tunnel or a cellar garage is back within this; until then it is only good to know. */
  linkDownMs: 120_000,
  /** A code not used after this long was forgotten by somebody. */
  redeemWithinMs: 24 * 3_600_000,
  /** A live link delivers within seconds; this much waiting means it does not keep up. */
  queuedRecords: 300,
  /** Of the 512 MiB of an outbox. */
  outboxWarnShare: 0.7,
  outboxBytesMax: 512 * 1024 * 1024,
  /** A driver's fault is told as present for this long. */
  driverFaultMs: 3_600_000,
  diskWarnShare: 0.15,
  diskAlarmShare: 0.05,
  commitP99Seconds: 0.25,
  loopLagSeconds: 0.1,
  loopQueued: 1_000,
  /** A panic nobody acknowledged for this long is the dispatcher's emergency and ours. */
  alarmWaitsMs: 60_000,
  /** Refreshed once a second; this late, colours on the map are old. */
  coverageSeconds: 10,
  /** Units are stale after a start until each was heard again. */
  startedSeconds: 60,
} as const

export type DeviceFacts = {
  readonly id: string
  readonly state: 'preauthorized' | 'active' | 'revoked'
  /** Milliseconds until its certificate ends; null before it has one. */
  readonly certificateLeftMs: number | null
  /** Milliseconds since its open code was issued; null without one. */
  readonly codeAgeMs: number | null
  readonly link: 'up' | 'down'
  readonly heardAgeMs: number | null
  /** A station stays where it is and has none. */
  readonly hasReceiver: boolean
  readonly freshness: Freshness
  readonly fixAgeMs: number | null
  readonly onShift: boolean
  readonly queued: number
  readonly bytes: number
  readonly store: StoreHealth | null
  readonly missing: number
  /** Channels the car itself calls unknown. */
  readonly inputsUnknown: number
  readonly faults: readonly { readonly driver: string; readonly code: string; readonly ageMs: number }[]
  readonly gnss: GnssState | null
  /** What its receiver says of itself; null where it said nothing. */
  readonly receiver: ReceiverHealth | null
  /** How it is powered, as it said last; null where it knows nothing of it. */
  readonly power: PowerLife | null
  readonly software: string | null
}

export type GatewayFacts = {
  readonly software: string
  readonly uptimeSeconds: number
  readonly diskFreeBytes: number | null
  readonly diskTotalBytes: number | null
  readonly commitP99Seconds: number
  readonly loopLagP99Seconds: number
  readonly loopQueued: number
  /** Age of the oldest alarm nobody acknowledged. */
  readonly oldestAlarmMs: number | null
  readonly ordersWaiting: number
  /** Of the last ten minutes, by code. */
  readonly refusedLately: Readonly<Record<string, number>>
  readonly streamDroppedLately: number
  readonly lost: number
  readonly coverageAgeSeconds: number | null
}

const DAY_MS = 86_400_000
const RANK: Readonly<Record<ConditionSeverity, number>> = { alarm: 0, warn: 1, note: 2 }

/** Everything that is wrong, worst first, then by device. */
export function conditionsOf(gateway: GatewayFacts, devices: readonly DeviceFacts[]): Condition[] {
  const found = [...ofGateway(gateway), ...devices.flatMap(device => ofDevice(device, gateway))]
  return found.toSorted(
    (a, b) =>
      RANK[a.severity] - RANK[b.severity] ||
      Number(a.deviceId !== null) - Number(b.deviceId !== null) ||
      (a.deviceId ?? '').localeCompare(b.deviceId ?? ''),
  )
}

export const isWorse = (a: ConditionSeverity, b: ConditionSeverity | null): boolean =>
  b === null || RANK[a] < RANK[b]

type Say = (
  code: ConditionCode,
  severity: ConditionSeverity,
  value?: number | null,
  about?: string,
) => Condition

const sayer =
  (deviceId: string | null): Say =>
  (code, severity, value = null, about = '') => ({ code, severity, deviceId, value, about })

function ofDevice(device: DeviceFacts, gateway: GatewayFacts): Condition[] {
  if (device.state === 'revoked') return []
  const say = sayer(device.id)
  if (device.state === 'preauthorized') return expected(device, say)
  return [
    ...certificate(device, say),
    ...linkAndFix(device, say, gateway),
    ...storeAndQueue(device, say),
    ...ofReceiver(device, say),
    ...ofPower(device, say),
    ...fittings(device, say, gateway),
  ]
}

function expected({ codeAgeMs }: DeviceFacts, say: Say): Condition[] {
  const late = codeAgeMs === null || codeAgeMs > LIMITS.redeemWithinMs
  return [say('not_redeemed', late ? 'warn' : 'note', codeAgeMs === null ? null : hours(codeAgeMs))]
}

function certificate({ certificateLeftMs }: DeviceFacts, say: Say): Condition[] {
  if (certificateLeftMs === null) return []
  const days = Math.floor(certificateLeftMs / DAY_MS)
  if (certificateLeftMs <= 0) return [say('cert_expired', 'alarm', -days)]
  if (days < LIMITS.certAlarmDays) return [say('cert_ends', 'alarm', days)]
  if (days < LIMITS.certWarnDays) return [say('cert_ends', 'warn', days)]
  return days < LIMITS.certNoteDays ? [say('cert_ends', 'note', days)] : []
}

/** A device without a link has no fresh fix either: that is one thing wrong, not two. */
function linkAndFix(device: DeviceFacts, say: Say, gateway: GatewayFacts): Condition[] {
  const { link, heardAgeMs, hasReceiver, freshness, fixAgeMs } = device
  const settling = gateway.uptimeSeconds < LIMITS.startedSeconds
  if (link === 'down') {
    if (heardAgeMs === null) return settling ? [] : [say('never_connected', 'warn')]
    // It said that it goes down: silence is then what was meant.
    if (device.power?.phase === 'shutting_down') return [say('went_off', 'note', minutes(heardAgeMs))]
    return [say('link_down', heardAgeMs < LIMITS.linkDownMs ? 'note' : 'warn', minutes(heardAgeMs))]
  }
  if (!hasReceiver) return []
  if (freshness === 'never') return settling ? [] : [say('fix_never', 'warn')]
  if (freshness === 'stale')
    return [say('fix_stale', device.onShift ? 'alarm' : 'warn', minutes(fixAgeMs ?? 0))]
  return []
}

function storeAndQueue({ store, link, queued, bytes, missing }: DeviceFacts, say: Say): Condition[] {
  const found: Condition[] = []
  if (store === 'poisoned') found.push(say('store_poisoned', 'alarm'))
  if (store === 'repaired') found.push(say('store_repaired', 'note'))
  if (store === 'memory') found.push(say('store_memory', 'warn'))
  if (link === 'up' && queued > LIMITS.queuedRecords) found.push(say('queue_grows', 'warn', queued))
  const share = bytes / LIMITS.outboxBytesMax
  if (share > LIMITS.outboxWarnShare) found.push(say('outbox_fills', 'alarm', share))
  if (missing > 0) found.push(say('records_missing', link === 'up' ? 'warn' : 'note', missing))
  return found
}

/** Told now by a car with a link; what is wrong with the sky needs no technician and is only good to know. */
function ofReceiver({ link, gnss, receiver }: DeviceFacts, say: Say): Condition[] {
  if (link === 'down' || receiver === null) return []
  const { antenna, jamming, hints, datum } = receiver
  const found: Condition[] = []
  // A passive antenna draws nothing and is called open by some receivers, which have a fix all the same.
  if (antenna === 'open') found.push(say('antenna_open', gnss === 'fix' ? 'note' : 'warn'))
  if (antenna === 'short') found.push(say('antenna_short', 'warn'))
  if (datum !== undefined) found.push(say('datum_foreign', 'warn', null, datum))
  if (jamming === 'critical') found.push(say('gnss_jammed', 'warn'))
  if (jamming === 'warning') found.push(say('gnss_jammed', 'note'))
  for (const hint of hints) found.push(say('gnss_doubted', 'note', null, hint))
  return found
}

function ofPower({ link, power }: DeviceFacts, say: Say): Condition[] {
  if (link === 'down' || power === null) return []
  const { phase, batteryVolts, brownouts = 0 } = power
  return [
    ...(phase === 'survival' ? [say('battery_low', 'warn', batteryVolts)] : []),
    ...(brownouts > 0 ? [say('brown_outs', 'warn', brownouts)] : []),
  ]
}

function fittings(device: DeviceFacts, say: Say, gateway: GatewayFacts): Condition[] {
  const { link, inputsUnknown, faults, software } = device
  const found: Condition[] = []
  if (link === 'up' && inputsUnknown > 0) found.push(say('inputs_unknown', 'warn', inputsUnknown))
  for (const { driver, code, ageMs } of faults)
    if (ageMs < LIMITS.driverFaultMs && !isToldNow(driver, code, device))
      found.push(say('driver_fault', 'warn', minutes(ageMs), `${driver}: ${code}`))
  if (software !== null && software !== gateway.software)
    found.push(say('software_differs', 'note', null, software))
  return found
}

/** The end of a fault is none; an antenna or a battery that a car tells about now has conditions of its own. */
const isToldNow = (driver: string, code: string, { link, receiver, power }: DeviceFacts): boolean =>
  code === 'ANTENNA_OK' ||
  (driver === 'antenna' && link === 'up' && receiver?.antenna !== undefined) ||
  (driver === 'power' && (link === 'up' || power?.phase === 'shutting_down') && power !== null)

function ofGateway(gateway: GatewayFacts): Condition[] {
  const say = sayer(null)
  const found: Condition[] = []
  const { diskFreeBytes, diskTotalBytes, oldestAlarmMs } = gateway
  if (diskFreeBytes !== null && diskTotalBytes !== null && diskTotalBytes > 0) {
    const share = diskFreeBytes / diskTotalBytes
    if (share < LIMITS.diskWarnShare)
      found.push(say('disk_low', share < LIMITS.diskAlarmShare ? 'alarm' : 'warn', share))
  }
  if (oldestAlarmMs !== null && oldestAlarmMs > LIMITS.alarmWaitsMs)
    found.push(say('alarms_waiting', 'alarm', minutes(oldestAlarmMs)))
  if (gateway.commitP99Seconds > LIMITS.commitP99Seconds)
    found.push(say('commits_slow', 'warn', gateway.commitP99Seconds))
  if (gateway.loopLagP99Seconds > LIMITS.loopLagSeconds)
    found.push(say('loop_lags', 'warn', gateway.loopLagP99Seconds))
  if (gateway.loopQueued > LIMITS.loopQueued) found.push(say('loop_queues', 'warn', gateway.loopQueued))
  if (gateway.coverageAgeSeconds !== null && gateway.coverageAgeSeconds > LIMITS.coverageSeconds)
    found.push(say('coverage_late', 'warn', gateway.coverageAgeSeconds))
  for (const [code, count] of Object.entries(gateway.refusedLately))
    if (count > 0) found.push(say('refusals', 'warn', count, code))
  if (gateway.streamDroppedLately > 0) found.push(say('stream_dropped', 'note', gateway.streamDroppedLately))
  if (gateway.lost > 0) found.push(say('records_lost', 'note', gateway.lost))
  if (gateway.ordersWaiting > 0) found.push(say('orders_waiting', 'note', gateway.ordersWaiting))
  if (gateway.uptimeSeconds < LIMITS.startedSeconds)
    found.push(say('just_started', 'note', Math.floor(gateway.uptimeSeconds)))
  return found
}

const minutes = (ms: number): number => Math.floor(ms / 60_000)
const hours = (ms: number): number => Math.floor(ms / 3_600_000)
