import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Ledger, LedgerOp, Row, RowRange } from './ledger.ts'
import { packHolds, packRecords, recordsIn, repack, unpack } from './packed-records.ts'
import { isRot } from './rot.ts'
import { textOfRow, valueOfRow } from './row-sum.ts'

type Span = {
  readonly gte?: string
  readonly gt?: string
  readonly lt?: string
  readonly limit?: number
  readonly reverse?: boolean
}
type Entry = [key: string, text: string]

/** What is asked of LevelDB: texts, as `row-sum.ts` has them. */
export type Store = {
  get(key: string): Promise<string | undefined>
  batch(): {
    put(key: string, text: string): unknown
    del(key: string): unknown
    write(options: { readonly sync: boolean }): Promise<void>
  }
  iterator(span: Span): {
    all(): Promise<Entry[]>
    nextv(count: number): Promise<Entry[]>
    close(): Promise<void>
  }
}
/** On Node the library is LevelDB itself, which its common type does not say. */
type Compactable = { compactRange(start: string, end: string): Promise<void> }

/** The rows of an open store, packs taken apart, each judged by its sum. */
export function ledgerOf(
  store: Store,
  ledgerId: string,
  generation: number,
  log: Logger,
): Omit<Ledger, 'close'> {
  let poisoned: string | undefined
  return {
    ledgerId,
    generation,
    async commit(ops, { sync }) {
      if (poisoned !== undefined) return fault('LEDGER_POISONED', poisoned)
      let isReading = true
      try {
        const rows = packRecords(await withoutPacksOf(store, ops))
        isReading = false
        await write(store, rows, sync)
        return ok(undefined)
      } catch (error) {
        // Nothing was written: a pack that was to be taken apart is rotten.
        if (isReading && isRot(error)) return fault('LEDGER_UNREADABLE', causeOf(error))
        poisoned = causeOf(error)
        log.error({ event: 'ledger.poisoned', detail: poisoned })
        return fault('LEDGER_POISONED', poisoned)
      }
    },
    get: key => readRow(store, key),
    range: range => readRange(store, range),
    stored: async ({ after, from = '', before, limit = -1, newestFirst = false }) => {
      const span = { ...(after === undefined ? { gte: from } : { gt: after }), lt: before }
      const rows = await store.iterator({ ...span, limit, reverse: newestFirst }).all()
      return rows.map(rowOf)
    },
    // Only a compaction drops what a later write has hidden.
    scour: ({ from, before }) => (store as unknown as Compactable).compactRange(from, before),
  }
}

/** Op by op: of a list the library would make a copy of each, with fields added one by one. */
export async function write(store: Store, ops: readonly LedgerOp[], sync: boolean): Promise<void> {
  const batch = store.batch()
  for (const op of ops)
    if (op.type === 'put') batch.put(op.key, textOfRow(op.key, op.value))
    else batch.del(op.key)
  await batch.write({ sync })
}

/** What is put again is taken out of the pack that holds it. */
async function withoutPacksOf(store: Store, ops: readonly LedgerOp[]): Promise<readonly LedgerOp[]> {
  if (!ops.some(isAgain)) return ops
  const rest: LedgerOp[] = []
  const packs = new Map<string, { readonly pack: unknown; readonly again: LedgerOp[] }>()
  for (const op of ops) {
    const [key, pack] = (isAgain(op) && (await packOf(store, op.key))) || []
    if (key === undefined) rest.push(op)
    else if (packs.has(key)) packs.get(key)!.again.push(op)
    else packs.set(key, { pack, again: [op] })
  }
  return [...rest, ...[...packs].flatMap(([key, { pack, again }]) => repack(key, pack, again))]
}

const isAgain = (op: LedgerOp): boolean => op.type === 'put' && op.again === true

/** The pack that holds a record without a row of its own: the first row of the store behind that key. */
async function packOf(store: Store, key: string): Promise<Row | undefined> {
  const [row] = await store.iterator({ gte: key, limit: 1 }).all()
  return row !== undefined && packHolds(row[0], key) ? rowOf(row) : undefined
}

const rowOf = ([key, text]: readonly [string, string]): Row => [key, valueOfRow(key, text)]

/** Undefined where there is none. Throws `RottenRow`. */
export async function valueAt(store: Store, key: string): Promise<unknown> {
  const text = await store.get(key)
  return text === undefined ? undefined : valueOfRow(key, text)
}

async function readRow(store: Store, key: string): Promise<unknown> {
  const own = await valueAt(store, key)
  if (own !== undefined || recordsIn(key) === 0) return own
  const pack = await packOf(store, key)
  return pack && unpack(...pack).find(([name]) => name === key)?.[1]
}

/** Rows read from the store at once. */
const READ_AT_ONCE = 256

async function readRange(store: Store, range: RowRange): Promise<readonly Row[]> {
  const { after, from, before, limit = Infinity, newestFirst = false } = range
  const isWanted = (key: string): boolean => (after === undefined ? key >= (from ?? '') : key > after)
  const low = after === undefined ? { gte: from ?? '' } : { gt: after }
  const iterator = store.iterator({ ...low, lt: before, reverse: newestFirst })
  const rows: Row[] = []
  try {
    while (rows.length < limit) {
      const read = await iterator.nextv(Math.min(limit - rows.length, READ_AT_ONCE))
      if (read.length === 0) break
      for (const [key, text] of read) {
        const unpacked = unpack(key, valueOfRow(key, text)).filter(([name]) => isWanted(name))
        rows.push(...(newestFirst ? unpacked.toReversed() : unpacked))
      }
    }
  } finally {
    await iterator.close()
  }
  return rows.slice(0, limit)
}

/** The library's own words are in the cause; the outer message only says that it failed. */
export const causeOf = (error: unknown): string =>
  error instanceof Error
    ? error.cause instanceof Error
      ? error.cause.message
      : error.message
    : String(error)
