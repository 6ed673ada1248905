import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { ROW_FORMAT, ROW_FORMATS_READ } from '../loop/effects.ts'
import { DAMAGED_KEY, UNRECKONED_KEY } from './ledger.ts'
import type { Ledger, LedgerOp, Row, RowRange } from './ledger.ts'
import { keysOfRot } from './rot.ts'
import { packHolds, packRecords, recordsIn, repack, unpack } from './packed-records.ts'

type Store = Level<string, unknown>
/** On Node the library is LevelDB itself, which its common type does not say. */
type Compactable = { compactRange(start: string, end: string): Promise<void> }

const FORMAT_KEY = 'meta/format'
/** Of the rows that a repair had to drop so many are named in the log. */
const KEYS_NAMED_MAX = 16

/**
 * What is remembered outside the store: that there was one. Without it an emptied directory would look like a first boot,
 * and a ledger that forgot everything would acknowledge as if nothing had happened.
 */
type Marker = {
  readonly v: 1
  readonly ledgerId: string
  readonly generation: number
  /** Put here from a backup and not opened since: the next boot is a new generation. */
  readonly restored?: true
}

/**
 * Opens `<dir>/ledger`, made at the first boot only. Faults: `FILE_BROKEN` with words for the operator when the format is
 * unknown or the store cannot be opened even after repair. A repaired or replaced store is a new generation.
 */
export async function openLevelLedger(
  dir: string,
  parts: { readonly log: Logger; readonly mint: (bytes: number) => string },
): Promise<Result<Ledger>> {
  const place = join(dir, 'ledger')
  const marker = await readMarker(dir)
  if (!marker.ok) return marker
  const opened =
    marker.value === undefined ? await firstBoot(place, parts) : await laterBoot(place, marker.value, parts)
  if (!opened.ok) return opened
  const { store, ledgerId, generation } = opened.value
  if ((await store.get(FORMAT_KEY)) !== ROW_FORMAT) await store.put(FORMAT_KEY, ROW_FORMAT, { sync: true })
  await writeMarker(dir, { v: 1, ledgerId, generation })
  return ok(ledgerOf(store, ledgerId, generation, parts.log))
}

/** Whether another process works in the ledger of `dir`. Looks at the lock alone and opens nothing. */
export async function isLedgerHeld(dir: string): Promise<boolean> {
  const place = join(dir, 'ledger')
  if (!existsSync(join(place, 'CURRENT'))) return false
  // A store that is there is refused because it is, but only after its lock was taken.
  const probe: Store = new Level<string, unknown>(place, { createIfMissing: false, errorIfExists: true })
  try {
    await probe.open()
    await probe.close()
    return false
  } catch (error) {
    return isLocked(causeOf(error))
  }
}

/** A ledger that nobody works in, read from end to end. Faults: `FILE_BROKEN`, `FORMAT_UNKNOWN`, `DATA_IN_USE`. */
export async function inspectLedger(dir: string): Promise<Result<LedgerCount>> {
  const store = await openStore(join(dir, 'ledger'), false)
  if (!store.ok) return store
  try {
    const head = await readHead(store.value)
    if (!head.ok) return head
    let [rows, records] = [0, 0]
    for await (const key of store.value.keys()) {
      rows++
      records += recordsIn(key)
    }
    return ok({ ...head.value, rows, records })
  } catch (error) {
    return fault('FILE_BROKEN', `${dir}: ${causeOf(error)}`)
  } finally {
    await store.value.close()
  }
}

export type LedgerCount = {
  readonly ledgerId: string
  readonly generation: number
  readonly rows: number
  readonly records: number
}

/** Says beside a ledger that it came from a backup. Throws what the file system throws. */
export async function markRestored(dir: string): Promise<void> {
  const marker = await readMarker(dir)
  if (!marker.ok || marker.value === undefined) throw new Error(`${markerFile(dir)} is missing or broken`)
  await writeMarker(dir, { ...marker.value, restored: true })
}

type Opened = { readonly store: Store; readonly ledgerId: string; readonly generation: number }

