import { describe, expect, it } from 'vitest'
import { openPanel } from '#hardware/panel/open-panel.ts'
import type { Panel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { PanelProfile } from '#hardware/panel/profile.ts'
import type { Port } from '#hardware/port.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import { openSerialPort } from '#hardware/serial-port.ts'
import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import type { Clock } from '#protocols/time.ts'
import { attachCamera } from '#sim/camera/camera.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { openPseudoTerminal } from '#sim/line/pseudo-terminal.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { createPanelModel, hearRequest } from '#sim/panel/panel.ts'
import { MISBEHAVIOURS, misbehaving } from '#sim/panel/misbehaviour.ts'
import { randomOf } from '#sim/random.ts'
import { judge, judgePulses, ourDriver, plainDriver } from './oracle/panel-judge.ts'
import type { Verdict } from './oracle/panel-judge.ts'

const profile = factoryProfile()
/** What the factory wires to eight terminals. */
const WIRED = CHANNELS.slice(0, 8)
const LIGHTBAR = WIRED.indexOf('lightbar')

type Heard = { readonly atMs: number; readonly channel: Channel; readonly value: ChannelValue }

/** A real driver and a simulated module on a line in memory, with everything that was published. */
function bench(changes: Partial<PanelProfile> = {}, baud?: number) {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, baud === undefined ? {} : { baud })
  const sim = attachPanel(line.peer, clock)
  const heard: Heard[] = []
  const states: string[] = []
  const values = new Map<Channel, ChannelValue>()
  const start = async (): Promise<Panel> => {
    const opened = await line.open(line.path, { baud: 38_400 })
    if (!opened.ok) throw new Error(opened.detail)
    return openPanel(
      opened.value,
      clock,
      { ...profile, ...changes },
      {
        onInput: (channel, value, now) => {
          heard.push({ atMs: now.monoMs, channel, value })
          values.set(channel, value)
        },
        onState: state => states.push(state),
      },
    )
  }
  const pass = (ms: number): void => void clock.runUntil(clock.now().monoMs + ms)
  return { clock, line, sim, heard, states, values, start, pass }
}

/**
 * A loop that was held: it runs every timer that came due meanwhile before it hands over what the line has, as Node does.
 */
function heldLoop() {
  let monoMs = 0
  let timers: { readonly atMs: number; readonly run: () => void }[] = []
  let inbox: Uint8Array[] = []
  let listener = (_bytes: Uint8Array): void => {}
  const questions: Uint8Array[] = []
  const clock: Clock = {
    now: () => ({ monoMs, utcMs: monoMs, quality: 'ntp' }),
    after: (ms, run) => {
      const timer = { atMs: monoMs + ms, run }
      timers.push(timer)
      return () => void (timers = timers.filter(other => other !== timer))
    },
  }
  const port: Port = {
    ...{ path: 'held', generation: 1, onClosed: () => {}, close: () => Promise.resolve() },
    onBytes: heard => void (listener = heard),
    write: bytes => (questions.push(bytes), Promise.resolve({ ok: true, value: undefined })),
  }
  const turn = (): void => {
    for (const timer of timers.filter(({ atMs }) => atMs <= monoMs)) {
      timers = timers.filter(other => other !== timer)
      timer.run()
    }
    for (const bytes of inbox.splice(0)) listener(bytes)
  }
  return {
    clock,
    port,
    questions,
    hear: (bytes: Uint8Array) => inbox.push(bytes),
    turn,
    pass: (ms: number) => (monoMs += ms),
  }
}

describe('the panel driver in a process that was held', () => {
  it('takes the answer that lies there before it finds that its time is over', () => {
    const { clock, port, questions, hear, turn, pass } = heldLoop()
    const model = createPanelModel()
    const panel = openPanel(port, clock, profile, { onInput: () => {}, onState: () => {} })
    let [asked, holds] = [0, 0]
    for (let turns = 0; turns < 2_000; turns += 1) {
      asked += questions.length
      const isHeld = questions.length > 0 && asked % 3 === 0
      for (const question of questions.splice(0)) hear(hearRequest(model, question)!.bytes)
      pass(isHeld ? 100 : 1)
      holds += isHeld ? 1 : 0
      turn()
    }
    console.info(`held ${holds} times for 100 ms with a question open, ${panel.counts.samples} samples`)
    expect(holds).toBeGreaterThan(0)
    const { polls: _polls, samples: _samples, ...faults } = panel.counts
    expect(faults).toEqual({ timeouts: 0, corrupt: 0, foreign: 0, unsolicited: 0, doubled: 0, refused: 0 })
    panel.close()
  })
})

