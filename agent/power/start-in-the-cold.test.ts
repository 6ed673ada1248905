import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { openVoltFile } from '#hardware/supply/volt-file.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createBattery } from '#sim/power/battery.ts'
import { openLastEnd, readLastEnd } from './last-end-file.ts'
import { DEFAULT_POWER } from './power-config.ts'
import { startInTheCold } from './start-in-the-cold.ts'
import type { Supply } from './start-in-the-cold.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-cold-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const file = join(dir, 'power.json')
const said: string[] = []
const log = {
  debug: () => {},
  info: () => {},
  error: () => {},
  warn: (entry: object) => void said.push(String((entry as { event?: string }).event)),
}
const NEVER = new Promise<never>(() => {})
const config = DEFAULT_POWER
const kept = (): unknown => JSON.parse(readFileSync(file, 'utf8'))
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
/** Files are read and written by other threads: until they are. */
async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 5_000 && !holds(); turns++) await new Promise(resolve => setTimeout(resolve, 1))
  expect(holds()).toBe(true)
}
const keptVolts = (): number | null => {
  try {
    return (kept() as { lastVolts: number | null }).lastVolts
  } catch {
    return null
  }
}

/** One start on a clock moved by hand: what it said, and when. */
async function start(volts: ((nowMs: number) => number) | undefined, stopped: Promise<unknown> = NEVER) {
  const clock = openVirtualClock()
  let listening = 0
  const supply: Supply | undefined =
    volts &&
    (hear => {
      listening += 1
      let isOver = false
      const read = (): void => {
        if (isOver) return
        hear(volts(clock.now().monoMs))
        clock.after(250, read)
      }
      clock.after(250, read)
      return () => {
        isOver = true
        listening -= 1
      }
    })
  let result: Awaited<ReturnType<typeof startInTheCold>> | undefined
  const running = startInTheCold(dir, config, supply, clock, log, stopped).then(begun => (result = begun))
  for (let turns = 0; result === undefined; turns++) {
    expect(turns).toBeLessThan(20_000)
    await turn()
    // Time stands still while the file is read: that is the disk's, not the clock's.
    if (listening > 0) clock.runUntil(clock.now().monoMs + 100)
  }
  await running
  expect(listening).toBe(0)
  return { result }
}

const off = async (volts: number, how: 'in order' | 'cut'): Promise<void> => {
  const run = openLastEnd(dir, config, { brownouts: (await readLastEnd(dir, log))?.brownouts ?? 0 }, log)
  run.hear(volts)
  if (how === 'in order') return run.inOrder()
  await until(() => keptVolts() === volts)
}

