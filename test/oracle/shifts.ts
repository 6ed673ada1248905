import { openPayload } from '#protocols/batch.ts'
import { localPlane } from '#protocols/geo/local.ts'
import { LANES } from '#protocols/record.ts'
import { Live } from '#protocols/session.ts'
import type { Order } from '#protocols/orders.ts'
import { openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import { startRuntime } from '#agent/runtime.ts'
import type { Sampling } from '#agent/vehicle/sampling.ts'
import type { LinkEvents } from '#agent/uplink/uplink.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { randomOf } from '#sim/random.ts'
import type { Random } from '#sim/random.ts'
import type { Beat } from '#sim/traffic/beat.ts'
import { moverStep, openMover, poseOf } from '#sim/traffic/mover.ts'
import type { Pose } from '#sim/traffic/mover.ts'
import type { StreetMap } from '#sim/traffic/street-map.ts'

/*
 * Shifts of one car, in virtual time: the whole agent above its serial lines with a link that counts. The truth of every
 * second is compared with what somebody knows who has only the records.
 *
 *     patrol 10-30 min -> an incident: sign, drive there, on scene 5-15 min -> patrol …
 */
export type ShiftCounts = {
  seconds: number
  movingSeconds: number
  /** Published on the link, by channel. */
  messages: Record<'live' | 'track' | 'other', number>
  /** The same messages while the car moved. */
  movingMessages: number
  positions: number
  /** One per second of driving: metres between the truth and the line between two records. */
  errorsM: number[]
  /** Longest silences: between any two messages, and between two newer positions, each beside what was announced. */
  longestSilenceMs: number
  longestPositionGapMs: number
  silencesBeyond: number
  incidents: number
}

const HZ_MS = 1_000
/** A receiver in a street: an error that wanders within minutes, and a little noise on every fix. */
const DRIFT_M = 2.5
const DRIFT_SECONDS = 60
const NOISE_M = 0.3
const SPEED_NOISE_MPS = 0.1
const BOOT = '00112233445566aa'

export async function driveShift(
  parts: { readonly map: StreetMap; readonly beat: Beat; readonly seed: number; readonly hours: number },
  sampling: Sampling,
): Promise<ShiftCounts> {
  const { map, beat, seed, hours } = parts
  const random = randomOf(seed, 'car', 'shift')
  const clock = openVirtualClock({ quality: 'ntp' })
  const mover = openMover({ map, beat, random: randomOf(seed, 'car', 'mover'), nowMs: 0 })
  const counts: ShiftCounts = {
    seconds: 0,
    movingSeconds: 0,
    messages: { live: 0, track: 0, other: 0 },
    movingMessages: 0,
    positions: 0,
    errorsM: [],
    longestSilenceMs: 0,
    longestPositionGapMs: 0,
    silencesBeyond: 0,
    incidents: 0,
  }
  const reported: { monoMs: number; lat: number; lon: number }[] = []
  const truths: Pose[] = []
  let [newestWordMs, wordDueMs, positionDueMs] = [0, Infinity, Infinity]
  let newestPositionMs = 0
  let moving = false

  const heard = (channel: string, payload: Uint8Array): void => {
    const { monoMs } = clock.now()
    const kind = channel === 'live' ? 'live' : channel === 'up/track' ? 'track' : 'other'
    counts.messages[kind] += 1
    if (moving) counts.movingMessages += 1
    if (channel === 'live') {
      const live = Live.parse(JSON.parse(Buffer.from(payload).toString('utf8')))
      const fixMs = monoMs - (live.position?.ageMs ?? Infinity)
      const isNewer = fixMs > newestPositionMs
      if (monoMs > wordDueMs || (isNewer && monoMs > positionDueMs)) counts.silencesBeyond += 1
      counts.longestSilenceMs = Math.max(counts.longestSilenceMs, monoMs - newestWordMs)
      if (isNewer) {
        counts.longestPositionGapMs = Math.max(counts.longestPositionGapMs, monoMs - newestPositionMs)
        newestPositionMs = fixMs
        positionDueMs = Infinity
      }
      newestWordMs = monoMs
      wordDueMs = monoMs + live.announcedMs
      // A later word may promise a newer position sooner, never excuse an older promise.
      positionDueMs = Math.min(positionDueMs, wordDueMs)
      return
    }
    if (!channel.startsWith('up/')) return
    const opened = openPayload(payload)
    if (!opened.ok) throw new Error(opened.detail)
    for (const record of opened.value) {
      if (record.kind !== 'position') continue
      counts.positions += 1
      reported.push({ monoMs: record.monoMs, ...(JSON.parse(record.body) as { lat: number; lon: number }) })
    }
  }

  let events: LinkEvents | null = null
  let minted = 0
  const outbox = openMemoryOutbox(clock, { bootId: BOOT, mintEpoch: () => 'ffeeddccbbaa9988', health: 'ok' })
  const ack = (lane: string, upTo: number): void => {
    const told = { v: 1, ledgerId: BOOT, generation: 0, epoch: outbox.epoch, lane, upTo }
    events?.onMessage('down/ack', Buffer.from(JSON.stringify(told)))
  }
  const runtime = startRuntime({
    identity: {
      deviceId: 'ptu-01',
      unitId: 'unit-01',
      callSign: '鼓楼01',
      orderKey: { keyId: '0'.repeat(16), publicKeyPem: '' },
    },
    clock,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    outbox,
    dial: made => {
      events = made
      return () => {}
    },
    setOutput: () => {},
    mint: bytes => (++minted).toString(16).padStart(bytes * 2, '0'),
    random: () => 0.5,
    software: 'proof',
    bootId: BOOT,
    bootCount: 1,
    sampling,
  })
  await settle()
  events!.onConnected({
    publish: (channel, payload) => {
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
      heard(channel, bytes)
      if (channel.startsWith('up/')) {
        const opened = openPayload(bytes)
        const last = opened.ok ? opened.value.at(-1) : undefined
        if (last) queueMicrotask(() => ack(last.lane, last.seq))
      }
      return Promise.resolve(true)
    },
    close: () => Promise.resolve(),
  })
  for (const lane of LANES) ack(lane, 0)

  const noise = receiverNoise(random)
  moverStep(mover, { type: 'patrol' }, 0)
  let work = { stage: 'patrol', untilS: random.uniform(600, 1_800), orderId: '' }
  const totalS = Math.round(hours * 3_600)
  for (let second = 1; second <= totalS; second += 1) {
    const monoMs = second * HZ_MS
    clock.runUntil(monoMs)
    const arrived = moverStep(mover, { type: 'tick' }, monoMs).some(effect => effect.type === 'arrived')
    const pose = poseOf(mover)
    moving = pose.speedMps > 0.5
    truths.push(pose)
    counts.seconds += 1
    if (moving) counts.movingSeconds += 1
    const plane = localPlane(pose)
    const off = noise()
    runtime.feed({
      type: 'fix',
      fix: {
        ...plane.toLatLon(off),
        mode: 3,
        speedMps: Math.max(0, pose.speedMps + SPEED_NOISE_MPS * random.normal(0, 1)),
        trackDeg: pose.trackDeg,
        hdop: 1,
        timeUtcMs: clock.now().utcMs,
      },
    })
    if (work.stage === 'patrol' && second >= work.untilS) {
      counts.incidents += 1
      const place = somewhere(map, beat, random)
      const orderId = `order-${counts.incidents}`
      runtime.feed({ type: 'order', order: orderOf(orderId, counts.incidents, place) })
      void runtime.tap({ kind: 'sign', orderId })
      moverStep(mover, { type: 'drive', ...place }, monoMs)
      work = { stage: 'driving', untilS: second + 1_800, orderId }
    } else if (work.stage === 'driving' && (arrived || second >= work.untilS)) {
      void runtime.tap({ kind: 'on_scene', orderId: work.orderId })
      work = { ...work, stage: 'scene', untilS: second + random.uniform(300, 900) }
    } else if (work.stage === 'scene' && second >= work.untilS) {
      void runtime.tap({ kind: 'clear', orderId: work.orderId })
      moverStep(mover, { type: 'patrol' }, monoMs)
      work = { stage: 'patrol', untilS: second + random.uniform(600, 1_800), orderId: '' }
    }
    await settle()
  }
  await runtime.stop()
  counts.errorsM = errorsOf(truths, reported)
  return counts
}

/** Metres between the truth and the line through the records, at every second both know. */
function errorsOf(
  truths: readonly Pose[],
  reported: readonly { monoMs: number; lat: number; lon: number }[],
): number[] {
  const errors: number[] = []
  let k = 0
  truths.forEach((truth, i) => {
    const monoMs = (i + 1) * HZ_MS
    while (k + 1 < reported.length && reported[k + 1]!.monoMs <= monoMs) k += 1
    const [a, b] = [reported[k], reported[k + 1]]
    if (a === undefined || b === undefined || a.monoMs > monoMs) return
    const share = (monoMs - a.monoMs) / Math.max(1, b.monoMs - a.monoMs)
    const at = { lat: a.lat + share * (b.lat - a.lat), lon: a.lon + share * (b.lon - a.lon) }
    const { x, y } = localPlane(truth).toMetres(at)
    errors.push(Math.hypot(x, y))
  })
  return errors
}

function receiverNoise(random: Random): () => { x: number; y: number } {
  const keep = Math.exp(-1 / DRIFT_SECONDS)
  const fresh = DRIFT_M * Math.sqrt(1 - keep * keep)
  let [x, y] = [DRIFT_M * random.normal(0, 1), DRIFT_M * random.normal(0, 1)]
  return () => {
    x = keep * x + fresh * random.normal(0, 1)
    y = keep * y + fresh * random.normal(0, 1)
    return { x: x + NOISE_M * random.normal(0, 1), y: y + NOISE_M * random.normal(0, 1) }
  }
}

function somewhere(map: StreetMap, beat: Beat, random: Random): { lat: number; lon: number } {
  const edge = random.pick(beat.edges)
  return map.latLonOf(map.pointAt({ edge, alongM: map.lengthM(edge) / 2 }))
}

const orderOf = (orderId: string, n: number, place: { lat: number; lon: number }): Order => ({
  kind: 'dispatch',
  orderId,
  deviceId: 'ptu-01',
  unitId: 'unit-01',
  incidentId: `incident-${n}`,
  nonce: n.toString(16).padStart(32, '0'),
  issuedAt: n,
  revision: 1,
  incident: {
    number: `JQ-${n}`,
    class: 'help',
    severity: 'normal',
    place: { ...place, text: '' },
    exercise: false,
  },
})

const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i += 1) await new Promise(resolve => setImmediate(resolve))
}
