import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCity } from '#gateway/city.ts'
import type { CityCore } from '#gateway/city.ts'
import { mintOf, NO_CLOSURE_ROADS } from '#gateway/city/surroundings.ts'
import type { GridLookup, Reach } from '#gateway/city/surroundings.ts'
import type { CityEffect, CityEvent, Command, UnitBinding } from '#gateway/loop/effects.ts'
import { IncidentCreate } from '#protocols/api.ts'
import type { AlarmView, IncidentView, OrderView } from '#protocols/api.ts'
import { parseBody } from '#protocols/bodies.ts'
import { StreamMessage, UnitView } from '#protocols/api.ts'
import { MoveUpView } from '#protocols/coverage.ts'
import type { Order } from '#protocols/orders.ts'
import { CHAIN_START, eventIdOf } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { Live } from '#protocols/session.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { QUIET_LIVE } from '#test/fixtures/quiet-live.ts'

/*
 * A town on paper: one straight road along the equator, 1 degree of longitude is 1,000 s of driving.
 *
 *     g-west              | g-east             far away, no road between:
 *     1 ---- 2 ---- x ---- 3                   9 at lon 50
 *     lon 0  0.1   0.15   0.4                  0 on no road: lat 5
 */
const WEST_EAST = 0.2
/** Two counties where a test says so. */
const counties = new Map<string, string>()
const grids: GridLookup = {
  gridAt: place => (place.lon < WEST_EAST ? 'g-west' : 'g-east'),
  move: (_was, fix) => ({ gridId: fix.lon < WEST_EAST ? 'g-west' : 'g-east', outsideSinceMs: null }),
  neighboursOf: id => (id === 'g-west' ? ['g-east'] : ['g-west']),
  nameOf: id => `${id} name`,
  countyOf: id => counties.get(id) ?? null,
  nearby: () => undefined,
}
const reach: Reach = {
  times(place, units) {
    if (Math.abs(place.lat) > 1) return undefined
    const onRoad = units.filter(u => Math.abs(u.lat) <= 1)
    const near = onRoad.filter(u => Math.abs(u.lon - place.lon) < 10)
    return {
      place: { lat: 0, lon: place.lon, snappedM: 3, road: 'Equator Street', closed: false },
      roadSeconds: new Map(near.map(u => [u.unitId, Math.abs(u.lon - place.lon) * 1000])),
      offRoad: new Set(units.filter(u => !onRoad.includes(u)).map(u => u.unitId)),
    }
  },
  route: (place, unit) => [
    [unit.lon, unit.lat],
    [place.lon, place.lat],
  ],
}

const EPOCH = 'ab'.repeat(8)
const BOOT = '01'.repeat(8)
/** 2026-11-24T02:00:00Z: ten in the morning in the city. */
const MORNING = Date.UTC(2026, 10, 24, 2)

/** A gateway's city with a handed-in clock, and everything that left it. */
class Town {
  readonly effects: CityEffect[] = []
  city: CityCore
  monoMs = 1_000_000
  /** The wall clock may lie; nothing but names and numbers may depend on it. */
  utcMs = MORNING
  private names = 0
  private readonly seqs = new Map<string, number>()
  /** Rows of the identity store, which is not the city's. */
  private readonly bindings = new Map<string, UnitBinding>()
  private readonly liveSeqs = new Map<string, number>()

  constructor() {
    this.city = this.newCity()
  }

  private newCity(): CityCore {
    return createCity({
      mint: mintOf(bytes => String(++this.names).padStart(bytes * 2, '0')),
      reach,
      roads: NO_CLOSURE_ROADS,
      grids,
    })
  }

  now(): Now {
    return { monoMs: this.monoMs, utcMs: this.utcMs, quality: 'ntp' }
  }

  pass(ms: number): this {
    for (let left = ms; left > 0; left -= 1000) {
      this.monoMs += Math.min(1000, left)
      this.utcMs += Math.min(1000, left)
      this.send({ type: 'tick' })
    }
    return this
  }

  send(event: CityEvent): CityEffect[] {
    const effects = this.city.handle(event, this.now())
    this.effects.push(...effects)
    if (event.type === 'bound') this.bindings.set(event.binding.deviceId, event.binding)
    return effects
  }

  crew(n: number, lon: number, extra: Partial<Live> = {}): this {
    const deviceId = `ptu-${n}`
    const homeGridId = lon < WEST_EAST ? 'g-west' : 'g-east'
    this.send({ type: 'bound', binding: { deviceId, unitId: `u-${n}`, callSign: `P-${n}`, homeGridId } })
    this.send({ type: 'session', deviceId, link: 'up' })
    this.live(n, lon, extra)
    return this
  }

  live(n: number, lon: number, extra: Partial<Live> = {}, latenessMs = 0): CityEffect[] {
    const deviceId = `ptu-${n}`
    const liveSeq = (this.liveSeqs.get(deviceId) ?? 0) + 1
    this.liveSeqs.set(deviceId, liveSeq)
    const live: Live = {
      ...QUIET_LIVE,
      v: 1,
      epoch: EPOCH,
      bootId: BOOT,
      bootCount: 1,
      liveSeq,
      sentMonoMs: this.monoMs - latenessMs,
      sentAt: 0,
      clockQuality: 'none',
      window: 'c'.repeat(32),
      position: { eventId: null, ageMs: 500, lat: 0, lon, mode: 3, speedMps: 10, trackDeg: 90 },
      equipment: { lightbar: 'off' },
      ...extra,
    }
    return this.send({ type: 'live', deviceId, live, latenessMs })
  }

  record(
    n: number,
    lane: Lane,
    kind: string,
    body: unknown,
    ageMs = 0,
    extra: Partial<WireRecord> = {},
  ): WireRecord {
    const seq = (this.seqs.get(`${n}/${lane}`) ?? 0) + 1
    this.seqs.set(`${n}/${lane}`, seq)
    const record: WireRecord = {
      v: 1,
      lane,
      epoch: EPOCH,
      seq,
      prev: CHAIN_START,
      sum: CHAIN_START,
      kind,
      occurredAt: this.utcMs - ageMs,
      monoMs: this.monoMs - ageMs,
      bootId: BOOT,
      clockQuality: 'gnss',
      body: JSON.stringify(body),
      ...extra,
    }
    this.deliver(n, record, ageMs)
    return record
  }

  deliver(n: number, record: WireRecord, ageMs: number): CityEffect[] {
    const parsed = parseBody(record.kind, record.body)
    const body = parsed.ok ? parsed.value : null
    return this.send({ type: 'record', deviceId: `ptu-${n}`, record, body, ageMs })
  }

