import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock, Now } from '#protocols/time.ts'
import { device } from '../cli/device.ts'
import { EMPTY_LOG, entryAfter, verifyLog } from './log-entry.ts'
import type { Deed, LogHead } from './log-entry.ts'
import { LOG_NAME, openTriggerLog, readTriggerLog } from './log-file.ts'
import type { TriggerLogOptions } from './log-file.ts'

const at = (monoMs: number): Now => ({ monoMs, utcMs: 1_780_000_000_000 + monoMs, quality: 'gnss' })

const deedsOf = (i: number): Deed[] => [
  { type: 'activated', activationId: `act-${i}`, sources: ['lightbar'], startedAt: at(i) },
  { type: 'output', output: 'camera_trigger', on: true },
  { type: 'confirmed', activationId: `act-${i}`, afterMs: 340, alreadyRecording: false },
  { type: 'released', activationId: `act-${i}` },
]

function chainOf(count: number): { readonly lines: string[]; readonly head: LogHead } {
  let head = EMPTY_LOG
  const lines = Array.from({ length: count }, (_, i) => {
    const entry = entryAfter(head, deedsOf(i >> 2)[i & 3]!, at(i), 'boot-1')
    head = entry.head
    return entry.line
  })
  return { lines, head }
}
const textOf = (lines: readonly string[]): string => lines.map(line => `${line}\n`).join('')

describe('the chain of the trigger’s log', () => {
  it('verifies what was written', () => {
    const { lines, head } = chainOf(12)
    expect(verifyLog(textOf(lines), head)).toEqual({
      ok: true,
      value: { entries: 12, first: 1, head, activations: 3, lost: 0 },
    })
  })

  it('finds every altered byte', () => {
    const text = textOf(chainOf(8).lines)
    let seen = 0
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (place, bits) => {
        const bytes = Buffer.from(text)
        bytes[place]! ^= bits
        seen += 1
        expect(verifyLog(bytes.toString('latin1')).ok).toBe(false)
      }),
      { seed: 7, numRuns: 1000 },
    )
    console.info(`trigger log: ${seen} altered bytes, all found`)
    expect(seen).toBe(1000)
  })

  it('finds a line removed, doubled, moved or cut off at the end', () => {
    const { lines, head } = chainOf(9)
    for (let i = 1; i < 8; i += 1) {
      expect(verifyLog(textOf(lines.toSpliced(i, 1)))).toMatchObject({ ok: false, code: 'LOG_CHAIN' })
      expect(verifyLog(textOf(lines.toSpliced(i, 0, lines[i]!)))).toMatchObject({ code: 'LOG_CHAIN' })
      expect(verifyLog(textOf(lines.toSpliced(i, 2, lines[i + 1]!, lines[i]!)))).toMatchObject({
        code: 'LOG_CHAIN',
      })
    }
    expect(verifyLog(textOf(lines.slice(0, -1)), head)).toMatchObject({ code: 'LOG_SHORT' })
    expect(verifyLog(textOf(lines).slice(0, -1))).toMatchObject({ code: 'LOG_LINE' })
  })

  it('finds a whole chain made anew, against a head that was told before', () => {
    const { lines } = chainOf(5)
    let other = EMPTY_LOG
    const forged = lines.map((_, i) => {
      const entry = entryAfter(other, { type: 'lost', entries: i }, at(i), 'boot-1')
      other = entry.head
      return entry.line
    })
    expect(verifyLog(textOf(forged)).ok).toBe(true)
    const told = JSON.parse(lines[2]!) as LogHead
    expect(verifyLog(textOf(forged), told)).toMatchObject({ ok: false, code: 'LOG_CHAIN' })
  })
})