describe('the panel driver', () => {
  it('reads eight open contacts as off, never guessing before', async () => {
    const { start, pass, heard, states } = bench()
    const panel = await start()
    expect(heard).toEqual([])
    pass(300)
    expect(heard.map(({ channel, value }) => [channel, value])).toEqual(WIRED.map(c => [c, 'off']))
    expect(states).toEqual(['ok'])
    expect(panel.counts.timeouts + panel.counts.foreign + panel.counts.corrupt).toBe(0)
  })

  it('sees every 40 ms pulse at a 20 ms poll', async () => {
    const verdict = await judgePulses(1, 500)
    console.info(`edge to report: max ${verdict.waitMsMax} ms, ${verdict.polls} polls`)
    expect(verdict.seen).toBe(verdict.pulses)
  })

  it('reads a contact that opens when the thing happens', async () => {
    const inputs = profile.inputs.map(row =>
      row.channel === 'panic' ? { ...row, activeWhen: 'open' as const } : row,
    )
    const { start, pass, values } = bench({ inputs })
    await start()
    pass(300)
    expect(values.get('panic')).toBe('on')
  })

  it('calls everything unknown half a second after the last sample, and nothing off', async () => {
    const { start, pass, heard, sim, states, values } = bench()
    await start()
    sim.setContact(LIGHTBAR, true)
    pass(300)
    heard.length = 0
    sim.setPower(false)
    pass(400)
    expect(heard).toEqual([])
    pass(200)
    expect(heard.map(h => h.value)).toEqual(WIRED.map(() => 'unknown'))
    expect(states).toEqual(['ok', 'silent'])
    sim.setPower(true)
    pass(2000)
    expect(states).toEqual(['ok', 'silent', 'ok'])
    expect(values.get('lightbar')).toBe('on')
    expect(values.get('siren')).toBe('off')
  })

  it('reads a module that answers four times slower than it should', async () => {
    const { start, pass, sim, values } = bench()
    sim.misbehave(answer => [{ bytes: answer, afterMs: 120 }])
    await start()
    sim.setContact(LIGHTBAR, true)
    pass(5000)
    expect(values.get('lightbar')).toBe('on')
    sim.misbehave(undefined)
    pass(5000)
    sim.setContact(LIGHTBAR, false)
    pass(300)
    expect(values.get('lightbar')).toBe('off')
  })

  it('says that the port is absent when it is', async () => {
    const { start, pass, line, states } = bench()
    await start()
    pass(300)
    line.unplug()
    for (let i = 0; i < 100; i += 1) {
      pass(10)
      await Promise.resolve()
    }
    expect(states).toEqual(['ok', 'no_device'])
  })

  it('switches an output and reads it back', async () => {
    const { start, pass, sim } = bench()
    const panel = await start()
    pass(300)
    const done = panel.setOutput('camera_trigger', true)
    pass(100)
    expect(await done).toEqual({ ok: true, value: undefined })
    expect(sim.coil(0)).toBe(true)
  })

  it('switches through a line that loses a third of the answers', async () => {
    const { start, pass, sim } = bench()
    sim.misbehave(
      misbehaving(randomOf(3, 'switch', 'test'), ['silent', 'corrupt', 'late'], 0.3, { lateMsMax: 60 }),
    )
    const panel = await start()
    let done = 0
    for (let i = 0; i < 100; i += 1) {
      const wanted = i % 2 === 0
      const switched = panel.setOutput('camera_trigger', wanted)
      pass(1500)
      if ((await switched).ok) done += 1
      expect(sim.coil(0)).toBe(wanted)
    }
    console.info(`switched in time: ${done} of 100`)
    expect(done).toBeGreaterThan(90)
  })

  it('reports an output that does not come, and restores it when the module is back', async () => {
    const { start, pass, sim } = bench()
    const panel = await start()
    pass(300)
    sim.setPower(false)
    const switched = panel.setOutput('camera_trigger', true)
    pass(1100)
    expect(await switched).toMatchObject({ ok: false, code: 'PANEL_OUTPUT' })
    sim.setPower(true)
    pass(2000)
    expect(sim.coil(0)).toBe(true)
    sim.setPower(false)
    sim.setPower(true)
    pass(2000)
    expect(sim.coil(0)).toBe(true)
  })

  it('gives way to a newer wish', async () => {
    const { start, pass, sim } = bench()
    const panel = await start()
    pass(300)
    const first = panel.setOutput('camera_trigger', true)
    const second = panel.setOutput('camera_trigger', false)
    pass(200)
    expect(await first).toMatchObject({ ok: false, code: 'PANEL_SUPERSEDED' })
    expect(await second).toMatchObject({ ok: true })
    expect(sim.coil(0)).toBe(false)
  })
})

