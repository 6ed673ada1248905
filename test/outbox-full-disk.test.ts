import { mkdtemp, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { draft, expectChain, HandClock, readAll, valueOf } from './contracts/outbox.ts'
import { smallDisk } from './outbox/small-disk.ts'

const BALLAST = 3 * 1024 * 1024
const small = smallDisk(16)
if (small === null) console.log('outbox: NOT RUN on a full disk, mounting one needs root')
afterAll(() => small?.remove())

let minted = 0
const mintEpoch = (): string => (++minted).toString(16).padStart(16, 'a')

/** Turns until the store answers again, each with its share of the disk. */
async function healed(outbox: Outbox, clock: HandClock): Promise<void> {
  for (let turns = 0; outbox.health() === 'poisoned'; turns++) {
    expect(turns).toBeLessThan(2_000)
    clock.advance(1_000)
    for (let i = 0; i < 200; i++) await new Promise(resolve => setImmediate(resolve))
  }
}

describe.skipIf(small === null)('an outbox on a full disk', () => {
  it('gives up its ballast for alarms and acks, loses nothing, and takes new ballast when there is room', async () => {
    const dir = await mkdtemp(join(small!.path, 'outbox-'))
    const clock = new HandClock()
    const options = { bootId: 'b00b00b00b00b00b', mintEpoch, ballastBytes: BALLAST, keepAckedMs: 0 }
    const outbox = await openLevelOutbox(dir, clock, options)
    const accepted: WireRecord[] = []
    for (let n = 0; n < 50; n++) accepted.push(...valueOf(await outbox.append([draft('event', n, 500)])))
    expect((await stat(join(dir, 'ballast'))).size).toBe(BALLAST)

    await small!.fill(true)
    let refused = 0
    for (let n = 50; n < 5_000 && refused === 0; n++) {
      const result = await outbox.append([draft('event', n, 500)])
      if (result.ok) accepted.push(...result.value)
      else refused++
    }
    expect(refused).toBe(1)
    await healed(outbox, clock)
    await expect(stat(join(dir, 'ballast'))).rejects.toThrow()
    accepted.push(...valueOf(await outbox.append([draft('alarm', 1)])))
    valueOf(await outbox.free('event', 40))
    expect(outbox.acked().event).toBe(40)
    const held = [...(await readAll(outbox, 'event')), ...(await readAll(outbox, 'alarm'))]
    const sums = new Set(held.map(r => r.sum))
    for (const record of accepted)
      expect(sums.has(record.sum) || (record.lane === 'event' && record.seq <= 40)).toBe(true)
    expectChain(await readAll(outbox, 'alarm'), CHAIN_START)
    await outbox.close()

    await small!.fill(false)
    const after = await openLevelOutbox(dir, clock, options)
    expect((await stat(join(dir, 'ballast'))).size).toBe(BALLAST)
    expect(await readAll(after, 'alarm')).toHaveLength(1)
    await after.close()
  })
})
