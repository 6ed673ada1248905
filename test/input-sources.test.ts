import { describe, expect, it } from 'vitest'
import { Fittings } from '#agent/fittings.ts'
import { openInputs } from '#agent/inputs.ts'
import { openGpio } from '#hardware/gpio/open-gpio.ts'
import { gpiogetArgs, gpiomonArgs, majorOf, readEdge, readLevels } from '#hardware/gpio/gpio-text.ts'
import type { InputListener } from '#hardware/inputs/input-source.ts'
import { candumpLine, obdRequest, readCandump, readElm, readObdFrame } from '#hardware/obd/obd.ts'
import { canLine, elmLine } from '#hardware/obd/obd-line.ts'
import type { OpenObdLine } from '#hardware/obd/obd-line.ts'
import { openObd } from '#hardware/obd/open-obd.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import { toolProcesses } from '#hardware/tool-process.ts'
import type { PanelLife } from '#protocols/equipment.ts'
import { fault } from '#protocols/result.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'
import { attachElm } from '#sim/tools/sim-elm.ts'
import { createSimTools } from '#sim/tools/sim-tools.ts'

/** A clock, stand-ins for gpiod and can-utils, and a listener that remembers. */
function bench() {
  const clock = openVirtualClock()
  const tools = createSimTools()
  const heard: string[] = []
  const values = new Map<string, string>()
  const gauges = new Map<string, number | null>()
  const states: string[] = []
  const listener: InputListener = {
    onInput: (channel, value) => {
      heard.push(`${channel} ${value}`)
      values.set(channel, value)
    },
    onGauge: (gauge, value) => void gauges.set(gauge, value),
    onState: (state, _, why) => void states.push(why ? `${state}: ${why.code}` : state),
  }
  /** Time in small steps, so that what was promised is kept meanwhile. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10) {
      clock.runUntil(clock.now().monoMs + Math.min(10, left))
      for (let i = 0; i < 8; i += 1) await Promise.resolve()
    }
  }
  return { clock, tools, heard, values, gauges, states, listener, pass }
}

const WIRES = [
  { channel: 'door', input: 17, activeWhen: 'low', releaseMs: 30 },
  { channel: 'siren', input: 27, activeWhen: 'high', releaseMs: 30 },
] as const

describe('lines of the computer', () => {
  it('reads what gpiod prints, of both kinds, and nothing else', () => {
    expect(readEdge('1 17')).toEqual({ offset: 17, high: true })
    expect(readEdge('0 17')).toEqual({ offset: 17, high: false })
    expect(readEdge('2 17')).toEqual({ offset: 17, high: false })
    for (const line of ['', '17', '3 17', '1 x', 'event: RISING EDGE offset: 17', '1 17 9'])
      expect(readEdge(line)).toBeUndefined()
    expect(readLevels('0 1\n', 2)).toEqual([false, true])
    for (const text of ['', '0', '0 1 1', '0 2', '"17"=active "27"=inactive'])
      expect(readLevels(text, 2)).toBeUndefined()
    expect([majorOf('gpiomon (libgpiod) v1.6.3\n'), majorOf('gpiomon (libgpiod) v2.1.3\n')]).toEqual([1, 2])
    expect(gpiogetArgs(1, 'gpiochip0', [17])).toEqual(['gpiochip0', '17'])
    expect(gpiomonArgs(2, 'gpiochip0', [17])).toEqual(['-F', '%e %o', '-c', 'gpiochip0', '17'])
  })

  it('sees the levels at the start, a pulse of a millisecond and a release', async () => {
    const { tools, clock, listener, values, heard, states, pass } = bench()
    openGpio(tools, { chip: 'gpiochip0', inputs: WIRES }, clock, listener)
    await pass(100)
    expect([...values]).toEqual([
      ['door', 'on'], // pulled low
      ['siren', 'off'],
    ])
    expect(states).toEqual(['ok'])
    tools.setLine(27, true)
    tools.setLine(27, false)
    expect(values.get('siren')).toBe('on')
    await pass(60)
    expect(heard.slice(-2)).toEqual(['siren on', 'siren off'])
  })

  it('says what is missing, calls nothing off meanwhile, and comes back', async () => {
    const { tools, clock, listener, values, states, pass } = bench()
    tools.refuse('gpiomon', fault('TOOL_ABSENT', 'gpiomon is not installed'))
    openGpio(tools, { chip: 'gpiochip0', inputs: WIRES }, clock, listener)
    await pass(1_000)
    expect(states).toEqual(['no_device: TOOL_ABSENT'])
    expect([...values]).toEqual([])
    tools.refuse('gpiomon', null)
    await pass(6_000)
    expect(values.get('siren')).toBe('off')
    tools.refuse('gpiomon', fault('TOOL_FAILED', 'gpiomon: chip is gone'))
    await pass(600)
    expect([...values.values()]).toEqual(['unknown', 'unknown'])
    expect(states).toEqual(['no_device: TOOL_ABSENT', 'ok', 'no_device: TOOL_FAILED'])
  })

  it('finds a level it never saw change within half a minute', async () => {
    const { tools, clock, listener, values, pass } = bench()
    const deaf = { ...tools, follow: () => ({ say: () => {}, stop: () => {} }) }
    openGpio(deaf, { chip: 'gpiochip0', inputs: WIRES }, clock, listener)
    await pass(1_000)
    tools.setLine(27, true)
    await pass(31_000)
    expect(values.get('siren')).toBe('on')
  })
})

describe('the car’s own bus', () => {
  it('reads answers about speed, engine and volts, and passes over everything else', () => {
    const of = (line: string) => {
      const frame = readCandump(line)
      return frame && readObdFrame(frame.id, frame.data)
    }
    expect(of('(1436509052.249713) can0 7E8#03410D48AAAAAAAA')).toEqual({
      pid: 0x0d,
      gauge: 'speedMps',
      value: 20,
    })
    expect(of('(1436509052.249713) can0 7E8#04410C1AF8AAAAAA')).toMatchObject({
      gauge: 'engineRpm',
      value: 1726,
    })
    expect(of('(1436509052.249713) can0 7E9#0441423650AAAAAA R')).toMatchObject({
      gauge: 'batteryVolts',
      value: 13.904,
    })
    for (const line of [
      '(1436509052.249713) can0 7E0#03410D48AAAAAAAA', // a question's address
      '(1436509052.249713) can0 7E8#037F0112AAAAAAAA', // refused
      '(1436509052.249713) can0 7E8#10144902014C4657', // first of several frames
      '(1436509052.249713) can0 7E8#03410D', // shorter than it says
      '(1436509052.249713) can0 7E8#03410C1A', // half a number
      '(1436509052.249713) can0 7E8#R', // remote
      '(1436509052.249713) can0 20000004#0000000000000000', // error frame
      'can0  7E8   [8]  03 41 0D 48 AA AA AA AA',
      '',
    ])
      expect(of(line), line).toBeUndefined()
    expect(candumpLine('can0', { id: 0x7df, data: obdRequest(0x0d) })).toBe(
      '(0.000000) can0 7DF#02010D0000000000',
    )
  })

  it('reads what an adapter prints', () => {
    expect(readElm('410D32\r\r')).toMatchObject({ is: 'replies', replies: [{ gauge: 'speedMps' }] })
    expect(readElm('010D1\rSEARCHING...\r41 0D 32 \r41 0D 33 \r\r')).toMatchObject({ is: 'replies' })
    expect(readElm('NO DATA\r\r')).toEqual({ is: 'nobody' })
    expect(readElm('UNABLE TO CONNECT\r\r')).toEqual({ is: 'nobody' })
    expect(readElm('12.4V\r\r')).toEqual({ is: 'volts', volts: 12.4 })
    expect(readElm('ATRV\r12.43V\r\r')).toEqual({ is: 'volts', volts: 12.43 })
    expect(readElm('ELM327 v1.5\r\r')).toEqual({ is: 'unclear' })
    expect(readElm('41 0D')).toEqual({ is: 'unclear' })
  })

  const PROFILE = { ignition: true, silenceMeans: 'unknown' } as const
  type Bench = ReturnType<typeof bench>
  const WAYS: readonly (readonly [string, (b: Bench) => OpenObdLine])[] = [
    ['CAN through can-utils', b => canLine(b.tools, 'can0')],
    [
      'an adapter on a serial line',
      b => {
        const line = createMemoryLine(b.clock, { baud: 38_400 })
        attachElm(line.peer, b.clock, b.tools.ecu)
        return elmLine(clock =>
          openReopeningPort(line.open, line.path, { baud: 38_400, silenceMsMax: 10_000 }, clock),
        )
      },
    ],
  ]

  it.each(WAYS)('tells speed, engine, volts and the ignition: %s', async (_, way) => {
    const b = bench()
    Object.assign(b.tools.ecu, { speedKmh: 72, rpm: 1726, volts: 13.904 })
    openObd(way(b), PROFILE, b.clock, b.listener)
    await b.pass(4_000)
    expect([...b.gauges].sort()).toEqual([
      ['batteryVolts', 13.904],
      ['engineRpm', 1726],
      ['speedMps', 20],
    ])
    expect(b.values.get('ignition')).toBe('on')
    expect(b.states).toEqual(['ok'])
  })

  it.each(WAYS)('says unknown, and not off, when the car falls silent: %s', async (_, way) => {
    const b = bench()
    openObd(way(b), PROFILE, b.clock, b.listener)
    await b.pass(4_000)
    b.tools.ecu.awake = false
    await b.pass(5_000)
    expect(b.heard).toEqual(['ignition on', 'ignition unknown'])
    // An adapter still measures the volts at its plug.
    expect([b.gauges.get('speedMps'), b.gauges.get('engineRpm')]).toEqual([null, null])
    expect(b.states).toEqual(['ok', 'silent'])
    b.tools.ecu.awake = true
    await b.pass(4_000)
    expect(b.values.get('ignition')).toBe('on')
  })

  const ELM_WAY = WAYS[1]![1]

  it('tells the volts of a car that sleeps, from the adapter itself, and takes that for no ignition', async () => {
    const b = bench()
    Object.assign(b.tools.ecu, { awake: false, volts: 11.4 })
    openObd(ELM_WAY(b), { ignition: true, silenceMeans: 'unknown' }, b.clock, b.listener)
    await b.pass(3_000)
    expect(b.gauges.get('batteryVolts')).toBe(11.4)
    b.tools.ecu.volts = 11.1
    await b.pass(20_000)
    expect(b.gauges.get('batteryVolts')).toBe(11.1)
    expect(b.values.get('ignition')).toBeUndefined()
    // The bus is asked ever more seldom; the number stays true all the same.
    await b.pass(180_000)
    expect(b.gauges.get('batteryVolts')).toBe(11.1)
    b.tools.ecu.awake = true
    await b.pass(20_000)
    expect(b.values.get('ignition')).toBe('on')
  })

  it('lets a parked bus sleep: after a minute of silence it is asked every five seconds', async () => {
    const b = bench()
    b.tools.ecu.awake = false
    let asked = 0
    const line: OpenObdLine = (_clock, ears) => {
      ears.onLine(true)
      return { ask: () => void (asked += 1), close: () => {} }
    }
    openObd(line, { ignition: false, silenceMeans: 'unknown' }, b.clock, b.listener)
    await b.pass(60_000)
    const awake = asked
    await b.pass(60_000)
    expect(awake).toBeGreaterThan(150)
    expect(asked - awake).toBeLessThanOrEqual(13)
    expect(asked - awake).toBeGreaterThanOrEqual(11)
    // A bus that is asked for numbers only is no fault of the panel while the car is parked.
    expect(b.states).toEqual(['ok'])
  })

  it('takes silence for ignition off only where it was told so, and never when the interface is gone', async () => {
    const b = bench()
    openObd(canLine(b.tools, 'can0'), { ignition: true, silenceMeans: 'off' }, b.clock, b.listener)
    await b.pass(1_000)
    b.tools.ecu.awake = false
    await b.pass(5_000)
    expect(b.values.get('ignition')).toBe('off')
    b.tools.refuse('candump', fault('TOOL_FAILED', 'candump: read: Network is down'))
    await b.pass(1_000)
    expect(b.values.get('ignition')).toBe('unknown')
    expect(b.states.at(-1)).toBe('no_device: TOOL_FAILED')
    b.tools.refuse('candump', null)
    b.tools.ecu.awake = true
    await b.pass(6_000)
    expect(b.values.get('ignition')).toBe('on')
  })
})

describe('programs of the system', () => {
  it('are heard line by line, and their end with their own words', async () => {
    const lines: string[] = []
    const why = await new Promise<unknown>(resolve => {
      const child = toolProcesses.follow('sh', ['-c', 'read it; echo "got $it"; echo gone >&2; exit 3'], {
        onLine: line => void lines.push(line),
        onEnd: resolve,
      })
      child.say('frame')
    })
    expect(lines).toEqual(['got frame'])
    expect(why).toMatchObject({ code: 'TOOL_FAILED', detail: 'sh: gone' })
  })

  it('that are not installed are a clear fault', async () => {
    expect(await toolProcesses.run('no-such-program', [])).toMatchObject({ ok: false, code: 'TOOL_ABSENT' })
    const why = await new Promise<unknown>(onEnd =>
      toolProcesses.follow('no-such-program', [], { onLine: () => {}, onEnd }),
    )
    expect(why).toMatchObject({ code: 'TOOL_ABSENT' })
  })
})

describe('the inputs of one car', () => {
  it('come from two modules, its bus and its computer, as one', async () => {
    const b = bench()
    const line = createMemoryLine(b.clock, { baud: 38_400 })
    const [first, second] = [1, 2].map(address => attachPanel(line.peer, b.clock, { address }))
    const fitted = Fittings.parse({
      v: 1,
      panel: {
        path: line.path,
        baud: 38_400,
        device: 'waveshare-io-8ch',
        address: 1,
        inputs: [wire('lightbar')],
      },
      modules: [{ device: 'waveshare-io-8ch', address: 2, inputs: [wire('panic'), wire('weapon_rack', 1)] }],
      can: { kind: 'socketcan', interface: 'can0', ignition: true },
      gpio: { chip: 'gpiochip0', inputs: [{ channel: 'door', input: 17, activeWhen: 'high' }] },
      rules: [{ channel: 'weapon_rack', only: { channel: 'ignition', is: 'on' } }],
    })
    const { profileOf } = await import('#agent/fittings.ts')
    const lives: PanelLife[] = []
    const inputs = openInputs(
      {
        clock: b.clock,
        log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
        openPort: line.open,
        panel: {
          ...fitted.panel!,
          profile: profileOf(fitted.panel!)!,
          others: fitted.modules!.map(row => profileOf(row)!),
        },
        sources: [
          {
            name: 'can',
            channels: ['ignition'],
            open: ear => openObd(canLine(b.tools, 'can0'), fitted.can!, b.clock, ear),
          },
          {
            name: 'gpio',
            channels: fitted.gpio!.inputs.map(({ channel }) => channel),
            open: ear => openGpio(b.tools, fitted.gpio!, b.clock, ear),
          },
        ],
        rules: fitted.rules!,
      },
      {
        onInput: (channel, value) => void b.values.set(channel, value),
        onGauge: (gauge, value) => void b.gauges.set(gauge, value),
        onPanel: life => void lives.push(life),
      },
    )
    await b.pass(3_000)
    second!.setContact(1, true)
    first!.setContact(0, true)
    b.tools.setLine(17, true)
    await b.pass(500)
    expect(Object.fromEntries(b.values)).toEqual({
      ignition: 'on',
      lightbar: 'on',
      panic: 'off',
      weapon_rack: 'on',
      door: 'on',
    })
    expect(lives.at(-1)).toBe('ok')
    second!.setPower(false)
    await b.pass(3_000)
    expect([b.values.get('panic'), b.values.get('lightbar'), lives.at(-1)]).toEqual([
      'unknown',
      'on',
      'silent',
    ])
    await inputs.close()
  })

  const wire = (channel: string, input = 0) => ({ channel, input, activeWhen: 'closed' })
  const panel = { path: 'p', baud: 9_600, device: 'waveshare-io-8ch', address: 1, inputs: [wire('door')] }

  it.each([
    [
      'a channel from two sources',
      { panel, gpio: { chip: 'gpiochip0', inputs: [{ ...wire('door', 4), activeWhen: 'low' }] } },
      'door is told by two inputs',
    ],
    [
      'two modules of one address',
      { panel, modules: [{ device: 'waveshare-io-8ch', address: 1, inputs: [] }] },
      'two modules have the address 1',
    ],
    [
      'a terminal the module has not',
      { panel: { ...panel, inputs: [wire('door', 8)] } },
      'door is on input 9, and waveshare-io-8ch has 8',
    ],
    [
      'a module nobody knows',
      { panel, modules: [{ device: 'x', address: 2, inputs: [] }] },
      'x is no module we know',
    ],
    [
      'modules without a line',
      { modules: [{ device: 'waveshare-io-8ch', address: 1, inputs: [] }] },
      'modules without a panel have no line',
    ],
    [
      'an edge nobody would see',
      { rules: [{ channel: 'siren', senses: 'edge' }] },
      'siren is an edge and never shown: say holdMs',
    ],
    [
      'an interface that is none',
      { can: { kind: 'socketcan', interface: 'can0;rm' } },
      'a name such as can0',
    ],
  ])('are refused in words: %s', (_, file, words) => {
    const parsed = Fittings.safeParse({ v: 1, ...file })
    expect(parsed.success ? '' : parsed.error.issues.map(issue => issue.message).join()).toContain(words)
  })
})
