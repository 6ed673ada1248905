import { describe, expect, it } from 'vitest'
import type { IncidentView, Snapshot, UnitView } from '#protocols/api.ts'
import { StreamMessage } from '#protocols/api.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { Change } from '../loop/effects.ts'
import { EVENTS_KEPT, EventRing } from './event-ring.ts'
import { createStreamHub } from './stream.ts'
import type { StreamClient, StreamWish } from './stream.ts'
import { wishOf } from './stream-socket.ts'

const COMPACT: StreamWish = { after: null, compact: true }

describe('a page that comes back', () => {
  it('gets exactly the events it missed, in their order, then every unit as it is now', () => {
    const city = aCity()
    const before = city.page()
    city.happens(1)
    const seq = before.last().seq
    before.leave()
    city.happens(2, 3)
    city.publish(aUnit('u-1', { recording: true }))
    const after = city.page({ after: seq, compact: true })
    expect(after.types()).toEqual(['incident.changed', 'incident.changed', 'unit.changed', 'resumed'])
    expect(after.incidents()).toEqual(['inc-2', 'inc-3'])
    expect(after.last()).toMatchObject({ type: 'resumed', data: { missed: 2 }, seq: seq + 2 })
  })

  it('sees how old an event is that it gets late', () => {
    const city = aCity()
    city.happens(1)
    city.clock.pass(20_000)
    const [late] = city.page({ after: 0, compact: false }).messages
    if (late?.type !== 'incident.changed') throw new Error('no incident')
    expect(Date.parse(late.at) - Date.parse(late.data.at)).toBe(20_000)
  })

  it('is told to start anew, with a snapshot, when it was away too long or comes from another gateway', () => {
    const city = aCity({ firstSeq: 50_000_000 })
    for (let n = 0; n < EVENTS_KEPT + 10; n += 1) city.happens(n)
    for (const [after, reason] of [
      [50_000_005, 'too_old'],
      [60_000_000, 'unknown'],
      [7, 'unknown'],
    ] as const) {
      const page = city.page({ after, compact: true })
      expect(page.types()).toEqual(['resync', 'snapshot'])
      expect(page.messages[0]).toMatchObject({ data: { reason } })
    }
    expect(city.page({ after: 50_000_010, compact: true }).types().at(-1)).toBe('resumed')
  })

  it('asks by the address of the stream, and starts anew when the number is none', () => {
    expect(wishOf('/v1/stream')).toEqual({ after: null, compact: false })
    expect(wishOf('/v1/stream?after=41&compact=1')).toEqual({ after: 41, compact: true })
    for (const noise of ['-1', '1e9', '', '0x10', '9'.repeat(40)])
      expect(wishOf(`/v1/stream?after=${noise}`).after).toBeNull()
  })
})

describe('the ring of events', () => {
  it('answers for every number it may be asked with a suffix or a reason, and never with a hole', () => {
    const ring = new EventRing(1_000)
    for (let n = 1; n <= EVENTS_KEPT * 2; n += 1) ring.add('x', 'd')
    let suffixes = 0
    for (let after = 990; after <= ring.seq + 10; after += 1) {
      const events = ring.after(after)
      if (typeof events === 'string') continue
      suffixes += 1
      expect(events.map(event => event.seq)).toEqual(
        Array.from({ length: ring.seq - after }, (_, n) => after + 1 + n),
      )
    }
    expect(suffixes).toBe(EVENTS_KEPT + 1)
  })

  it('lets the oldest go when the bytes are too many', () => {
    const ring = new EventRing(0)
    for (let n = 0; n < 10; n += 1) ring.add('x', 'd'.repeat(1024 * 1024))
    expect(ring.after(3)).toBe('too_old')
    expect(ring.after(6)).toHaveLength(4)
  })
})