  tap(n: number, order: OrderView, step: string, ageMs = 0, slot = 'declared'): WireRecord {
    const { id: orderId, incidentId } = order
    return this.record(n, 'event', 'assignment.step', { orderId, incidentId, revision: 2, step, slot }, ageMs)
  }

  receipt(n: number, order: OrderView, outcome: string, code?: string, toldAt?: number): WireRecord {
    const { id: orderId, incidentId } = order
    return this.record(n, 'event', 'order.receipt', {
      orderId,
      incidentId,
      revision: 2,
      outcome,
      ...(code && { code }),
      ...(toldAt !== undefined && { toldAt }),
    })
  }

  ask(command: Command): Extract<CityEffect, { type: 'reply' }>['result'] {
    const effects = this.send({ type: 'command', commandId: 'c-1', actor: 'local', command })
    const reply = effects.find(e => e.type === 'reply')
    if (reply?.type !== 'reply') throw new Error('a command got no reply')
    return reply.result
  }

  demand<T>(command: Command): T {
    const result = this.ask(command)
    if (!result.ok) throw new Error(`${result.code} ${result.detail}`)
    return result.value as T
  }

  incident(lon: number): IncidentView {
    return this.demand({
      kind: 'incident.create',
      incident: IncidentCreate.parse({ place: { lat: 0, lon } }),
    })
  }

  dispatch(incident: IncidentView, n: number): OrderView {
    return this.demand({
      kind: 'order',
      order: { kind: 'dispatch', incidentId: incident.id, unitId: `u-${n}` },
    })
  }

  cancel(order: OrderView): OrderView {
    return this.demand({ kind: 'order', order: { kind: 'cancel', orderId: order.id, reason: 'better car' } })
  }

  see(incident: IncidentView): IncidentView {
    return this.city.incident(incident.id, this.now())!
  }

  unit(n: number): UnitView {
    return this.city.unit(`u-${n}`, this.now())!
  }

  ordersSent(): Order[] {
    return this.effects.flatMap(e => (e.type === 'order' ? [e.order] : []))
  }

  logs(): string[] {
    return this.effects.flatMap(e => (e.type === 'log' ? [e.event] : []))
  }

  /** Everything put so far, as a store would give it back. */
  rows() {
    const rows = new Map<string, unknown>()
    for (const e of this.effects) if (e.type === 'put') rows.set(e.key, JSON.parse(JSON.stringify(e.value)))
    return [...rows].map(([key, value]) => ({ key, value }))
  }

  /** kill -9 and a new process: another monotonic clock, a wall clock an hour back. */
  restart(): this {
    const rows = this.rows()
    this.monoMs = 5_000
    this.city = this.newCity()
    for (const binding of this.bindings.values()) this.send({ type: 'bound', binding })
    this.city.restore(rows, this.now())
    return this
  }
}

describe('what the map shows of a unit', () => {
  it('is live, then ageing after one announcement and 5 s, then stale after two and 10 s', () => {
    const town = new Town().crew(1, 0.1)
    expect(town.unit(1)).toMatchObject({ freshness: 'live', availability: 'available', gridId: 'g-west' })
    expect(town.unit(1).position).toMatchObject({ lon: 0.1, ageMs: 500 })
    expect(town.pass(24_000).unit(1).freshness).toBe('live')
    expect(town.pass(1_000).unit(1).freshness).toBe('ageing')
    expect(town.pass(24_500).unit(1).freshness).toBe('ageing')
    expect(town.pass(1_000).unit(1)).toMatchObject({ freshness: 'stale', heardAgeMs: 50_500 })
  })

  it('tells pages when freshness changes though nobody said anything', () => {
    const town = new Town().crew(1, 0.1).pass(2_000)
    town.effects.length = 0
    town.pass(60_000)
    const told = town.effects.flatMap(e =>
      e.type === 'change' && e.change.type === 'unit.changed' ? [e.change.data.freshness] : [],
    )
    expect(told).toEqual(['ageing', 'stale'])
  })

  it('counts the time a message was on its way as age', () => {
    const town = new Town().crew(1, 0.1)
    town.live(1, 0.1, {}, 40_000)
    expect(town.unit(1)).toMatchObject({ freshness: 'ageing', position: { ageMs: 40_500 } })
  })

  it('is not judged by a wall clock that jumps', () => {
    const town = new Town().crew(1, 0.1)
    town.utcMs += 3_600_000
    expect(town.unit(1).position?.ageMs).toBe(500)
  })

  it('does not move for a back-filled position', () => {
    const town = new Town().crew(1, 0.1)
    town.record(1, 'track', 'position', { lat: 0, lon: 0.19, mode: 3 })
    town.record(1, 'track', 'position', { lat: 0, lon: 0.18, mode: 3 }, 60_000)
    expect(town.unit(1).position?.lon).toBe(0.1)
  })

  it('keeps the last place when the receiver sees no sky, and lets its age grow', () => {
    const town = new Town().crew(1, 0.1).pass(10_000)
    town.live(1, 0, { position: null })
    expect(town.unit(1)).toMatchObject({ position: { lon: 0.1, ageMs: 10_500 }, heardAgeMs: 0 })
  })

  it('does not go back for a live message that was overtaken', () => {
    const town = new Town().crew(1, 0.1)
    town.live(1, 0.12)
    town.live(1, 0.05, { liveSeq: 1 })
    expect(town.unit(1).position?.lon).toBe(0.12)
  })

  it('believes a device whose boot count went back, once it said hello', () => {
    const town = new Town().crew(1, 0.1, { bootCount: 9 })
    const restored = { bootId: '02'.repeat(8), bootCount: 3 }
    town.live(1, 0.15, restored)
    expect(town.unit(1).position?.lon).toBe(0.1)
    const lanes = { first: 1, last: 0 }
    const hello = {
      v: 1,
      epoch: EPOCH,
      ...restored,
      lanes: { alarm: lanes, event: lanes, track: lanes, diag: lanes },
      store: 'ok',
      software: 'x',
      announcedMs: 20_000,
    } as const
    town.send({ type: 'hello', deviceId: 'ptu-1', hello })
    town.live(1, 0.16, restored)
    expect(town.unit(1).position?.lon).toBe(0.16)
  })

  it('folds equipment edges by seq and never by arrival', () => {
    const town = new Town().crew(1, 0.1).pass(1_000)
    const on = town.record(1, 'event', 'equipment.edge', {
      channel: 'lightbar',
      value: 'on',
      state: { lightbar: 'on' },
    })
    town.pass(1_000)
    town.record(1, 'event', 'equipment.edge', { channel: 'lightbar', value: 'off', state: {} })
    town.deliver(1, on, 2_000)
    expect(town.unit(1).equipment.lightbar).toBe('off')
  })

  it('keeps the newer live equipment when an older edge arrives late', () => {
    const town = new Town().crew(1, 0.1)
    town.live(1, 0.1, { equipment: { lightbar: 'on' } })
    town.record(1, 'event', 'equipment.edge', { channel: 'lightbar', value: 'off', state: {} }, 30_000)
    expect(town.unit(1).equipment.lightbar).toBe('on')
  })

  it('says assigned by the decision of the gateway, whatever the car still believes', () => {
    const town = new Town().crew(1, 0.1)
    const order = town.dispatch(town.incident(0.15), 1)
    expect(town.unit(1).availability).toBe('assigned')
    town.cancel(order)
    town.live(1, 0.1, { availability: 'assigned' })
    expect(town.unit(1)).toMatchObject({ availability: 'available', assignment: null })
  })

  it('gives a swapped device to its new unit and leaves the old one without', () => {
    const town = new Town().crew(1, 0.1).crew(2, 0.3)
    town.send({
      type: 'bound',
      binding: { deviceId: 'ptu-1', unitId: 'u-2', callSign: 'P-2', homeGridId: null },
    })
    town.live(1, 0.18)
    expect(town.unit(1)).toMatchObject({ deviceId: null, position: { lon: 0.1 } })
    expect(town.unit(2)).toMatchObject({ deviceId: 'ptu-1', position: { lon: 0.18 } })
  })

  it('comes back after a restart where it was, stale until heard, whatever the wall clock says', () => {
    const town = new Town().crew(1, 0.1).pass(20_000)
    town.utcMs -= 3_600_000
    town.restart()
    expect(town.unit(1)).toMatchObject({ freshness: 'stale', position: { lon: 0.1 }, heardAgeMs: null })
    town.live(1, 0.11)
    expect(town.unit(1)).toMatchObject({ freshness: 'live', position: { lon: 0.11 } })
  })

  it('fits the schema of the API', () => {
    const town = new Town().crew(1, 0.1)
    expect(UnitView.safeParse(town.unit(1)).error).toBeUndefined()
  })
})

