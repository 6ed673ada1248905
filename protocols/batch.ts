import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { z } from 'zod'
import { parseRecord, sumOf } from './chain.ts'
import { CHAIN_START, readNextRecord, readWireRecord, RECORD_VERSION } from './record.ts'
import type { RecordOrigin, WireRecord } from './record.ts'
import { fault, ok } from './result.ts'
import type { Result } from './result.ts'

/*
 * Back-fill in columns: neighbours in a column resemble each other, so deflate has little left to say.
 *
 *     byte 0     0x01 (never '{', which begins a single record)
 *     rest       raw deflate of JSON { lane, epoch, seq, prev, columns: { kind: [...], monoMs: [delta, ...], ... } }
 *
 * `prev` and `sum` of a record inside the batch follow from the chain, so only the first `prev` travels; every `sum` is
 * computed again by the reader and then checked against its neighbour by intake like any other.
 */
const BATCH_V1 = 0x01
export const BATCH_RECORDS_MAX = 256
/** A deflate bomb ends here: 256 records of the largest body. */
const INFLATED_BYTES_MAX = 8 * 1024 * 1024

type Columns = {
  readonly kind: string[]
  readonly occurredAt: number[]
  readonly monoMs: number[]
  readonly bootId: string[]
  readonly clockQuality: string[]
  readonly body: string[]
  readonly sum: string[]
  /** Absent in the common batch, of which no record was ever carried over from another store. */
  readonly origin?: (RecordOrigin | null)[]
}

/** Packs contiguous records of one lane; the caller keeps `records` non-empty, contiguous and within the bound. */
export function packBatch(records: readonly WireRecord[]): Uint8Array {
  const first = records[0]!
  const columns: Columns = {
    kind: records.map(r => r.kind),
    occurredAt: deltas(records.map(r => r.occurredAt)),
    monoMs: records.map(r => r.monoMs),
    bootId: records.map(r => r.bootId),
    clockQuality: records.map(r => r.clockQuality),
    body: records.map(r => r.body),
    sum: records.slice(-1).map(r => r.sum),
    ...(records.some(r => r.origin !== undefined) && { origin: records.map(r => r.origin ?? null) }),
  }
  const text = JSON.stringify({
    lane: first.lane,
    epoch: first.epoch,
    seq: first.seq,
    prev: first.prev,
    columns,
  })
  return Buffer.concat([Buffer.from([BATCH_V1]), deflateRawSync(text)])
}

/** Opens a payload of `up/{lane}`: one record or a batch; anything else is a fault, whatever the bytes. */
export function openPayload(payload: Uint8Array): Result<readonly WireRecord[]> {
  try {
    if (payload[0] === 0x7b) {
      const record = parseRecord(JSON.parse(textOf(payload)))
      return record.ok ? ok([record.value]) : record
    }
    if (payload[0] !== BATCH_V1) return fault('BATCH_VERSION', `first byte ${payload[0]}`)
    const inflated = inflateRawSync(payload.subarray(1), { maxOutputLength: INFLATED_BYTES_MAX })
    return rebuild(JSON.parse(inflated.toString('utf8')))
  } catch (error) {
    return fault('BATCH_BROKEN', String(error).slice(0, 200))
  }
}

/** The same bytes, not a copy of them, as text. */
const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf8')

function rebuild(json: {
  lane: string
  epoch: string
  seq: number
  prev: string
  columns: Columns
}): Result<readonly WireRecord[]> {
  const { columns } = json
  const count = columns.kind.length
  if (count === 0 || count > BATCH_RECORDS_MAX) return fault('BATCH_BROKEN', `${count} records`)
  const times = undeltas(columns.occurredAt)
  const records: WireRecord[] = []
  let prev = json.prev
  for (let i = 0; i < count; i++) {
    const origin = columns.origin?.[i]
    const record = {
      v: RECORD_VERSION,
      lane: json.lane,
      epoch: json.epoch,
      seq: json.seq + i,
      prev,
      sum: CHAIN_START,
      kind: columns.kind[i],
      occurredAt: times[i],
      monoMs: columns.monoMs[i],
      bootId: columns.bootId[i],
      clockQuality: columns.clockQuality[i],
      body: columns.body[i],
      ...(origin && { origin }),
    }
    const before = records.at(-1)
    const parsed = before === undefined ? readWireRecord(record) : readNextRecord(before, record)
    if (!parsed.success) return fault('RECORD_SCHEMA', z.prettifyError(parsed.error))
    prev = parsed.data.sum = sumOf(parsed.data)
    records.push(parsed.data)
  }
  return prev === columns.sum[0]
    ? ok(records)
    : fault('RECORD_SUM', 'the last sum of the batch does not match')
}

const deltas = (values: readonly number[]): number[] =>
  values.map((v, i) => (i === 0 ? v : v - values[i - 1]!))

function undeltas(values: readonly number[]): number[] {
  let sum = 0
  return values.map(v => (sum += v))
}
