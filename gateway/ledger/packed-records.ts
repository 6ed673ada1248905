import { sumOf } from '#protocols/chain.ts'
import { LET_GO_BODY } from '#protocols/api.ts'
import { RECORD_VERSION } from '#protocols/record.ts'
import type { Lane } from '#protocols/record.ts'
import type { ClockQuality } from '#protocols/time.ts'
import { atOnce } from '../city/steps.ts'
import type { Steps } from '../city/steps.ts'
import { LET_GO } from '../intake/rows.ts'
import type { RecordRow } from '../intake/rows.ts'
import type { LedgerOp, Row } from './ledger.ts'

/*
 * Neighbours of a lane that are committed together lie in one row of the store, in columns; a row of its own for each costs
 * four times the processor and seven times the disk. Only the adapter of the store knows of it.
 *
 *     record/ptu-07/9f…/track/000000000060*60    the records 1 to 60, named by the last and their count
 *     record/ptu-07/9f…/track/000000000061       a record alone
 *
 * By its last seq a pack comes after everything before it and is the first key at or behind any record in it, so a reader
 * finds it by seeking. As in a batch on the wire `prev` and `sum` follow from the chain; the last sum proves the whole.
 */
const PACK_FROM = 2
/** A reader opens a whole pack for one record. */
const PACK_MAX = 256
/** Records looked at in a step: a third of a millisecond of a processor. */
export const RECORDS_A_STEP = 32
const SEQ_DIGITS = 12
const PACKED = /^(record\/[^=].*\/)(\d{12})\*(\d+)$/

const ALIASES = 'record/=/'
const NAMED = /^record\/(?:=\/)?([^=].*)\/(\d{12})(?:\*(\d+))?$/

/** `lane` is `{deviceId}/{epoch}/{lane}`. */
export type StoredSpan = { readonly lane: string; readonly first: number; readonly last: number }

/** Many values, or the one that all of them are. */
type Column<T> = { readonly all: T } | readonly T[]

type Pack = {
  readonly v: 1
  /** `prev` of the first, `sum` of the last. */
  readonly prev: string
  readonly sum: string
  readonly kind: Column<string>
  readonly bootId: Column<string>
  readonly clockQuality: Column<ClockQuality>
  readonly receivedAt: Column<string>
  readonly occurredAtMs: readonly number[]
  readonly monoMs: readonly number[]
  readonly ageMs: readonly number[]
  readonly body: readonly string[]
}

type RecordPut = Extract<LedgerOp, { type: 'put' }> & { readonly value: RecordRow }

/**
 * The same rows in fewer puts: runs of a lane become packs, whatever of other lanes lies between; everything else comes first
 * and stays as it is.
 */
export function packRecords(ops: readonly LedgerOp[]): readonly LedgerOp[] {
  const packed: LedgerOp[] = []
  const runs = new Map<string, RecordPut[]>()
  let lane = ''
  for (const op of ops) {
    if (!isPackable(op)) {
      packed.push(op)
      continue
    }
    // A batch has one lane; its name is cut out of a key once.
    if (op.key.length !== lane.length + SEQ_DIGITS || !op.key.startsWith(lane)) lane = laneOf(op.key)
    const run = runs.get(lane)
    if (run !== undefined && run.length < PACK_MAX && follows(run.at(-1)!, op)) {
      run.push(op)
      continue
    }
    if (run !== undefined) packed.push(...closed(run))
    runs.set(lane, [op])
  }
  for (const run of runs.values()) packed.push(...closed(run))
  return packed
}

const closed = (run: readonly RecordPut[]): readonly LedgerOp[] =>
  run.length < PACK_FROM ? run : [packOf(run)]

/** Whether two keys of the store can hold the same record cannot be seen from a key that is none of a record. */
const isPackable = (op: LedgerOp): op is RecordPut => {
  if (op.type !== 'put' || !isRecordKey(op.key)) return false
  const { code, origin, v, seq } = op.value as Partial<RecordRow>
  return v === RECORD_VERSION && seq !== undefined && code === undefined && origin === undefined
}

/** `record/ptu-07/9f…/track/000000000061`, or a pack, whose value has no seq; no alias. */
const isRecordKey = (key: string): boolean => key.startsWith('record/') && key[7] !== '='

const follows = (before: RecordPut, op: RecordPut): boolean =>
  op.value.seq === before.value.seq + 1 && op.value.prev === before.value.sum

const laneOf = (key: string): string => key.slice(0, -SEQ_DIGITS)

