import type { Change } from '#agent/outbox/shelf.ts'
import type { HighWater, Store, StoreRoom } from '#agent/outbox/store-room.ts'
import { batchOf, rowsOf } from './simulated-disk.ts'
import type { SimulatedDisk, SimulatedStore } from './simulated-disk.ts'

/** Rows given at a time by a walk. */
const WALK_ROWS = 100
/** A longer log is folded when its store is opened, into blocks of so many rows. */
const LOG_BATCHES_MAX = 256
const BLOCK_ROWS = 16

/** The stores of a simulated disk, with the steps and the manners of LevelDB directories. */
export const simulatedRoom = (disk: SimulatedDisk): StoreRoom => ({
  async openHighWater() {
    await disk.step(() => {})
    return highWaterOf(disk)
  },
  async stores() {
    await disk.step(() => {})
    const sized = [...disk.stores].map(([epoch, store]) => ({ epoch, bytes: bytesOf(store) }))
    return sized.sort((a, b) => b.bytes - a.bytes).map(({ epoch }) => epoch)
  },
  open: epoch => openStore(disk, disk.stores.get(epoch)),
  async create(epoch) {
    if (disk.stores.has(epoch)) throw new Error(`${epoch} exists (error_if_exists is true)`)
    const store: SimulatedStore = { log: [], hasCurrent: true, isNamed: false, isHeld: true }
    await disk.step(() => disk.stores.set(epoch, store))
    return storeOf(disk, store)
  },
  async repair(epoch) {
    const store = disk.stores.get(epoch)
    await disk.step(() => {
      if (store === undefined) disk.stores.set(epoch, emptyStore())
      else Object.assign(store, { log: store.log.filter(batch => batch !== null), hasCurrent: true })
    })
    return null
  },
  async copyAside(epoch) {
    const store = disk.stores.get(epoch)
    if (store === undefined || disk.isFull) return false
    await disk.step(() => (disk.quarantine = { ...store, log: [...store.log], isHeld: false }))
    return true
  },
  openAside: () => openStore(disk, disk.quarantine ?? undefined),
  moveAside: epoch =>
    disk.step(() => {
      disk.quarantine = disk.stores.get(epoch) ?? null
      disk.stores.delete(epoch)
    }),
  discardBut: epoch =>
    disk.step(() => {
      for (const other of disk.stores.keys()) if (other !== epoch) disk.stores.delete(other)
    }),
  sync: () =>
    disk.step(() => {
      for (const store of disk.stores.values()) store.isNamed = true
    }),
})

const emptyStore = (): SimulatedStore => ({ log: [], hasCurrent: true, isNamed: true, isHeld: false })

const bytesOf = (store: SimulatedStore): number =>
  store.log.reduce((sum, batch) => sum + (batch?.rows ?? []).reduce((all, row) => all + sizeOf(row), 0), 0)

const sizeOf = ({ key, value }: Change): number => key.length + (value?.length ?? 0)

function highWaterOf(disk: SimulatedDisk): HighWater {
  return {
    mark: disk.newestMark(),
    isBlank: disk.slots.some(text => text === ''),
    write(mark) {
      const slot = mark.commit % 2 === 0 ? 0 : 1
      return disk.step(
        () => disk.writeSlot(slot, mark),
        () => disk.tearSlot(slot, mark),
      )
    },
    async writeBoth(mark) {
      // One write of two blocks: a cut between them leaves one of each.
      await disk.step(
        () => disk.writeSlot(0, mark),
        () => disk.tearSlot(0, mark),
      )
      await disk.step(
        () => disk.writeSlot(1, mark),
        () => disk.tearSlot(1, mark),
      )
    },
    close: () => Promise.resolve(),
  }
}

async function openStore(disk: SimulatedDisk, store: SimulatedStore | undefined): Promise<Store | string> {
  if (store?.isHeld) throw new Error('the store cannot be opened: lock held')
  // LevelDB writes a new manifest at every opening.
  await disk.step(() => {})
  if (store === undefined || !store.hasCurrent) return 'does not exist (create_if_missing is false)'
  store.isHeld = true
  if (store.log.length > LOG_BATCHES_MAX) store.log = folded(store.log)
  return storeOf(disk, store)
}

/** As LevelDB folds its log into tables: what counts, in blocks of a few rows. */
function folded(log: SimulatedStore['log']): SimulatedStore['log'] {
  const rows = [...rowsOf(log)].map(([key, value]) => ({ key, value }))
  return Array.from({ length: Math.ceil(rows.length / BLOCK_ROWS) }, (_, i) => ({
    rows: rows.slice(i * BLOCK_ROWS, (i + 1) * BLOCK_ROWS),
  }))
}

function storeOf(disk: SimulatedDisk, store: SimulatedStore): Store {
  const { power } = disk
  /** What this handle believes; after a failed write more than what is on the disk. */
  const rows = rowsOf(store.log)
  let isPoisoned = false
  const alive = (): void => {
    if (disk.power !== power) throw new Error('this handle is of before the restart')
  }
  return {
    async walk(row, between = () => Promise.resolve()) {
      alive()
      const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
      for (let i = 0; i < sorted.length; i += WALK_ROWS) {
        for (const [key, value] of sorted.slice(i, i + WALK_ROWS)) row(key, value)
        await between()
      }
    },
    async write(changes, mark) {
      alive()
      const batch = batchOf(changes, mark)
      try {
        // A torn batch does not match its checksum and is not there; neither is what this handle writes behind it.
        await disk.step(() => {
          if (isPoisoned) return
          store.log.push(batch)
          disk.onLanded(batch!.rows)
        })
      } catch (error) {
        isPoisoned = true
        throw error
      }
      for (const { key, value } of batch!.rows)
        if (value === null) rows.delete(key)
        else rows.set(key, value)
    },
    getMany(keys) {
      alive()
      return Promise.resolve(keys.map(key => rows.get(key)))
    },
    close() {
      if (disk.power === power) store.isHeld = false
      return Promise.resolve()
    },
  }
}