describe('demand', () => {
  it('is counted from incidents, once, without exercises and duplicates, and the same after a restart', () => {
    const town = new Town().crew(1, 0.1)
    const create = (exercise = false): IncidentView =>
      town.demand<IncidentView>({
        kind: 'incident.create',
        incident: IncidentCreate.parse({ place: { lat: 0, lon: 0.1 }, exercise }),
      })
    create(true)
    const twice = create()
    for (let n = 0; n < 3; n++) create()
    const before = town.city.demandVersion()
    town.demand({ kind: 'incident.close', incidentId: twice.id, reason: '重复报警', duplicate: true })
    expect(town.city.demandVersion()).toBeGreaterThan(before)
    const counts = town.city.demand(town.now())
    expect(counts).toMatchObject({ incidents: 3, hour: 10, cells: [{ all: 3, now: 1.5 }] })
    town.restart()
    expect(town.city.demand(town.now())).toEqual(counts)
  })
})

describe('a move-up', () => {
  const at = { lat: 0, lon: 0.15 }
  const found = {
    unitId: 'u-1',
    place: { kind: 'centre', ...at, gridId: 'g-west', name: '', road: '大成路' },
    reachedBefore: 0.8,
    reachedAfter: 0.83,
    sureShare: 0.02,
    etaSeconds: 50,
    leaves: { roadM: 0, areaM2: 0, roadShare: 0, demandShare: 0, grids: [] },
  } as const

  it('is an order that leaves the unit free, given once', () => {
    const town = new Town().crew(1, 0.1)
    town.send({ type: 'moveups', measured: { gains: [], found } })
    const { planned } = town.city.moveUpsAsked(town.now())
    expect(planned).toMatchObject([{ unitId: 'u-1', place: at }])
    const moveUpId = planned[0]?.id ?? ''
    const effects = town.send({
      ...{ type: 'command', commandId: 'c', actor: 'local' },
      command: { kind: 'moveup.accept', moveUpId },
    })
    const reply = effects.find(e => e.type === 'reply')
    expect(MoveUpView.parse(reply?.result.ok && reply.result.value).state).toBe('accepted')
    expect(effects.some(e => e.type === 'put' && e.key.startsWith('order/'))).toBe(true)
    const order = effects.find(e => e.type === 'order')
    expect(order?.order).toMatchObject({ kind: 'move_up', place: { ...at, text: 'g-west name 大成路' } })
    expect(town.unit(1)).toMatchObject({ availability: 'available', assignment: null })
    expect(town.ask({ kind: 'moveup.accept', moveUpId })).toMatchObject({
      ok: false,
      code: 'MOVE_UP_UNKNOWN',
    })
    expect(effects.some(e => e.type === 'audit' && e.action === 'moveup.accept')).toBe(true)
  })
})

