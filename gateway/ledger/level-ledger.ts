import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Level } from 'level'
import { isJson } from '#protocols/is-json.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import { ROW_FORMAT, ROW_FORMATS_READ } from '../loop/effects.ts'
import { DAMAGED_KEY, UNRECKONED_KEY } from './ledger.ts'
import type { Ledger, LedgerOp } from './ledger.ts'
import { beginFirstMinute, endedInFirstMinute, endFirstMinute, FIRST_MINUTE_MS } from './first-minute.ts'
import { causeOf, ledgerOf, valueAt, write } from './level-rows.ts'
import { recordsIn } from './packed-records.ts'
import { keysOfRot } from './rot.ts'
import { damageInFiles, forgetReplaced, mendTables } from './store-files.ts'

/** Texts, as `row-sum.ts` has them. */
type Store = Level<string, string>

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
  parts: {
    readonly log: Logger
    readonly mint: (bytes: number) => string
    /** Without it every start counts as one that ended in its first minute until it was closed in order. */
    readonly clock?: Pick<Clock, 'after'>
  },
): Promise<Result<Ledger>> {
  const place = join(dir, 'ledger')
  const marker = await readMarker(dir)
  if (!marker.ok) return marker
  const isYoung = endedInFirstMinute(dir)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await beginFirstMinute(dir)
  const opened =
    marker.value === undefined
      ? await firstBoot(place, parts)
      : await laterBoot(place, marker.value, isYoung, parts)
  if (!opened.ok) return opened
  const cancel = parts.clock?.after(FIRST_MINUTE_MS, () => void endFirstMinute(dir))
  const { store, ledgerId, generation } = opened.value
  if ((await valueAt(store, FORMAT_KEY)) !== ROW_FORMAT)
    await write(store, [{ type: 'put', key: FORMAT_KEY, value: ROW_FORMAT }], true)
  await writeMarker(dir, { v: 1, ledgerId, generation })
  const close = async (): Promise<void> => {
    cancel?.()
    await store.close()
    await endFirstMinute(dir)
  }
  return ok({ ...ledgerOf(store, ledgerId, generation, parts.log), close })
}

/** Whether another process works in the ledger of `dir`. Looks at the lock alone and opens nothing. */
export const isLedgerHeld = (dir: string): Promise<boolean> => isHeld(join(dir, 'ledger'))

async function isHeld(place: string): Promise<boolean> {
  if (!existsSync(join(place, 'CURRENT'))) return false
  // A store that is there is refused because it is, but only after its lock was taken.
  const probe: Store = new Level(place, { createIfMissing: false, errorIfExists: true })
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
  if (!marker.ok || !marker.value?.ledgerId) throw new Error(`${markerFile(dir)} is missing or broken`)
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
  await write(store.value, head, true)
  return ok({ store: store.value, ledgerId, generation: 0 })
}

/**
 * There was a ledger: open it as it is, and only if that fails, or damage was found while it ran, repair it. That may leave
 * holes, which are reckoned after it.
 */
