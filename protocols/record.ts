import { z } from 'zod'
import { certainOf, quickParse } from './quick-parse.ts'
import { ClockQuality } from './time.ts'

/** Highest first; the order in which an uplink drains them. */
export const LANES = ['alarm', 'event', 'track', 'diag'] as const
export const Lane = z.enum(LANES)
export type Lane = z.infer<typeof Lane>

export const RECORD_VERSION = 1

/** No record body is longer, so that one record always fits a 64 KiB MQTT packet. */
export const BODY_BYTES_MAX = 16 * 1024

/** A new store begins a new epoch: 16 lower-case hex digits of randomness. */
export const Epoch = z.string().regex(/^[0-9a-f]{16}$/)
export type Epoch = z.infer<typeof Epoch>

/** `prev` of the first record in a lane. */
export const CHAIN_START = '0'.repeat(64)

/** RFC 3339 ends with the year 9999. */
export const UTC_MS_MAX = 253_402_300_799_999
/** Ten years: no computer runs so long, and nothing told over a link is so old. */
export const SPAN_MS_MAX = 10 * 366 * 24 * 3_600_000

/** A moment by a wall clock, UTC milliseconds of the years 1970 to 9999, so that it can always be written down. */
export const UtcMs = z.number().int().nonnegative().max(UTC_MS_MAX)
/** An age, or a moment of a monotonic clock, milliseconds. Bounded, so that no sum of a few of them leaves the calendar. */
export const SpanMs = z.number().nonnegative().max(SPAN_MS_MAX)

const Sum = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * What a record was called in the store it was carried over from. The gateway may have it under that name, then it is the
 * same record and counts once; `sum` tells it from another record that came to bear the same name in a store put back.
 */
export const RecordOrigin = z.strictObject({ epoch: Epoch, seq: z.number().int().positive(), sum: Sum })
export type RecordOrigin = z.infer<typeof RecordOrigin>

/**
 * A record as it lies in the outbox, on the wire and in the ledger. `body` is JSON kept as the exact text that was
 * accepted, because `sum` covers its bytes. `seq` is contiguous inside (device, epoch, lane) and starts at 1.
 *
 *     { "v":1, "lane":"event", "epoch":"9f…", "seq":12, "prev":"…", "sum":"…", "kind":"equipment.edge",
 *       "occurredAt":1795478400000, "monoMs":81233, "bootId":"…", "clockQuality":"gnss", "body":"{\"channel\":…}" }
 */
export const WireRecord = z.strictObject({
  v: z.literal(RECORD_VERSION),
  lane: Lane,
  epoch: Epoch,
  seq: z.number().int().positive(),
  prev: Sum,
  sum: Sum,
  kind: z.string().regex(/^[a-z][a-z0-9_.]{0,47}$/),
  /** UTC milliseconds by the device's clock, as good as `clockQuality` says. */
  occurredAt: UtcMs,
  monoMs: SpanMs,
  bootId: z.string().regex(/^[0-9a-f]{16}$/),
  clockQuality: ClockQuality,
  body: z.string().max(BODY_BYTES_MAX),
  /** Only in a record carried over into a new epoch. */
  origin: RecordOrigin.optional(),
})
export type WireRecord = z.infer<typeof WireRecord>

/** `WireRecord.safeParse`, quick for what fits: every record of a fleet passes here. */
export const readWireRecord = quickParse(WireRecord)

const isUtcMs = certainOf(WireRecord.shape.occurredAt)
const isSpanMs = certainOf(WireRecord.shape.monoMs)
const isBody = certainOf(WireRecord.shape.body)

/**
 * `readWireRecord` of the next record of a lane, whose `prev` and `sum` are the reader's own: what it has in common with
 * `before`, which was read, is not looked at again.
 */
export function readNextRecord(
  before: WireRecord,
  record: { readonly [field in keyof WireRecord]?: unknown },
): ReturnType<typeof readWireRecord> {
  const isCertain =
    record.kind === before.kind &&
    record.bootId === before.bootId &&
    record.clockQuality === before.clockQuality &&
    record.lane === before.lane &&
    record.epoch === before.epoch &&
    record.seq === before.seq + 1 &&
    before.seq < Number.MAX_SAFE_INTEGER &&
    record.origin === undefined &&
    isUtcMs(record.occurredAt) &&
    isSpanMs(record.monoMs) &&
    isBody(record.body)
  return isCertain ? { success: true, data: record as WireRecord } : readWireRecord(record)
}

/** What a caller hands to the outbox; identity, order and sum are the outbox's to give. */
export type RecordDraft = Omit<WireRecord, 'v' | 'epoch' | 'seq' | 'prev' | 'sum' | 'origin'>

/** The one name of a record in the world: `ptu-07/9f86d081884c7d65/event/12`. */
export const eventIdOf = (deviceId: string, record: Pick<WireRecord, 'epoch' | 'lane' | 'seq'>): string =>
  `${deviceId}/${record.epoch}/${record.lane}/${record.seq}`
