import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PANEL_DEVICES, panelDevice } from '#hardware/panel/device-table.ts'
import type { Maturity, PanelDevice } from '#hardware/panel/device-table.ts'
import { openPanel } from '#hardware/panel/open-panel.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import { answersAlike, bitsOf, probeOf, requestOf } from '#hardware/panel/questions.ts'
import type { Exchange } from '#hardware/panel/questions.ts'
import type { Channel, ChannelValue } from '#protocols/equipment.ts'
import { encodeReply, encodeRequest, readReply, readRequest } from '#protocols/modbus/frames.ts'
import { openVirtualClock } from '#sim/clock/virtual-clock.ts'
import { createMemoryLine } from '#sim/line/memory-line.ts'
import { attachPanel } from '#sim/panel/attach-panel.ts'

const fixtureOf = (id: string): string => `test/recordings/panel/${id}.frames`
const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(
    hex
      .trim()
      .split(/\s+/)
      .map(pair => parseInt(pair, 16)),
  )
const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')

type FixtureLine = {
  readonly what: string
  readonly ask: string
  readonly answer: string
  readonly says: string
}

/** `inputs | 01 02 … | 01 02 01 05 61 8B | 1 3`: what is asked, the two frames, and which terminals are on. */
const linesOf = (id: string): FixtureLine[] =>
  readFileSync(fixtureOf(id), 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => {
      const [what = '', ask = '', answer = '', says = ''] = line.split('|').map(part => part.trim())
      return { what, ask, answer, says }
    })

const exchangeOf = (what: string): Exchange => {
  if (what === 'inputs' || what === 'outputs' || what === 'probe') return what
  const [is, index, to] = what.split(' ')
  if (is === 'coil') return { is: 'coil', coil: Number(index) - 1, on: to === 'on' }
  throw new Error(`no exchange ${what}`)
}

async function bench(device: PanelDevice, played = device) {
  const clock = openVirtualClock()
  const line = createMemoryLine(clock, { baud: 38_400 })
  const sim = attachPanel(line.peer, clock, { device: played, address: device.factoryAddress })
  const opened = await line.open(line.path, { baud: 38_400 })
  if (!opened.ok) throw new Error(opened.detail)
  const values = new Map<Channel, ChannelValue>()
  const setups: string[] = []
  const profile = factoryProfile(device)
  const panel = openPanel(opened.value, clock, profile, {
    onInput: (channel, value) => void values.set(channel, value),
    onState: () => {},
    onSetup: outcome => void setups.push(outcome),
  })
  const pass = (ms: number): void => void clock.runUntil(clock.now().monoMs + ms)
  return { sim, panel, profile, values, setups, pass }
}

describe.each(PANEL_DEVICES.map(device => [device.id, device] as const))('%s', (id, device) => {
  it('asks for its inputs so that no other answer can be taken for them', () => {
    expect(answersAlike(device.inputs, probeOf(device))).toBe(false)
    if (device.outputs) expect(answersAlike(device.inputs, device.outputs.read)).toBe(false)
    expect(device.source).not.toBe('')
  })

  it('is as verified as the frames kept of it', () => {
    if (!existsSync(fixtureOf(id))) {
      expect(device.maturity).toBe('candidate')
      return
    }
    const lines = linesOf(id)
    expect(lines.filter(({ what }) => what === 'inputs').length).toBeGreaterThan(0)
    for (const { what, ask, answer, says } of lines) {
      const request = requestOf(device, device.factoryAddress, exchangeOf(what))
      expect(hexOf(encodeRequest(request)), what).toBe(ask)
      const reply = readReply(request, bytesOf(answer))
      if (reply.is !== 'frame') throw new Error(`${what}: ${answer} is ${JSON.stringify(reply)}`)
      const at = what === 'outputs' ? device.outputs?.read : device.inputs
      const on = at && bitsOf(at, reply.value)?.flatMap((bit, i) => (bit ? [i + 1] : []))
      expect(on?.join(' ') ?? 'written', what).toBe(says)
    }
  })

  it('is read and switched, each terminal for itself', async () => {
    const { sim, panel, profile, values, pass } = await bench(device)
    pass(1_000)
    for (const { channel, input } of profile.inputs) {
      sim.setContact(input, true)
      pass(200)
      expect([...values].filter(([, value]) => value === 'on')).toEqual([[channel, 'on']])
      sim.setContact(input, false)
      pass(200)
    }
    expect(panel.counts).toMatchObject({ refused: 0, foreign: 0, corrupt: 0, timeouts: 0 })
    for (const { output, coil } of profile.outputs) {
      const switched = panel.setOutput(output, true)
      pass(300)
      expect(await switched).toMatchObject({ ok: true })
      expect(sim.coil(coil)).toBe(true)
    }
  })

  it('has what must be set set, before a relay follows an input', async () => {
    const musts = device.setup.filter(({ must }) => must !== undefined)
    const { sim, setups, pass } = await bench(device)
    for (const { register, must } of musts) expect(sim.register(register)).not.toBe(must)
    pass(2_000)
    for (const { register, count, must } of musts)
      for (let i = 0; i < count; i += 1) expect(sim.register(register + i)).toBe(must)
    expect(setups).toEqual(musts.length > 0 ? ['done'] : [])
  })
})

describe('the device table', () => {
  it('counts what was seen and what was only read about', () => {
    const of = (maturity: Maturity): number => PANEL_DEVICES.filter(row => row.maturity === maturity).length
    console.info(
      (['candidate', 'fixture_verified', 'hardware_verified'] as const)
        .map(maturity => `${maturity}: ${of(maturity)}`)
        .join(', '),
    )
    expect(PANEL_DEVICES.length).toBeGreaterThan(0)
    expect(new Set(PANEL_DEVICES.map(({ id }) => id)).size).toBe(PANEL_DEVICES.length)
  })

  it('sets the linkage again when the module was swapped for one from the box', async () => {
    const { sim, setups, pass } = await bench(panelDevice('waveshare-relay-d')!)
    pass(2_000)
    sim.setPower(false)
    pass(2_000)
    sim.setPower(true)
    pass(2_000)
    expect(setups).toEqual(['done', 'done'])
  })

  it('is used, and said to be unset, when it refuses its settings', async () => {
    const relay = panelDevice('waveshare-relay-d')!
    const asking = { ...relay, setup: relay.setup.map(row => ({ ...row, register: row.register + 0x4000 })) }
    const { setups, values, pass } = await bench(asking, relay)
    pass(2_000)
    expect(setups).toEqual(['refused'])
    expect(values.get('ignition')).toBe('off')
  })

  it('writes and reads the words of the documents', () => {
    const ask = requestOf(panelDevice('advantech-adam-4150')!, 1, 'inputs')
    expect(hexOf(encodeRequest(ask)).slice(0, 17)).toBe('01 03 01 2C 00 01')
    const reply = encodeReply(ask, { kind: 'words', words: [0b100_0001] })
    expect(hexOf(reply).slice(0, 14)).toBe('01 03 02 00 41')
    expect(readRequest(encodeRequest(ask))).toMatchObject({ is: 'frame', value: { ok: true, value: ask } })
  })
})
