import { describe, expect, it } from 'vitest'
import { ok } from '#protocols/result.ts'
import type { TerminalState } from '#protocols/terminal.ts'
import { act, actionNames, offeredBy, UNIT_ACTIONS } from './actions.ts'
import { openControlBook } from './knobs.ts'
import type { CityControls, Knob, UnitControls } from './knobs.ts'
import { newWatch, noticed } from './watch.ts'

const knob = <T>(first: T): Knob<T> & { at: T } => {
  const held = {
    at: first,
    read: () => held.at,
    turn: (to: T) => ok(void (held.at = to)),
  }
  return held
}

function house() {
  const contacts = new Map<string, Knob<boolean> & { at: boolean }>()
  const contact = (channel: string) => {
    const known = contacts.get(channel) ?? knob(false)
    contacts.set(channel, known)
    return known
  }
  const link = knob<'up' | 'reset' | 'frozen'>('up')
  const power = knob<'on' | 'off'>('on')
  let shown: TerminalState | null = null
  const unit: UnitControls = {
    deviceId: 'ptu-01',
    callSign: '鼓楼01',
    kind: 'fleet',
    view: () => shown,
    contact,
    link,
    power,
  }
  const book = openControlBook()
  book.register('unit-01', unit)
  const speed = knob(1)
  const gateway = knob<'on' | 'off'>('on')
  const places: unknown[] = []
  const city: CityControls = {
    gateway,
    killGateway: () => {},
    speed,
    incident: async at => {
      places.push(at)
      return ok('JQ-1')
    },
  }
  const waiting: (() => void)[] = []
  const parts = { book, city, after: (_: number, run: () => void) => waiting.push(run) }
  const see = (view: TerminalState | null): void => void (shown = view)
  return { parts, contact, link, power, speed, gateway, places, waiting, unit, see }
}

describe('what can be done to a unit', () => {
  it('turns the knob the action names, and only that', async () => {
    const { parts, link, power } = house()
    expect(await act(parts, { action: 'freeze-link', unit: 'unit-01' })).toEqual(ok('unit-01: freeze-link'))
    expect([link.at, power.at]).toEqual(['frozen', 'on'])
    await act(parts, { action: 'restore-link', unit: 'unit-01' })
    await act(parts, { action: 'power-cut', unit: 'unit-01' })
    expect([link.at, power.at]).toEqual(['up', 'off'])
  })

  it('closes a contact, opens it, or changes it over when no value is given', async () => {
    const { parts, contact } = house()
    const after = async (value: string): Promise<boolean> => {
      await act(parts, { action: 'lightbar', unit: 'unit-01', value })
      return contact('lightbar').at
    }
    expect([
      await after('on'),
      await after('on'),
      await after(''),
      await after(''),
      await after('off'),
    ]).toEqual([true, true, false, true, false])
  })

  it('holds the panic button until the car has seen it, and not for ever', async () => {
    const { parts, contact, waiting, unit, see } = house()
    const aBeat = (): void => waiting.splice(0).forEach(run => run())
    await act(parts, { action: 'panic', unit: 'unit-01' })
    aBeat()
    expect(contact('panic').at).toBe(true)
    see(screen({ panic: { active: true, ageMs: 0, delivered: false, acknowledged: false } }))
    aBeat()
    expect(contact('panic').at).toBe(false)

    see(null)
    await act(parts, { action: 'panic', unit: 'unit-01' })
    for (let beat = 0; beat < 20; beat++) aBeat()
    expect([contact('panic').at, waiting.length, unit.view()]).toEqual([false, 0, null])
  })

  it('is offered only where there is a knob for it', () => {
    const { unit } = house()
    const offered = offeredBy(unit)
    expect(offered).toContain('cut-link')
    expect(offered).not.toContain('fill-disk')
    expect(Object.keys(UNIT_ACTIONS).filter(name => !offered.includes(name))).toEqual([
      'ignition-off',
      'ignition-on',
      'weak-battery',
      'good-battery',
      'block-antenna',
      'cut-antenna',
      'short-antenna',
      'receiver-off',
      'receiver-on',
      'panel-off',
      'panel-on',
      'camera-asleep',
      'camera-nack',
      'camera-late',
      'camera-lies',
      'camera-on',
      'fill-disk',
      'free-disk',
    ])
  })

  it('moves the city: its speed, its gateway, an incident at a place', async () => {
    const { parts, speed, gateway, places } = house()
    await act(parts, { action: 'speed', unit: 'city', value: '5' })
    await act(parts, { action: 'stop-broker', unit: 'city' })
    await act(parts, { action: 'incident', unit: 'city', value: '116.98,35.58' })
    expect([speed.at, gateway.at, places]).toEqual([5, 'off', [{ lat: 35.58, lon: 116.98 }]])
  })

  it.each([
    ['fly', 'unit-01', '', 'SIM_ACTION_UNKNOWN', 'cut-link'],
    ['__proto__', 'unit-01', '', 'SIM_ACTION_UNKNOWN', 'cut-link'],
    ['cut-link', 'unit-77', '', 'SIM_UNIT_UNKNOWN', 'unit-01'],
    ['speed', 'unit-01', '5', 'SIM_UNIT_UNKNOWN', 'city'],
    ['speed', 'city', '3', 'SIM_VALUE', '1, 2, 5, 10'],
    ['incident', 'city', '200,95', 'SIM_VALUE', 'LON,LAT'],
    ['lightbar', 'unit-01', 'maybe', 'SIM_VALUE', 'on or off'],
    ['cut-link', 'unit-01', 'on', 'SIM_VALUE', 'no value'],
    ['fill-disk', 'unit-01', '', 'SIM_ACTION_ABSENT', 'power-cut'],
  ])('refuses %s %s %s and says what exists', async (action, unit, value, code, hint) => {
    const { parts } = house()
    const done = await act(parts, { action, unit, value })
    expect(done).toMatchObject({ ok: false, code })
    expect(done.ok ? '' : done.detail).toContain(hint)
  })

  it('names every action once', () => {
    expect(new Set(actionNames()).size).toBe(actionNames().length)
  })
})

