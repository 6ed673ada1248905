import { openPayload } from '#protocols/batch.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { quickParse } from '#protocols/quick-parse.ts'
import { eventIdOf, LANES } from '#protocols/record.ts'
import type { Lane, RecordOrigin, WireRecord } from '#protocols/record.ts'
import { Hello, Live, Unstored } from '#protocols/session.ts'
import type { Ack, UnstoredAck } from '#protocols/session.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import type { UpChannel } from '#protocols/topics.ts'
import type { CityEffect, CityEvent } from '../loop/effects.ts'
import { isKnown, otherStoreOf, toRecall } from './carried.ts'
import type { Recalled } from './carried.ts'
import { bookOf, count, deviceBookOf, epochInTheWay, faultKey, noteFault, readBody } from './intake-state.ts'
import type { DriverFault, IntakeState, LaneRef } from './intake-state.ts'
import {
  admit,
  claim,
  excuse,
  HELD_MAX,
  highestOf,
  isWaiting,
  passHole,
  release,
  unexplainedUpTo,
  waitingSinceMonoMs,
  watermarkOf,
  watermarkRowOf,
} from './lane-book.ts'
import type { Arrival, LaneBook } from './lane-book.ts'
import { newDelayWindow, observeDelay, offsetOf, recordAgeMs } from './lateness.ts'
import { countOf, rangeAt } from '#protocols/ranges.ts'
import type { Ranges } from '#protocols/ranges.ts'
import { aliasKey, recordKey, recordRowOf, SEQ_MAX, watermarkKey } from './rows.ts'
import type { AliasRow } from './rows.ts'

/** What the broker's listener and the clock bring; the device is the one of the certificate. */
export type IntakeEvent =
  | { readonly type: 'session'; readonly deviceId: DeviceId; readonly link: 'up' | 'down' }
  | {
      readonly type: 'payload'
      readonly deviceId: DeviceId
      readonly channel: UpChannel
      readonly payload: Uint8Array
      /** Answer to a `recall`. */
      readonly recalled?: Recalled
    }
  | { readonly type: 'tick' }

export type IntakeEffect =
  | Extract<CityEffect, { type: 'put' | 'del' | 'audit' | 'log' }>
  | { readonly type: 'city'; readonly event: CityEvent }
  | { readonly type: 'ack'; readonly deviceId: DeviceId; readonly ack: Ack }
  /** Carried-over records may be in the ledger already: read these rows and bring the payload again with their sums. */
  | {
      readonly type: 'recall'
      readonly event: Extract<IntakeEvent, { type: 'payload' }>
      readonly keys: readonly string[]
    }
  | { readonly type: 'unstored.ack'; readonly deviceId: DeviceId; readonly ack: UnstoredAck }

/** A hole is waited for this long, an alarm's for a second: an alarm told out of order is better than one told late. */
const HOLE_WAIT_MS = 30_000
const ALARM_HOLE_WAIT_MS = 1_000
/** Ids remembered per device, so that an alarm sent twice is told once. */
const UNSTORED_IDS_MAX = 256

/** One event in, effects in the order they happened; `now` is when the event reached the gateway. */
export function intake(state: IntakeState, event: IntakeEvent, now: Now): IntakeEffect[] {
  switch (event.type) {
    case 'session':
      deviceBookOf(state, event.deviceId).link = event.link
      return [{ type: 'city', event }]
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
      return onRecords(state, event, channel.slice('up/'.length) as Lane, now)
  }
}

function onRecords(
  state: IntakeState,
  event: Extract<IntakeEvent, { type: 'payload' }>,
  lane: Lane,
  now: Now,
): IntakeEffect[] {
  const { deviceId, recalled } = event
  const opened = openPayload(event.payload)
  if (!opened.ok) return [refusal(state, deviceId, `up/${lane}`, opened.code, opened.detail)]
  const { epoch } = opened.value[0]!
  const foreign = opened.value.find(r => r.lane !== lane || r.seq > SEQ_MAX)
  if (foreign !== undefined)
    return [
      refusal(state, deviceId, `up/${lane}`, 'RECORD_SCHEMA', `seq ${foreign.seq} of lane ${foreign.lane}`),
    ]
  const keys = toRecall(state, deviceId, opened.value, recalled)
  if (keys.length > 0) return [{ type: 'recall', event, keys }]
  const effects = makeRoom(state, deviceId, epoch)
  const book = bookOf(state, deviceId, epoch, lane)
  const ref = { deviceId, epoch, lane }
  const before = book.received
  const arrived = { now, receivedAt: rfc3339(now.utcMs), recalled, talking: talkingBoot(state, deviceId) }
  for (const record of opened.value) acceptRecord(state, ref, book, record, arrived, effects)
  // Nothing new: nothing to write, but the ack may have been lost on its way and is said again.
  if (book.received !== before) effects.push(...settle(state, ref, book))
  effects.push(ackOf(state, ref, book))
  return effects
}

