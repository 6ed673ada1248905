import { BATCH_RECORDS_MAX } from '#protocols/batch.ts'
import { LANES } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { Ack, LaneRange } from '#protocols/session.ts'
import { AcksDue } from './acks-due.ts'
import type { FreeEffect } from './acks-due.ts'

/*
 * What is sent when. One connection lives like this:
 *
 *     connected -> hello, live -> (watermarks of all lanes, or 3 s) -> lanes by priority, at most 32 in flight
 *                                  ack frees records; PUBACK only frees the window
 *
 * Back-fill is paced: a batch leaves only while the bucket has tokens, so that a thin link stays usable for what happens
 * now; the gateway may ask for a pause of it. An alarm waits for neither.
 *
 * Live never waits behind a backlog: it is no lane, is sent the moment it changes, and is forgotten when there is no link.
 */
export const IN_FLIGHT_MAX = 32
/** Alarms may go over the window, so that a full one never holds them. */
const ALARM_EXTRA = 8
/** A batch fills the window like this many records, so that few of them lie in the pipe ahead of an alarm. */
const BATCH_WEIGHT = 8
const WATERMARKS_WITHIN_MS = 3_000
/** A hello that some lane was not answered is said again after this long. */
const HELLO_AGAIN_MS = 10_000
/** Everything sent and no ack for this long: the acks or the records were lost, so begin again behind the watermark. */
const ACK_STALLED_MS = 10_000
/** A backlog longer than this travels in batches; shorter, each record goes alone and at once. */
const BATCH_FROM = 8
/** Deflated, a batch of positions is a few KiB; bodies of the largest size still stay below the packet bound. */
const BATCH_BODY_BYTES = 40 * 1024
/** 160 kbit/s: of 256 kbit/s the rest is for live, alarms, orders and what a crew does on the same link. */
export const BACKFILL_BYTES_PER_S = 20 * 1024
/** What an idle link saves up. A batch may overdraw it; the next one waits. */
const BUCKET_SECONDS = 2

export type DeliveryState = {
  connected: boolean
  /** Lanes whose watermark of this connection has not come yet, or was not yet compared with the store. */
  awaiting: ReadonlySet<Lane>
  unverified: ReadonlySet<Lane>
  /** Lanes of which this connection has heard nothing at all; as long as there are some, hello is said again. */
  unheard: ReadonlySet<Lane>
  helloMonoMs: number
  connectedMonoMs: number
  /** Highest seq handed to the connection, acknowledged by the gateway, and present in the store. */
  sent: Record<Lane, number>
  acked: Record<Lane, number>
  last: Record<Lane, number>
  first: Record<Lane, number>
  inFlight: number
  reading: Lane | null
  readonly acksDue: AcksDue
  lastProgressMonoMs: number
  liveSeq: number
  /** Bytes of back-fill that may leave now, and when that was counted. */
  tokens: number
  readonly bytesPerS: number
  tokensMonoMs: number
  /** No back-fill before; asked for by the gateway. */
  pausedUntilMonoMs: number
  /** `ledgerId/generation` of the newest ack, per lane. */
  ledger: Record<Lane, string | null>
  /** The store is being carried over into a new epoch: nothing of the old one is sent any more. */
  isRenewing: boolean
}

export type DeliveryEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'stored'; readonly ranges: Readonly<Record<Lane, LaneRange>> }
  | { readonly type: 'ack'; readonly ack: Ack }
  /** Completion of a `free`: the store has the record the gateway named. */
  | { readonly type: 'freed'; readonly lane: Lane; readonly ranges: Readonly<Record<Lane, LaneRange>> }
  /** The store is being opened again and could not look: whether it has that record is asked again. */
  | {
      readonly type: 'unfreed'
      readonly lane: Lane
      readonly upTo: number
      readonly sum: string | undefined
    }
  | { readonly type: 'read'; readonly lane: Lane; readonly records: readonly WireRecord[] }
  /** Bytes of a `publish` effect, as they went out. */
  | { readonly type: 'sent'; readonly bytes: number }
  /** The gateway has another record of that name than the store. */
  | { readonly type: 'diverged'; readonly lane: Lane; readonly upTo: number }
  /** PUBACK of a `publish` effect, with its weight. */
  | { readonly type: 'published'; readonly weight: number }
  | { readonly type: 'tick' }

