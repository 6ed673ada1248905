import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import type { Clock } from '#protocols/time.ts'
import { BootScan } from './boot-scan.ts'
import type { Verdict } from './boot-scan.ts'
import { GroupCommit } from './group-commit.ts'
import type { GroupCommitOptions } from './group-commit.ts'
import { openHighWaterFile } from './high-water-file.ts'
import type { HighWaterFile } from './high-water-file.ts'
import { MARK_KEY } from './keys.ts'
import { blankMark, sealMark } from './mark.ts'
import type { Mark } from './mark.ts'
import type { Outbox } from './outbox.ts'
import { Salvage } from './salvage.ts'
import { DEFAULT_BOUNDS } from './shedding.ts'
import type { Bounds } from './shedding.ts'
import type { Change, OpenedShelf, Shelf } from './shelf.ts'
import {
  copyAside,
  discardStores,
  dropBallast,
  keepBallast,
  moveAside,
  storesIn,
  syncDir,
} from './store-dir.ts'

/*
 *     outbox/
 *       high-water        the mark outside LevelDB (`high-water-file.ts`); it also says which store is the right one
 *       db-<epoch>/       LevelDB
 *       quarantine/       the last damaged store as it was found, for whoever looks into it
 *       ballast           given up when the disk is full, so that acks can still free records
 */
export type LevelOutboxOptions = {
  /** 16 hex digits, for the gap records the outbox writes itself. */
  readonly bootId: string
  /** 16 hex digits of randomness; asked for with each new store. */
  readonly mintEpoch: () => string
  readonly bounds?: Bounds
  readonly ballastBytes?: number
  readonly report?: GroupCommitOptions['report']
  /** Puts something between the outbox and LevelDB; tests use it to make writes fail. */
  readonly wrapShelf?: (shelf: Shelf) => Shelf
}

type Settings = Required<LevelOutboxOptions> & { readonly dir: string; readonly clock: Clock }

const BALLAST_BYTES = 8 * 1024 * 1024

/**
 * Opens the outbox in `dir`, making it on the first call ever and mending it when the boot scan finds damage. Rejects when
 * another process holds it, when the directory cannot be written or when another format version wrote it.
 */
export async function openLevelOutbox(
  dir: string,
  clock: Clock,
  options: LevelOutboxOptions,
): Promise<Outbox> {
  const settings: Settings = {
    bounds: DEFAULT_BOUNDS,
    ballastBytes: BALLAST_BYTES,
    report: () => {},
    wrapShelf: shelf => shelf,
    ...options,
    dir,
    clock,
  }
  const open = (): Promise<OpenedShelf> => openWithBallast(settings)
  await mkdir(dir, { recursive: true })
  const opened = await open()
  await keepBallast(dir, settings.ballastBytes)
  return new GroupCommit(opened, open, clock, { ...settings, wellHealth: 'ok' })
}

/** A store on a full disk cannot even be opened: LevelDB writes a new manifest first. The ballast makes that room. */
async function openWithBallast(settings: Settings): Promise<OpenedShelf> {
  try {
    return await openStore(settings)
  } catch (error) {
    const full = /ENOSPC|no space/i.test(wordsOf(error))
    if (!full || !(await dropBallast(settings.dir))) throw error
    settings.report({ event: 'outbox.ballast-dropped', detail: wordsOf(error) })
    return openStore(settings)
  }
}