/**
 * A device that lost its store once too often is heard all the same: its longest silent epoch is forgotten. What of it
 * still waited for a missing record is told first. Its records stay in the ledger.
 */
function makeRoom(state: IntakeState, deviceId: DeviceId, epoch: string): IntakeEffect[] {
  const silent = epochInTheWay(state, deviceId, epoch)
  if (silent === undefined) return []
  const { epochs } = deviceBookOf(state, deviceId)
  const effects: IntakeEffect[] = []
  for (const [lane, book] of epochs.get(silent) ?? []) {
    const ref = { deviceId, epoch: silent, lane }
    while (isWaiting(book)) effects.push(...passAndTell(state, ref, book))
    state.waiting.delete(book)
    effects.push({ type: 'del', key: watermarkKey(deviceId, silent, lane) })
  }
  epochs.delete(silent)
  count(state, 'epochs_forgotten')
  const detail = { deviceId, epoch: silent, for: epoch }
  return [
    ...effects,
    { type: 'audit', action: 'intake.epoch_forgotten', actor: `device:${deviceId}`, detail },
    { type: 'log', level: 'warn', event: 'intake.epoch_forgotten', detail },
  ]
}

/** When the payload of a record came, what the ledger knows of the older names in it, and the clock of who brought it. */
type Arrived = {
  readonly now: Now
  readonly receivedAt: string
  readonly recalled: Recalled | undefined
  readonly talking: TalkingBoot | undefined
}

/** The boot that now talks and the offset of its clock, known from its live messages. */
type TalkingBoot = { readonly bootId: string; readonly offsetMs: number | undefined }

function talkingBoot(state: IntakeState, deviceId: DeviceId): TalkingBoot | undefined {
  const { boot } = deviceBookOf(state, deviceId)
  return boot === null ? undefined : { bootId: boot.bootId, offsetMs: offsetOf(boot.delays) }
}

/** Adds what follows from one record to `effects`; many are accepted a second, and a list for each would be much garbage. */
function acceptRecord(
  state: IntakeState,
  ref: LaneRef,
  book: LaneBook,
  record: WireRecord,
  { now, receivedAt, recalled, talking }: Arrived,
  effects: IntakeEffect[],
): void {
  const { body, code, detail } = readBody(record)
  const ageMs = ageOf(record, talking, now)
  const known = isKnown(ref.deviceId, record, recalled)
  const arrival = { record, body, ageMs, receivedMonoMs: now.monoMs, receivedAt, known }
  const admission = admit(book, arrival)
  if (admission !== 'new' && admission !== 'late') {
    effects.push(...turnAway(state, ref, record, admission))
    return
  }
  if (known) {
    count(state, 'carried_known')
    const value: AliasRow = { v: 1, sum: record.sum }
    effects.push({ type: 'put', key: aliasKey(ref.deviceId, ref.epoch, ref.lane, record.seq), value })
    if (book.held.size > HELD_MAX) effects.push(...passAndTell(state, ref, book))
    return
  }
  count(state, 'records')
  const key = recordKey(ref.deviceId, ref.epoch, ref.lane, record.seq)
  effects.push({ type: 'put', key, value: recordRowOf(record, { ageMs, receivedAt, code }) })
  if (record.origin !== undefined) effects.push(...claimOrigin(state, ref, record.origin))
  if (code !== undefined) effects.push(refusal(state, ref.deviceId, `up/${ref.lane}`, code, detail))
  if (body?.kind === 'gap') effects.push(...onGap(state, ref, record.origin?.epoch, body.body))
  if (body?.kind === 'driver.fault')
    effects.push(
      ...onDriverFault(state, ref.deviceId, {
        ...body.body,
        occurredAt: rfc3339(now.utcMs - ageMs),
        receivedAt,
      }),
    )
  if (admission === 'late') effects.push(tellCity(ref.deviceId, arrival))
  else if (book.held.size > HELD_MAX) effects.push(...passAndTell(state, ref, book))
}

/** What is known, what bears a name that is taken, and what there is no room for. */
function turnAway(
  state: IntakeState,
  ref: LaneRef,
  record: WireRecord,
  why: 'duplicate' | 'reused' | 'full',
): IntakeEffect[] {
  const eventId = eventIdOf(ref.deviceId, record)
  switch (why) {
    case 'duplicate':
      count(state, 'duplicates')
      return []
    case 'reused':
      return [chainAudit(state, ref, { eventId, what: 'seq_reused', sum: record.sum })]
    case 'full':
      return [refusal(state, ref.deviceId, `up/${ref.lane}`, 'RECORD_SCHEMA', `too many holes at ${eventId}`)]
  }
}