describe('a panel on a bad line', () => {
  const row = (name: string, { faults, ...counts }: Verdict): string =>
    `  ${name.padEnd(10)} ${Object.entries({ ...counts, ...faults })
      .map(([key, n]) => `${key} ${n}`)
      .join(', ')}`

  it.each(MISBEHAVIOURS.map(name => [name]))('never shows a state the car was not in: %s', async name => {
    const verdict = await judge(ourDriver, { names: [name], share: 0.2, seed: 7, polls: 5_000 })
    console.info(row(name, verdict))
    expect(verdict.faults[name]).toBeGreaterThan(500)
    expect(verdict.published).toBeGreaterThan(100)
    expect({ wrong: verdict.wrong, stuck: verdict.stuck }).toEqual({ wrong: 0, stuck: 0 })
  })

  it.each([1, 2, 3, 4])('never shows a state the car was not in: everything at once, seed %i', async seed => {
    const verdict = await judge(ourDriver, { names: MISBEHAVIOURS, share: 0.2, seed, polls: 4_000 })
    console.info(row(`all, ${seed}`, verdict))
    expect(verdict.polls).toBeGreaterThanOrEqual(4_000)
    expect({ wrong: verdict.wrong, stuck: verdict.stuck }).toEqual({ wrong: 0, stuck: 0 })
  })

  it('is a measurement that finds the wrong states of a plain client', async () => {
    const verdict = await judge(plainDriver, {
      names: ['late', 'duplicate'],
      share: 0.2,
      seed: 7,
      polls: 4_000,
    })
    console.info(row('plain', verdict))
    expect(verdict.wrong).toBeGreaterThan(0)
  })
})

describe('a panel on a real pseudo-terminal', () => {
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise(resolve => setTimeout(resolve, 2))
  }

  it('answers 100 polls rightly, shows an edge, starts the camera and survives an unplug', async () => {
    const opened = await openPseudoTerminal()
    if (!opened.ok) throw new Error(opened.detail)
    const pty = opened.value
    const clock = openRealClock()
    const sim = attachPanel(pty.port, clock)
    const camera = attachCamera(sim, clock)
    const port = openReopeningPort(openSerialPort, pty.path, { baud: 38_400, silenceMsMax: 3000 }, clock)
    const values = new Map<Channel, ChannelValue>()
    const states: string[] = []
    // Patient, because this machine may be busy: what is looked at is right and wrong, not fast and slow.
    const patient = factoryProfile(undefined, { pollMs: 20, replyMs: 150 })
    const panel = openPanel(port, clock, patient, {
      onInput: (channel, value) => void values.set(channel, value),
      onState: state => states.push(state),
    })
    await until(() => panel.counts.samples >= 100)
    expect([...values.values()]).toEqual(WIRED.map(() => 'off'))
    expect({ corrupt: panel.counts.corrupt, foreign: panel.counts.foreign }).toEqual({
      corrupt: 0,
      foreign: 0,
    })

    sim.setContact(LIGHTBAR, true)
    await until(() => values.get('lightbar') === 'on')
    expect(await panel.setOutput('camera_trigger', true)).toEqual({ ok: true, value: undefined })
    await until(() => values.get('camera_recording') === 'on')
    expect(camera.startedBy).toBe('trigger')
    console.info('on a pseudo-terminal:', JSON.stringify(panel.counts))

    await pty.unplug()
    await until(() => values.get('lightbar') === 'unknown')
    expect(states.at(-1)).toBe('no_device')
    panel.close()
    await port.close()
  })
})