export type DeliveryEffect =
  | { readonly type: 'hello' }
  | { readonly type: 'live' }
  | { readonly type: 'read'; readonly lane: Lane; readonly afterSeq: number; readonly limit: number }
  /** One payload, QoS 1: a single record or a batch of contiguous ones. */
  | {
      readonly type: 'publish'
      readonly lane: Lane
      readonly records: readonly WireRecord[]
      readonly weight: number
    }
  | FreeEffect
  /** The gateway knows a past this store does not: it was put back. A new epoch, at once. */
  | { readonly type: 'renew' }
  | {
      readonly type: 'log'
      readonly level: 'debug' | 'info' | 'warn'
      readonly event: string
      readonly detail: Record<string, unknown>
    }

const perLane = <T>(value: (lane: Lane) => T): Record<Lane, T> => ({
  alarm: value('alarm'),
  event: value('event'),
  track: value('track'),
  diag: value('diag'),
})

/** `ranges` and `acked` as the store tells them. */
export function initialDelivery(
  ranges: Readonly<Record<Lane, LaneRange>>,
  acked: Readonly<Record<Lane, number>>,
  bytesPerS: number = BACKFILL_BYTES_PER_S,
): DeliveryState {
  return {
    connected: false,
    awaiting: new Set(),
    unverified: new Set(),
    unheard: new Set(),
    helloMonoMs: 0,
    connectedMonoMs: 0,
    sent: { ...acked },
    acked: { ...acked },
    first: perLane(lane => ranges[lane].first),
    last: perLane(lane => ranges[lane].last),
    inFlight: 0,
    reading: null,
    acksDue: new AcksDue(),
    lastProgressMonoMs: 0,
    liveSeq: 0,
    tokens: bytesPerS * BUCKET_SECONDS,
    bytesPerS,
    tokensMonoMs: 0,
    pausedUntilMonoMs: -Infinity,
    ledger: perLane(() => null),
    isRenewing: false,
  }
}

/** One step of delivery; `epoch` is the store's, so that an ack for another store frees nothing. */
export function deliver(
  state: DeliveryState,
  event: DeliveryEvent,
  monoMs: number,
  epoch: string,
): DeliveryEffect[] {
  refill(state, monoMs)
  switch (event.type) {
    case 'connected':
      begin(state, monoMs)
      return [{ type: 'hello' }, { type: 'live' }]
    case 'disconnected':
      state.connected = false
      return []
    case 'stored':
      holdRanges(state, event.ranges)
      return pump(state)
    case 'freed':
      holdRanges(state, event.ranges)
      state.unverified = without(state.unverified, event.lane)
      return pump(state)
    case 'unfreed':
      state.acksDue.again(event.lane, event.upTo, event.sum)
      return []
    case 'ack':
      return onAck(state, event.ack, monoMs, epoch)
    case 'read':
      return onRead(state, event.lane, event.records)
    case 'sent':
      state.tokens -= event.bytes
      return []
    case 'diverged':
      return renew(state, { lane: event.lane, upTo: event.upTo, why: 'another record of that name' })
    case 'published':
      state.inFlight = Math.max(0, state.inFlight - event.weight)
      return pump(state)
    case 'tick':
      return onTick(state, monoMs)
  }
}

function begin(state: DeliveryState, monoMs: number): void {
  state.connected = true
  state.awaiting = new Set(LANES)
  state.unverified = new Set()
  state.unheard = new Set(LANES)
  state.helloMonoMs = monoMs
  state.connectedMonoMs = monoMs
  state.lastProgressMonoMs = monoMs
  state.inFlight = 0
  state.reading = null
  state.isRenewing = false
  state.sent = { ...state.acked }
}

