import type { DeviceId } from '#protocols/ids.ts'
import { WireRecord } from '#protocols/record.ts'
import type { Lane, RecordOrigin } from '#protocols/record.ts'

/** Twelve digits keep the order of text the order of numbers: a record a millisecond for 31 years. */
export const SEQ_MAX = 999_999_999_999
const SEQ_DIGITS = 12
/** By how many. */
const ZEROS: readonly string[] = Array.from({ length: SEQ_DIGITS }, (_, count) => '0'.repeat(count))

/**
 * A record as it lies in the ledger: the wire record, and how it arrived. `ageMs` is how old it was then, `code` is set where
 * something was wrong with it (`CHAIN_BROKEN`, `RECORD_KIND`, `RECORD_BODY`) or its body was let go (`LET_GO`).
 */
export type RecordRow = Omit<WireRecord, 'occurredAt'> & {
  readonly occurredAtMs: number
  readonly receivedAt: string
  readonly ageMs: number
  readonly code?: string
}

/** `code` of a record whose body went when its time was over; `sum` is still that of the body it had. */
export const LET_GO = 'LET_GO'

export const lanePrefix = (deviceId: DeviceId, epoch: string, lane: Lane): string =>
  `record/${deviceId}/${epoch}/${lane}/`

/** `record/ptu-07/9f86d081884c7d65/event/000000000012`. */
export const recordKey = (deviceId: DeviceId, epoch: string, lane: Lane, seq: number): string =>
  recordKeyIn(lanePrefix(deviceId, epoch, lane), seq)

/** The same, where the prefix of the lane is at hand. */
export function recordKeyIn(prefix: string, seq: number): string {
  const digits = String(seq)
  return prefix + (ZEROS[SEQ_DIGITS - digits.length] ?? '') + digits
}

/**
 * A name under which a record came that was in the ledger already, with its sum there: should that store be carried over
 * once more, the record is still known. No id begins with `=`, so no reader of a device's records meets these.
 */
export const aliasKey = (deviceId: DeviceId, epoch: string, lane: Lane, seq: number): string =>
  `record/=/${deviceId}/${epoch}/${lane}/${String(seq).padStart(12, '0')}`

export type AliasRow = { readonly v: 1; readonly sum: string }

export const watermarkKey = (deviceId: DeviceId, epoch: string, lane: string): string =>
  `watermark/${deviceId}/${epoch}/${lane}`

export function recordRowOf(
  record: WireRecord,
  facts: { readonly ageMs: number; readonly receivedAt: string; readonly code?: string | undefined },
): RecordRow {
  const { v, lane, epoch, seq, kind, occurredAt, clockQuality, bootId, body, sum, prev, monoMs } = record
  const row: RecordRow & { code?: string; origin?: RecordOrigin } = {
    v,
    lane,
    epoch,
    seq,
    kind,
    receivedAt: facts.receivedAt,
    clockQuality,
    bootId,
    body,
    sum,
    prev,
    monoMs,
    occurredAtMs: occurredAt,
    ageMs: facts.ageMs,
  }
  if (facts.code !== undefined) row.code = facts.code
  if (record.origin !== undefined) row.origin = record.origin
  return row
}

/** The wire record back from its row; undefined for one that was let in before the bounds of today. */
export const wireRecordOf = (row: RecordRow): WireRecord | undefined =>
  WireRecord.safeParse({
    v: row.v,
    lane: row.lane,
    epoch: row.epoch,
    seq: row.seq,
    prev: row.prev,
    sum: row.sum,
    kind: row.kind,
    occurredAt: row.occurredAtMs,
    monoMs: row.monoMs,
    bootId: row.bootId,
    clockQuality: row.clockQuality,
    body: row.body,
    ...(row.origin && { origin: row.origin }),
  }).data
