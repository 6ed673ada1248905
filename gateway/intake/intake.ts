import type { DeviceId } from '#protocols/ids.ts'
import { quickParse } from '#protocols/quick-parse.ts'
import { LANES } from '#protocols/record.ts'
import type { Lane } from '#protocols/record.ts'
import { Hello, Live, Unstored } from '#protocols/session.ts'
import type { UnstoredAck } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import { chainAudit, refusal } from './intake-effects.ts'
import type { IntakeEffect, IntakeEvent } from './intake-effects.ts'
import { bookOf, count, deviceBookOf, TURNED_AWAY_MAX } from './intake-state.ts'
import type { IntakeState } from './intake-state.ts'
import { highestOf, isWaiting, waitingSinceMonoMs } from './lane-book.ts'
import { ackOf, passAndTell, settle, settleLosses } from './lane-effects.ts'
import { newDelayWindow, observeDelay } from './lateness.ts'
import { makeRoom } from './make-room.ts'
import { takeRecords } from './take-records.ts'

/** A hole is waited for this long, an alarm's for a second: an alarm told out of order is better than one told late. */
const HOLE_WAIT_MS = 30_000
const ALARM_HOLE_WAIT_MS = 1_000
/** Ids remembered per device, so that an alarm sent twice is told once. */
const UNSTORED_IDS_MAX = 256

/** One event in, effects in the order they happened; `now` is when the event reached the gateway. */
export function intake(state: IntakeState, event: IntakeEvent, now: Now): IntakeEffect[] {
  switch (event.type) {
    case 'session': {
      const device = deviceBookOf(state, event.deviceId)
      device.link = event.link
      device.mayTurnAway = TURNED_AWAY_MAX
      return [{ type: 'city', event }]
    }
    case 'payload':
      return onPayload(state, event, now)
    case 'tick':
      return onTick(state, now)
  }
}

function onPayload(
  state: IntakeState,
  event: Extract<IntakeEvent, { type: 'payload' }>,
  now: Now,
): IntakeEffect[] {
  const { deviceId, channel, payload } = event
  switch (channel) {
    case 'hello':
      return onHello(state, deviceId, payload)
    case 'live':
      return onLive(state, deviceId, payload, now)
    case 'health':
      return [{ type: 'log', level: 'debug', event: 'device.health', detail: { deviceId } }]
    case 'up/unstored':
      return onUnstored(state, deviceId, payload)
    case 'up/alarm':
    case 'up/event':
    case 'up/track':
    case 'up/diag':
      return takeRecords(state, event, channel.slice('up/'.length) as Lane, now)
  }
}

function onHello(state: IntakeState, deviceId: DeviceId, payload: Uint8Array): IntakeEffect[] {
  const parsed = Hello.safeParse(jsonOf(payload))
  if (!parsed.success) return [refusal(state, deviceId, 'hello', 'RECORD_SCHEMA', parsed.error.message)]
  const hello = parsed.data
  const device = deviceBookOf(state, deviceId)
  const effects: IntakeEffect[] = [{ type: 'city', event: { type: 'hello', deviceId, hello } }]
  effects.push(...makeRoom(state, deviceId, hello.epoch))
  const lanes = LANES.map(lane => ({ lane, book: bookOf(state, deviceId, hello.epoch, lane) }))
  const repeated = JSON.stringify(device.hello?.lanes) === JSON.stringify(hello.lanes)
  device.hello = hello
  device.mayTurnAway = TURNED_AWAY_MAX
  device.unsettled = new Set(LANES)
  for (const { lane, book } of lanes) {
    const ref = { deviceId, epoch: hello.epoch, lane }
    const last = hello.lanes[lane].last
    book.contested = null
    if (highestOf(book) > last && !repeated)
      effects.push(chainAudit(state, ref, { what: 'rolled_back', last, seen: highestOf(book) }))
    effects.push(ackOf(state, ref, book))
  }
  return [...effects, ...settleLosses(state, { deviceId, epoch: hello.epoch, lane: 'event' })]
}

const readLive = quickParse(Live)

function onLive(state: IntakeState, deviceId: DeviceId, payload: Uint8Array, now: Now): IntakeEffect[] {
  const parsed = readLive(jsonOf(payload))
  if (!parsed.success) return [refusal(state, deviceId, 'live', 'RECORD_SCHEMA', parsed.error.message)]
  const live = parsed.data
  const device = deviceBookOf(state, deviceId)
  if (device.boot?.bootId !== live.bootId)
    device.boot = { bootId: live.bootId, delays: newDelayWindow(), liveSeq: 0 }
  const { boot } = device
  const latenessMs = observeDelay(boot.delays, now.monoMs, live.sentMonoMs)
  // An older slot that overtook a newer one tells nothing; the newest truth is already here.
  if (live.liveSeq <= boot.liveSeq) {
    count(state, 'live_outdated')
    return []
  }
  boot.liveSeq = live.liveSeq
  return [{ type: 'city', event: { type: 'live', deviceId, live, latenessMs } }]
}

function onUnstored(state: IntakeState, deviceId: DeviceId, payload: Uint8Array): IntakeEffect[] {
  const parsed = Unstored.safeParse(jsonOf(payload))
  if (!parsed.success) return [refusal(state, deviceId, 'up/unstored', 'RECORD_SCHEMA', parsed.error.message)]
  const { unstoredIds } = deviceBookOf(state, deviceId)
  const { ledgerId, generation } = state
  const ack: UnstoredAck = { v: 1, ledgerId, generation, unstored: parsed.data.id }
  const heard: IntakeEffect = { type: 'unstored.ack', deviceId, ack }
  if (unstoredIds.has(parsed.data.id)) {
    count(state, 'duplicates')
    return [heard]
  }
  // Bounded: the oldest id leaves. The alarm's own row keeps a repetition harmless even then.
  if (unstoredIds.size >= UNSTORED_IDS_MAX) unstoredIds.delete([...unstoredIds][0]!)
  unstoredIds.add(parsed.data.id)
  return [{ type: 'city', event: { type: 'unstored', deviceId, alarm: parsed.data } }, heard]
}

function onTick(state: IntakeState, now: Now): IntakeEffect[] {
  const effects: IntakeEffect[] = []
  for (const [book, ref] of [...state.waiting]) {
    if (!isWaiting(book)) state.waiting.delete(book)
    const waitMs = ref.lane === 'alarm' ? ALARM_HOLE_WAIT_MS : HOLE_WAIT_MS
    if (now.monoMs - waitingSinceMonoMs(book) < waitMs) continue
    effects.push(...passAndTell(state, ref, book), ...settle(state, ref, book))
  }
  return effects
}

/** JSON text or anything else; what is no JSON is `undefined` and fits no schema. */
function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}