describe('units that only move', () => {
  it('go together to a compact page, one message for all of them, and whole to any other page', () => {
    const city = aCity()
    const [compact, plain] = [city.page(COMPACT), city.page()]
    city.publish(aUnit('u-1'), aUnit('u-2'))
    expect(compact.types()).toEqual(['snapshot', 'unit.changed', 'unit.changed'])
    city.clock.pass(1_000)
    city.publish(aUnit('u-1', {}, { lat: 35.5001 }), aUnit('u-2', {}, { lat: 35.5002, speedMps: 12.34 }))
    city.clock.pass(1_000)
    expect(compact.types().slice(3)).toEqual(['units.moved'])
    expect(compact.last()).toMatchObject({
      data: { ids: ['u-1', 'u-2'], lat: [35.5001, 35.5002], speedMps: [8, 12.3], fixAgeMs: [300, 300] },
    })
    expect(plain.types().filter(type => type === 'unit.changed')).toHaveLength(4)
    expect(plain.types()).not.toContain('units.moved')
  })

  it('are sent whole the moment anything a list shows has changed', () => {
    const changes: Partial<UnitView>[] = [
      { gridId: 'g-2' },
      { freshness: 'stale' },
      { link: 'down' },
      { availability: 'busy' },
      { emergency: true },
      { recording: true },
      { callSign: 'P-2' },
      { assignment: { incidentId: 'inc-1', orderId: 'ord-1', state: 'signed' } },
      { equipment: { lightbar: 'on' } },
      { drivers: { gnss: 'silent', panel: 'ok' } },
      { position: null },
    ]
    for (const change of changes) {
      const city = aCity()
      city.publish(aUnit('u-1'))
      const page = city.page(COMPACT)
      city.clock.pass(1_000)
      city.publish(aUnit('u-1', change))
      expect(page.types(), JSON.stringify(change)).toEqual(['snapshot', 'unit.changed'])
    }
  })

  it('bring what only a card shows along within two seconds', () => {
    const city = aCity()
    const page = city.page(COMPACT)
    city.publish(aUnit('u-1', {}, { satsUsed: 8 }))
    for (let second = 1; second <= 3; second += 1) {
      city.clock.pass(1_000)
      city.publish(aUnit('u-1', {}, { satsUsed: 8 + second }))
    }
    const shown = page.messages.flatMap(m => (m.type === 'unit.changed' ? [m.data.position?.satsUsed] : []))
    expect(shown).toEqual([8, 10])
  })

  it('come to a page that reads too slowly as the newest view alone, when it has caught up', () => {
    const city = aCity()
    const page = city.page(COMPACT)
    city.publish(aUnit('u-1'))
    page.buffered = 300 * 1024
    for (let second = 1; second <= 3; second += 1) {
      city.clock.pass(1_000)
      city.publish(aUnit('u-1', {}, { lat: 35 + second }))
    }
    city.happens(1)
    expect(page.types()).toEqual(['snapshot', 'unit.changed', 'incident.changed'])
    page.buffered = 0
    city.clock.pass(1_000)
    expect(page.types().slice(3)).toEqual(['units.moved'])
    expect(page.last()).toMatchObject({ data: { ids: ['u-1'], lat: [38] } })
  })

  it('wait whole for a slow page when one of them changed for it, each told once and the newest', () => {
    const city = aCity()
    const page = city.page(COMPACT)
    city.publish(aUnit('u-1'), aUnit('u-2'), aUnit('u-3'))
    page.buffered = 300 * 1024
    for (let second = 1; second <= 3; second += 1) {
      city.clock.pass(1_000)
      city.publish(
        aUnit('u-1', {}, { lat: 35 + second }),
        aUnit('u-2', { recording: second >= 2 }, { lat: 45 + second }),
        aUnit('u-3', {}, { lat: 55 + second }),
      )
    }
    city.clock.pass(1_000)
    expect(page.messages).toHaveLength(4)
    page.buffered = 0
    city.clock.pass(1_000)
    const [changed, moved, ...more] = page.messages.slice(4).filter(({ type }) => type !== 'heartbeat')
    expect(changed).toMatchObject({ type: 'unit.changed', data: { id: 'u-2', position: { lat: 48 } } })
    expect(moved).toMatchObject({ type: 'units.moved', data: { ids: ['u-1', 'u-3'], lat: [38, 58] } })
    expect(more).toEqual([])
  })

  it('never all come whole in one second again, though thousands changed in one second', () => {
    const city = aCity()
    const page = city.page(COMPACT)
    const fleet = 1_000
    const report = (second: number, freshness: UnitView['freshness'] = 'live'): void =>
      city.publish(
        ...Array.from({ length: fleet }, (_, n) => aUnit(`u-${n}`, { freshness }, { satsUsed: 5 + second })),
      )
    report(0)
    const wholePerSecond: number[] = []
    for (let second = 1; second <= 30; second += 1) {
      city.clock.pass(1_000)
      const before = page.messages.length
      // The broker goes and comes back: everybody changes at once, which must not set the rhythm.
      report(second, second === 10 ? 'ageing' : 'live')
      wholePerSecond.push(
        page
          .types()
          .slice(before)
          .filter(type => type === 'unit.changed').length,
      )
    }
    expect(wholePerSecond.filter(count => count === fleet)).toHaveLength(2)
    expect(Math.max(...wholePerSecond.filter(count => count !== fleet))).toBeLessThan(300)
    const told = page.messages.flatMap(m => (m.type === 'unit.changed' ? [m.data.id] : []))
    // Every unit, at least as often as the round of four seconds says.
    const times = new Map<string, number>()
    for (const id of told) times.set(id, (times.get(id) ?? 0) + 1)
    expect(Math.min(...times.values())).toBeGreaterThanOrEqual(7)
  })

  it('never lose a change back to what a page was told before it joined', () => {
    const city = aCity()
    city.publish(aUnit('u-1'))
    // Waits for its turn while the page joins and sees it in the snapshot; then it is undone.
    city.publish(aUnit('u-1', { emergency: true }))
    const page = city.page(COMPACT)
    city.publish(aUnit('u-1', { emergency: false }))
    city.clock.pass(1_000)
    expect(page.last()).toMatchObject({ type: 'unit.changed', data: { emergency: false } })
  })
})

