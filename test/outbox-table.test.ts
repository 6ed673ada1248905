import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crc32c } from '#protocols/leveldb/crc32c.ts'
import { unsnap } from '#protocols/leveldb/snappy.ts'
import { checkTable } from '#protocols/leveldb/table-check.ts'
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import { randomOf } from '#sim/random.ts'
import { draft, HandClock, valueOf } from './contracts/outbox.ts'

let dir = ''
const tables: Buffer[] = []

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reach5-table-'))
  const options = { bootId: 'b00b00b00b00b00b', mintEpoch: () => '00000000000000a1', ballastBytes: 0 }
  for (let session = 0; session < 3; session++) {
    const outbox = await openLevelOutbox(dir, new HandClock(), options)
    const drafts = Array.from({ length: 150 }, (_, n) => draft('event', session * 1_000 + n, 40))
    valueOf(await outbox.append(drafts))
    await outbox.close()
  }
  const store = join(dir, 'db-00000000000000a1')
  for (const name of await readdir(store))
    if (/\.(ldb|sst)$/.test(name)) tables.push(await readFile(join(store, name)))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('a table of LevelDB', () => {
  it('has the checksum of the standard and the unpacking of the format', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    // "abcd" four times: four letters, then a copy of twelve from four back.
    expect(unsnap(Buffer.from([16, 0x0c, 0x61, 0x62, 0x63, 0x64, (11 << 2) | 2, 4, 0]))?.toString()).toBe(
      'abcd'.repeat(4),
    )
    expect(unsnap(Buffer.from([16, 0x0c, 0x61]))).toBeNull()
    expect(unsnap(Buffer.from([4, (3 << 2) | 2, 9, 0]))).toBeNull()
  })

  it('as LevelDB wrote it is no danger', () => {
    expect(tables.length).toBeGreaterThan(0)
    expect(tables.map(checkTable)).toEqual(tables.map(() => ({ isIntact: true, danger: null })))
  })

  it('rotten in its filter, its index or beside them hides nothing: what the scan saw is read', async () => {
    const store = join(dir, 'db-00000000000000a1')
    const names = (await readdir(store)).filter(n => /\.(ldb|sst)$/.test(n))
    const files = await Promise.all(
      names.map(async n => ({ name: n, whole: await readFile(join(store, n)) })),
    )
    const { name, whole } = files.toSorted((a, b) => b.whole.length - a.whole.length)[0]!
    let read = 0
    for (let from = Math.max(0, whole.length - 1_500); from < whole.length - 75; from += 25) {
      const copy = await mkdtemp(join(tmpdir(), 'reach5-filter-'))
      await cp(dir, copy, { recursive: true })
      const table = Buffer.from(whole)
      table.fill(0, from, from + 25)
      await writeFile(join(copy, 'db-00000000000000a1', name), table)
      let minted = 0
      const mintEpoch = (): string => (++minted).toString(16).padStart(16, '0')
      const options = { bootId: 'b00b00b00b00b00b', mintEpoch, ballastBytes: 0 }
      const outbox = await openLevelOutbox(copy, new HandClock(), options)
      const { first, last } = outbox.ranges().event
      expect(valueOf(await outbox.read('event', 0, 10_000))).toHaveLength(last - first + 1)
      await outbox.close()
      await rm(copy, { recursive: true, force: true })
      read++
    }
    expect(read).toBeGreaterThan(15)
  })

  it('with any bit another, or cut anywhere, is judged and never throws; a key made too short is seen', () => {
    const random = randomOf(5, 'table', 'flip')
    const tally = { flipped: 0, seen: 0, cut: 0, dangers: 0 }
    for (let i = 0; i < 600; i++) {
      const table = Buffer.from(random.pick(tables))
      const bit = random.integer(0, table.length * 8 - 1)
      table[bit >> 3]! ^= 1 << (bit & 7)
      const check = checkTable(table)
      if (check.danger !== null) tally.dangers++
      // A bit of the footer's padding means nothing to anybody.
      if (!check.isIntact) tally.seen++
      tally.flipped++
      checkTable(table.subarray(0, random.integer(0, table.length)))
      tally.cut++
    }
    console.log(`table check: ${JSON.stringify(tally)}`)
    expect(tally.dangers).toBeGreaterThan(0)
    expect(tally.dangers).toBeLessThan(tally.flipped)
    expect(tally.seen).toBeGreaterThan(0.9 * tally.flipped)
  })
})