const screen = (patch: Partial<TerminalState>): TerminalState =>
  ({
    link: 'up',
    gnss: 'fix',
    panel: 'ok',
    store: 'ok',
    bodycam: 'idle',
    panic: { active: false, ageMs: 0, delivered: false, acknowledged: false },
    queue: { alarm: 0, event: 0, track: 0, diag: 0, bytes: 0 },
    ...patch,
  }) as TerminalState
const waits = (track: number): Partial<TerminalState> => ({
  queue: { alarm: 0, event: 0, track, diag: 0, bytes: 0 },
})

describe('what is seen to happen after', () => {
  it('tells changes on the car and at the gateway, and nothing at the first look', () => {
    const watch = newWatch()
    const believed = { link: 'up', freshness: 'live', emergency: false, store: 'ok' } as const
    expect(noticed(watch, { view: screen({}), believed }, 0)).toEqual([])
    expect(noticed(watch, { view: screen({ link: 'down' }), believed }, 1_000)).toMatchObject([
      { what: 'link', value: 'down' },
    ])
    const stale = { ...believed, link: 'down', freshness: 'stale' } as const
    expect(noticed(watch, { view: null, believed: stale }, 2_000)).toMatchObject([
      { what: 'screen', value: 'dark' },
      { what: 'gateway.link', value: 'down' },
      { what: 'gateway.freshness', value: 'stale' },
    ])
  })

  it('tells a queue that grows once, and when it has drained how much and how long it was', () => {
    const watch = newWatch()
    const told = [0, 3, 8, 40, 12, 1].flatMap((n, i) =>
      noticed(watch, { view: screen(waits(n)), believed: null }, i * 10_000),
    )
    expect(told).toEqual([
      { what: 'queue', value: 'grows', detail: { records: 8 } },
      { what: 'queue', value: 'drained', detail: { records: 40, seconds: 40 } },
    ])
  })
})
