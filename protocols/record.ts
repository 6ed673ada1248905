import { createHash } from 'node:crypto'
import { z } from 'zod'
import { fault, ok } from './result.ts'
import type { Result } from './result.ts'
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

const Sum = z.string().regex(/^[0-9a-f]{64}$/)

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
  occurredAt: z.number().int(),
  monoMs: z.number().nonnegative(),
  bootId: z.string().regex(/^[0-9a-f]{16}$/),
  clockQuality: ClockQuality,
  body: z.string().max(BODY_BYTES_MAX),
})
export type WireRecord = z.infer<typeof WireRecord>

/** What a caller hands to the outbox; identity, order and sum are the outbox's to give. */
export type RecordDraft = Omit<WireRecord, 'v' | 'epoch' | 'seq' | 'prev' | 'sum'>

/**
 * SHA-256 over the previous sum, the record's head and the exact body bytes, so neither a body nor a time nor a place in
 * the order can change unseen. (DESIGN.md names prev and body; the head is covered too because re-dating is done by
 * `clock.anchor` records, never by rewriting.)
 */
export function sumOf(record: Omit<WireRecord, 'sum'>): string {
  const { v, lane, epoch, seq, kind, occurredAt, monoMs, bootId, clockQuality } = record
  const head = JSON.stringify([v, lane, epoch, seq, kind, occurredAt, monoMs, bootId, clockQuality])
  return createHash('sha256').update(record.prev).update(head).update(record.body, 'utf8').digest('hex')
}

/** Gives a draft its place in a lane. */
export function chainRecord(
  draft: RecordDraft,
  place: { epoch: Epoch; seq: number; prev: string },
): WireRecord {
  const unsigned = { ...draft, v: RECORD_VERSION, ...place } as const
  return { ...unsigned, sum: sumOf(unsigned) }
}

/** The one name of a record in the world: `ptu-07/9f86d081884c7d65/event/12`. */
export const eventIdOf = (deviceId: string, record: Pick<WireRecord, 'epoch' | 'lane' | 'seq'>): string =>
  `${deviceId}/${record.epoch}/${record.lane}/${record.seq}`

/** Parses and checks one record: schema, then its own sum. The chain to its neighbour is the reader's to check. */
export function parseRecord(json: unknown): Result<WireRecord> {
  const parsed = WireRecord.safeParse(json)
  if (!parsed.success) return fault('RECORD_SCHEMA', z.prettifyError(parsed.error))
  const { sum, ...rest } = parsed.data
  if (sumOf(rest) !== sum)
    return fault('RECORD_SUM', `seq ${rest.seq} of lane ${rest.lane} does not match its sum`)
  return ok(parsed.data)
}
