import { describe, expect, it } from 'vitest'
import type { RecordKind } from '#protocols/bodies.ts'
import { RECORD_KINDS } from '#protocols/bodies.ts'
import { localPlane } from '#protocols/geo/local.ts'
import { fault, ok } from '#protocols/result.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { NearbyGrids } from '#protocols/session.ts'
import type { Tap } from '#protocols/terminal.ts'
import { aDispatch } from '#test/fixtures/dispatch.ts'
import { step } from './core.ts'
import type { VehicleEffect, VehicleEvent } from './events.ts'
import { initialState } from './state.ts'
import type { VehicleState } from './state.ts'
import { terminalView } from './terminal-view.ts'

/*
 * One road to the place, in metres:      start -600 ........ -80 light ........ 0 place ........ 300 far park
 */
const PLANE = localPlane({ lat: 35.58, lon: 116.98 })
const T0 = 1_795_478_400_000
const IDENTITY = { deviceId: 'ptu-01', unitId: 'unit-01', callSign: '鼓楼01', bootId: '00112233445566aa' }

const ORDER = aDispatch()

type Told = { readonly kind: string; readonly atS: number; readonly body: Record<string, unknown> }

/** A car of plain events: `monoMs` is also the second of the day. */
class Car {
  readonly notes = new Map<string, unknown>()
  readonly told: Told[] = []
  store: 'ok' | 'OUTBOX_POISONED' = 'ok'
  monoMs = 1_000
  bootMs = 0
  state: VehicleState = initialState({ ...IDENTITY, bootCount: 1 }, this.notes)
  answer: unknown = null
  private minted = 0

  get now() {
    return { monoMs: this.monoMs - this.bootMs, utcMs: T0 + this.monoMs, quality: 'gnss' as const }
  }

  feed(event: VehicleEvent): void {
    const mint = (bytes: number): string => (++this.minted).toString(16).padStart(bytes * 2, '0')
    for (const effect of step(this.state, event, this.now, mint)) this.perform(effect)
  }

