import { hash } from 'node:crypto'
import { z } from 'zod'
import { readWireRecord, RECORD_VERSION } from './record.ts'
import type { WireRecord, Epoch, RecordDraft, RecordOrigin } from './record.ts'
import { fault, ok } from './result.ts'
import type { Result } from './result.ts'

/**
 * SHA-256 over the previous sum, the record's head and the exact body bytes, so neither a body nor a time nor a place in
 * the order can change unseen. (DESIGN.md names prev and body; the head is covered too because re-dating is done by
 * `clock.anchor` records, never by rewriting.)
 */
export function sumOf(record: Omit<WireRecord, 'sum'>): string {
  const { v, lane, epoch, seq, kind, occurredAt, monoMs, bootId, clockQuality, origin } = record
  const was = origin === undefined ? '' : `,"${origin.epoch}",${origin.seq},"${origin.sum}"`
  // The JSON of these fields as an array: none of them can hold what JSON would escape.
  const head = `[${v},"${lane}","${epoch}",${seq},"${kind}",${occurredAt},${monoMs},"${bootId}","${clockQuality}"${was}]`
  return hash('sha256', record.prev + head + record.body)
}

type Draft = Omit<WireRecord, 'sum' | 'origin'>

/** Gives a draft its place in a lane; `origin` where it had another place before. */
export function chainRecord(
  draft: RecordDraft,
  place: { epoch: Epoch; seq: number; prev: string; origin?: RecordOrigin },
): WireRecord {
  const { epoch, seq, prev, origin } = place
  // Field by field behind the one spread: every further spread goes over its fields one by one, a dozen times as slowly.
  const record: Draft & Partial<Pick<WireRecord, 'origin' | 'sum'>> = {
    ...draft,
    v: RECORD_VERSION,
    epoch,
    seq,
    prev,
  }
  if (origin !== undefined) record.origin = origin
  record.sum = sumOf(record)
  return record as WireRecord
}

/** Parses and checks one record: schema, then its own sum. The chain to its neighbour is the reader's to check. */
export function parseRecord(json: unknown): Result<WireRecord> {
  const parsed = readWireRecord(json)
  if (!parsed.success) return fault('RECORD_SCHEMA', z.prettifyError(parsed.error))
  const record = parsed.data
  if (sumOf(record) !== record.sum)
    return fault('RECORD_SUM', `seq ${record.seq} of lane ${record.lane} does not match its sum`)
  return ok(record)
}
