import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry, Logger } from '#protocols/log.ts'
import { underPrefix } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { openLevelLedger } from './level-ledger.ts'
import { readAtStart } from './rot.ts'

let dir: string
let logged: string[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-ledger-'))
  logged = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const note = (entry: LogEntry): void => void logged.push(entry.event)
const log: Logger = { debug: note, info: note, warn: note, error: note }
let minted = 0
const mint = (bytes: number): string => String(++minted).padStart(bytes * 2, '0')

const opened = async (): Promise<Ledger> => {
  const ledger = await openLevelLedger(dir, { log, mint })
  if (!ledger.ok) throw new Error(`${ledger.code} ${ledger.detail}`)
  return ledger.value
}

describe('the ledger', () => {
  it('keeps its id, its generation and its rows over a restart', async () => {
    const first = await opened()
    await first.commit([{ type: 'put', key: 'record/a/1', value: { seq: 1 } }], { sync: true })
    await first.close()
    const second = await opened()
    expect(second.ledgerId).toBe(first.ledgerId)
    expect(second.generation).toBe(0)
    expect(await second.get('record/a/1')).toEqual({ seq: 1 })
    await second.close()
  })

  it('reads a prefix without its neighbours, in order, from a place on', async () => {
    const ledger = await opened()
    const keys = ['record/ptu-1/b', 'record/ptu-1/a', 'record/ptu-10/a', 'record/ptu-1/c']
    await ledger.commit(
      keys.map(key => ({ type: 'put', key, value: key })),
      { sync: true },
    )
    const all = await ledger.range(underPrefix('record/ptu-1/'))
    expect(all.map(([key]) => key)).toEqual(['record/ptu-1/a', 'record/ptu-1/b', 'record/ptu-1/c'])
    const rest = await ledger.range({ ...underPrefix('record/ptu-1/'), after: 'record/ptu-1/a', limit: 1 })
    expect(rest.map(([key]) => key)).toEqual(['record/ptu-1/b'])
    const newest = await ledger.range({ ...underPrefix('record/'), limit: 1, newestFirst: true })
    expect(newest.map(([key]) => key)).toEqual(['record/ptu-10/a'])
    await ledger.close()
  })

  it('refuses a format it does not know, and says which', async () => {
    await (await opened()).close()
    const store = new Level<string, unknown>(join(dir, 'ledger'), { valueEncoding: 'json' })
    await store.put('meta/format', 7)
    await store.close()
    const ledger = await openLevelLedger(dir, { log, mint })
    expect(ledger).toMatchObject({ ok: false, code: 'FILE_BROKEN' })
    expect(ledger.ok ? '' : ledger.detail).toContain('format 7')
  })

  it('does not take an emptied directory for a first boot', async () => {
    await (await opened()).close()
    rmSync(join(dir, 'ledger'), { recursive: true })
    expect(await openLevelLedger(dir, { log, mint })).toMatchObject({ ok: false, code: 'FILE_BROKEN' })
  })

  it('comes back as itself from a block that rotted with its head in it, as a new generation', async () => {
    const first = await opened()
    const ops = Array.from({ length: 500 }, (_, i) => ({ key: `incident/${i}`, value: { n: Math.sqrt(i) } }))
    await first.commit(
      ops.map(op => ({ type: 'put', ...op })),
      { sync: true },
    )
    await first.scour!({ from: '', before: '\uffff' })
    await first.commit([{ type: 'put', key: 'incident/late', value: 1 }], { sync: true })
    await first.close()
    let rotted = 0
    for (const name of readdirSync(join(dir, 'ledger')).filter(file => file.endsWith('.ldb'))) {
      const file = join(dir, 'ledger', name)
      const bytes = readFileSync(file)
      // The blocks, not the index behind them.
      for (let at = 0; at < bytes.length - 500; at += 5) bytes[at]! ^= 0xff
      writeFileSync(file, bytes)
      rotted++
    }
    expect(rotted).toBe(1)
    const second = await opened()
    expect(logged).toContain('ledger.repair')
    expect([second.ledgerId, second.generation]).toEqual([first.ledgerId, 1])
    await second.close()
    const third = await opened()
    expect([third.ledgerId, third.generation]).toEqual([first.ledgerId, 1])
    expect(await third.get('incident/late')).toBe(1)
    await third.close()
  })

  it('drops in a repair what is no value any more, and nothing else, so that the next start does not end there', async () => {
    const first = await opened()
    for (const n of [1, 2, 3])
      await first.commit([{ type: 'put', key: `incident/${n}`, value: { n } }], { sync: true })
    await first.close()
    const store = new Level<string, string>(join(dir, 'ledger'), { valueEncoding: 'utf8' })
    await store.put('incident/2', '{"n":2')
    await store.close()
    const second = await opened()
    const reading = readAtStart(second, () => second.range(underPrefix('incident/')))
    await expect(reading).rejects.toMatchObject({ code: 'LEDGER_ROW_ROTTEN' })
    await second.close()
    const third = await opened()
    expect(logged).toContain('ledger.dropped')
    expect(third.generation).toBe(1)
    expect((await third.range(underPrefix('incident/'))).map(([key]) => key)).toEqual([
      'incident/1',
      'incident/3',
    ])
    await third.close()
  })

  it('boots after a first boot that was cut in the middle', async () => {
    await (await opened()).close()
    rmSync(join(dir, 'ledger.json'))
    for (const file of readdirSync(join(dir, 'ledger')))
      if (file !== 'CURRENT') rmSync(join(dir, 'ledger', file))
    const again = await opened()
    expect(again.generation).toBe(0)
    expect(logged).toContain('ledger.unfinished')
    await again.close()
  })

  it('whose marker rotted is a new generation of the same ledger; with another format it is left alone', async () => {
    const first = await opened()
    await first.close()
    const marker = join(dir, 'ledger.json')
    const whole = readFileSync(marker)
    let flips = 0
    for (let bit = 0; bit < whole.length * 8; bit += 13) {
      const rotten = Buffer.from(whole)
      rotten[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(marker, rotten)
      const again = await opened()
      expect(again.ledgerId).toBe(first.ledgerId)
      await again.close()
      flips++
    }
    console.log(`marker beside the ledger: ${flips} flips, always opened`)
    expect(flips).toBeGreaterThan(30)
    const { generation } = JSON.parse(readFileSync(marker, 'utf8')) as { generation: number }
    for (const [n, text] of ['', String(whole).slice(0, -9), '{"v":1}'].entries()) {
      writeFileSync(marker, text)
      const again = await opened()
      expect([again.ledgerId, again.generation]).toEqual([first.ledgerId, generation + n + 1])
      await again.close()
    }
    for (const text of ['{"v":2}', 'null']) {
      writeFileSync(marker, text)
      expect(await openLevelLedger(dir, { log, mint })).toMatchObject({ ok: false, code: 'FILE_BROKEN' })
    }
  })

  it('is never repaired while another process holds it', async () => {
    const held = await opened()
    await held.commit([{ type: 'put', key: 'record/a/1', value: 1 }], { sync: true })
    expect(await openLevelLedger(dir, { log, mint })).toMatchObject({ ok: false, code: 'DATA_IN_USE' })
    expect(logged).not.toContain('ledger.repair')
    expect((await held.commit([{ type: 'put', key: 'record/a/2', value: 2 }], { sync: true })).ok).toBe(true)
    await held.close()
    const again = await opened()
    expect([again.generation, (await again.range(underPrefix('record/a/'))).length]).toEqual([0, 2])
    await again.close()
  })

  it('is a new generation after a repair', async () => {
    const first = await opened()
    await first.commit([{ type: 'put', key: 'unit/a', value: 1 }], { sync: true })
    await first.close()
    rmSync(join(dir, 'ledger', 'CURRENT'))
    const second = await opened()
    expect(second.generation).toBe(1)
    expect(second.ledgerId).toBe(first.ledgerId)
    expect(await second.get('unit/a')).toBe(1)
    await second.close()
    const third = await opened()
    expect(third.generation).toBe(1)
    await third.close()
  })

  it('is a new generation when an older backup was put in its place', async () => {
    await (await opened()).close()
    const { ledgerId } = JSON.parse(readFileSync(join(dir, 'ledger.json'), 'utf8')) as { ledgerId: string }
    writeFileSync(join(dir, 'ledger.json'), JSON.stringify({ v: 1, ledgerId, generation: 4 }))
    const restored = await opened()
    expect(restored.generation).toBe(5)
    await restored.close()
  })

  it('refuses every write after the first that failed', async () => {
    const ledger = await opened()
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const failed = await ledger.commit([{ type: 'put', key: 'a', value: circular }], { sync: true })
    expect(failed).toMatchObject({ ok: false, code: 'LEDGER_POISONED' })
    const next = await ledger.commit([{ type: 'put', key: 'b', value: 1 }], { sync: true })
    expect(next).toMatchObject({ ok: false, code: 'LEDGER_POISONED' })
    expect(await ledger.get('b')).toBeUndefined()
    await ledger.close()
  })
})