function aCity(options: { readonly firstSeq?: number } = {}) {
  const clock = aClock()
  const units = new Map<string, UnitView>()
  const hub = createStreamHub({
    clock,
    metrics: { streamClients: () => undefined, streamDropped: () => undefined },
    snapshot: (): Snapshot => ({
      units: [...units.values()],
      incidents: [],
      alarms: [],
      closures: [],
      coverage: null,
    }),
    ...options,
  })
  const page = (wish?: StreamWish) => {
    const messages: StreamMessage[] = []
    const state = {
      messages,
      buffered: 0,
      silent: false,
      leave: (): void => undefined,
      types: () => messages.map(message => message.type),
      last: () => messages.at(-1)!,
      incidents: () => messages.flatMap(m => (m.type === 'incident.changed' ? [m.data.id] : [])),
    }
    const client: StreamClient = {
      bufferedBytes: () => state.buffered,
      isSilent: () => state.silent,
      send: text => messages.push(StreamMessage.parse(JSON.parse(text))),
      close: () => undefined,
    }
    state.leave = hub.join(client, wish)
    return state
  }
  return {
    clock,
    page,
    publish: (...views: UnitView[]) => {
      for (const view of views) units.set(view.id, view)
      hub.publish(views.map((data): Change => ({ type: 'unit.changed', data })))
    },
    happens: (...numbers: number[]) => {
      for (const n of numbers) hub.publish([{ type: 'incident.changed', data: anIncident(n, clock.now()) }])
    },
  }
}

/** Time that passes when told; what is due runs in its order. */
function aClock(): Clock & { pass(ms: number): void } {
  let now = 0
  const due: { readonly at: number; readonly run: () => void }[] = []
  const clock = {
    now: (): Now => ({ monoMs: now, utcMs: 1_780_000_000_000 + now, quality: 'ntp' }),
    after: (ms: number, run: () => void) => {
      const entry = { at: now + ms, run }
      due.push(entry)
      return () => void due.splice(due.indexOf(entry), due.includes(entry) ? 1 : 0)
    },
    pass: (ms: number) => {
      const end = now + ms
      for (;;) {
        const next = due.filter(one => one.at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        due.splice(due.indexOf(next), 1)
        now = next.at
        next.run()
      }
      now = end
    },
  }
  return clock
}

const aUnit = (
  id: string,
  change: Partial<UnitView> = {},
  moved: Partial<NonNullable<UnitView['position']>> = {},
): UnitView => ({
  id,
  callSign: id,
  deviceId: id,
  type: 'ptu',
  homeGridId: 'g-1',
  gridId: 'g-1',
  availability: 'available',
  assignment: null,
  position: { lat: 35.5, lon: 117, speedMps: 8, trackDeg: 90, mode: 3, ageMs: 300, ...moved },
  freshness: 'live',
  at: '2026-06-01T00:00:00.000Z',
  link: 'up',
  heardAgeMs: 300,
  equipment: {},
  drivers: null,
  recording: false,
  emergency: false,
  queue: null,
  store: 'ok',
  ...change,
})

const anIncident = (n: number, now: Now): IncidentView => ({
  id: `inc-${n}`,
  number: `JQ-20260601-${n}`,
  class: 'theft',
  severity: 'normal',
  state: 'received',
  source: 'api',
  place: { lat: 35.5, lon: 117, text: '' },
  gridId: null,
  revision: 1,
  exercise: false,
  times: {},
  ageMs: 0,
  at: rfc3339(now.utcMs),
  targetSeconds: 300,
  assignments: [],
})