/** No marker: nothing was ever acknowledged from here, so an unreadable leftover of a cut first boot is set aside. */
async function firstBoot(
  place: string,
  { log, mint }: { readonly log: Logger; readonly mint: (bytes: number) => string },
): Promise<Result<Opened>> {
  if (existsSync(join(place, 'CURRENT'))) {
    const store = await openStore(place, false)
    const head = store.ok ? await readHead(store.value) : store
    if (store.ok && head.ok) return ok({ store: store.value, ...head.value })
    if (store.ok) await store.value.close()
    if (!head.ok && head.code === 'FORMAT_UNKNOWN') return fault('FILE_BROKEN', head.detail)
  }
  if (existsSync(place)) {
    const aside = `${place}.unfinished-${mint(4)}`
    await rename(place, aside)
    log.warn({ event: 'ledger.unfinished', aside })
  }
  await mkdir(place, { recursive: true, mode: 0o700 })
  const store = await openStore(place, true)
  if (!store.ok) return store
  const ledgerId = mint(8)
  const head: LedgerOp[] = [
    { type: 'put', key: FORMAT_KEY, value: ROW_FORMAT },
    { type: 'put', key: 'meta/ledger', value: { ledgerId, generation: 0 } },
  ]
  await store.value.batch(head, { sync: true })
  return ok({ store: store.value, ledgerId, generation: 0 })
}

/**
 * There was a ledger: open it as it is, and only if that fails, or damage was found while it ran, repair it. That may leave
 * holes, which are reckoned after it.
 */
async function laterBoot(
  place: string,
  marker: Marker,
  { log }: { readonly log: Logger },
): Promise<Result<Opened>> {
  let store = await openStore(place, false)
  let repaired = false
  // A ledger that another process holds is whole; a repair under its feet would not leave it so.
  if (!store.ok && store.code === 'DATA_IN_USE') return store
  if (!store.ok) {
    log.error({ event: 'ledger.repair', detail: store.detail })
    if (!existsSync(place)) return fault('FILE_BROKEN', `${place} is gone; put the backup there`)
    repaired = await repairStore(place)
    if (repaired) store = await openStore(place, false)
  }
  if (!store.ok) return store
  const damage = repaired ? undefined : await damageIn(store.value)
  if (damage !== undefined) {
    log.error({ event: 'ledger.repair', detail: damage })
    await store.value.close()
    repaired = await repairStore(place)
    store = await openStore(place, false)
    if (!store.ok) return store
  }
  if (repaired) await dropUnreadable(store.value, log)
  const head = repaired ? await headAfterRepair(store.value, marker) : await readHead(store.value)
  if (!head.ok) {
    await store.value.close()
    return fault('FILE_BROKEN', head.detail)
  }
  const isOther = head.value.ledgerId !== marker.ledgerId || head.value.generation !== marker.generation
  const restored = isOther || marker.restored === true
  if (!repaired && !restored) return ok({ store: store.value, ...head.value })
  const { ledgerId } = head.value
  const generation = Math.max(head.value.generation, marker.generation) + 1
  const born: LedgerOp[] = [{ type: 'put', key: 'meta/ledger', value: { ledgerId, generation } }]
  if (repaired)
    born.push({ type: 'put', key: UNRECKONED_KEY, value: generation }, { type: 'del', key: DAMAGED_KEY })
  await store.value.batch(born, { sync: true })
  log.warn({ event: 'ledger.generation', generation, repaired, restored })
  return ok({ store: store.value, ledgerId, generation })
}

async function openStore(place: string, create: boolean): Promise<Result<Store>> {
  const options = { valueEncoding: 'json', createIfMissing: create, errorIfExists: create }
  const store: Store = new Level<string, unknown>(place, options)
  try {
    await store.open()
    return ok(store)
  } catch (error) {
    const cause = causeOf(error)
    const code = isLocked(cause) ? 'DATA_IN_USE' : 'FILE_BROKEN'
    return fault(code, `${place} does not open: ${cause}`)
  }
}

const isLocked = (cause: string): boolean => /\block\b/i.test(cause)

/** The library's own words are in the cause; the outer message only says that it failed. */
const causeOf = (error: unknown): string =>
  error instanceof Error
    ? error.cause instanceof Error
      ? error.cause.message
      : error.message
    : String(error)

async function repairStore(place: string): Promise<boolean> {
  try {
    await (Level as unknown as { repair(location: string): Promise<void> }).repair(place)
    return true
  } catch {
    return false
  }
}

/** What somebody found while the ledger was open, or why not even its head can be read; undefined where neither is. */
async function damageIn(store: Store): Promise<unknown> {
  try {
    await store.get(FORMAT_KEY)
    await store.get('meta/ledger')
    return await store.get(DAMAGED_KEY)
  } catch (error) {
    return { unreadable: causeOf(error) }
  }
}

type Head = Omit<Opened, 'store'>

