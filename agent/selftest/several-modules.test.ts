import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fault } from '#protocols/result.ts'
import { panelDevice } from '#hardware/panel/device-table.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { createSimTools } from '#sim/tools/sim-tools.ts'
import { Fittings } from '../fittings.ts'
import { loadFittings, saveFittings } from '../fittings-file.ts'
import { runVisit } from './run-visit.ts'
import { openSelfTest } from './self-test.ts'
import { rewired, terminalsOf, wiringIn } from './terminals.ts'

const wire = (channel: string, input: number, activeWhen = 'closed') => ({ channel, input, activeWhen })
const FITTED = Fittings.parse({
  v: 1,
  panel: {
    ...{ path: 'rs485', baud: 38_400, device: 'waveshare-io-8ch', address: 1 },
    inputs: [wire('lightbar', 0), wire('door', 3)],
  },
  modules: [{ device: 'waveshare-io-8ch', address: 2, inputs: [wire('panic', 0), wire('crash', 5, 'open')] }],
  gpio: { chip: 'gpiochip0', inputs: [wire('siren', 17, 'high')] },
})
const dirs: string[] = []
afterAll(() => dirs.forEach(dir => rmSync(dir, { recursive: true, force: true })))

describe('terminals of several modules', () => {
  const terminals = terminalsOf(FITTED)

  it('are one row with names, and the wiring goes there and back', () => {
    expect(terminals.map(({ name }) => name).filter((_, i) => i % 5 === 0)).toEqual([
      '1:1',
      '1:6',
      '2:3',
      '2:8',
    ])
    expect(terminals.at(-1)?.name).toBe('gpiochip0:17')
    const wiring = wiringIn(FITTED, terminals)
    expect(wiring.map(({ channel, input }) => [channel, terminals[input]?.name])).toEqual([
      ['lightbar', '1:1'],
      ['door', '1:4'],
      ['panic', '2:1'],
      ['crash', '2:6'],
      ['siren', 'gpiochip0:17'],
    ])
    expect(rewired(FITTED, terminals, wiring)).toEqual(FITTED)
    // A wire found on another module is that module's.
    const moved = wiring.map(row => (row.channel === 'door' ? { ...row, input: 14 } : row))
    const next = rewired(FITTED, terminals, moved)
    expect(next.panel?.inputs.map(({ channel }) => channel)).toEqual(['lightbar'])
    expect(next.modules?.[0]?.inputs.map(({ channel, input }) => [channel, input])).toContainEqual([
      'door',
      6,
    ])
    expect(Fittings.safeParse(next).success).toBe(true)
  })

  it('are the printed numbers where there is one module', () => {
    const { modules: _m, gpio: _g, ...alone } = FITTED
    expect(terminalsOf(alone).map(({ name }) => name)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
    expect(terminalsOf({ ...alone, panel: null })).toEqual([])
  })
})

/** A car with two modules on one line and a line of its own, and a person who does what is asked. */
async function visitCar(
  broken: {
    readonly second?: 'silent' | 'late once' | 'late when asked' | 'gone when asked'
    readonly door?: 'second module'
    /** One module and nothing else, silent for a while once it was found. */
    readonly alone?: 'late at first'
  } = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-modules-'))
  dirs.push(dir)
  const { modules: _m, gpio: _g, ...only } = FITTED
  await saveFittings(dir, broken.alone ? only : FITTED)
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { path: 'rs485', baud: 38_400 })
  const [first, second] = [1, 2].map(address =>
    attachPanel(line.peer, clock, { address, device: panelDevice('waveshare-io-8ch')! }),
  )
  if (broken.second === 'silent') second!.setPower(false)
  else second!.setContact(5, true) // the crash contact opens when something happens
  const tools = createSimTools()
  let minted = 0
  const opened = await openSelfTest({
    ...{ dir, clock, software: 'test', tools },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    mint: bytes => (++minted).toString(16).padStart(bytes * 2, '0'),
    openPort: (path, options) => line.open(path, options),
    listPorts: () => Promise.resolve(['rs485']),
    ...{ enrolUrl: 'https://127.0.0.1:1', terminalPort: 0 },
    dial: () => () => () => {},
    openOutbox: () => Promise.resolve(fault('OUTBOX_UNOPENABLE', 'not in this test')),
  })
  if (!opened.ok) throw new Error(opened.detail)
  const hands: Record<string, (on: boolean) => void> = {
    lightbar: on => first!.setContact(0, on),
    door: on => (broken.door ? second!.setContact(6, on) : first!.setContact(3, on)),
    panic: on => second!.setContact(0, on),
    crash: on => second!.setContact(5, !on),
    siren: on => tools.setLine(17, on),
  }
  const said: string[] = []
  const asked: string[] = []
  let [isOver, isFound] = [false, false]
  const states = new Set<string>()
  const run = runVisit(
    opened.value,
    clock,
    {
      say: text => {
        said.push(text)
        if (broken.alone && text.startsWith('ports') && !isFound) {
          isFound = true
          first!.setPower(false)
          clock.after(2_000, () => first!.setPower(true))
        }
        const [, channel, to] = /now: (\w+) (on|off)/.exec(text) ?? []
        if (channel === undefined) return
        asked.push(`${channel} ${to}`)
        clock.after(400, () => hands[channel]!(to === 'on'))
        // Silent from before the first of its inputs is asked for.
        if (broken.second?.endsWith('when asked') && channel === 'door' && to === 'on') {
          second!.setPower(false)
          if (broken.second === 'late when asked') clock.after(3_000, () => second!.setPower(true))
        }
        if (broken.second !== 'late once' || channel !== 'crash' || to !== 'off') return
        clock.after(500, () => second!.setPower(false))
        clock.after(2_500, () => second!.setPower(true))
      },
      live: () => {},
      onSkip: () => () => {},
    },
    { technician: 't', code: null, enrolUrl: '', skipInputs: null, acceptSignal: null },
  ).finally(() => (isOver = true))
  // Files are read and written by other threads: each turn gives them a little time.
  for (let turns = 0; !isOver && turns < 20_000; turns++) {
    clock.runUntil(clock.now().monoMs + 20)
    const { inputs } = opened.value.view()
    states.add(`inputs ${inputs.state}`)
    for (const name of inputs.silent) states.add(`${name} silent`)
    await (turns % 20 === 0
      ? new Promise(resolve => setTimeout(resolve, 1))
      : new Promise(resolve => setImmediate(resolve)))
  }
  const view = await run
  const fix = await opened.value.act({ kind: 'walk.fix' })
  await opened.value.close()
  const kept = await loadFittings(dir)
  const report = JSON.parse(readFileSync(view.report.file!, 'utf8')) as {
    verdict: string
    remarks: { step: string; code: string; detail: string }[]
  }
  return { view, said, asked, states, fix, report, kept: kept.ok ? kept.value : null }
}

