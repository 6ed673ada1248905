import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { levelRoom, openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import { openStore } from '#agent/outbox/open-store.ts'
import type { StoreRoom } from '#agent/outbox/store-room.ts'
import { SimulatedDisk } from '#sim/store/simulated-disk.ts'
import { simulatedRoom } from '#sim/store/simulated-room.ts'
import { draft, HandClock, readAll, valueOf } from './contracts/outbox.ts'
import { storeRoomContract } from './contracts/store-room.ts'
import { smallDisk } from './outbox/small-disk.ts'

const BOOT_ID = 'b00b00b00b00b00b'
const dirs: string[] = []
const newDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'reach5-room-'))
  dirs.push(dir)
  return dir
}
afterAll(async () => {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true })
})

const logOf = async (dir: string, epoch: string): Promise<string> => {
  const names = (await readdir(join(dir, `db-${epoch}`))).filter(name => name.endsWith('.log'))
  return join(dir, `db-${epoch}`, names.sort().at(-1)!)
}

const levelBench = (newPlace: () => Promise<string>, fill: ((isFull: boolean) => Promise<void>) | null) =>
  async function bench() {
    const dir = await newPlace()
    return {
      room: levelRoom(dir),
      loseCurrent: (epoch: string) => rm(join(dir, `db-${epoch}`, 'CURRENT')),
      async rotLog(epoch: string) {
        const path = await logOf(dir, epoch)
        const bytes = await readFile(path)
        bytes[5_000]! ^= 0x10
        await writeFile(path, bytes)
      },
      async cutLog(epoch: string) {
        const path = await logOf(dir, epoch)
        await truncate(path, (await stat(path)).size - 1_000)
      },
      fill,
      destroy: () => rm(dir, { recursive: true, force: true }),
    }
  }

storeRoomContract('LevelDB', levelBench(newDir, null))

const small = smallDisk(4)
if (small !== null) {
  const newPlace = (): Promise<string> => mkdtemp(join(small.path, 'room-'))
  storeRoomContract('LevelDB on a disk that fills', levelBench(newPlace, small.fill))
  afterAll(() => small.remove())
} else console.log('store room: NOT RUN on a disk that fills, mounting one needs root')

storeRoomContract('simulated', () => {
  const disk = new SimulatedDisk()
  return Promise.resolve({
    room: simulatedRoom(disk),
    loseCurrent: (epoch: string) => Promise.resolve(void (disk.stores.get(epoch)!.hasCurrent = false)),
    rotLog: (epoch: string) => Promise.resolve(disk.rotBatch(epoch, 1)),
    cutLog: (epoch: string) => Promise.resolve(disk.cutLog(epoch, 19)),
    fill: (isFull: boolean) => Promise.resolve(void (disk.isFull = isFull)),
    destroy: () => Promise.resolve(),
  })
})

describe('a first boot', () => {
  it('cut off before any step, with what it was writing there in part, leaves a store that opens and works', async () => {
    const dir = await newDir()
    const states: string[] = []
    const snapshot = async (): Promise<void> => {
      const copy = await newDir()
      await cp(dir, copy, { recursive: true })
      states.push(copy)
    }
    const settings = {
      clock: new HandClock(),
      bootId: BOOT_ID,
      mintEpoch: () => '00000000000000a1',
      report: () => {},
    }
    const made = await openStore(watched(levelRoom(dir), snapshot), settings, { renew: false })
    await made.shelf.close()
    await snapshot()
    let tried = 0
    for (const state of states)
      for (const harm of await partsOf(state)) {
        const copy = await newDir()
        await cp(state, copy, { recursive: true })
        await harm(copy)
        let minted = 0
        const mintEpoch = (): string => (++minted).toString(16).padStart(16, 'e')
        const outbox = await openLevelOutbox(copy, new HandClock(), {
          bootId: BOOT_ID,
          mintEpoch,
          ballastBytes: 0,
        })
        valueOf(await outbox.append([draft('alarm', 1)]))
        expect(await readAll(outbox, 'alarm')).toHaveLength(1)
        await outbox.close()
        tried++
      }
    console.log(`first boot: ${states.length} steps, ${tried} states opened`)
    expect(states.length).toBeGreaterThan(10)
    expect(tried).toBeGreaterThan(30)
  })
})

/** The same room; `before` runs before every step that changes something, and before every synced write. */
function watched(room: StoreRoom, before: () => Promise<void>): StoreRoom {
  const stepped =
    <A extends readonly unknown[], T>(step: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await before()
      return step(...args)
    }
  return {
    ...room,
    async openHighWater() {
      await before()
      const file = await room.openHighWater()
      await before()
      return { ...file, write: stepped(file.write), writeBoth: stepped(file.writeBoth) }
    },
    async create(epoch) {
      await before()
      const store = await room.create(epoch)
      await before()
      return { ...store, write: stepped(store.write), close: stepped(store.close) }
    },
    open: stepped(room.open),
    sync: stepped(room.sync),
    discardBut: stepped(room.discardBut),
  }
}

/** Nothing more; or one file cut to nothing or to half, as what was being written may be after a power cut. */
async function partsOf(state: string): Promise<readonly ((dir: string) => Promise<void>)[]> {
  const harms: ((dir: string) => Promise<void>)[] = [() => Promise.resolve()]
  const files = (await readdir(state, { recursive: true })).filter(name => !name.endsWith('LOCK'))
  for (const file of files) {
    const { size, ...kind } = await stat(join(state, file))
    if (!(await stat(join(state, file))).isFile() || size === 0 || kind.nlink === 0) continue
    for (const length of [0, size >> 1]) harms.push(dir => truncate(join(dir, file), length))
  }
  return harms
}