async function readHead(store: Store): Promise<Result<Head>> {
  try {
    const format = await store.get(FORMAT_KEY)
    if (!ROW_FORMATS_READ.includes(format)) return unknownFormat(format)
    const head = (await store.get('meta/ledger')) as Head | undefined
    return head === undefined ? fault('FILE_BROKEN', 'the ledger has no id') : ok(head)
  } catch (error) {
    return fault('FILE_BROKEN', causeOf(error))
  }
}

async function dropUnreadable(store: Store, log: Logger): Promise<void> {
  const keys = await keysOfRot(store.iterator<string, string>({ valueEncoding: 'utf8' }))
  if (keys.length === 0) return
  await store.batch(
    keys.map(key => ({ type: 'del', key })),
    { sync: true },
  )
  log.error({ event: 'ledger.dropped', rows: keys.length, keys: keys.slice(0, KEYS_NAMED_MAX) })
}

/**
 * The head may have been in the block that rotted: the marker beside the store has its id, and rows of any format are read. A store
 * of which nothing is left is not opened: it has forgotten everything.
 */
async function headAfterRepair(store: Store, { ledgerId, generation }: Marker): Promise<Result<Head>> {
  const format = (await store.get(FORMAT_KEY)) ?? ROW_FORMAT
  if (!ROW_FORMATS_READ.includes(format)) return unknownFormat(format)
  const head = (await store.get('meta/ledger')) as Head | undefined
  if (head !== undefined) return ok(head)
  const [left] = await store.keys({ limit: 1 }).all()
  return left === undefined
    ? fault('FILE_BROKEN', 'nothing is left in the ledger')
    : ok({ ledgerId, generation })
}

const unknownFormat = (format: unknown) =>
  fault('FORMAT_UNKNOWN', `the ledger has format ${String(format)}, this version knows ${ROW_FORMAT} only`)

const markerFile = (dir: string): string => join(dir, 'ledger.json')

async function readMarker(dir: string): Promise<Result<Marker | undefined>> {
  const file = markerFile(dir)
  if (!existsSync(file)) return ok(undefined)
  try {
    const marker = JSON.parse(await readFile(file, 'utf8')) as Marker
    return marker.v === 1 && typeof marker.ledgerId === 'string'
      ? ok(marker)
      : fault('FILE_BROKEN', `${file} has format ${marker.v}, this version knows 1 only`)
  } catch (error) {
    return fault('FILE_BROKEN', `${file}: ${String(error)}`)
  }
}

async function writeMarker(dir: string, marker: Marker): Promise<void> {
  const fresh = `${markerFile(dir)}.new`
  await writeFile(fresh, `${JSON.stringify(marker)}\n`, { mode: 0o600, flush: true })
  await rename(fresh, markerFile(dir))
  const handle = await open(dir)
  await handle.sync()
  await handle.close()
}

function ledgerOf(store: Store, ledgerId: string, generation: number, log: Logger): Ledger {
  let poisoned: string | undefined
  return {
    ledgerId,
    generation,
    async commit(ops, { sync }) {
      if (poisoned !== undefined) return fault('LEDGER_POISONED', poisoned)
      try {
        await write(store, packRecords(await withoutPacksOf(store, ops)), sync)
        return ok(undefined)
      } catch (error) {
        poisoned = causeOf(error)
        log.error({ event: 'ledger.poisoned', detail: poisoned })
        return fault('LEDGER_POISONED', poisoned)
      }
    },
    get: key => readRow(store, key),
    range: range => readRange(store, range),
    stored: ({ after, from = '', before, limit = -1, newestFirst = false }) =>
      store
        .iterator({
          ...(after === undefined ? { gte: from } : { gt: after }),
          lt: before,
          limit,
          reverse: newestFirst,
        })
        .all(),
    // Only a compaction drops what a later write has hidden.
    scour: ({ from, before }) => (store as unknown as Compactable).compactRange(from, before),
    close: () => store.close(),
  }
}

/** Op by op: of a list the library would make a copy of each, with fields added one by one. */
async function write(store: Store, ops: readonly LedgerOp[], sync: boolean): Promise<void> {
  const batch = store.batch()
  for (const op of ops)
    if (op.type === 'put') batch.put(op.key, op.value)
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
  return row !== undefined && packHolds(row[0], key) ? row : undefined
}

async function readRow(store: Store, key: string): Promise<unknown> {
  const own = await store.get(key)
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
      for (const [key, value] of read) {
        const unpacked = unpack(key, value).filter(([name]) => isWanted(name))
        rows.push(...(newestFirst ? unpacked.toReversed() : unpacked))
      }
    }
  } finally {
    await iterator.close()
  }
  return rows.slice(0, limit)
}