describe('a walk over all inputs of a car', () => {
  it('asks for every one, on every module and line, the crash switch too', async () => {
    const { view, asked } = await visitCar()
    expect(
      view.inputs.walk.results.map(({ channel, outcome, terminal }) => [channel, outcome, terminal]),
    ).toEqual([
      ['lightbar', 'right', '1:1'],
      ['siren', 'right', 'gpiochip0:17'],
      ['door', 'right', '1:4'],
      ['panic', 'right', '2:1'],
      ['crash', 'right', '2:6'],
    ])
    expect(asked).toContain('crash on')
    expect(view.inputs.state).toBe('passed')
  })

  it('finds a wire that ends on the other module, and takes it as found', async () => {
    const { said, fix, kept } = await visitCar({ door: 'second module' })
    expect(said).toContain('inputs   door swapped at terminal 2:7')
    expect(said.join('\n')).toMatch(/move the wire to terminal 1:4/)
    expect(fix.accepted).toBe(true)
    expect(kept?.panel?.inputs.map(({ channel }) => channel)).toEqual(['lightbar'])
    expect(kept?.modules?.[0]?.inputs).toContainEqual(
      expect.objectContaining({ channel: 'door', input: 6, activeWhen: 'closed' }),
    )
  })

  it('does not take a pass back for a module that was late once', async () => {
    const { view, said, states } = await visitCar({ second: 'late once' })
    expect(states).toContain('module 2 silent')
    expect(said.join('\n')).not.toMatch(/inputs {3}failed/)
    expect(states).not.toContain('inputs failed')
    expect(view.inputs.state).toBe('passed')
  })

  it('waits for what the only module says, not for its first word', async () => {
    const { asked } = await visitCar({ alone: 'late at first' })
    expect(asked).toEqual(['lightbar on', 'lightbar off', 'door on', 'door off'])
  })

  it('waits for a module that is late when one of its inputs is to be asked for', async () => {
    const { view, asked, states } = await visitCar({ second: 'late when asked' })
    expect(states).toContain('module 2 silent')
    expect(asked).toContain('panic on')
    expect(view.inputs.walk.results.map(({ channel, outcome }) => [channel, outcome])).toEqual([
      ['lightbar', 'right'],
      ['siren', 'right'],
      ['door', 'right'],
      ['panic', 'right'],
      ['crash', 'right'],
    ])
  })

  it('waits once for a module that is gone, and skips all of its inputs', async () => {
    const { view, asked } = await visitCar({ second: 'gone when asked' })
    expect(asked.filter(text => /panic|crash/.test(text))).toEqual([])
    const skipped = view.inputs.walk.results.filter(({ outcome }) => outcome === 'skipped')
    expect(skipped.map(({ channel, reason }) => [channel, reason])).toEqual([
      ['panic', 'terminal 2:1 is not read'],
      ['crash', 'terminal 2:6 is not read'],
    ])
  })

  it('names a module that is silent with its remedy, walks the rest, and does not pass', async () => {
    const { view, said, report, asked } = await visitCar({ second: 'silent' })
    expect(said.join('\n')).toMatch(/inputs {3}failed: module 2 does not answer\. .*\[MODULE_SILENT\]/)
    expect(asked.some(what => /panic|crash/.test(what))).toBe(false)
    expect(view.inputs.walk.results.map(({ channel, outcome }) => `${channel} ${outcome}`)).toEqual([
      'lightbar right',
      'siren right',
      'door right',
      'panic skipped',
      'crash skipped',
    ])
    expect(view.inputs).toMatchObject({ state: 'failed', fault: { code: 'MODULE_SILENT' } })
    expect(report.verdict).toBe('failed')
    expect(report.remarks).toContainEqual(
      expect.objectContaining({ step: 'inputs', code: 'MODULE_SILENT', detail: 'module 2' }),
    )
  })
})