  private perform(effect: VehicleEffect): void {
    if (effect.type === 'tapped') this.answer = effect.result.code
    if (effect.type !== 'append') return
    if (this.store !== 'ok')
      return this.feed({ type: 'appended', ref: effect.ref, result: fault(this.store, '') })
    for (const { key, value } of effect.notes)
      this.notes.set(key, value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
    for (const { kind, body } of effect.drafts) {
      RECORD_KINDS[kind as RecordKind].body.parse(JSON.parse(body))
      this.told.push({ kind, atS: this.monoMs / 1000, body: JSON.parse(body) as Record<string, unknown> })
    }
    const records = effect.drafts.map((draft, i): WireRecord => ({
      ...draft,
      v: 1,
      epoch: '0'.repeat(16),
      seq: i + 1,
      prev: '',
      sum: '',
    }))
    this.feed({ type: 'appended', ref: effect.ref, result: ok(records) })
  }

  tap(tap: Tap['kind']): unknown {
    this.answer = 'none'
    this.feed({
      type: 'tap',
      tapRef: 't',
      tap: tap === 'panic' ? { kind: 'panic' } : { kind: tap, orderId: 'order-1' },
    })
    return this.answer
  }

  /** A fix a second: from here to there at this speed, then standing when `speedMps` is 0. */
  drive(fromX: number, toX: number, speedMps: number): void {
    const seconds = Math.ceil(Math.abs(toX - fromX) / speedMps)
    for (let s = 1; s <= seconds; s += 1) this.fix(fromX + ((toX - fromX) * s) / seconds, speedMps)
  }

  stand(x: number, seconds: number): void {
    for (let s = 0; s < seconds; s += 1) this.fix(x, 0)
  }

  fix(x: number, speedMps: number, hdop = 1): void {
    this.monoMs += 1_000
    this.feed({ type: 'fix', fix: { ...PLANE.toLatLon({ x, y: 4 }), mode: 3, speedMps, hdop } })
  }

  input(channel: 'door' | 'ignition' | 'crash', value: 'on' | 'off'): void {
    this.feed({ type: 'input', channel, value })
  }

  restart(): void {
    this.bootMs = this.monoMs
    this.state = initialState({ ...IDENTITY, bootCount: 2 }, this.notes)
  }

  of(kind: string): Told[] {
    return this.told.filter(told => told.kind === kind)
  }

  get order() {
    return terminalView(
      this.state,
      { epoch: '', liveSeq: 0, queue: { alarm: 0, event: 0, track: 0, diag: 0 }, bytes: 0, store: 'ok' },
      { state: 'up', sinceMonoMs: 0 },
      this.now,
    ).orders[0]!
  }
}

/** Standing 600 m away with a signed order and doors shut. */
function signed(): Car {
  const car = new Car()
  car.input('ignition', 'on')
  car.input('door', 'off')
  car.feed({ type: 'order', order: ORDER })
  car.stand(-600, 5)
  car.tap('sign')
  car.stand(-600, 5)
  return car
}

/** The same car standing at `x`, freshly stopped. */
function arrivedAt(x: number): Car {
  const car = signed()
  car.drive(-600, x, 12)
  car.stand(x, 3)
  return car
}

describe('rolling', () => {
  it('is sensed after 5 s above 8 km/h, dated back to the start of the motion, and moves the order on', () => {
    const car = signed()
    const startS = car.monoMs / 1000 + 1
    car.drive(-600, -500, 10)
    expect(car.of('rolling.started')).toHaveLength(1)
    expect(car.of('rolling.started')[0]).toMatchObject({ atS: startS + 5, body: { by: 'speed' } })
    expect(car.of('rolling.started')[0]!.body['startedAt']).toBe(T0 + 1000 * startS)
    expect(car.order.step).toBe('enroute')
    expect(car.order.sensed.rollingAt).toBe(T0 + 1000 * startS)
  })

  it('is sensed after 50 m also at a crawl', () => {
    const car = signed()
    car.drive(-600, -520, 1.5)
    expect(car.of('rolling.started')[0]!.body['by']).toBe('distance')
  })

  it('is not sensed for an order nobody signed, nor by fixes that are unsure to 30 m', () => {
    const car = new Car()
    car.feed({ type: 'order', order: ORDER })
    car.drive(-600, -400, 12)
    car.tap('sign')
    for (let x = -400; x < -200; x += 12) car.fix(x, 12, 7)
    expect(car.of('rolling.started')).toEqual([])
  })

  it('lets the crew say so too, before or after', () => {
    const car = signed()
    car.drive(-600, -500, 10)
    expect(car.tap('enroute')).toBeNull()
    expect(car.of('assignment.step').map(told => told.body['step'])).toEqual(['signed', 'enroute'])
    expect(car.tap('enroute')).toBeNull()
    expect(car.of('assignment.step')).toHaveLength(2)
  })
})

describe('arrival', () => {
  it('is a candidate when the car stands near, and confirmed by the door with the time of the stop', () => {
    const car = arrivedAt(-60)
    const stoppedAt = T0 + car.monoMs - 2_000
    expect(car.of('arrival.candidate')[0]!.body).toMatchObject({ startedAt: stoppedAt, orderId: 'order-1' })
    expect(car.order).toMatchObject({ step: 'enroute', sensed: { arrival: 'near' } })
    car.stand(-60, 8)
    car.input('door', 'on')
    expect(car.of('arrival.confirmed')[0]!.body).toMatchObject({ startedAt: stoppedAt, by: 'door' })
    expect(car.order).toMatchObject({ step: 'on_scene', sensed: { arrival: 'arrived', stoppedAt } })
  })

  it('is confirmed by the ignition', () => {
    const car = arrivedAt(-60)
    car.input('ignition', 'off')
    expect(car.of('arrival.confirmed')[0]!.body['by']).toBe('ignition')
  })

  it.each([20, -60])(
    'is not a red light of two minutes %i m away: driving on takes the candidate back',
    x => {
      const car = arrivedAt(x)
      car.stand(x, 117)
      expect(car.of('arrival.confirmed')).toEqual([])
      car.drive(x, x + 120, 10)
      expect(car.of('arrival.undone').map(told => told.body['why'])).toEqual(['drove_on'])
      expect(car.order.step).toBe('enroute')
    },
  )

  it('is confirmed by standing alone after more than any red light', () => {
    const car = arrivedAt(-20)
    car.stand(-20, 130)
    expect(car.of('arrival.confirmed')[0]!.body['by']).toBe('dwell')
  })

  it('is not fired by a door that was open all along', () => {
    const car = signed()
    car.input('door', 'on')
    car.drive(-600, -60, 12)
    car.stand(-60, 60)
    expect(car.of('arrival.confirmed')).toEqual([])
  })

  it('is not fired by a fix of more than 10 s ago', () => {
    const car = arrivedAt(-60)
    car.monoMs += 11_000
    car.input('door', 'on')
    expect(car.of('arrival.confirmed')).toEqual([])
  })

  it('is taken back by the crew within 10 s, and found again at the next stop', () => {
    const car = arrivedAt(-60)
    car.input('door', 'on')
    expect(car.order.sensed.undoMs).toBe(10_000)
    expect(car.tap('undo_arrival')).toBeNull()
    expect(car.order).toMatchObject({ step: 'enroute', sensed: { arrival: 'none' } })
    expect(car.of('arrival.undone')[0]!.body['why']).toBe('crew')
    car.input('door', 'off')
    car.input('door', 'on')
    car.stand(-60, 140)
    expect(car.of('arrival.confirmed')).toHaveLength(1)
    car.drive(-60, 10, 8)
    car.stand(10, 3)
    car.input('door', 'off')
    car.input('door', 'on')
    expect(car.of('arrival.confirmed')).toHaveLength(2)
  })

  it('cannot be taken back later', () => {
    const car = arrivedAt(-60)
    car.input('door', 'on')
    car.stand(-60, 11)
    expect(car.order.sensed.undoMs).toBe(0)
    expect(car.tap('undo_arrival')).toBe('UNDO_LATE')
    expect(car.order.step).toBe('on_scene')
  })

  it('asks the crew where a door opens 100 to 400 m away, and assumes nothing', () => {
    const car = arrivedAt(300)
    car.input('door', 'on')
    expect(car.order).toMatchObject({ step: 'enroute', sensed: { arrival: 'prompt' } })
    expect(car.told.filter(told => told.kind.startsWith('arrival'))).toEqual([])
    expect(car.tap('not_there')).toBeNull()
    expect(car.order.sensed.arrival).toBe('none')
  })

  it('takes the crew at its word in answer to that, dated back to the stop', () => {
    const car = arrivedAt(300)
    const stoppedAt = T0 + car.monoMs - 2_000
    car.stand(300, 5)
    car.input('door', 'on')
    expect(car.tap('on_scene')).toBeNull()
    expect(car.of('arrival.confirmed')[0]!.body).toMatchObject({ by: 'tap', startedAt: stoppedAt })
    expect(car.of('assignment.step').at(-1)!.body).toMatchObject({ step: 'on_scene', distanceM: 300 })
    expect(car.order.sensed.undoMs).toBe(0)
  })

  it('keeps a declared arrival of far away with its distance, and still senses the true one', () => {
    const car = signed()
    car.drive(-600, -400, 12)
    expect(car.tap('on_scene')).toBeNull()
    expect(car.of('assignment.step').at(-1)!.body).toMatchObject({ step: 'on_scene', distanceM: 400 })
    expect(car.of('arrival.confirmed')).toEqual([])
    car.drive(-400, 5, 12)
    car.stand(5, 3)
    car.input('door', 'on')
    expect(car.of('arrival.confirmed')).toHaveLength(1)
    expect(car.order).toMatchObject({ step: 'on_scene', sensed: { undoMs: 0 } })
  })

  it('survives a restart in the middle of the stop with the time of the stop', () => {
    const car = arrivedAt(-20)
    const stoppedAt = T0 + car.monoMs - 2_000
    car.stand(-20, 20)
    car.restart()
    car.stand(-20, 2)
    car.input('door', 'off')
    car.input('door', 'on')
    expect(car.of('arrival.candidate')).toHaveLength(1)
    expect(car.of('arrival.confirmed')[0]!.body['startedAt']).toBe(stoppedAt)
    expect(car.order.step).toBe('on_scene')
  })

  it('is found again by the next fix when the store refuses it', () => {
    const car = arrivedAt(-20)
    car.store = 'OUTBOX_POISONED'
    car.input('door', 'on')
    expect(car.order.step).toBe('enroute')
    car.store = 'ok'
    car.input('door', 'off')
    car.input('door', 'on')
    car.stand(-20, 2)
    expect(car.of('arrival.confirmed')).toHaveLength(1)
    expect(car.order.step).toBe('on_scene')
  })
})

describe('a crash contact', () => {
  it('alarms with the newest place, reported or not', () => {
    const car = new Car()
    car.input('crash', 'off')
    car.drive(-600, -560, 10)
    car.input('crash', 'on')
    expect(car.of('crash')).toHaveLength(1)
    expect(car.of('crash')[0]!.body).toMatchObject({ positionAgeMs: 0, position: { speedMps: 10 } })
  })
})

describe('the map of grids a car carries', () => {
  /*   west | east, the border at x = 0   */
  const square = (x: number, id: string): NearbyGrids['grids'][number] => ({
    id,
    name: `${id}网格`,
    polygon: [
      [
        [x, -2_000],
        [x + 1_000, -2_000],
        [x + 1_000, 2_000],
        [x, 2_000],
      ].map(([east, north]): [number, number] => {
        const { lat, lon } = PLANE.toLatLon({ x: east!, y: north! })
        return [lon, lat]
      }),
    ],
  })
  const grids: NearbyGrids = { version: 'west@1', grids: [square(-1_000, 'west'), square(0, 'east')] }
  const config = { v: 1 as const, unitId: 'unit-01', callSign: '鼓楼01', gridName: null, grids }

  it('tells a crossing without a link, by the rule of the gateway: 30 m or 10 s outside', () => {
    const car = new Car()
    car.feed({ type: 'config', config })
    car.drive(-100, -10, 10)
    expect(car.of('grid.crossed').map(told => told.body)).toMatchObject([{ from: null, to: 'west' }])
    car.drive(-10, 20, 10)
    expect(car.of('grid.crossed')).toHaveLength(1)
    car.drive(20, 60, 10)
    expect(car.of('grid.crossed').at(-1)!.body).toMatchObject({ from: 'west', to: 'east' })
  })

  it('is still known after a restart, and no crossing is told twice', () => {
    const car = new Car()
    car.feed({ type: 'config', config })
    car.drive(-100, -50, 10)
    car.restart()
    car.drive(-50, -40, 10)
    expect(car.of('grid.crossed')).toHaveLength(1)
    expect(car.state.membership.gridId).toBe('west')
  })
})
