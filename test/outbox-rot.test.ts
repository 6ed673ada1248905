import { existsSync } from 'node:fs'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openHighWaterFile, SLOT_BYTES } from '#agent/outbox/high-water-file.ts'
import { blankMark, boundedLosses, CARRIED_MAX, Mark, sealMark } from '#agent/outbox/mark.ts'
import type { Loss } from '#agent/outbox/mark.ts'
import { rotRun } from './outbox/rot-run.ts'

const EPOCH = 'f'.repeat(16)
const SEEDS = Number(process.env['REACH5_ROT_SEEDS'] ?? 4)
const ROTS = 45

describe('a store that rots again and again', () => {
  it('holds or names everything it accepted, however many repairs lie between', async () => {
    const sum = { rots: 0, accepted: 0, repairs: 0 }
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { lost, doubled, ...run } = await rotRun(seed, ROTS)
      expect({ seed, lost, doubled }).toEqual({ seed, lost: [], doubled: [] })
      sum.rots += run.rots
      sum.accepted += run.accepted
      sum.repairs += run.repairs
    }
    console.info(`rot: ${JSON.stringify(sum)}`)
    expect(sum.repairs).toBeGreaterThan(0)
  })
})

describe('the mark outside the store', () => {
  let dir: string
  beforeEach(
    async () => (dir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'reach5-mark-'))),
  )
  afterEach(() => rm(dir, { recursive: true, force: true }))

  /** As much as a mark may have to say, with the longest numbers. */
  const longest = (commit: number): Mark => {
    const seq = 999_999_999_999
    const ranges: (readonly [number, number])[] = Array.from({ length: 5 }, () => [seq, seq] as const)
    const loss: Loss = { seq, lane: 'event', epoch: EPOCH, ranges, lost: { epoch: EPOCH, ranges } }
    const acked = { alarm: seq, event: seq, track: seq, diag: seq }
    return Mark.parse({
      ...blankMark(EPOCH, commit),
      acks: Array.from({ length: 16 }, () => ({ utcMs: 1_795_478_400_000, acked })),
      losses: boundedLosses(Array.from({ length: 100 }, () => loss)),
      carried: Array.from({ length: CARRIED_MAX }, () => ({
        ...({ lane: 'event', first: seq, last: seq } as const),
        origin: { epoch: EPOCH, seq },
      })),
    })
  }

  it('is read again whole, however much repairs have to say', async () => {
    const path = join(dir, 'mark')
    expect(sealMark(longest(1)).length).toBeGreaterThan(4_096)
    expect(sealMark(longest(1)).length).toBeLessThan(SLOT_BYTES)
    const file = await openHighWaterFile(path)
    await file.writeBoth(blankMark(EPOCH, 1))
    for (const commit of [2, 3, 4]) await file.write(longest(commit))
    await file.write(blankMark(EPOCH, 5))
    await file.close()
    const again = await openHighWaterFile(path)
    expect(again.mark).toEqual(blankMark(EPOCH, 5))
    await again.close()
    // Its second slot is gone: the commit before it stands in the first.
    await truncate(path, SLOT_BYTES)
    const cut = await openHighWaterFile(path)
    expect(cut.mark).toEqual(longest(4))
    await cut.close()
  })

  it('of a version with short slots is taken over', async () => {
    const path = join(dir, 'mark')
    const bytes = Buffer.alloc(8_192)
    bytes.write(sealMark(blankMark(EPOCH, 6)), 0)
    bytes.write(sealMark(blankMark(EPOCH, 7)), 4_096)
    await writeFile(path, bytes)
    const file = await openHighWaterFile(path)
    expect([file.mark?.commit, file.isBlank]).toEqual([7, false])
    await file.write(blankMark(EPOCH, 8))
    await file.close()
    const again = await openHighWaterFile(path)
    expect(again.mark?.commit).toBe(8)
    await again.close()
  })
})