describe('a start in the cold, with its file', () => {
  it('waits for nothing where nothing tells the volts', async () => {
    rmSync(file, { force: true })
    const { result } = await start(undefined)
    expect(result?.begun).toEqual({ why: 'blind', waitedMs: 0, brownouts: 0, volts: null })
    await result!.lastEnd.inOrder()
    expect(existsSync(file)).toBe(false)
  })

  it('loads after the starter, not under it', async () => {
    const battery = createBattery({ celsius: -20, charge: 0.7 })
    battery.crank(1_000)
    const { result } = await start(nowMs => battery.volts(nowMs))
    expect(result?.begun).toMatchObject({ why: 'running', brownouts: 0 })
    // The starter has let go and the alternator has come up.
    expect(result!.begun.waitedMs).toBeGreaterThan(1_000 + 700 + 1_500)
    await result!.lastEnd.inOrder()
  })

  it('counts what the cold did, waits longer for it, and forgets it after an end in order', async () => {
    await off(10.4, 'cut')
    expect(kept()).toEqual({ v: 1, inOrder: false, lastVolts: 10.4, brownouts: 0 })
    const first = await start(() => 12.4)
    expect(first.result?.begun).toMatchObject({ why: 'steady', brownouts: 1 })
    expect(first.result!.begun.waitedMs).toBeGreaterThanOrEqual(2 * config.bootSteadyMs)
    first.result!.lastEnd.hear(9.8)
    await until(() => keptVolts() === 9.8)
    expect(kept()).toMatchObject({ lastVolts: 9.8, brownouts: 1 })
    const second = await start(() => 12.4)
    expect(second.result?.begun.brownouts).toBe(2)
    await second.result!.lastEnd.inOrder()
    expect((await start(() => 12.4)).result?.begun.brownouts).toBe(0)
  })

  it('starts on a battery that stays low, for its panic button works only then', async () => {
    const low = await start(() => 11.2)
    expect(low.result?.begun).toMatchObject({ why: 'weak', volts: 11.2, brownouts: 0 })
    expect(low.result!.begun.waitedMs).toBeLessThanOrEqual(5 * config.bootSteadyMs + 500)
    await low.result!.lastEnd.inOrder()
    // A starter that turns again and again, or hardly a battery at all: as long as it may take, and no longer.
    for (const volts of [(ms: number) => (ms % 4_000 < 2_000 ? 7 : 11.2), () => 9]) {
      const { result } = await start(volts)
      expect(result?.begun.why).toBe('waited')
      expect(result!.begun.waitedMs).toBeLessThanOrEqual(config.bootMsMax + 250)
      await result!.lastEnd.inOrder()
    }
  })

  it('ends when it is told to stop while it waits, and that is an end in order', async () => {
    let stop = (): void => {}
    const stopped = new Promise<void>(resolve => (stop = resolve))
    const { result } = await start(nowMs => {
      if (nowMs > 5_000) stop()
      return 9
    }, stopped)
    expect(result).toBeNull()
    expect(kept()).toMatchObject({ inOrder: true, lastVolts: 9 })
  })

  it('takes a damaged file for none, says so once, and puts a whole one in its place', async () => {
    let seen = 0
    await off(9, 'cut')
    const whole = readFileSync(file)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.nat(whole.length - 2).map(length => whole.subarray(0, length)),
          fc.constantFrom('null', '[]', '{"v":2}', '{"v":1,"inOrder":"no"}').map(text => Buffer.from(text)),
        ),
        async bytes => {
          writeFileSync(file, bytes)
          said.length = 0
          expect(await readLastEnd(dir, log)).toBeUndefined()
          expect(said).toEqual(['power.file_broken'])
          seen += 1
        },
      ),
      { seed: 11, numRuns: 100 },
    )
    console.info(`power file: ${seen} damaged files, none believed`)
    expect(seen).toBe(100)
    expect((await start(() => 12.5)).result?.begun.brownouts).toBe(0)
    await until(() => keptVolts() === 12.5)
  })

  it('goes on where the file cannot be written', async () => {
    said.length = 0
    const notADir = join(dir, 'a-file')
    writeFileSync(notADir, '')
    const gone = openLastEnd(join(notADir, 'car'), config, { brownouts: 0 }, log)
    gone.hear(9)
    await gone.inOrder()
    expect(said).toContain('power.file_unwritten')
  })
})

describe('a meter of the computer’s own', () => {
  it('is a file with a number; what is none, or no car’s voltage, is null and told once', async () => {
    const path = join(dir, 'in1_input')
    const virtual = openVirtualClock()
    let [reads, closed] = [0, false]
    // It sets its next look when it has read.
    const after: typeof virtual.after = (ms, run) => {
      reads += 1
      return virtual.after(ms, run)
    }
    const clock = { ...virtual, after }
    const heard: (number | null)[] = []
    const close = openVoltFile({ path, voltsPerUnit: 0.001 }, clock, volts => void heard.push(volts))
    const step = async (text: string | null, volts: number | null): Promise<void> => {
      if (text === null) rmSync(path, { force: true })
      else writeFileSync(path, text)
      for (let looks = 0; looks < 3; looks++) {
        const before = reads
        clock.runUntil(clock.now().monoMs + 500)
        await until(() => reads > before || closed)
      }
      expect(heard.at(-1), String(text)).toBe(volts)
    }
    await step(null, null)
    await step('12640\n', 12.64)
    await step('9100', 9.1)
    for (const text of ['nonsense', '', '99000', '0', '-5', '1e5', null]) await step(text, null)
    await step('12500', 12.5)
    close()
    closed = true
    await step('13000', 12.5)
    expect(heard.filter(volts => volts === null)).toHaveLength(2)
  })
})