function packOf(run: readonly RecordPut[]): LedgerOp {
  const rows = run.map(op => op.value)
  const value: Pack = {
    v: 1,
    prev: rows[0]!.prev,
    sum: rows.at(-1)!.sum,
    kind: columnOf(rows.map(row => row.kind)),
    bootId: columnOf(rows.map(row => row.bootId)),
    clockQuality: columnOf(rows.map(row => row.clockQuality)),
    receivedAt: columnOf(rows.map(row => row.receivedAt)),
    occurredAtMs: rows.map(row => row.occurredAtMs),
    monoMs: rows.map(row => row.monoMs),
    ageMs: rows.map(row => row.ageMs),
    body: rows.map(row => row.body),
  }
  return { type: 'put', key: `${run.at(-1)!.key}*${run.length}`, value }
}

function columnOf<T>(values: readonly T[]): Column<T> {
  const all = values[0]!
  return values.every(value => value === all) ? { all } : values
}

/** Records that a row of the store stands for: none for what is no record. */
export function recordsIn(key: string): number {
  const packed = PACKED.exec(key)
  if (packed !== null) return Number(packed[3])
  return key.startsWith('record/') ? 1 : 0
}

/** Lane and seqs of the records a row of the store stands for; undefined for what is no record. */
export function recordsNamed(key: string): StoredSpan | undefined {
  const named = NAMED.exec(key)
  if (named === null) return undefined
  const [, lane, last, count = '1'] = named as unknown as [string, string, string, string | undefined]
  return { lane, first: Number(last) - Number(count) + 1, last: Number(last) }
}

/**
 * Whether every record of a row of the store is what was put there: an alias names a sum, every other record proves itself by
 * its own, a pack by its last. One whose body was let go proves nothing but that it was. It can be put down every
 * `RECORDS_A_STEP` records.
 */
export function* checking(key: string, value: unknown): Steps<boolean> {
  if (key.startsWith(ALIASES)) return typeof (value as { sum?: unknown } | null)?.sum === 'string'
  try {
    if (PACKED.test(key)) return (yield* unpacking(key, value)).length > 0
    const row = value as RecordRow
    const isInPlace = row.seq === Number(key.slice(-SEQ_DIGITS))
    if (row.code === LET_GO) return isInPlace && row.body === LET_GO_BODY
    return isInPlace && sumOf({ ...row, occurredAt: row.occurredAtMs }) === row.sum
  } catch {
    return false
  }
}

/** Whether the row of the store at `packKey` is a pack with the record of that key in it. */
export function packHolds(packKey: string, key: string): boolean {
  const packed = PACKED.exec(packKey)
  if (packed === null || packed[1] !== laneOf(key)) return false
  const behind = Number(packed[2]) - Number(key.slice(-SEQ_DIGITS))
  return behind >= 0 && behind < Number(packed[3])
}

/**
 * The rows a row of the store stands for, in their order; itself for what is no pack. Throws for a pack that does not end
 * with its own sum: the store changed what it was given.
 */
export function unpack(key: string, value: unknown): readonly Row[] {
  return atOnce(unpacking(key, value))
}

function* unpacking(key: string, value: unknown): Steps<readonly Row[]> {
  const packed = PACKED.exec(key)
  if (packed === null) return [[key, value]]
  const [, lanePrefix, last, count] = packed as unknown as [string, string, string, string]
  const [epoch, lane] = lanePrefix.split('/').slice(-3) as [string, Lane]
  const pack = value as Pack
  const first = Number(last) - Number(count) + 1
  const rows: Row[] = []
  let { prev } = pack
  for (let i = 0; i < Number(count); i++) {
    const head = {
      ...({ v: RECORD_VERSION, lane, epoch, seq: first + i, prev } as const),
      ...{ kind: at(pack.kind, i), bootId: at(pack.bootId, i), clockQuality: at(pack.clockQuality, i) },
      ...{ monoMs: pack.monoMs[i]!, body: pack.body[i]! },
    }
    const occurredAtMs = pack.occurredAtMs[i]!
    const sum = sumOf({ ...head, occurredAt: occurredAtMs })
    const row: RecordRow = {
      ...{ ...head, sum, occurredAtMs, receivedAt: at(pack.receivedAt, i), ageMs: pack.ageMs[i]! },
    }
    rows.push([lanePrefix + String(first + i).padStart(SEQ_DIGITS, '0'), row])
    prev = sum
    if (rows.length % RECORDS_A_STEP === 0) yield
  }
  if (prev !== pack.sum) throw new Error(`${key} does not end with its sum`)
  return rows
}

const at = <T>(column: Column<T>, i: number): T => ('all' in column ? column.all : column[i]!)

/**
 * What replaces a pack when some of its rows are said anew: the other rows as before, packed where they still are neighbours,
 * and `again` themselves.
 */
export function repack(key: string, pack: unknown, again: readonly LedgerOp[]): readonly LedgerOp[] {
  const anew = new Map(again.map(op => [op.key, op]))
  const rows = unpack(key, pack).map(([name, value]) => anew.get(name) ?? putOf(name, value))
  return [{ type: 'del', key }, ...packRecords(rows)]
}

const putOf = (key: string, value: unknown): LedgerOp => ({ type: 'put', key, value })
