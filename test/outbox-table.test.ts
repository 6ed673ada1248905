import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crc32c, dangerIn, unsnap } from '#agent/outbox/table-check.ts'
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
    expect(tables.map(dangerIn)).toEqual(tables.map(() => null))
  })

  it('with any bit another, or cut anywhere, is judged and never throws; a key made too short is seen', () => {
    const random = randomOf(5, 'table', 'flip')
    const tally = { flipped: 0, cut: 0, dangers: 0 }
    for (let i = 0; i < 600; i++) {
      const table = Buffer.from(random.pick(tables))
      const bit = random.integer(0, table.length * 8 - 1)
      table[bit >> 3]! ^= 1 << (bit & 7)
      if (dangerIn(table) !== null) tally.dangers++
      tally.flipped++
      dangerIn(table.subarray(0, random.integer(0, table.length)))
      tally.cut++
    }
    console.log(`table check: ${JSON.stringify(tally)}`)
    expect(tally.dangers).toBeGreaterThan(0)
    expect(tally.dangers).toBeLessThan(tally.flipped)
  })
})
