import { mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Level } from 'level'
import type { Clock } from '#protocols/time.ts'
import type { GroupCommitOptions } from './group-commit.ts'
import { openHighWaterFile } from './high-water-file.ts'
import { MARK_KEY } from './keys.ts'
import { sealMark } from './mark.ts'
import type { Mark } from './mark.ts'
import { openOutbox } from './open-outbox.ts'
import type { OutboxOptions } from './open-outbox.ts'
import type { Outbox } from './outbox.ts'
import { beginQuickBoot, endQuickBoots } from './quick-boot.ts'
import type { Change, OpenedShelf, Shelf } from './shelf.ts'
import {
  copyAside,
  rottenTables,
  discardStores,
  dropBallast,
  keepBallast,
  moveAside,
  storesIn,
  syncDir,
} from './store-dir.ts'
import type { Store, StoreRoom } from './store-room.ts'

/*
 *     outbox/
 *       high-water        the mark outside LevelDB (`high-water-file.ts`); it also says which store is the right one
 *       db-<epoch>/       LevelDB
 *       quarantine/       the last damaged store as it was found, for whoever looks into it
 *       ballast           given up when the disk is full, so that acks can still free records
 *       quick-boots       boots in a row that ended before all of the store had been read (`quick-boot.ts`)
 */
export type LevelOutboxOptions = OutboxOptions & {
  readonly ballastBytes?: number
  /** A store of more bytes is opened quickly, see `quick-boot.ts`. */
  readonly quickFromBytes?: number
  /** Puts something between the outbox and LevelDB; tests use it to make writes fail. */
  readonly wrapShelf?: (shelf: Shelf) => Shelf
}

const BALLAST_BYTES = 8 * 1024 * 1024
/** Less than this is read from end to end in half a second, whatever the computer. */
const QUICK_FROM_BYTES = 4 * 1024 * 1024

/**
 * Opens the outbox in `dir`, making it on the first call ever and mending it when the boot scan finds damage. Rejects when
 * another process holds it, when the directory cannot be written or when another format version wrote it.
 */
export async function openLevelOutbox(
  dir: string,
  clock: Clock,
  options: LevelOutboxOptions,
): Promise<Outbox> {
  const {
    ballastBytes = BALLAST_BYTES,
    quickFromBytes = QUICK_FROM_BYTES,
    report = () => {},
    wrapShelf = shelf => shelf,
  } = options
  const isNew = (await mkdir(dir, { recursive: true })) !== undefined
  if (isNew) await syncDir(dirname(dir))
  let isFirst = true
  return openOutbox(levelRoom(dir), clock, options, open => async how => {
    // What is opened again was odd, and is looked at from end to end.
    const quick = isFirst && (await beginQuickBoot(dir, quickFromBytes))
    isFirst = false
    const opened = await withBallast(dir, report, () => open({ ...how, quick }))
    await keepBallast(dir, ballastBytes)
    if (opened.trustedTo === 0) await endQuickBoots(dir)
    return {
      ...opened,
      onProved: () => endQuickBoots(dir),
      shelf: wrapShelf(givingUpBallast(opened.shelf, dir, report)),
    }
  })
}

/** A store on a full disk cannot even be opened: LevelDB writes a new manifest first. The ballast makes that room. */
async function withBallast(
  dir: string,
  report: GroupCommitOptions['report'],
  open: () => Promise<OpenedShelf>,
): Promise<OpenedShelf> {
  try {
    return await open()
  } catch (error) {
    if (!(await gaveUpBallast(error, dir, report))) throw error
    return open()
  }
}

/** The write that met the full disk is lost to its caller; the store that is opened after it has room. */
const givingUpBallast = (shelf: Shelf, dir: string, report: GroupCommitOptions['report']): Shelf => ({
  ...shelf,
  write: (changes, mark) =>
    shelf.write(changes, mark).catch(async (error: unknown) => {
      await gaveUpBallast(error, dir, report)
      throw error
    }),
})