describe('an incident', () => {
  it('is numbered by the local day and never twice, restart included', () => {
    const town = new Town().crew(1, 0.1)
    expect(town.incident(0.1).number).toBe('JQ-20261124-0001')
    expect(town.incident(0.1).number).toBe('JQ-20261124-0002')
    town.restart()
    expect(town.incident(0.1).number).toBe('JQ-20261124-0003')
    town.utcMs = Date.UTC(2026, 10, 24, 16)
    expect(town.incident(0.1).number).toBe('JQ-20261125-0001')
  })

  it('runs from received to resolved by the taps of its crew', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    expect(incident).toMatchObject({ state: 'received', gridId: 'g-west', targetSeconds: 300 })
    const order = town.dispatch(incident, 1)
    const states: string[] = []
    for (const step of ['delivered', 'signed', 'enroute', 'on_scene', 'cleared']) {
      town.pass(1_000)
      if (step === 'delivered') town.receipt(1, order, 'delivered')
      else town.tap(1, order, step)
      states.push(`${town.see(incident).assignments[0]?.state} ${town.see(incident).state}`)
    }
    expect(states).toEqual([
      'delivered dispatched',
      'signed dispatched',
      'enroute responding',
      'on_scene attended',
      'cleared resolved',
    ])
    const { times, assignments } = town.see(incident)
    expect(times.tArrived?.declared).toBe('2026-11-24T02:00:04.000Z')
    expect(times.tResolved?.system).toBe('2026-11-24T02:00:05.000Z')
    expect(Object.keys(assignments[0]!.times)).toEqual([
      'tDispatched',
      'tDelivered',
      'tSigned',
      'tEnroute',
      'tRolling',
      'tArrived',
      'tCleared',
    ])
    expect(town.unit(1)).toMatchObject({ assignment: null, availability: 'available' })
  })

  describe('what a car senses by itself', () => {
    const enroute = () => {
      const town = new Town().crew(1, 0.1)
      const incident = town.incident(0.15)
      const order = town.dispatch(incident, 1)
      town.tap(1, order, 'signed')
      const word = { orderId: order.id, incidentId: incident.id, revision: 2 }
      const say = (kind: string, body: object, ageMs = 0) =>
        town.record(1, 'event', kind, { ...word, ...body }, ageMs)
      return { town, incident, order, say, assignment: () => town.see(incident).assignments[0]! }
    }
    const iso = (utcMs: number): string => new Date(utcMs).toISOString()

    it('fills the sensed slot beside the declared one, and the first word in each stays', () => {
      const { town, order, say, assignment } = enroute()
      const setOff = town.utcMs
      town.pass(6_000)
      say('rolling.started', { startedAt: setOff, by: 'speed' })
      expect(assignment()).toMatchObject({ state: 'enroute', times: { tRolling: { sensed: iso(setOff) } } })
      expect(assignment().times.tEnroute).toBeUndefined()
      town.pass(30_000)
      town.tap(1, order, 'enroute')
      say('rolling.started', { startedAt: setOff + 20_000, by: 'speed' })
      expect(assignment().times.tRolling).toEqual({ sensed: iso(setOff), declared: iso(setOff + 36_000) })
    })

    it('shows a car that stands near, then an arrival dated back to its stop', () => {
      const { town, say, assignment } = enroute()
      const stopped = town.utcMs
      town.pass(3_000)
      say('arrival.candidate', { startedAt: stopped, distanceM: 60 })
      expect(assignment()).toMatchObject({ state: 'signed', nearSince: iso(stopped) })
      town.pass(9_000)
      say('arrival.confirmed', { startedAt: stopped, distanceM: 60, by: 'door' })
      expect(assignment()).toMatchObject({ state: 'on_scene', nearSince: null })
      expect(assignment().times.tArrived).toEqual({ sensed: iso(stopped) })
    })

    it('keeps nothing of an arrival that was taken back but the evidence; the next one counts', () => {
      const { town, incident, say, assignment } = enroute()
      say('arrival.confirmed', { startedAt: town.utcMs, distanceM: 60, by: 'door' })
      expect(town.see(incident).state).toBe('attended')
      town.pass(4_000)
      say('arrival.undone', { why: 'crew' })
      expect(assignment()).toMatchObject({ state: 'enroute' })
      expect(assignment().times.tArrived).toBeUndefined()
      expect(town.see(incident)).toMatchObject({ state: 'responding' })
      expect(town.see(incident).times.tArrived).toBeUndefined()
      town.pass(60_000)
      const stopped = town.utcMs
      say('arrival.confirmed', { startedAt: stopped, distanceM: 20, by: 'dwell' })
      town.restart()
      expect(assignment().times.tArrived).toEqual({ sensed: iso(stopped) })
    })

    it('leaves a declared arrival standing when the sensed one is taken back', () => {
      const { town, order, say, assignment } = enroute()
      town.tap(1, order, 'on_scene')
      say('arrival.confirmed', { startedAt: town.utcMs, distanceM: 60, by: 'door' })
      say('arrival.undone', { why: 'drove_on' })
      expect(assignment().state).toBe('on_scene')
      expect(Object.keys(assignment().times.tArrived ?? {})).toEqual(['declared'])
    })

    it('flags an arrival declared more than 300 m away and keeps its time', () => {
      for (const [distanceM, flagged] of [
        [120, null],
        [420, 420],
      ] as const) {
        const { town, say, assignment } = enroute()
        say('assignment.step', { step: 'on_scene', slot: 'declared', distanceM })
        expect(assignment()).toMatchObject({ declaredFarM: flagged })
        expect(assignment().times.tArrived?.declared).toBe(iso(town.utcMs))
      }
    })

    it('of a clock nobody set is dated by the age of the record', () => {
      const { town, incident, order } = enroute()
      town.pass(60_000)
      const body = { orderId: order.id, incidentId: incident.id, revision: 2, startedAt: 71_000, by: 'speed' }
      const boot1970 = { occurredAt: 76_000, clockQuality: 'none' } as const
      town.record(1, 'event', 'rolling.started', body, 10_000, boot1970)
      const { times } = town.see(incident).assignments[0]!
      expect(times.tRolling?.sensed).toBe(iso(town.utcMs - 15_000))
    })
  })

  it('promises the road time at the moment of the order', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    town.dispatch(incident, 1)
    expect(town.see(incident).assignments[0]?.etaSeconds).toBe(50)
  })

  it('invents no earlier times when a crew skips steps', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    town.tap(1, town.dispatch(incident, 1), 'on_scene')
    const { state, times } = town.see(incident).assignments[0]!
    expect(state).toBe('on_scene')
    expect(Object.keys(times)).toEqual(['tDispatched', 'tArrived'])
  })

  it('fills the time of a step behind without going back', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    const order = town.dispatch(incident, 1)
    town.tap(1, order, 'on_scene')
    town.tap(1, order, 'signed', 30_000)
    const { state, times } = town.see(incident).assignments[0]!
    expect(state).toBe('on_scene')
    expect(times.tSigned?.declared).toBe('2026-11-24T01:59:30.000Z')
  })

  it('keeps the first time of a slot, gives another source its own slot, and keeps the later one behind', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    const order = town.dispatch(incident, 1)
    town.tap(1, order, 'on_scene')
    town.pass(9_000).tap(1, order, 'on_scene')
    town.tap(1, order, 'on_scene', 5_000, 'sensed')
    expect(town.see(incident).assignments[0]?.times.tArrived).toEqual({
      declared: '2026-11-24T02:00:00.000Z',
      sensed: '2026-11-24T02:00:04.000Z',
    })
    const row = town.rows().find(r => r.key === `incident/${incident.id}`)?.value as {
      assignments: { moments: { moment: string }[] }[]
    }
    expect(row.assignments[0]?.moments.filter(m => m.moment === 'tArrived')).toHaveLength(3)
    expect(town.logs()).toContain('assignment.timed')
  })

  it('dates a tap by its age when the car believes it is 1970', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    const { id: orderId, incidentId } = town.dispatch(incident, 1)
    const body = { orderId, incidentId, revision: 2, step: 'signed', slot: 'declared' }
    const broken = { occurredAt: 12_000, clockQuality: 'none' } as const
    town.record(1, 'event', 'assignment.step', body, 60_000, broken)
    expect(town.see(incident).assignments[0]?.times.tSigned?.declared).toBe('2026-11-24T01:59:00.000Z')
  })

  it('lets the gateway win: a cancel stands and the late taps of the crew are kept as superseded', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    const order = town.dispatch(incident, 1)
    town.cancel(order)
    town.tap(1, order, 'signed', 20_000)
    const { state, times } = town.see(incident).assignments[0]!
    expect(state).toBe('cancelled')
    expect(times.tSigned).toBeUndefined()
    expect(town.see(incident).state).toBe('received')
    const row = town.rows().find(r => r.key === `incident/${incident.id}`)?.value as {
      assignments: { superseded: { to: string }[] }[]
    }
    expect(row.assignments[0]?.superseded).toMatchObject([{ to: 'signed' }])
  })

  it('refuses a cancel that comes when the crew is on scene', () => {
    const town = new Town().crew(1, 0.1)
    const order = town.dispatch(town.incident(0.15), 1)
    town.tap(1, order, 'on_scene')
    const late = { kind: 'cancel', orderId: order.id, reason: '' } as const
    expect(town.ask({ kind: 'order', order: late })).toMatchObject({ ok: false, code: 'ASSIGNMENT_ENDED' })
  })

  it('waits for dispatch again after its only car refused or never took the order', () => {
    const town = new Town().crew(1, 0.1).crew(2, 0.12)
    const incident = town.incident(0.15)
    town.tap(1, town.dispatch(incident, 1), 'refused')
    expect(town.see(incident)).toMatchObject({ state: 'received', assignments: [{ state: 'refused' }] })
    town.receipt(2, town.dispatch(incident, 2), 'refused', 'ORDER_SCHEMA')
    expect(town.see(incident).assignments[1]?.state).toBe('refused')
  })

  it('stays attended while one crew is there and another left', () => {
    const town = new Town().crew(1, 0.1).crew(2, 0.12)
    const incident = town.incident(0.15)
    const [first, second] = [town.dispatch(incident, 1), town.dispatch(incident, 2)]
    town.tap(1, first, 'on_scene')
    town.tap(2, second, 'on_scene')
    town.tap(1, first, 'cleared')
    expect(town.see(incident).state).toBe('attended')
    town.tap(2, second, 'cleared')
    expect(town.see(incident).state).toBe('resolved')
  })

  it('calls off cars under way and releases the crew on scene when it is closed', () => {
    const town = new Town().crew(1, 0.1).crew(2, 0.12)
    const incident = town.incident(0.15)
    town.tap(1, town.dispatch(incident, 1), 'on_scene')
    town.dispatch(incident, 2)
    town.demand({ kind: 'incident.close', incidentId: incident.id, reason: 'over' })
    expect(town.see(incident)).toMatchObject({
      state: 'resolved',
      assignments: [{ state: 'cleared' }, { state: 'cancelled' }],
    })
    expect(
      town
        .ordersSent()
        .filter(o => o.kind === 'cancel')
        .map(o => o.unitId),
    ).toEqual(['u-1', 'u-2'])
    const again = town.ask({ kind: 'incident.close', incidentId: incident.id, reason: 'over' })
    expect(again).toMatchObject({ code: 'INCIDENT_CLOSED' })
  })

  it('is cancelled, not resolved, when it is closed and nobody was there', () => {
    const town = new Town()
    const incident = town.incident(0.15)
    town.demand({ kind: 'incident.close', incidentId: incident.id, reason: 'false call' })
    expect(town.see(incident)).toMatchObject({ state: 'cancelled' })
    expect(town.see(incident).times.tResolved).toBeUndefined()
  })

  it('ignores, and says so in the log, what another car tells about an order', () => {
    const town = new Town().crew(1, 0.1).crew(2, 0.12)
    const incident = town.incident(0.15)
    const order = town.dispatch(incident, 1)
    town.tap(2, order, 'signed')
    town.receipt(2, order, 'delivered')
    expect(town.see(incident).assignments[0]?.state).toBe('dispatched')
    expect(town.logs()).toEqual(expect.arrayContaining(['assignment.unknown', 'order.receipt_unused']))
  })

  it('refuses unknown units and incidents, closed incidents and the same unit twice, each by its code', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    town.dispatch(incident, 1)
    const codeOf = (incidentId: string, unitId: string) => {
      const result = town.ask({ kind: 'order', order: { kind: 'dispatch', incidentId, unitId } })
      return result.ok ? 'ok' : result.code
    }
    expect(codeOf(incident.id, 'u-1')).toBe('ALREADY_ASSIGNED')
    expect(codeOf(incident.id, 'u-7')).toBe('UNIT_UNKNOWN')
    expect(codeOf('inc-7', 'u-1')).toBe('INCIDENT_UNKNOWN')
    town.demand({ kind: 'incident.close', incidentId: incident.id, reason: '' })
    expect(codeOf(incident.id, 'u-1')).toBe('INCIDENT_CLOSED')
  })

  it('is the same after a restart, open orders included', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.15)
    const order = town.dispatch(incident, 1)
    town.tap(1, order, 'signed')
    const before = town.see(incident)
    town.restart()
    expect(town.see(incident)).toEqual({ ...before, at: town.see(incident).at })
    expect(town.unit(1).assignment?.state).toBe('signed')
    town.tap(1, order, 'enroute')
    expect(town.see(incident).state).toBe('responding')
  })
})

