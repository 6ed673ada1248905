import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TRACK_JUDGED } from '#agent/outbox/boot-scan.ts'
import { recordKey } from '#agent/outbox/keys.ts'
import { openLevelOutbox } from '#agent/outbox/level-outbox.ts'
import type { Outbox } from '#agent/outbox/outbox.ts'
import type { WireRecord } from '#protocols/record.ts'
import { randomOf } from '#sim/random.ts'
import { auditOutbox } from './contracts/outbox-audit.ts'
import { draft, HandClock, valueOf } from './contracts/outbox.ts'

const OLD = 2_000
const COUNT = TRACK_JUDGED + OLD

let minted = 0
const random = randomOf(1, 'outbox', 'quick-boot')
/** Nothing a compressor could shorten, so that a bit of a table is a bit of a record. */
const noise = (): string => Array.from({ length: 60 }, () => random.integer(0, 2 ** 30).toString(36)).join('')

describe('a large store', () => {
  const root = mkdtempSync(join(tmpdir(), 'reach5-quick-'))
  const whole = join(root, 'whole')
  const accepted: WireRecord[] = []
  const said: string[] = []
  const clock = new HandClock()

  const open = (dir: string): Promise<Outbox> =>
    openLevelOutbox(dir, clock, {
      bootId: 'b00b00b00b00b00b',
      mintEpoch: () => (++minted).toString(16).padStart(16, '0'),
      ballastBytes: 0,
      quickFromBytes: 1,
      report: ({ event }) => said.push(event),
    })
  /** A copy of the whole store to be damaged. */
  const copy = (name: string): string => {
    cpSync(whole, join(root, name), { recursive: true })
    said.length = 0
    return join(root, name)
  }
  const dbOf = (dir: string): string =>
    join(
      dir,
      readdirSync(dir).find(name => name.startsWith('db-'))!,
    )
  const turn = async (): Promise<void> => {
    clock.advance(100)
    for (let i = 0; i < 200; i++) await new Promise(resolve => setImmediate(resolve))
  }
  const until = async (event: string): Promise<boolean> => {
    for (let turns = 0; turns < 50_000 && !said.includes(event); turns++) await turn()
    return said.includes(event)
  }

  beforeAll(async () => {
    const outbox = await open(whole)
    for (let n = 0; n < COUNT; n += 500) {
      const drafts = Array.from({ length: Math.min(500, COUNT - n) }, (_, i) => ({
        ...draft('track', n + i),
        body: JSON.stringify({ n: n + i, pad: noise() }),
      }))
      accepted.push(...valueOf(await outbox.append(drafts)))
    }
    await outbox.close()
  }, 60_000)
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('is opened by the names of its old positions, and reads them while it works', async () => {
    const dir = copy('healthy')
    const outbox = await open(dir)
    expect(outbox.health()).toBe('ok')
    expect(outbox.ranges().track).toEqual({ first: 1, last: COUNT })
    expect(existsSync(join(dir, 'quick-boots'))).toBe(true)
    accepted.push(...valueOf(await outbox.append([draft('track', COUNT)])))
    expect(await until('outbox.proved')).toBe(true)
    expect(existsSync(join(dir, 'quick-boots'))).toBe(false)
    expect(await auditOutbox(outbox, accepted)).toMatchObject({ lost: [], doubled: [], faults: [] })
    accepted.pop()
    await outbox.close()
  })

  it('shows what rotted among them when it is read, and then explains every record that is lost', async () => {
    const dir = copy('rotten')
    // The largest table holds the oldest positions.
    const tables = readdirSync(dbOf(dir)).filter(name => name.endsWith('.ldb'))
    const [file] = tables
      .map(name => join(dbOf(dir), name))
      .sort((a, b) => statSync(b).size - statSync(a).size)
    const bytes = readFileSync(file!)
    bytes[Math.floor(bytes.length / 8)]! ^= 8
    writeFileSync(file!, bytes)
    const outbox = await open(dir)
    expect(said).toEqual([])
    expect(await until('outbox.reopened')).toBe(true)
    expect(said).toContain('outbox.damaged')
    const audit = await auditOutbox(outbox, accepted)
    console.log(`quick boot: ${audit.receipted} of ${COUNT} receipted, ${audit.kept} kept after one bit`)
    expect(audit).toMatchObject({ lost: [], doubled: [], faults: [] })
    expect(audit.receipted).toBeGreaterThan(0)
    await outbox.close()
  }, 60_000)

  it('finds a missing position at once, wherever it is missing', async () => {
    const dir = copy('holed')
    const db = new Level(dbOf(dir))
    await db.del(recordKey('track', 700))
    await db.close()
    const outbox = await open(dir)
    expect(said).toContain('outbox.damaged')
    const audit = await auditOutbox(outbox, accepted)
    expect(audit).toMatchObject({ lost: [], doubled: [], faults: [], receipted: 1 })
    await outbox.close()
  }, 60_000)

  it('is read from end to end after three boots that did not get so far', async () => {
    const dir = copy('interrupted')
    for (let boots = 1; boots <= 3; boots++) {
      await (await open(dir)).close()
      expect(readFileSync(join(dir, 'quick-boots'), 'utf8')).toBe(String(boots))
    }
    const outbox = await open(dir)
    expect(existsSync(join(dir, 'quick-boots'))).toBe(false)
    await outbox.close()
  })
})
