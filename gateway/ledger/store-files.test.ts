import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry, Logger } from '#protocols/log.ts'
import { isRottenLog } from '#protocols/leveldb/log-check.ts'
import { underPrefix } from './ledger.ts'
import type { Ledger, LedgerOp } from './ledger.ts'
import { beginFirstMinute } from './first-minute.ts'
import { openLevelLedger } from './level-ledger.ts'

const ROWS = 400
/** A start for each flip: some fifty over a table of 15 KB, its blocks, filter, index and footer. */
const EVERY_BYTES = 293

let dir: string
let logged: string[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-files-'))
  logged = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const note = (entry: LogEntry): void => void logged.push(entry.event)
const log: Logger = { debug: note, info: note, warn: note, error: note }

const opened = async (data: string): Promise<Ledger> => {
  const ledger = await openLevelLedger(data, { log, mint: bytes => '7'.repeat(2 * bytes) })
  if (!ledger.ok) throw new Error(`${ledger.code} ${ledger.detail}`)
  return ledger.value
}

const valueOf = (n: number) => ({ v: 1, n, place: { text: `人民路 ${n} 号` }, note: 'x'.repeat(n % 60) })
const keyOf = (n: number): string => `incident/inc-${String(n).padStart(4, '0')}`
const put = (n: number): LedgerOp => ({ type: 'put', key: keyOf(n), value: valueOf(n) })

/** A ledger of rows in several commits, in a log; opened once more they are in a table. */
async function written(): Promise<void> {
  const ledger = await opened(dir)
  for (let n = 0; n < ROWS; n += 10)
    await ledger.commit(
      Array.from({ length: 10 }, (_, i) => put(n + i)),
      { sync: true },
    )
  await ledger.close()
}

const filesOf = (data: string, ending: string): string[] =>
  readdirSync(join(data, 'ledger')).filter(name => name.endsWith(ending))

/** Rows of a copy in which one byte of a file is another, after a start that looks at everything; each must be what was written. */
async function leftAfter(name: string, change: (bytes: Buffer) => void): Promise<number> {
  const copy = `${dir}-copy`
  cpSync(dir, copy, { recursive: true })
  try {
    const bytes = readFileSync(join(copy, 'ledger', name))
    change(bytes)
    writeFileSync(join(copy, 'ledger', name), bytes)
    await beginFirstMinute(copy)
    const ledger = await opened(copy)
    const rows = await ledger.range(underPrefix('incident/'))
    for (const [key, value] of rows) expect(value).toEqual(valueOf(Number(key.slice(-4))))
    expect(new Set(rows.map(([key]) => key)).size).toBe(rows.length)
    await ledger.close()
    return rows.length
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

describe('a table of the ledger', () => {
  it('with a flipped bit anywhere costs a row or a few, gives no other, and ends no process', async () => {
    await written()
    await (await opened(dir)).close()
    const sizes = filesOf(dir, '.ldb').map(name => ({ name, bytes: readFileSync(join(dir, 'ledger', name)) }))
    const { name, bytes } = sizes.toSorted((a, b) => b.bytes.length - a.bytes.length)[0]!
    const costs: number[] = []
    for (let at = 7; at < bytes.length; at += EVERY_BYTES)
      costs.push(ROWS - (await leftAfter(name, table => void (table[at]! ^= 1 << (at % 8)))))
    costs.sort((a, b) => a - b)
    const [median, most] = [costs[costs.length >> 1]!, costs.at(-1)!]
    console.log(
      `table: ${costs.length} flips in ${bytes.length} bytes cost ${median} rows in the middle, ${most} at most`,
    )
    expect(costs.length).toBeGreaterThan(40)
    expect(median).toBeLessThanOrEqual(16)
  })

  it('cut off is given up whole, and the ledger opens', async () => {
    await written()
    const second = await opened(dir)
    await second.commit([put(ROWS)], { sync: true })
    await second.close()
    const [name] = filesOf(dir, '.ldb')
    const file = join(dir, 'ledger', name!)
    writeFileSync(file, readFileSync(file).subarray(0, 1_000))
    const ledger = await opened(dir)
    expect(ledger.generation).toBe(1)
    expect(logged).toContain('ledger.tables_mended')
    expect((await ledger.range(underPrefix('incident/'))).map(([key]) => key)).toEqual([keyOf(ROWS)])
    expect(filesOf(dir, 'lost')).toEqual([])
    await ledger.close()
  })
})

describe('a log of the ledger', () => {
  it('is rotten where something readable follows, and not where it was torn', async () => {
    await written()
    const [name] = filesOf(dir, '.log')
    const bytes = readFileSync(join(dir, 'ledger', name!))
    expect(isRottenLog(bytes)).toBe(false)
    for (let end = 0; end < bytes.length; end += 61) expect(isRottenLog(bytes.subarray(0, end))).toBe(false)
    expect(isRottenLog(Buffer.concat([bytes, Buffer.alloc(40_000)]))).toBe(false)
    let flips = 0
    // The last commit is some 2 KB: a flip in it looks as if a power cut had torn it.
    for (let at = 0; at < bytes.length - 4_000; at += 61) {
      const rotten = Buffer.from(bytes)
      rotten[at]! ^= 1 << (at % 8)
      expect(isRottenLog(rotten), `flip at ${at}`).toBe(true)
      flips++
    }
    console.log(`log: ${flips} flips in ${bytes.length} bytes, all told`)
    expect(flips).toBeGreaterThan(300)
  })

  it('whose middle rotted makes a new generation, for nobody else would say that a commit is gone', async () => {
    await written()
    const [name] = filesOf(dir, '.log')
    // A repair takes a commit as it is, and our own sums say which of its rows is none.
    expect(await leftAfter(name!, log => void (log[10_000]! ^= 4))).toBe(ROWS - 1)
    expect(logged).toContain('ledger.repair')
  })
})