describe('an order', () => {
  it('was delivered when the car first said so, though only what it said again arrived', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.1)
    const order = town.dispatch(incident, 1)
    town.pass(2_000)
    const toldAt = town.utcMs
    town.pass(90_000).receipt(1, order, 'delivered', undefined, toldAt)
    const [assignment] = town.see(incident).assignments
    expect(assignment).toMatchObject({ state: 'delivered' })
    expect(assignment?.times.tDelivered).toEqual({ system: rfc3339(toldAt) })
  })

  it('was delivered at the latest when it is said again by a car that had no clock the first time', () => {
    const town = new Town().crew(1, 0.1)
    const incident = town.incident(0.1)
    const order = town.dispatch(incident, 1)
    town.pass(90_000).receipt(1, order, 'delivered', undefined, 1_000)
    const [assignment] = town.see(incident).assignments
    expect(assignment?.times.tDelivered).toEqual({ system: rfc3339(town.utcMs) })
  })

  const hello = (town: Town, n: number): CityEffect[] => {
    const lanes = { first: 1, last: 0 }
    return town.send({
      type: 'hello',
      deviceId: `ptu-${n}`,
      hello: {
        v: 1,
        epoch: EPOCH,
        bootId: BOOT,
        bootCount: 1,
        lanes: { alarm: lanes, event: lanes, track: lanes, diag: lanes },
        store: 'ok',
        software: 'x',
        announcedMs: 20_000,
      },
    })
  }

  it('is sent again every 5 s until its receipt came, always with the same nonce', () => {
    const town = new Town().crew(1, 0.1)
    const order = town.dispatch(town.incident(0.15), 1)
    town.pass(11_000)
    expect(town.ordersSent()).toHaveLength(3)
    expect(new Set(town.ordersSent().map(o => o.nonce)).size).toBe(1)
    town.receipt(1, order, 'delivered')
    town.pass(20_000)
    expect(town.ordersSent()).toHaveLength(3)
    expect(town.city.order(order.id)).toMatchObject({
      outcome: 'delivered',
      receiptAt: '2026-11-24T02:00:11.000Z',
    })
  })

  it('waits while the car is away and goes out, oldest first, when it says hello', () => {
    const town = new Town().crew(1, 0.1)
    town.send({ type: 'session', deviceId: 'ptu-1', link: 'down' })
    const incident = town.incident(0.15)
    town.cancel(town.dispatch(incident, 1))
    town.pass(60_000)
    expect(town.ordersSent()).toEqual([])
    const sent = hello(town, 1).flatMap(e => (e.type === 'order' ? [e.order] : []))
    expect(sent.map(o => o.kind)).toEqual(['dispatch', 'cancel'])
    expect(sent[1]!.revision).toBeGreaterThan(sent[0]!.revision)
  })

  it('survives a restart of the gateway and is sent at the next hello', () => {
    const town = new Town().crew(1, 0.1).pass(1_000)
    town.dispatch(town.incident(0.15), 1)
    const [first] = town.ordersSent()
    town.restart()
    const sent = hello(town, 1).flatMap(e => (e.type === 'order' ? [e.order] : []))
    expect(sent).toEqual([first])
  })

  it('keeps its first outcome, but for a delivery that a later outcome completes', () => {
    const town = new Town().crew(1, 0.1)
    const order = town.dispatch(town.incident(0.15), 1)
    town.receipt(1, order, 'delivered')
    town.receipt(1, order, 'executed')
    town.receipt(1, order, 'refused', 'ORDER_STALE')
    expect(town.city.order(order.id)).toMatchObject({ outcome: 'executed', code: null })
  })

  it('to switch something cites the newest window and is not sent again once that has died', () => {
    const town = new Town().crew(1, 0.1)
    const order = { kind: 'actuate', unitId: 'u-1', output: 'camera_trigger', on: true } as const
    town.demand({ kind: 'order', order })
    expect(town.ordersSent()[0]).toMatchObject({ kind: 'actuate', window: 'c'.repeat(32) })
    town.pass(120_000)
    expect(town.ordersSent().length).toBeLessThanOrEqual(7)
    expect(town.ask({ kind: 'order', order })).toMatchObject({ code: 'WINDOW_EXPIRED' })
  })
})