function holdRanges(state: DeliveryState, ranges: Readonly<Record<Lane, LaneRange>>): void {
  state.first = perLane(lane => ranges[lane].first)
  state.last = perLane(lane => ranges[lane].last)
}

const without = (lanes: ReadonlySet<Lane>, lane: Lane): ReadonlySet<Lane> =>
  lanes.has(lane) ? new Set([...lanes].filter(l => l !== lane)) : lanes

function refill(state: DeliveryState, monoMs: number): void {
  const gained = ((monoMs - state.tokensMonoMs) / 1000) * state.bytesPerS
  state.tokens = Math.min(state.bytesPerS * BUCKET_SECONDS, state.tokens + Math.max(0, gained))
  state.tokensMonoMs = monoMs
}

function onAck(state: DeliveryState, ack: Ack, monoMs: number, epoch: string): DeliveryEffect[] {
  const { lane, upTo, sum } = ack
  const isFirst = state.unheard.has(lane)
  state.unheard = without(state.unheard, lane)
  if (ack.pauseMs !== undefined) state.pausedUntilMonoMs = monoMs + ack.pauseMs
  state.awaiting = without(state.awaiting, lane)
  if (ack.epoch !== epoch) return pump(state)
  if (upTo > state.last[lane]) {
    const detail = { lane, upTo, last: state.last[lane] }
    const log: DeliveryEffect = { type: 'log', level: 'warn', event: 'ack.beyond_store', detail }
    return [log, ...renew(state, detail)]
  }
  const isOther = isOtherLedger(state, ack)
  const isNew = upTo > state.acked[lane]
  const behind = (isFirst || isOther) && upTo < state.acked[lane] ? replay(state, lane, upTo) : []
  // Nothing is sent before the store has compared its own record with the one the gateway names: in a store put back, seqs
  // are borne twice, and what is sent under a name the gateway knows is a duplicate to it.
  const verify = isFirst && sum !== undefined && upTo >= state.first[lane]
  if (verify) state.unverified = new Set([...state.unverified, lane])
  if (isNew) {
    state.acked[lane] = upTo
    state.lastProgressMonoMs = monoMs
  }
  if (isNew || verify) state.acksDue.note(lane, upTo, sum)
  const free = state.acksDue.take(monoMs, verify ? lane : undefined)
  state.sent[lane] = Math.max(state.sent[lane], upTo)
  return [...behind, ...free, ...pump(state)]
}

/** True when the ledger behind this ack is not the one of the ack before. */
function isOtherLedger(state: DeliveryState, { lane, ledgerId, generation }: Ack): boolean {
  const before = state.ledger[lane]
  state.ledger[lane] = `${ledgerId}/${generation}`
  return before !== null && before !== state.ledger[lane]
}

/** The gateway was brought back older than it had been: what the store still keeps goes out again from there. */
function replay(state: DeliveryState, lane: Lane, upTo: number): DeliveryEffect[] {
  const from = Math.max(upTo, state.first[lane] - 1)
  const detail = { lane, acked: state.acked[lane], from }
  state.acked[lane] = from
  state.sent[lane] = from
  state.acksDue.forget(lane)
  return from < detail.acked ? [{ type: 'log', level: 'warn', event: 'uplink.replay', detail }] : []
}

function renew(state: DeliveryState, detail: Record<string, unknown>): DeliveryEffect[] {
  if (state.isRenewing) return []
  state.isRenewing = true
  state.acksDue.forgetAll()
  return [{ type: 'log', level: 'warn', event: 'outbox.rolled_back', detail }, { type: 'renew' }]
}

