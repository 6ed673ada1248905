import { openPayload } from '#protocols/batch.ts'
import type { DeviceId } from '#protocols/ids.ts'
import { countOf, rangeAt } from '#protocols/ranges.ts'
import type { Ranges } from '#protocols/ranges.ts'
import { eventIdOf } from '#protocols/record.ts'
import type { Lane, RecordOrigin, WireRecord } from '#protocols/record.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { isKnown, sumInLedger, toRecall } from './carried.ts'
import type { Recalled } from './carried.ts'
import { chainAudit, refusal } from './intake-effects.ts'
import type { IntakeEffect, IntakeEvent } from './intake-effects.ts'
import {
  bookOf,
  count,
  deviceBookOf,
  epochInTheWay,
  faultKey,
  heardBookOf,
  noteFault,
  readBody,
} from './intake-state.ts'
import type { DriverFault, IntakeState, LaneRef } from './intake-state.ts'
import { admit, claim, excuse, HELD_MAX, isOfAnotherHistory, takeNext } from './lane-book.ts'
import type { LaneBook } from './lane-book.ts'
import { ackOf, passAndTell, putWatermark, settle, tellCity, tellReleased } from './lane-effects.ts'
import { offsetOf, recordAgeMs } from './lateness.ts'
import { makeRoom } from './make-room.ts'
import { aliasKey, lanePrefix, recordKeyIn, recordRowOf, SEQ_MAX } from './rows.ts'
import type { AliasRow } from './rows.ts'

/** One payload of a lane, a record or a batch: each taken once, the city told in order, the lane acknowledged. */
export function takeRecords(
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
  if (book.contested !== null) return [...effects, ackOf(state, ref, book)]
  const before = book.received
  const arrived: Arrived = {
    now,
    receivedAt: rfc3339(now.utcMs),
    recalled,
    talking: talkingBoot(state, deviceId),
    prefix: lanePrefix(deviceId, epoch, lane),
    told: [],
  }
  for (const record of opened.value) if (!acceptRecord(state, ref, book, record, arrived, effects)) break
  effects.push(...arrived.told)
  // Nothing new: nothing to write, but the ack may have been lost on its way and is said again.
  if (book.received !== before) effects.push(...settle(state, ref, book))
  effects.push(ackOf(state, ref, book))
  return effects
}

/**
 * A store that was put back goes on under names that are taken. The answer to its hello says how our history ends, but it may be
 * lost, as may the hello: so the first record that would join its history to ours is left where it is, and the ack says it once
 * more. The device sees that its own record of that name is another one, and sends everything again under a new epoch.
 */
function isTurnedAway(
  state: IntakeState,
  ref: LaneRef,
  book: LaneBook,
  record: WireRecord,
  effects: IntakeEffect[],
): boolean {
  const device = deviceBookOf(state, ref.deviceId)
  if (device.mayTurnAway === 0 || !isOfAnotherHistory(book, record)) return false
  device.mayTurnAway--
  const detail = { eventId: eventIdOf(ref.deviceId, record), what: 'another_history', prev: record.prev }
  effects.push(chainAudit(state, ref, detail))
  return true
}

/** When the payload of a record came, what the ledger knows of the older names in it, and the clock of who brought it. */
type Arrived = {
  readonly now: Now
  readonly receivedAt: string
  readonly recalled: Recalled | undefined
  readonly talking: TalkingBoot | undefined
  /** Of the keys of its records. */
  readonly prefix: string
  /** What the city is to hear of records that came in their turn, behind the rows of all of them. */
  readonly told: IntakeEffect[]
}

/** The boot that now talks and the offset of its clock, known from its live messages. */
type TalkingBoot = { readonly bootId: string; readonly offsetMs: number | undefined }

function talkingBoot(state: IntakeState, deviceId: DeviceId): TalkingBoot | undefined {
  const { boot } = deviceBookOf(state, deviceId)
  return boot === null ? undefined : { bootId: boot.bootId, offsetMs: offsetOf(boot.delays) }
}

/**
 * Adds what follows from one record to `effects`; many are accepted a second, and a list for each would be much garbage. False
 * where the rest of its payload is not to be looked at.
 */
function acceptRecord(
  state: IntakeState,
  ref: LaneRef,
  book: LaneBook,
  record: WireRecord,
  arrived: Arrived,
  effects: IntakeEffect[],
): boolean {
  const { now, receivedAt, recalled, told } = arrived
  const read = readBody(record)
  const { body } = read
  const ageMs = ageOf(record, arrived.talking, now)
  if (record.origin === undefined && takeNext(book, record)) {
    keepRecord(state, ref, record, read, ageMs, arrived, effects)
    told.push(tellCity(ref.deviceId, { record, body, ageMs }))
    return true
  }
  effects.push(...told.splice(0))
  if (isTurnedAway(state, ref, book, record, effects)) return false
  const known = isKnown(ref.deviceId, record, recalled)
  const ledgerSum = sumInLedger(ref.deviceId, record, recalled)
  const arrival = { record, body, ageMs, receivedMonoMs: now.monoMs, receivedAt, known, ledgerSum }
  const admission = admit(book, arrival)
  if (admission !== 'new' && admission !== 'late') {
    effects.push(...turnAway(state, ref, record, admission))
    return admission !== 'reused'
  }
  if (known) {
    count(state, 'carried_known')
    const value: AliasRow = { v: 1, sum: record.sum }
    effects.push({ type: 'put', key: aliasKey(ref.deviceId, ref.epoch, ref.lane, record.seq), value })
    if (book.held.size > HELD_MAX) effects.push(...passAndTell(state, ref, book))
    return true
  }
  keepRecord(state, ref, record, read, ageMs, arrived, effects)
  if (admission === 'late') effects.push(tellCity(ref.deviceId, arrival))
  else if (book.held.size > HELD_MAX) effects.push(...passAndTell(state, ref, book))
  return true
}

/** Its row, and what its body means to the lanes and the devices of the gateway. */
function keepRecord(
  state: IntakeState,
  ref: LaneRef,
  record: WireRecord,
  { body, code, detail }: ReturnType<typeof readBody>,
  ageMs: number,
  { now, receivedAt, prefix }: Arrived,
  effects: IntakeEffect[],
): void {
  count(state, 'records')
  const value = recordRowOf(record, { ageMs, receivedAt, code })
  effects.push({ type: 'put', key: recordKeyIn(prefix, record.seq), value })
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

/**
 * Taken under its new name: should it come once more, under its first one or a third, it is a duplicate. The store of its first
 * name has a book from then on, heard of or not: an image of it may be put back.
 */
function claimOrigin(state: IntakeState, { deviceId, lane }: LaneRef, origin: RecordOrigin): IntakeEffect[] {
  const ref = { deviceId, epoch: origin.epoch, lane }
  const value: AliasRow = { v: 1, sum: origin.sum }
  const alias: IntakeEffect = { type: 'put', key: aliasKey(deviceId, origin.epoch, lane, origin.seq), value }
  const hasRoom = epochInTheWay(state, deviceId, origin.epoch) === undefined
  const old = hasRoom ? bookOf(state, deviceId, origin.epoch, lane) : undefined
  if (old === undefined || rangeAt(old.received, origin.seq) !== undefined) return [alias]
  claim(old, origin.seq, origin.sum)
  return [alias, ...tellReleased(state, ref, old), putWatermark(ref, old)]
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
    ? heardBookOf(state, ref.deviceId, writtenIn, gap.lane)
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