describe('an alarm', () => {
  const panic = { source: 'input', position: { lat: 0, lon: 0.05, mode: 3 }, positionAgeMs: 2_000 }

  it('alarms however late, with its true age, while the position of that minute does not move the map', () => {
    const town = new Town().crew(1, 0.1)
    town.record(1, 'track', 'position', { lat: 0, lon: 0.05, mode: 3 }, 180_000)
    const record = town.record(1, 'alarm', 'panic', panic, 180_000)
    town.pass(1_000)
    expect(town.city.alarms(town.now())).toMatchObject([
      {
        id: eventIdOf('ptu-1', record),
        kind: 'panic',
        callSign: 'P-1',
        ageMs: 181_000,
        arrivedAfterMs: 180_000,
        position: { lon: 0.05, ageMs: 183_000 },
        stored: true,
        acknowledgedAt: null,
      },
    ])
    expect(town.unit(1)).toMatchObject({ emergency: true, position: { lon: 0.1 } })
  })

  it('is raised once, however often it is told', () => {
    const town = new Town().crew(1, 0.1)
    town.deliver(1, town.record(1, 'alarm', 'panic', panic), 0)
    expect(town.city.alarms(town.now())).toHaveLength(1)
  })

  it('stays until a person acknowledges it; the car is told by a signed order, once', () => {
    const town = new Town().crew(1, 0.1)
    const alarmId = eventIdOf('ptu-1', town.record(1, 'alarm', 'panic', panic))
    town.pass(3_600_000)
    expect(town.unit(1).emergency).toBe(true)
    const view = town.demand<AlarmView>({ kind: 'alarm.acknowledge', alarmId })
    expect(view).toMatchObject({ acknowledgedBy: 'local', ageMs: 3_600_000 })
    expect(town.unit(1).emergency).toBe(false)
    const again = town.demand<AlarmView>({ kind: 'alarm.acknowledge', alarmId })
    expect(again.acknowledgedAt).toBe(view.acknowledgedAt)
    expect(town.ordersSent()).toMatchObject([{ kind: 'alarm_ack', alarmId, deviceId: 'ptu-1' }])
    expect(town.ask({ kind: 'alarm.acknowledge', alarmId: 'x' })).toMatchObject({ code: 'ALARM_UNKNOWN' })
  })

  it('alarms when the car could not store it, marked so', () => {
    const town = new Town().crew(1, 0.1)
    const alarm = {
      v: 1,
      id: 'e'.repeat(32),
      kind: 'panic',
      occurredAt: 0,
      ageMs: 4_000,
      clockQuality: 'none',
      body: JSON.stringify(panic),
    } as const
    town.send({ type: 'unstored', deviceId: 'ptu-1', alarm })
    town.send({ type: 'unstored', deviceId: 'ptu-1', alarm })
    expect(town.city.alarms(town.now())).toMatchObject([
      { id: `unstored/${'e'.repeat(32)}`, kind: 'panic', stored: false, ageMs: 4_000, unitId: 'u-1' },
    ])
  })

  it('knows one press by its id, whether it comes stored, unstored or both, in any order', () => {
    const pressId = 'e'.repeat(32)
    const body = { ...panic, pressId }
    const alarm = {
      v: 1,
      id: pressId,
      kind: 'panic',
      occurredAt: 0,
      ageMs: 4_000,
      clockQuality: 'none',
      body: JSON.stringify(body),
    } as const
    const unstoredFirst = new Town().crew(1, 0.1)
    unstoredFirst.send({ type: 'unstored', deviceId: 'ptu-1', alarm })
    const [{ id }] = unstoredFirst.city.alarms(unstoredFirst.now()) as [AlarmView]
    unstoredFirst.demand<AlarmView>({ kind: 'alarm.acknowledge', alarmId: id })
    expect(unstoredFirst.ordersSent()).toMatchObject([{ kind: 'alarm_ack', alarmId: id, pressId }])
    unstoredFirst.record(1, 'alarm', 'panic', body)
    expect(unstoredFirst.city.alarms(unstoredFirst.now())).toMatchObject([
      { id, stored: true, acknowledgedBy: 'local' },
    ])
    const storedFirst = new Town().crew(1, 0.1)
    storedFirst.record(1, 'alarm', 'panic', body)
    storedFirst.send({ type: 'unstored', deviceId: 'ptu-1', alarm })
    storedFirst.record(1, 'alarm', 'panic', { ...body, pressId: 'f'.repeat(32) })
    expect(storedFirst.city.alarms(storedFirst.now()).map(a => a.stored)).toEqual([true, true])
  })

  it('alarms with a moment that can be written down, however absurd the age or the clock it is told with', () => {
    const town = new Town().crew(1, 0.1)
    town.record(1, 'alarm', 'panic', panic, 1e17, { clockQuality: 'none' })
    town.record(1, 'alarm', 'panic', panic, 0, { occurredAt: 9e15 })
    town.record(1, 'alarm', 'panic', { ...panic, positionAgeMs: 1e17 })
    const told = town.city.alarms(town.now()).map(alarm => [alarm.kind, alarm.occurredAt])
    expect(told).toContainEqual(['panic', '9999-12-31T23:59:59.999Z'])
    expect(told).toContainEqual(['panic', '1970-01-01T00:00:00.000Z'])
    expect(told).toHaveLength(3)
  })

  it('alarms when this version cannot read it, and when nobody bound the device', () => {
    const town = new Town().crew(1, 0.1)
    town.record(1, 'alarm', 'crash.detected', { g: 9 })
    town.record(7, 'alarm', 'panic', 'not a body')
    expect(town.city.alarms(town.now())).toMatchObject([
      { kind: 'device', detail: 'crash.detected', callSign: 'P-1' },
      { kind: 'panic', unitId: null, callSign: 'ptu-7' },
    ])
  })

  it('gives way only after 200 later acknowledgements, and never while it waits for somebody', () => {
    const town = new Town().crew(1, 0.1)
    const raise = (): string => eventIdOf('ptu-1', town.record(1, 'alarm', 'panic', panic))
    const ids = Array.from({ length: 203 }, raise)
    const held = (): Set<string> => new Set(town.city.alarms(town.now()).map(alarm => alarm.id))
    const [open, ...others] = ids as [string, ...string[]]
    // The newest first, so that the last one acknowledged is the oldest; the wall clock goes back meanwhile.
    for (const alarmId of others.toReversed()) {
      town.utcMs -= 1_000
      expect(town.demand<AlarmView>({ kind: 'alarm.acknowledge', alarmId })?.id).toBe(alarmId)
    }
    expect(held()).toEqual(new Set([open, ...others.slice(0, 200)]))
    expect(town.unit(1).emergency).toBe(true)
    town.restart()
    expect(held().has(open)).toBe(true)
    expect(held().size).toBe(201)
  })

  it('is still there after a restart, no younger than before', () => {
    const town = new Town().crew(1, 0.1)
    town.record(
      1,
      'alarm',
      'bodycam.failed',
      { activationId: 'a', sources: ['lightbar'], reason: 'silent' },
      9_000,
    )
    town.pass(1_000)
    town.utcMs -= 3_600_000
    town.restart()
    const [alarm] = town.city.alarms(town.now())
    expect(alarm).toMatchObject({ kind: 'bodycam.failed', detail: 'silent (lightbar)', acknowledgedAt: null })
    expect(alarm!.ageMs).toBeGreaterThanOrEqual(9_000)
  })
})