async function laterBoot(
  place: string,
  marker: Marker,
  isYoung: boolean,
  { log }: { readonly log: Logger },
): Promise<Result<Opened>> {
  const rot = await damageInFiles(place, isYoung)
  let store = rot === null ? await openStore(place, false) : await refused(place, rot)
  let repaired = false
  // A ledger that another process holds is whole; a repair under its feet would not leave it so.
  if (!store.ok && store.code === 'DATA_IN_USE') return store
  if (!store.ok) {
    log.error({ event: 'ledger.repair', detail: store.detail })
    if (!existsSync(place)) return fault('FILE_BROKEN', `${place} is gone; put the backup there`)
    repaired = await repairStore(place, log)
    if (repaired) store = await openStore(place, false)
  }
  if (!store.ok) return store
  const damage = repaired ? undefined : await damageIn(store.value)
  if (damage !== undefined) {
    log.error({ event: 'ledger.repair', detail: damage })
    await store.value.close()
    repaired = await repairStore(place, log)
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
  await write(store.value, born, true)
  log.warn({ event: 'ledger.generation', generation, repaired, restored })
  return ok({ store: store.value, ledgerId, generation })
}

/** A store that another process writes in may look like anything. */
const refused = async (place: string, why: string): Promise<Result<never>> =>
  (await isHeld(place)) ? fault('DATA_IN_USE', `${place} is in use`) : fault('FILE_BROKEN', why)

async function openStore(place: string, create: boolean): Promise<Result<Store>> {
  const options = { valueEncoding: 'utf8', createIfMissing: create, errorIfExists: create }
  const store: Store = new Level(place, options)
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

async function repairStore(place: string, log: Logger): Promise<boolean> {
  try {
    const tables = await mendTables(place)
    if (tables.length > 0) log.error({ event: 'ledger.tables_mended', tables })
    await (Level as unknown as { repair(location: string): Promise<void> }).repair(place)
    await forgetReplaced(place)
    return true
  } catch {
    return false
  }
}

/** What somebody found while the ledger was open, or why not even its head can be read; undefined where neither is. */
async function damageIn(store: Store): Promise<unknown> {
  try {
    await valueAt(store, FORMAT_KEY)
    await valueAt(store, 'meta/ledger')
    return await valueAt(store, DAMAGED_KEY)
  } catch (error) {
    return { unreadable: causeOf(error) }
  }
}

type Head = Omit<Opened, 'store'>

async function readHead(store: Store): Promise<Result<Head>> {
  try {
    const format = await valueAt(store, FORMAT_KEY)
    if (!ROW_FORMATS_READ.includes(format)) return unknownFormat(format)
    const head = (await valueAt(store, 'meta/ledger')) as Head | undefined
    return head === undefined ? fault('FILE_BROKEN', 'the ledger has no id') : ok(head)
  } catch (error) {
    return fault('FILE_BROKEN', causeOf(error))
  }
}

async function dropUnreadable(store: Store, log: Logger): Promise<void> {
  const keys = await keysOfRot(store.iterator<Buffer, string>({ keyEncoding: 'buffer' }))
  if (keys.length === 0) return
  await store.batch<Buffer, string>(
    keys.map(key => ({ type: 'del', key })),
    { sync: true, keyEncoding: 'buffer' },
  )
  const named = keys.slice(0, KEYS_NAMED_MAX).map(String)
  log.error({ event: 'ledger.dropped', rows: keys.length, keys: named })
}

/**
 * The head may have been in the block that rotted: the marker beside the store has its id, and rows of any format are read. A store
 * of which nothing is left is not opened: it has forgotten everything.
 */
async function headAfterRepair(store: Store, { ledgerId, generation }: Marker): Promise<Result<Head>> {
  const format = (await valueAt(store, FORMAT_KEY)) ?? ROW_FORMAT
  if (!ROW_FORMATS_READ.includes(format)) return unknownFormat(format)
  const head = (await valueAt(store, 'meta/ledger')) as Head | undefined
  if (head !== undefined) return ok(head)
  const [left] = await store.keys({ limit: 1 }).all()
  return left === undefined || ledgerId === ROTTEN_MARKER.ledgerId
    ? fault('FILE_BROKEN', 'nothing is left in the ledger that says which it is')
    : ok({ ledgerId, generation })
}

const unknownFormat = (format: unknown) =>
  fault('FORMAT_UNKNOWN', `the ledger has format ${String(format)}, this version knows ${ROW_FORMAT} only`)

const markerFile = (dir: string): string => join(dir, 'ledger.json')

/** A marker that cannot be read says one thing still: that there was a ledger. What else it said is in the store. */
const ROTTEN_MARKER: Marker = { v: 1, ledgerId: '', generation: 0 }

async function readMarker(dir: string): Promise<Result<Marker | undefined>> {
  const file = markerFile(dir)
  if (!existsSync(file)) return ok(undefined)
  const text = await readFile(file, 'utf8').catch((error: unknown) => error as Error)
  if (text instanceof Error) return fault('FILE_BROKEN', `${file}: ${text.message}`)
  if (!isJson(text)) return ok(ROTTEN_MARKER)
  const { sum, ...marker } = (JSON.parse(text) ?? {}) as Partial<Marker> & { readonly sum?: number }
  // One of before there were sums has none.
  if (sum !== undefined && sum !== crc32(JSON.stringify(marker))) return ok(ROTTEN_MARKER)
  if (marker.v !== 1) return fault('FILE_BROKEN', `${file} has format ${marker.v}, this version knows 1 only`)
  return ok(typeof marker.ledgerId === 'string' ? (marker as Marker) : ROTTEN_MARKER)
}

async function writeMarker(dir: string, marker: Marker): Promise<void> {
  const fresh = `${markerFile(dir)}.new`
  const sum = crc32(JSON.stringify(marker))
  await writeFile(fresh, `${JSON.stringify({ ...marker, sum })}\n`, { mode: 0o600, flush: true })
  await rename(fresh, markerFile(dir))
  const handle = await open(dir)
  await handle.sync()
  await handle.close()
}
