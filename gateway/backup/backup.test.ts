import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup } from '../cli/backup.ts'
import { restore as restoreVerb } from '../cli/restore.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { openLevelLedger } from '../ledger/level-ledger.ts'
import { backUp, restore } from './backup.ts'
import { MANIFEST } from './manifest.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const AT = '2026-03-01T10:00:00.000Z'
/** Large, and of no use to a compressor: LevelDB writes a table every few dozen commits. */
const ROW = randomBytes(40_000).toString('hex')

let minted = 0
const open = async (dir: string): Promise<Ledger> => {
  const opened = await openLevelLedger(dir, {
    log: QUIET,
    mint: bytes => (++minted).toString(16).padStart(2 * bytes, '0'),
  })
  if (!opened.ok) throw new Error(opened.detail)
  return opened.value
}

/** The nth commit: two rows that must come together. */
const commit = async (ledger: Ledger, n: number): Promise<void> => {
  const key = String(n).padStart(6, '0')
  const ops = ['record/', 'other/'].map(
    prefix => ({ type: 'put', key: prefix + key, value: prefix === 'record/' ? ROW : n }) as const,
  )
  const done = await ledger.commit(ops, { sync: true })
  if (!done.ok) throw new Error(done.detail)
}

const keysOf = async (ledger: Ledger, prefix: string): Promise<number[]> =>
  (await ledger.range(underPrefix(prefix))).map(([key]) => Number(key.slice(prefix.length)))