describe('a recommendation', () => {
  const at = { lat: 0, lon: 0.15 }
  const recommended = (town: Town, place = at) => {
    const result = town.city.recommend(place, town.now())
    if (!result.ok) throw new Error(result.code)
    return result.value
  }

  it('ranks by turnout plus road time, with reasons', () => {
    const town = new Town().crew(1, 0).crew(2, 0.1).crew(3, 0.4)
    town.live(2, 0.1, { position: { eventId: null, ageMs: 0, lat: 0, lon: 0.1, mode: 3, speedMps: 0 } })
    const { candidates, place } = recommended(town)
    expect(candidates.map(c => [c.unitId, c.etaSeconds, c.turnoutSeconds, c.reasons])).toEqual([
      ['u-2', 60, 10, ['own_grid', 'nearest_eta']],
      ['u-1', 150, 0, ['own_grid']],
      ['u-3', 250, 0, ['adjacent_grid']],
    ])
    expect(place).toMatchObject({ road: 'Equator Street', snappedM: 3 })
    expect(candidates[0]?.route).toEqual([
      [0.1, 0],
      [0.15, 0],
    ])
  })

  it('keeps the own-grid crew first unless another is 45 s faster or only the other makes five minutes', () => {
    const town = new Town().crew(1, 0.1).crew(3, 0.21)
    const order = (lon: number) => recommended(town, { lat: 0, lon }).candidates.map(c => c.unitId)
    expect(order(0.17)).toEqual(['u-1', 'u-3']) // 70 s against 40 s
    expect(order(0.18)).toEqual(['u-3', 'u-1']) // 80 s against 30 s
    const far = new Town().crew(1, -0.31).crew(3, 0.29)
    const reversed = recommended(far, { lat: 0, lon: -0.001 }).candidates
    expect(reversed.map(c => [c.unitId, c.etaSeconds])).toEqual([
      ['u-3', 291],
      ['u-1', 309],
    ])
  })

  it('names every unit that cannot go, and why', () => {
    const town = new Town()
      .crew(1, 0.1)
      .crew(2, 0.1, { availability: 'off_duty' })
      .crew(3, 0.1, { availability: 'out_of_service' })
      .crew(4, 0.1, { position: null })
      .crew(5, 50)
      .crew(6, 0.1, { position: { eventId: null, ageMs: 0, lat: 0.9, lon: 0.1, mode: 2 } })
      .crew(7, 0.1)
      .crew(8, 0.1)
    town.live(7, 0.1, { position: { eventId: null, ageMs: 51_000, lat: 0, lon: 0.1, mode: 2 } })
    town.dispatch(town.incident(0.15), 8)
    const { candidates, excluded } = recommended(town)
    expect(candidates.map(c => c.unitId)).toEqual(['u-1', 'u-6'])
    expect(Object.fromEntries(excluded.map(e => [e.unitId, e.excludedBy]))).toEqual({
      'u-2': 'off_shift',
      'u-3': 'status_not_dispatchable',
      'u-4': 'no_fix',
      'u-5': 'unreachable',
      'u-7': 'stale_fix',
      'u-8': 'already_assigned',
    })
  })

  it('tells a unit on no road from one no road connects', () => {
    const town = new Town().crew(1, 0.1).crew(2, 0.1)
    town.live(2, 0.1, { position: { eventId: null, ageMs: 0, lat: 5, lon: 0.1, mode: 2 } })
    expect(recommended(town).excluded).toMatchObject([{ unitId: 'u-2', excludedBy: 'off_road' }])
  })

  it('widens the range by what an ageing fix leaves open, and warns', () => {
    const town = new Town().crew(1, 0.1, {
      equipment: { siren: 'unknown' },
      emergency: true,
      position: { eventId: null, ageMs: 30_000, lat: 0, lon: 0.1, mode: 3, speedMps: 9, trackDeg: 270 },
    })
    const [candidate] = recommended(town, { lat: 0, lon: 0.25 }).candidates
    expect(candidate).toMatchObject({ etaSeconds: 150, etaLowSeconds: 120, etaHighSeconds: 180 })
    expect(candidate?.warnings).toEqual([
      'fix_ageing',
      'equipment_fault',
      'only_unit_in_grid',
      'heading_away',
      'emergency',
    ])
  })

  it('refuses a place without a road', () => {
    expect(new Town().city.recommend({ lat: 5, lon: 0 }, new Town().now())).toMatchObject({
      code: 'PLACE_OFF_ROAD',
    })
  })

  it('offers the partner across the border of a county where it is faster, and says that it is mutual aid', () => {
    counties.set('g-west', 'county-1').set('g-east', 'county-2')
    // The place lies 15 s inside the east; its own crew is 200 s away, the partner from the west 65 s.
    const town = new Town().crew(1, 0.15).crew(3, 0.415)
    const list = recommended(town, { lat: 0, lon: 0.215 })
    counties.clear()
    expect(list.candidates.map(c => [c.unitId, c.reasons, c.warnings])).toEqual([
      ['u-1', ['adjacent_grid', 'mutual_aid', 'nearest_eta'], ['cross_border', 'only_unit_in_grid']],
      ['u-3', ['own_grid'], ['heading_away']],
    ])
    expect(
      recommended(new Town().crew(1, 0.15), { lat: 0, lon: 0.215 }).candidates[0]?.reasons,
    ).not.toContain('mutual_aid')
  })
})