describe('the trigger’s log on the disk', () => {
  let dir: string
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'reach5-log-'))))
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  const told: LogHead[] = []
  let timers: (() => void)[] = []
  const clock: Clock = {
    now: () => at(1),
    after: (_, run) => {
      timers.push(run)
      return () => void (timers = timers.filter(timer => timer !== run))
    },
  }
  const warned: unknown[] = []
  const log = {
    debug: () => {},
    info: () => {},
    warn: (entry: unknown) => void warned.push(entry),
    error: () => {},
  }
  const openLog = (more: Partial<TriggerLogOptions> = {}) =>
    openTriggerLog({ dir, bootId: 'boot-1', clock, log, onEnded: head => told.push(head), ...more })

  it('goes on behind a restart and tells its head after each activation', async () => {
    told.length = 0
    for (const i of [1, 2]) {
      const file = openLog()
      for (const deed of deedsOf(i)) file.write(deed, at(i))
      await file.close()
    }
    const text = await readTriggerLog(dir)
    const verified = verifyLog(text, told.at(-1))
    expect(verified).toMatchObject({ ok: true, value: { entries: 10, activations: 2 } })
    expect(told).toHaveLength(2)
    expect(await device(['log', 'verify', dir, '--head', `${told[1]!.n}:${told[1]!.sum}`])).toBe(0)
  })

  it('cuts off what a power cut left unfinished, and says so', async () => {
    const file = openLog()
    file.write(deedsOf(1)[0]!, at(1))
    await file.close()
    appendFileSync(join(dir, LOG_NAME), '{"n":3,"prev":"00')
    const again = openLog()
    again.write(deedsOf(1)[3]!, at(2))
    await again.close()
    const text = await readTriggerLog(dir)
    expect(verifyLog(text)).toMatchObject({ ok: true, value: { entries: 4 } })
    expect(text).toContain('"tornBytes":17')
  })

  it('keeps the chain over its files and a bound on their number', async () => {
    const file = openLog({ fileBytesMax: 2_000 })
    for (let i = 0; i < 40; i += 1) {
      for (const deed of deedsOf(i)) file.write(deed, at(i))
      await file.flush()
    }
    await file.close()
    expect(readdirSync(dir).length).toBeLessThanOrEqual(4)
    const verified = verifyLog(await readTriggerLog(dir), told.at(-1))
    expect(verified.ok).toBe(true)
    if (verified.ok) expect(verified.value.first).toBeGreaterThan(1)
  })

  it('goes on from the file before when the power went between two files', async () => {
    const file = openLog({ fileBytesMax: 100 })
    for (const deed of deedsOf(1)) file.write(deed, at(1))
    await file.close()
    const again = openLog()
    again.write(deedsOf(2)[0]!, at(2))
    await again.close()
    expect(verifyLog(await readTriggerLog(dir))).toMatchObject({ ok: true, value: { first: 1 } })
  })

  it('leaves a file that somebody altered as it is, and the verb finds it', async () => {
    const file = openLog()
    for (const deed of deedsOf(1)) file.write(deed, at(1))
    await file.close()
    const path = join(dir, LOG_NAME)
    writeFileSync(path, readFileSync(path, 'utf8').replace('"afterMs":340', '"afterMs":140'))
    expect(await device(['log', 'verify', path])).toBe(1)
    expect(await device(['log', 'verify', join(dir, 'nothing')])).toBe(2)
    expect(await device(['log'])).toBe(2)
  })

  it('waits for a disk that takes nothing without holding anybody up, and counts what it could not keep', async () => {
    writeFileSync(join(dir, 'file'), '')
    const inTheWay = join(dir, 'file')
    const file = openLog({ dir: inTheWay })
    for (let i = 0; i < 300; i += 1) for (const deed of deedsOf(i)) file.write(deed, at(i))
    await file.flush()
    expect(warned.length).toBeGreaterThan(0)
    rmSync(inTheWay)
    for (const timer of timers.splice(0)) timer()
    await file.close()
    const verified = verifyLog(await readTriggerLog(inTheWay))
    expect(verified).toMatchObject({ ok: true, value: { lost: 1200 - 512 } })
  })
})