/** The highest lane with something unsent. One read at a time; that of a lower lane is given up for it. */
function pump(state: DeliveryState): DeliveryEffect[] {
  if (!state.connected || state.awaiting.size > 0) return []
  if (state.unverified.size > 0 || state.isRenewing) return []
  const lane = LANES.find(l => state.sent[l] < state.last[l])
  if (lane === undefined || (state.reading !== null && !isAbove(lane, state.reading))) return []
  const room = IN_FLIGHT_MAX + (lane === 'alarm' ? ALARM_EXTRA : 0) - state.inFlight
  if (room <= 0) return []
  const backlog = state.last[lane] - state.sent[lane]
  if (backlog > BATCH_FROM && lane !== 'alarm' && !mayBackfill(state)) return []
  state.reading = lane
  const limit = backlog > BATCH_FROM ? BATCH_RECORDS_MAX : Math.min(backlog, room)
  return [{ type: 'read', lane, afterSeq: state.sent[lane], limit }]
}

const isAbove = (lane: Lane, other: Lane): boolean => LANES.indexOf(lane) < LANES.indexOf(other)

const mayBackfill = (state: DeliveryState): boolean =>
  state.tokens > 0 && state.tokensMonoMs >= state.pausedUntilMonoMs

function onRead(state: DeliveryState, lane: Lane, records: readonly WireRecord[]): DeliveryEffect[] {
  // A read that outlived its connection, whose lane was acknowledged meanwhile, or that was given up, is not sent.
  if (state.reading !== lane) return []
  state.reading = null
  const fresh = records.filter(r => r.seq > state.sent[lane])
  if (!state.connected) return []
  if (fresh.length === 0) {
    // Shed or freed under our feet: nothing to send up to here.
    if (records.length === 0) state.sent[lane] = state.last[lane]
    return pump(state)
  }
  const packed = fresh.length > BATCH_FROM ? [firstContiguous(fresh)] : fresh.map(r => [r])
  const weight = fresh.length > BATCH_FROM ? BATCH_WEIGHT : 1
  const publishes = packed.map((group): DeliveryEffect => ({ type: 'publish', lane, records: group, weight }))
  state.inFlight += publishes.length * weight
  state.sent[lane] = packed.at(-1)!.at(-1)!.seq
  return [...publishes, ...pump(state)]
}

function firstContiguous(records: readonly WireRecord[]): readonly WireRecord[] {
  let bytes = 0
  let end = 0
  while (end < records.length && bytes < BATCH_BODY_BYTES) {
    if (end > 0 && records[end]!.seq !== records[end - 1]!.seq + 1) break
    bytes += records[end]!.body.length
    end++
  }
  return records.slice(0, end)
}

function onTick(state: DeliveryState, monoMs: number): DeliveryEffect[] {
  return [...state.acksDue.take(monoMs), ...onTickOfLink(state, monoMs)]
}

function onTickOfLink(state: DeliveryState, monoMs: number): DeliveryEffect[] {
  if (!state.connected) return []
  // The hello or its answer was lost: a gateway brought back older is noticed by that answer alone.
  if (state.unheard.size > 0 && monoMs - state.helloMonoMs > HELLO_AGAIN_MS) {
    state.helloMonoMs = monoMs
    return [{ type: 'hello' }, ...onTickOfLink(state, monoMs)]
  }
  if (state.awaiting.size > 0 && monoMs - state.connectedMonoMs > WATERMARKS_WITHIN_MS) {
    state.awaiting = new Set()
    return [{ type: 'log', level: 'info', event: 'uplink.no_watermarks', detail: {} }, ...pump(state)]
  }
  const unacked = LANES.some(l => state.sent[l] > state.acked[l])
  if (!unacked) state.lastProgressMonoMs = monoMs
  if (unacked && monoMs - state.lastProgressMonoMs > ACK_STALLED_MS) {
    state.lastProgressMonoMs = monoMs
    state.sent = { ...state.acked }
    state.inFlight = 0
    return [
      { type: 'log', level: 'info', event: 'uplink.resend', detail: { acked: state.acked } },
      ...pump(state),
    ]
  }
  return pump(state)
}

/** Records not yet acknowledged, per lane. */
export const queued = (state: DeliveryState): Record<Lane, number> =>
  perLane(lane => Math.max(0, state.last[lane] - Math.max(state.acked[lane], state.first[lane] - 1)))