/** Taken under its new name: should it come once more, under its first one or a third, it is a duplicate. */
function claimOrigin(state: IntakeState, { deviceId, lane }: LaneRef, origin: RecordOrigin): IntakeEffect[] {
  const ref = { deviceId, epoch: origin.epoch, lane }
  const value: AliasRow = { v: 1, sum: origin.sum }
  const alias: IntakeEffect = { type: 'put', key: aliasKey(deviceId, origin.epoch, lane, origin.seq), value }
  const old = otherStoreOf(state, deviceId, origin.epoch, lane)
  if (old === undefined || rangeAt(old.received, origin.seq) !== undefined) return [alias]
  claim(old, origin.seq, origin.sum)
  return [alias, ...tellReleased(state, ref, old), putWatermark(ref, old)]
}

/** After arrivals: tell what is next in order, write the watermark, remember whether somebody still waits. */
function settle(state: IntakeState, ref: LaneRef, book: LaneBook): IntakeEffect[] {
  const effects = tellReleased(state, ref, book)
  effects.push(putWatermark(ref, book))
  if (isWaiting(book)) state.waiting.set(book, ref)
  else state.waiting.delete(book)
  if (ref.lane === 'event') effects.push(...settleLosses(state, ref))
  return effects
}

function tellReleased(state: IntakeState, ref: LaneRef, book: LaneBook): IntakeEffect[] {
  const effects: IntakeEffect[] = []
  for (const { arrival, chainBroken } of release(book)) {
    if (chainBroken) effects.push(...flagBroken(state, ref, arrival))
    if (arrival.known !== true) effects.push(tellCity(ref.deviceId, arrival))
  }
  return effects
}

/** Accepted all the same: the record is true, the order before it is in doubt. */
function flagBroken(state: IntakeState, ref: LaneRef, arrival: Arrival): IntakeEffect[] {
  const { record, ageMs, receivedAt } = arrival
  const key = recordKey(ref.deviceId, ref.epoch, ref.lane, record.seq)
  const value = recordRowOf(record, { ageMs, receivedAt, code: 'CHAIN_BROKEN' })
  const detail = { eventId: eventIdOf(ref.deviceId, record), what: 'prev_differs', prev: record.prev }
  return [{ type: 'put', key, value, again: true }, chainAudit(state, ref, detail)]
}

const tellCity = (deviceId: DeviceId, { record, body, ageMs }: Arrival): IntakeEffect => ({
  type: 'city',
  event: { type: 'record', deviceId, record, body, ageMs },
})

function passAndTell(state: IntakeState, ref: LaneRef, book: LaneBook): IntakeEffect[] {
  const hole = passHole(book)
  if (hole === undefined) return []
  count(state, 'holes_passed')
  const detail = { ...ref, hole }
  return [
    { type: 'log', level: 'warn', event: 'intake.hole_passed', detail },
    ...tellReleased(state, ref, book),
  ]
}

function onDriverFault(state: IntakeState, deviceId: DeviceId, fault: DriverFault): IntakeEffect[] {
  if (!noteFault(deviceBookOf(state, deviceId), fault)) return []
  return [{ type: 'put', key: faultKey(deviceId, fault.driver), value: fault }]
}

/**
 * A gap receipt in lane `event`: the named seqs count as received, and what waited behind them may go on. They are seqs of the
 * store in which it was written: carried over, it speaks of that one still, where the same numbers are other records.
 */
function onGap(
  state: IntakeState,
  ref: LaneRef,
  writtenIn: string | undefined,
  gap: { readonly lane: Lane; readonly ranges: Ranges; readonly reason: string },
): IntakeEffect[] {
  const isCarried = writtenIn !== undefined && writtenIn !== ref.epoch
  const book = isCarried
    ? otherStoreOf(state, ref.deviceId, writtenIn, gap.lane)
    : bookOf(state, ref.deviceId, ref.epoch, gap.lane)
  // Nothing of that store was ever heard, so nobody waits for anything of it.
  if (book === undefined) return []
  const target = { ...ref, epoch: isCarried ? writtenIn : ref.epoch, lane: gap.lane }
  const detail = { ...target, reason: gap.reason, count: countOf(gap.ranges) }
  if (!gap.ranges.every(([, last]) => last <= SEQ_MAX) || !excuse(book, gap.ranges))
    return [refusal(state, ref.deviceId, 'up/event', 'RECORD_BODY', 'a gap receipt that cannot be true')]
  const log: IntakeEffect = { type: 'log', level: 'info', event: 'intake.gap', detail }
  // The event lane itself is settled by the caller, once its own records are in.
  if (gap.lane === ref.lane && !isCarried) return [log]
  return [log, ...settle(state, target, book), ackOf(state, target, book)]
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
  device.unsettled = new Set(LANES)
  for (const { lane, book } of lanes) {
    const ref = { deviceId, epoch: hello.epoch, lane }
    const last = hello.lanes[lane].last
    if (highestOf(book) > last && !repeated)
      effects.push(chainAudit(state, ref, { what: 'rolled_back', last, seen: highestOf(book) }))
    effects.push(ackOf(state, ref, book))
  }
  return [...effects, ...settleLosses(state, { deviceId, epoch: hello.epoch, lane: 'event' })]
}