async function openStore(settings: Settings): Promise<OpenedShelf> {
  const file = await openHighWaterFile(join(settings.dir, 'high-water'))
  try {
    const stores = await storesIn(settings.dir)
    const neverMade = (!file.existed && stores.length === 0) || file.mark?.commit === 0
    if (neverMade) return await makeStore(settings, file)
    const epoch = file.mark?.epoch ?? stores[0]?.epoch ?? null
    const found = epoch === null ? null : await judge(storePath(settings, epoch), file.mark)
    if (found?.verdict?.whole) {
      await discardStores(settings.dir, stores, epoch!)
      return opened(settings, found.db, file, found.verdict, false)
    }
    return await mend(settings, file, epoch, found)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** The only place that may create a store. A half-made one (power cut in here) never accepted anything. */
async function makeStore(settings: Settings, file: HighWaterFile): Promise<OpenedShelf> {
  for (const { path } of await storesIn(settings.dir)) await moveAside(settings.dir, path)
  const epoch = settings.mintEpoch()
  await file.writeBoth(blankMark(epoch, 0))
  await syncDir(settings.dir)
  const mark = blankMark(epoch, 1)
  const db = await createLevel(settings, epoch)
  await db.put(MARK_KEY, sealMark(mark), { sync: true })
  await db.close()
  await syncDir(settings.dir)
  return enter(settings, file, mark, false)
}

/**
 * Damage: keep the store as found in quarantine, let LevelDB repair it, judge again. Whole now: same epoch. Else every good
 * record is carried into a new store, in order and without a hole, behind it a gap record for each lane that lost some.
 * The high-water file switches from the old store to the new one in a single write, so a crash in here begins again.
 */
async function mend(
  settings: Settings,
  file: HighWaterFile,
  epoch: string | null,
  found: Judged | null,
): Promise<OpenedShelf> {
  await found?.db?.close()
  const path = epoch === null ? null : storePath(settings, epoch)
  const complaints = found?.verdict?.complaints ?? [found?.reason ?? 'the store is gone']
  settings.report({ event: 'outbox.damaged', epoch, complaints })
  const copy = path === null ? null : await copyAside(settings.dir, path)
  const repaired = path === null ? null : await repair(path, file.mark)
  if (repaired?.verdict?.whole) {
    settings.report({ event: 'outbox.repaired', epoch, lost: {} })
    return opened(settings, repaired.db, file, repaired.verdict, true)
  }
  await repaired?.db?.close()
  // Repair may keep less than was readable before it.
  const useCopy = copy !== null && (found?.verdict?.held ?? 0) > (repaired?.verdict?.held ?? 0)
  const verdict = (useCopy ? found?.verdict : repaired?.verdict) ?? new BootScan(file.mark).finish()
  const mark = await carryOver(settings, file.mark, useCopy ? copy : path, verdict.lost)
  await file.writeBoth(mark)
  await discardStores(settings.dir, await storesIn(settings.dir), mark.epoch)
  return enter(settings, file, mark, true)
}

/** Copies what is good at `source` into a new store of a new epoch; `lost` is what the scan of `source` missed. */
async function carryOver(
  settings: Settings,
  highWater: Mark | null,
  source: string | null,
  lost: Verdict['lost'],
): Promise<Mark> {
  const epoch = settings.mintEpoch()
  const salvage = new Salvage(highWater, epoch, lost)
  const db = await createLevel(settings, epoch)
  const flush = async (mark?: Mark): Promise<void> =>
    db.batch(operations(salvage.takeChanges(), mark), { sync: true })
  const from = source === null ? null : await tryOpen(source)
  if (from instanceof Level) {
    const row = (key: string, value: string): void => salvage.row(key, value)
    await walk(from, row, flush).catch((error: unknown) => salvage.broke(wordsOf(error)))
    await from.close()
  }
  const mark = salvage.finish({ now: settings.clock.now(), bootId: settings.bootId })
  await flush(mark)
  await db.close()
  await syncDir(settings.dir)
  settings.report({ event: 'outbox.repaired', epoch, lost })
  return mark
}

/** Rows read, and written again, at a time. */
const CARRY_ROWS = 1000

/** Opens a store just written; it must be whole. */
async function enter(
  settings: Settings,
  file: HighWaterFile,
  mark: Mark,
  repaired: boolean,
): Promise<OpenedShelf> {
  const { db, verdict, reason } = await judge(storePath(settings, mark.epoch), mark)
  if (!verdict?.whole) {
    await db?.close()
    throw new Error(`a store just written is not whole: ${verdict?.complaints.join('; ') ?? reason}`)
  }
  await file.writeBoth(mark)
  return opened(settings, db, file, verdict, repaired)
}

function opened(
  settings: Settings,
  db: Level | null,
  file: HighWaterFile,
  verdict: Verdict,
  repaired: boolean,
): OpenedShelf {
  return { ...verdict, repaired, shelf: settings.wrapShelf(levelShelf(db!, file)) }
}

/** First LevelDB, then the mark outside: the mark must never promise what the store does not have. */
const levelShelf = (db: Level, file: HighWaterFile): Shelf => ({
  async write(changes, mark) {
    await db.batch(operations(changes, mark), { sync: true })
    await file.write(mark)
  },
  getMany: keys => db.getMany([...keys]),
  async close() {
    await db.close().finally(() => file.close())
  },
})

type Judged = { readonly db: Level | null; readonly verdict: Verdict | null; readonly reason: string }

/** Opens and scans. Damage is a verdict; a store that another process holds or a failing disk rejects. */
async function judge(path: string, highWater: Mark | null): Promise<Judged> {
  const db = await tryOpen(path)
  if (typeof db === 'string') return { db: null, verdict: null, reason: db }
  const scan = new BootScan(highWater)
  await walk(db, (key, value) => scan.row(key, value)).catch((error: unknown) => scan.broke(wordsOf(error)))
  return { db, verdict: scan.finish(), reason: '' }
}

async function repair(path: string, highWater: Mark | null): Promise<Judged> {
  try {
    await mkdir(path, { recursive: true })
    await ClassicLevel.repair(path)
  } catch (error) {
    return { db: null, verdict: null, reason: wordsOf(error) }
  }
  return judge(path, highWater)
}

/** Every row in key order, in chunks. */
async function walk(
  db: Level,
  row: (key: string, value: string) => unknown,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const iterator = db.iterator()
  try {
    for (
      let rows = await iterator.nextv(CARRY_ROWS);
      rows.length > 0;
      rows = await iterator.nextv(CARRY_ROWS)
    ) {
      for (const [key, value] of rows) row(key, value)
      await between()
    }
  } finally {
    await iterator.close()
  }
}

/** The store, or in words what is damaged. `createIfMissing` here would delete every table when CURRENT is missing. */
async function tryOpen(path: string): Promise<Level | string> {
  const db = new Level(path, { createIfMissing: false })
  try {
    await db.open()
    return db
  } catch (error) {
    const words = wordsOf(error)
    if (/corruption|does not exist|no such file|missing/i.test(words)) return words
    throw new Error(`the outbox at ${path} cannot be opened: ${words}`, { cause: error })
  }
}

async function createLevel(settings: Settings, epoch: string): Promise<Level> {
  const db = new Level(storePath(settings, epoch), { createIfMissing: true, errorIfExists: true })
  await db.open()
  return db
}

const operations = (changes: readonly Change[], mark?: Mark) => [
  ...changes.map(({ key, value }) =>
    value === null ? ({ type: 'del', key } as const) : ({ type: 'put', key, value } as const),
  ),
  ...(mark === undefined ? [] : [{ type: 'put', key: MARK_KEY, value: sealMark(mark) } as const]),
]

const storePath = (settings: Settings, epoch: string): string => join(settings.dir, `db-${epoch}`)

/** LevelDB's own words are in the cause: "does not exist" is never in the outer message. */
function wordsOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? `${String(error)}: ${cause.message}` : String(error)
}

/** `level` is `classic-level` in Node, whose repair its types leave out. */
const ClassicLevel = Level as unknown as { repair(path: string): Promise<void> }
