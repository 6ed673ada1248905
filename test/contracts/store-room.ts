import { afterEach, describe, expect, it } from 'vitest'
import type { Store, StoreRoom } from '#agent/outbox/store-room.ts'

/** A room and what can be done to it from outside. */
export type RoomBench = {
  readonly room: StoreRoom
  /** Takes away CURRENT. */
  loseCurrent(epoch: string): Promise<void>
  /** Spoils bytes early in the log. */
  rotLog(epoch: string): Promise<void>
  /** Cuts the log's last bytes off. */
  cutLog(epoch: string): Promise<void>
  /** Makes writes fail for want of room, and stop failing; null where this machine cannot. */
  readonly fill: ((isFull: boolean) => Promise<void>) | null
  destroy(): Promise<void>
}

const EPOCH = '00000000000000a1'

async function openStore(room: StoreRoom, epoch = EPOCH): Promise<Store> {
  const store = await room.open(epoch)
  if (typeof store === 'string') throw new Error(store)
  return store
}

async function keysIn(store: Store): Promise<readonly string[]> {
  const keys: string[] = []
  await store.walk(key => keys.push(key))
  return keys
}

/**
 * How a disk with LevelDB on it behaves, the bad manners included (measured on classic-level 3). Run on the real one and on the
 * simulated one: what is simulated in a city must be what happens in a car.
 */
export function storeRoomContract(name: string, newBench: () => Promise<RoomBench>): void {
  describe(`store room: ${name}`, () => {
    const cleanups: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    })
    const bench = async (): Promise<RoomBench> => {
      const made = await newBench()
      cleanups.push(() => made.destroy())
      return made
    }
    const filled = async (on: RoomBench, batches = 20): Promise<readonly string[]> => {
      const store = await on.room.create(EPOCH)
      const keys = Array.from({ length: batches }, (_, i) => `k${String(i).padStart(3, '0')}`)
      for (const key of keys) await store.write([{ key, value: key.repeat(1_000) }])
      await store.close()
      await on.room.sync()
      return keys
    }

    it('never makes a store by opening it, and makes none twice', async () => {
      const { room } = await bench()
      expect(typeof (await room.open(EPOCH))).toBe('string')
      expect(typeof (await room.open(EPOCH))).toBe('string')
      await (await room.create('00000000000000a2')).close()
      await expect(room.create('00000000000000a2')).rejects.toThrow()
    })

    it('gives back what was written, in key order, and lets nobody else in meanwhile', async () => {
      const on = await bench()
      const keys = await filled(on)
      const store = await openStore(on.room)
      expect(await keysIn(store)).toEqual(keys)
      await expect(on.room.open(EPOCH)).rejects.toThrow()
      await store.write([
        { key: 'k000', value: null },
        { key: 'k001', value: 'new' },
      ])
      expect(await store.getMany(['k000', 'k001'])).toEqual([undefined, 'new'])
      await store.close()
      const again = await openStore(on.room)
      expect(await keysIn(again)).toEqual(keys.slice(1))
      await again.close()
    })

    it('opens a rotten log without a word, and lacks something', async () => {
      const on = await bench()
      const keys = await filled(on)
      await on.rotLog(EPOCH)
      const store = await openStore(on.room)
      const left = await keysIn(store)
      expect(left.length).toBeLessThan(keys.length)
      // The later ones are there behind the hole.
      expect(left.at(-1)).toBe(keys.at(-1))
      await store.close()
    })

    it('opens a log cut short without a word, and lacks its end', async () => {
      const on = await bench()
      const keys = await filled(on)
      await on.cutLog(EPOCH)
      const store = await openStore(on.room)
      const left = await keysIn(store)
      expect(left.length).toBeLessThan(keys.length)
      expect(left).toEqual(keys.slice(0, left.length))
      await store.close()
    })

    it('does not open without CURRENT, and a repair brings everything back', async () => {
      const on = await bench()
      const keys = await filled(on)
      await on.loseCurrent(EPOCH)
      expect(typeof (await on.room.open(EPOCH))).toBe('string')
      expect(await on.room.repair(EPOCH)).toBeNull()
      const store = await openStore(on.room)
      expect(await keysIn(store)).toEqual(keys)
      await store.close()
    })

    it('mends a store that is not there into an empty one', async () => {
      const { room } = await bench()
      expect(await room.repair(EPOCH)).toBeNull()
      const store = await openStore(room)
      expect(await keysIn(store)).toEqual([])
      await store.close()
    })

    it('after one write that failed acknowledges later ones on the same handle and loses them', async () => {
      const on = await bench()
      if (on.fill === null) return console.log(`store room ${name}: NOT RUN, this machine cannot fill a disk`)
      const store = await on.room.create(EPOCH)
      const keys = Array.from({ length: 20 }, (_, i) => `k${String(i).padStart(3, '0')}`)
      for (const key of keys) await store.write([{ key, value: key.repeat(200) }])
      await on.fill(true)
      let refused = 0
      for (let i = 0; i < 5_000 && refused === 0; i++)
        await store.write([{ key: 'x', value: 'x'.repeat(300) }]).catch(() => refused++)
      expect(refused).toBe(1)
      await on.fill(false)
      const after = Array.from({ length: 30 }, (_, i) => `z${String(i).padStart(3, '0')}`)
      for (const key of after) await store.write([{ key, value: 'acknowledged' }])
      expect((await store.getMany(after)).every(value => value === 'acknowledged')).toBe(true)
      await store.close()
      const again = await openStore(on.room)
      const left = await keysIn(again)
      expect(left.filter(key => key.startsWith('k'))).toEqual(keys)
      expect(left.filter(key => key.startsWith('z'))).toEqual([])
      await again.close()
    })
  })
}