/**
 * A device says in its hello what it still holds. What it neither holds nor delivered is lost; saying so lets the lane go
 * on. Other lanes wait until the events of that hello are in, for the gap receipt that explains the hole may be among them.
 */
function settleLosses(state: IntakeState, ref: LaneRef): IntakeEffect[] {
  const device = deviceBookOf(state, ref.deviceId)
  const { hello } = device
  if (hello === null || hello.epoch !== ref.epoch || device.unsettled.size === 0) return []
  const effects: IntakeEffect[] = []
  const settleLane = (lane: Lane): void => {
    if (!device.unsettled.delete(lane)) return
    effects.push(...declareLost(state, { ...ref, lane }, hello.lanes[lane].first - 1))
  }
  settleLane('event')
  const events = bookOf(state, ref.deviceId, ref.epoch, 'event')
  if (watermarkOf(events) >= hello.lanes.event.last) for (const lane of LANES) settleLane(lane)
  return effects
}

function declareLost(state: IntakeState, ref: LaneRef, upTo: number): IntakeEffect[] {
  const book = bookOf(state, ref.deviceId, ref.epoch, ref.lane)
  const holes = unexplainedUpTo(book, upTo)
  if (holes.length === 0 || upTo > SEQ_MAX || !excuse(book, holes)) return []
  count(state, 'lost', countOf(holes))
  const detail = { ...ref, holes: holes.slice(0, 16), count: countOf(holes) }
  const effects: IntakeEffect[] = [
    { type: 'audit', action: 'intake.lost', actor: `device:${ref.deviceId}`, detail },
    { type: 'log', level: 'warn', event: 'intake.lost', detail },
  ]
  const told = tellReleased(state, ref, book)
  return [...effects, ...told, putWatermark(ref, book), ackOf(state, ref, book)]
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

/** How old a record is on arrival. */
const ageOf = (record: WireRecord, talking: TalkingBoot | undefined, now: Now): number =>
  recordAgeMs({
    receivedMonoMs: now.monoMs,
    receivedUtcMs: now.utcMs,
    recordMonoMs: record.monoMs,
    occurredAt: record.occurredAt,
    clockQuality: record.clockQuality,
    sameBootOffsetMs: talking?.bootId === record.bootId ? talking.offsetMs : undefined,
    currentOffsetMs: talking?.offsetMs,
  })

const putWatermark = (ref: LaneRef, book: LaneBook): IntakeEffect => ({
  type: 'put',
  key: watermarkKey(ref.deviceId, ref.epoch, ref.lane),
  value: watermarkRowOf(book),
})

const ackOf = (state: IntakeState, { deviceId, epoch, lane }: LaneRef, book: LaneBook): IntakeEffect => {
  const { ledgerId, generation } = state
  const upTo = watermarkOf(book)
  const ack: Ack = { v: 1, ledgerId, generation, epoch, lane, upTo }
  // By this the device knows that its record of that name is the one we have.
  if (book.told > 0 && book.told === upTo && book.toldSum !== null) ack.sum = book.toldSum
  return { type: 'ack', deviceId, ack }
}

function refusal(
  state: IntakeState,
  deviceId: DeviceId,
  channel: string,
  code: string,
  detail: string,
): IntakeEffect {
  count(state, code)
  const facts = { deviceId, channel, code, detail: detail.slice(0, 300) }
  return { type: 'log', level: 'warn', event: 'intake.refused', detail: facts }
}

function chainAudit(state: IntakeState, ref: LaneRef, detail: Record<string, unknown>): IntakeEffect {
  count(state, 'CHAIN_BROKEN')
  const facts = { ...ref, code: 'CHAIN_BROKEN', ...detail }
  return { type: 'audit', action: 'intake.chain_broken', actor: `device:${ref.deviceId}`, detail: facts }
}

/** JSON text or anything else; what is no JSON is `undefined` and fits no schema. */
function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}