describe('any interleaving of cancels, taps, receipts and duplicates', () => {
  const RANK: Record<string, number> = {
    dispatched: 0,
    delivered: 1,
    signed: 2,
    enroute: 3,
    on_scene: 4,
    cleared: 5,
    refused: 6,
    cancelled: 6,
  }
  const step = fc.constantFrom('signed', 'enroute', 'on_scene', 'cleared', 'refused')
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('tap' as const), n: fc.nat(2), step }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('duplicate' as const), n: fc.nat(40) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('receipt' as const),
        n: fc.nat(2),
        outcome: fc.constantFrom('delivered', 'executed', 'refused', 'superseded'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), n: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('dispatch' as const), n: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), n: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  )

  it('never takes a step back, overwrites a time, loses a move or shows two truths', () => {
    const count = { runs: 0, actions: 0, moved: 0, timed: 0, superseded: 0, repeated: 0, restarts: 0 }
    fc.assert(
      fc.property(fc.array(action, { minLength: 5, maxLength: 60 }), actions => {
        count.runs++
        const town = new Town().crew(0, 0.1).crew(1, 0.12).crew(2, 0.3)
        const incident = town.incident(0.15)
        const orders: OrderView[] = [0, 1, 2].map(n => town.dispatch(incident, n))
        const told: { n: number; record: WireRecord; ageMs: number }[] = []
        let told0 = town.see(incident)
        for (const a of actions) {
          count.actions++
          town.pass(500)
          switch (a.do) {
            case 'tap':
              told.push({ n: a.n, record: town.tap(a.n, orders[a.n]!, a.step), ageMs: 0 })
              break
            case 'receipt':
              told.push({ n: a.n, record: town.receipt(a.n, orders[a.n]!, a.outcome), ageMs: 0 })
              break
            case 'duplicate': {
              const old = told[a.n % Math.max(1, told.length)]
              if (old) {
                const before = town.see(incident)
                town.deliver(old.n, old.record, 10_000)
                expect(town.see(incident).assignments).toEqual(before.assignments)
              }
              break
            }
            case 'cancel':
              town.ask({ kind: 'order', order: { kind: 'cancel', orderId: orders[a.n]!.id, reason: '' } })
              break
            case 'dispatch': {
              const order = { kind: 'dispatch', incidentId: incident.id, unitId: `u-${a.n}` } as const
              const result = town.ask({ kind: 'order', order })
              if (result.ok) orders[a.n] = result.value as OrderView
              break
            }
            case 'close':
              if (a.n === 0) town.ask({ kind: 'incident.close', incidentId: incident.id, reason: '' })
              break
            case 'restart':
              count.restarts++
              town.restart()
          }
          const now = town.see(incident)
          for (const before of told0.assignments) {
            const after = now.assignments.find(x => x.orderId === before.orderId)!
            expect(RANK[after.state]).toBeGreaterThanOrEqual(RANK[before.state]!)
            if (RANK[before.state]! >= 5) expect(after.state).toBe(before.state)
            for (const [moment, slots] of Object.entries(before.times))
              expect(after.times[moment as 'tSigned']).toMatchObject(slots)
          }
          expect(now.revision).toBeGreaterThanOrEqual(told0.revision)
          for (const n of [0, 1, 2]) {
            const active = now.assignments.filter(x => x.unitId === `u-${n}` && RANK[x.state]! < 5)
            expect(active.length).toBeLessThanOrEqual(1)
            expect(town.unit(n).assignment?.orderId).toBe(active[0]?.orderId)
          }
          if (now.state === 'resolved' || now.state === 'cancelled')
            expect(now.assignments.every(x => RANK[x.state]! >= 5)).toBe(true)
          told0 = now
        }
        // Every tap is somewhere: a time, a superseded move, or a line in the log.
        const row = JSON.stringify(town.rows().find(r => r.key === `incident/${incident.id}`)?.value)
        const logged = JSON.stringify(town.effects.filter(e => e.type === 'log'))
        for (const { record, n } of told) {
          if (record.kind !== 'assignment.step') continue
          const id = eventIdOf(`ptu-${n}`, record)
          expect(row.includes(id) || logged.includes(id)).toBe(true)
        }
        for (const e of town.effects) {
          if (e.type === 'change') {
            const message = { seq: 1, at: '2026-11-24T02:00:00.000Z', v: 1, ...e.change }
            expect(StreamMessage.safeParse(message).success).toBe(true)
          }
          if (e.type === 'log' && e.event.startsWith('assignment.'))
            count[e.event.slice('assignment.'.length) as 'timed']++
          if (e.type === 'put' && e.key.startsWith('incident/')) count.moved++
        }
      }),
      { numRuns: 200, seed: 20261124 },
    )
    console.log(`city: ${JSON.stringify(count)}`)
    expect(count.runs).toBeGreaterThanOrEqual(200)
    for (const kind of ['timed', 'superseded', 'repeated', 'restarts'] as const)
      expect(count[kind], kind).toBeGreaterThan(0)
  }, 60_000)
})