async function gaveUpBallast(
  error: unknown,
  dir: string,
  report: GroupCommitOptions['report'],
): Promise<boolean> {
  const isFull = /ENOSPC|no space/i.test(wordsOf(error))
  if (!isFull || !(await dropBallast(dir))) return false
  report({ event: 'outbox.ballast-dropped', detail: wordsOf(error) })
  return true
}

/** Stores as LevelDB directories. */
export const levelRoom = (dir: string): StoreRoom => {
  const pathOf = (epoch: string): string => join(dir, `db-${epoch}`)
  return {
    openHighWater: () => openHighWaterFile(join(dir, 'high-water')),
    stores: async () => (await storesIn(dir)).map(store => store.epoch),
    open: (epoch, how) => (how?.quick === true ? tryOpen(pathOf(epoch)) : openChecked(pathOf(epoch))),
    async create(epoch) {
      const db = new Level(pathOf(epoch), { createIfMissing: true, errorIfExists: true })
      await db.open()
      return levelStore(db)
    },
    async repair(epoch) {
      try {
        await mkdir(pathOf(epoch), { recursive: true })
        for (const { file, danger } of await rottenTables(pathOf(epoch))) if (danger !== null) await rm(file)
        await ClassicLevel.repair(pathOf(epoch))
        return null
      } catch (error) {
        return wordsOf(error)
      }
    },
    copyAside: epoch => copyAside(dir, pathOf(epoch)),
    openAside: () => openChecked(join(dir, 'quarantine')),
    moveAside: epoch => moveAside(dir, pathOf(epoch)),
    discardBut: epoch => discardStores(dir, epoch),
    sync: () => syncDir(dir),
  }
}

/** Rows read at a time. */
const WALK_ROWS = 1000

const levelStore = (db: Level): Store => ({
  async walk(row, between = () => Promise.resolve()) {
    const iterator = db.iterator()
    try {
      for (
        let rows = await iterator.nextv(WALK_ROWS);
        rows.length > 0;
        rows = await iterator.nextv(WALK_ROWS)
      ) {
        for (const [key, value] of rows) row(key, value)
        await between()
      }
    } finally {
      await iterator.close()
    }
  },
  write: (changes, mark) => db.batch(operations(changes, mark), { sync: true }),
  getMany: keys => db.getMany([...keys]),
  close: () => db.close(),
})

/** Not before its tables were looked at: some damage would end the process and not come back as an error. */
async function openChecked(path: string): Promise<Store | string> {
  const rotten = await rottenTables(path)
  const dangerous = rotten.find(({ danger }) => danger !== null)
  if (dangerous !== undefined) return `corruption in ${basename(dangerous.file)}: ${dangerous.danger}`
  const store = await tryOpen(path)
  const [first] = rotten
  if (typeof store === 'string' || first === undefined) return store
  return { ...store, rot: `a checksum differs in ${basename(first.file)}` }
}

/** The store, or in words what is damaged. `createIfMissing` here would delete every table when CURRENT is missing. */
async function tryOpen(path: string): Promise<Store | string> {
  const db = new Level(path, { createIfMissing: false })
  try {
    await db.open()
    return levelStore(db)
  } catch (error) {
    const words = wordsOf(error)
    if (/corruption|does not exist|no such file|missing/i.test(words)) return words
    throw new Error(`the outbox at ${path} cannot be opened: ${words}`, { cause: error })
  }
}

const operations = (changes: readonly Change[], mark?: Mark) => [
  ...changes.map(({ key, value }) =>
    value === null ? ({ type: 'del', key } as const) : ({ type: 'put', key, value } as const),
  ),
  ...(mark === undefined ? [] : [{ type: 'put', key: MARK_KEY, value: sealMark(mark) } as const]),
]

/** LevelDB's own words are in the cause: "does not exist" is never in the outer message. */
function wordsOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? `${String(error)}: ${cause.message}` : String(error)
}

/** `level` is `classic-level` in Node, whose repair its types leave out. */
const ClassicLevel = Level as unknown as { repair(path: string): Promise<void> }