describe('a backup', () => {
  const root = mkdtempSync(join(tmpdir(), 'reach5-backup-'))
  const data = join(root, 'gateway')
  let ledger: Ledger
  let done = 0
  beforeAll(async () => {
    mkdirSync(join(data, 'identity'), { recursive: true })
    writeFileSync(join(data, 'identity', 'ca.json'), '{"v":1}')
    ledger = await open(data)
    for (; done < 50; done++) await commit(ledger, done)
  })
  afterAll(async () => {
    await ledger.close()
    rmSync(root, { recursive: true, force: true })
  })

  it('holds every commit of before, and a beginning of those during it, while the ledger is written and rewritten', async () => {
    let writing = true
    const writer = (async () => {
      for (; writing; done++) await commit(ledger, done)
    })()
    for (let n = 1; n <= 5; n++) {
      const before = done
      const to = join(root, `live-${n}`)
      const made = await backUp(data, to, AT)
      expect(made.ok ? '' : made.detail).toBe('')
      const copy = await open(to)
      const records = await keysOf(copy, 'record/')
      expect(records.length).toBeGreaterThanOrEqual(before)
      expect(records).toEqual(records.map((_, i) => i))
      expect(await keysOf(copy, 'other/')).toEqual(records)
      await copy.close()
    }
    writing = false
    await writer
    const files = Math.max(...readdirSync(join(data, 'ledger')).map(name => parseInt(name) || 0))
    console.log(`backup: 5 copies during ${done} commits and ${files} files of the ledger`)
    expect(files).toBeGreaterThan(5)
    expect(readdirSync(data).filter(name => name.includes('backup'))).toEqual([])
  }, 60_000)

  it('becomes a gateway of a new generation once, and stays of it', async () => {
    const [from, to] = [join(root, 'b1'), join(root, 'restored')]
    await backUp(data, from, AT)
    expect(await restore(from, to)).toMatchObject({ ok: true, value: { at: AT, generation: 0 } })
    expect(readFileSync(join(to, 'identity', 'ca.json'), 'utf8')).toBe('{"v":1}')
    expect(statSync(join(to, 'identity', 'ca.json')).mode & 0o077).toBe(0)
    const first = await open(to)
    expect([first.ledgerId, first.generation]).toEqual([ledger.ledgerId, 1])
    expect((await keysOf(first, 'record/')).length).toBe(done)
    await first.close()
    const second = await open(to)
    expect(second.generation).toBe(1)
    await second.close()
  })

  it('is refused into a place that is in use, that runs, or that is not there', async () => {
    const from = join(root, 'b2')
    await backUp(data, from, AT)
    expect(await backUp(data, from, AT)).toMatchObject({ code: 'DIR_NOT_EMPTY' })
    expect(await backUp(join(root, 'nobody'), join(root, 'b3'), AT)).toMatchObject({ code: 'FILE_ABSENT' })
    expect(await restore(from, data)).toMatchObject({ code: 'DATA_IN_USE' })
    expect(await restore(from, join(root, 'restored'))).toMatchObject({ code: 'DIR_NOT_EMPTY' })
    expect(await restore(join(root, 'nobody'), join(root, 'r2'))).toMatchObject({ code: 'FILE_ABSENT' })
  })

  it('is refused when any of its files is damaged, shorter, missing or of another version, and nothing is written', async () => {
    const from = join(root, 'b4')
    const made = await backUp(data, from, AT)
    const paths = made.ok ? made.value.files.map(file => file.path) : []
    let refused = 0
    for (const path of paths) {
      const bytes = readFileSync(join(from, path))
      const flipped = Buffer.from(bytes)
      if (bytes.length > 0) flipped[bytes.length >> 1]! ^= 4
      const wrongs = bytes.length > 0 ? [flipped, bytes.subarray(0, -1), null] : [Buffer.from('x'), null]
      for (const wrong of wrongs) {
        if (wrong === null) rmSync(join(from, path))
        else writeFileSync(join(from, path), wrong)
        expect(await restore(from, join(root, 'r4'))).toMatchObject({ code: 'FILE_BROKEN' })
        refused++
      }
      writeFileSync(join(from, path), bytes)
    }
    const manifest = readFileSync(join(from, MANIFEST), 'utf8')
    const withManifest = async (text: string): Promise<string> => {
      writeFileSync(join(from, MANIFEST), text)
      const result = await restore(from, join(root, 'r4'))
      return result.ok ? 'ok' : result.code
    }
    expect(await withManifest(manifest.replace('"v": 1', '"v": 2'))).toBe('FORMAT_UNKNOWN')
    expect(await withManifest(manifest.slice(0, -20))).toBe('FILE_BROKEN')
    expect(await withManifest(manifest.replace('identity/ca.json', '../../ca.json'))).toBe('FILE_BROKEN')
    rmSync(join(from, MANIFEST))
    expect(await restore(from, join(root, 'r4'))).toMatchObject({ code: 'FILE_BROKEN' })
    expect(readdirSync(root).filter(name => name.startsWith('r4'))).toEqual([])
    console.log(`backup: ${refused} damages of ${paths.length} files refused`)
    expect(refused).toBeGreaterThan(10)
  })

  it('answers with 0, 1 or 2 and one line', async () => {
    const said: string[] = []
    const err = vi.spyOn(process.stderr, 'write').mockImplementation(text => said.push(String(text)) > 0)
    const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
    const [to, back] = [join(root, 'cli'), join(root, 'cli-back')]
    expect(await backup(['--help'])).toBe(0)
    expect(await restoreVerb(['--help'])).toBe(0)
    said.length = 0
    expect(await backup(['--data', data])).toBe(2)
    expect(await backup(['--data', join(root, 'nobody'), '--to', to])).toBe(2)
    expect(await backup(['--data', data, '--to', to])).toBe(0)
    expect(await backup(['--data', data, '--to', to])).toBe(1)
    expect(await restoreVerb(['--from', to, '--data', back])).toBe(0)
    expect(await restoreVerb(['--from', to, '--data', back])).toBe(1)
    expect(await restoreVerb(['--from', to, '--data', data])).toBe(1)
    expect(await restoreVerb(['--from', root, '--data', join(root, 'new')])).toBe(2)
    err.mockRestore()
    out.mockRestore()
    expect(said).toHaveLength(8)
    for (const line of said) expect(line.trimEnd()).not.toContain('\n')
  })
})
