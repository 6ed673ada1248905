import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { Order } from '#protocols/orders.ts'
import { fault, ok } from '#protocols/result.ts'
import { aDispatch } from '#test/fixtures/dispatch.ts'
import { step } from './core.ts'
import type { VehicleEffect, VehicleEvent } from './events.ts'
import { liveOf } from './live.ts'
import { moveUpView } from './move-up.ts'
import { activeOrders } from './orders.ts'
import { initialState } from './state.ts'
import type { VehicleState } from './state.ts'

const EPOCH = '00112233445566aa'
const IDENTITY = { deviceId: 'ptu-01', unitId: 'unit-01', callSign: '鼓楼01', bootId: EPOCH, bootCount: 1 }

/** A car with a store that works, refuses or fails, and a clock moved by hand. */
class Car {
  readonly notes = new Map<string, unknown>()
  readonly records: WireRecord[] = []
  readonly effects: VehicleEffect[] = []
  store: 'ok' | 'OUTBOX_FULL' | 'OUTBOX_POISONED' = 'ok'
  /** Appends wait for `settle`. */
  slow = false
  private readonly waiting: Extract<VehicleEffect, { type: 'append' }>[] = []
  monoMs = 1_000
  state: VehicleState = initialState(IDENTITY, this.notes)
  private minted = 0

  get now() {
    return { monoMs: this.monoMs, utcMs: 1_795_478_400_000 + this.monoMs, quality: 'gnss' as const }
  }

  feed(event: VehicleEvent): VehicleEffect[] {
    const effects = step(this.state, event, this.now, bytes =>
      (++this.minted).toString(16).padStart(bytes * 2, '0'),
    )
    this.effects.push(...effects)
    return [...effects, ...effects.flatMap(effect => (effect.type === 'append' ? this.append(effect) : []))]
  }

  tap(kind: 'sign' | 'enroute' | 'on_scene' | 'clear' | 'refuse', orderId = 'order-1') {
    const effects = this.feed({ type: 'tap', tapRef: 't', tap: { kind, orderId } })
    const answer = effects.find(e => e.type === 'tapped')
    return answer?.result
  }

  restart(): void {
    this.state = initialState({ ...IDENTITY, bootCount: 2 }, this.notes)
  }

  settle(store: Car['store']): VehicleEffect[] {
    this.slow = false
    this.store = store
    return this.waiting.splice(0).flatMap(effect => this.append(effect))
  }

  kinds(lane: Lane): string[] {
    return this.records.filter(r => r.lane === lane).map(r => r.kind)
  }

  private append(effect: Extract<VehicleEffect, { type: 'append' }>): VehicleEffect[] {
    if (this.slow) {
      this.waiting.push(effect)
      return []
    }
    if (this.store !== 'ok')
      return this.feed({ type: 'appended', ref: effect.ref, result: fault(this.store, '') })
    const made = effect.drafts.map(draft => {
      const before = this.records.filter(r => r.lane === draft.lane)
      const record = chainRecord(draft, {
        epoch: EPOCH,
        seq: before.length + 1,
        prev: before.at(-1)?.sum ?? CHAIN_START,
      })
      this.records.push(record)
      return record
    })
    for (const note of effect.notes) this.notes.set(note.key, JSON.parse(JSON.stringify(note.value)))
    return this.feed({ type: 'appended', ref: effect.ref, result: ok(made) })
  }
}

const cancel = (over: Partial<Extract<Order, { kind: 'cancel' }>> = {}): Order => ({
  kind: 'cancel',
  orderId: 'order-2',
  deviceId: 'ptu-01',
  unitId: 'unit-01',
  incidentId: 'incident-1',
  cancels: 'order-1',
  reason: '误报',
  nonce: 'b'.repeat(32),
  issuedAt: 1_795_478_401_000,
  revision: 2,
  ...over,
})

const moveUp = (over: Partial<Extract<Order, { kind: 'move_up' }>> = {}): Order => ({
  kind: 'move_up',
  orderId: 'order-7',
  deviceId: 'ptu-01',
  unitId: 'unit-01',
  place: { lat: 35.6, lon: 117, text: '鼓楼网格 大成路' },
  nonce: 'c'.repeat(32),
  issuedAt: 1_795_478_402_000,
  revision: 0,
  ...over,
})

const order = (o: Order): VehicleEvent => ({ type: 'order', order: o })

describe('a place to stand by', () => {
  const shown = (car: Car) => moveUpView(car.state, car.now).moveUp
  const outcomes = (car: Car): unknown[] =>
    car.records.filter(r => r.kind === 'order.receipt').map(r => JSON.parse(r.body).outcome)
  const drive = (car: Car, lat: number): void => {
    const fix = { mode: 3, lat, lon: 117, time: car.now.utcMs, speedMps: 9 }
    car.feed({ type: 'fix', fix: fix as never })
  }

  it('is shown until the car is there, a restart in between, and leaves it free', () => {
    const car = new Car()
    car.feed(order(moveUp()))
    expect(outcomes(car)).toEqual(['delivered'])
    expect(car.state.availability).toBe('available')
    expect(shown(car)).toMatchObject({ orderId: 'order-7', place: { text: '鼓楼网格 大成路' } })
    car.restart()
    drive(car, 35.59)
    expect(Math.round(shown(car)?.distanceM ?? 0)).toBe(1112)
    drive(car, 35.5999)
    expect(shown(car)).toBeUndefined()
  })

  it('gives way to a dispatch, and is not taken up by a crew that works', () => {
    const car = new Car()
    car.feed(order(moveUp()))
    car.feed(order(aDispatch()))
    expect(shown(car)).toBeUndefined()
    car.feed(order(moveUp({ orderId: 'order-8', nonce: 'd'.repeat(32) })))
    expect(shown(car)).toBeUndefined()
    expect(outcomes(car)).toEqual(['delivered', 'delivered', 'superseded'])
  })

  it('is the newest one, and none after half an hour', () => {
    const car = new Car()
    car.feed(order(moveUp()))
    car.feed(order(moveUp({ orderId: 'order-8', nonce: 'd'.repeat(32) })))
    expect(shown(car)?.orderId).toBe('order-8')
    car.monoMs += 1_800_001
    expect(shown(car)).toBeUndefined()
  })
})

describe('an order in the car', () => {
  it('is signed, driven, reached and cleared by four taps, each stored before it is answered', () => {
    const car = new Car()
    car.feed(order(aDispatch()))
    expect(car.state.availability).toBe('assigned')
    for (const tap of ['sign', 'enroute', 'on_scene', 'clear'] as const) {
      expect(car.tap(tap)).toEqual({ accepted: true, code: null })
    }
    const steps = car.records.filter(r => r.kind === 'assignment.step').map(r => JSON.parse(r.body).step)
    expect(steps).toEqual(['signed', 'enroute', 'on_scene', 'cleared'])
    expect(car.state.availability).toBe('available')
  })

  it('may be reached without the taps between, which are not invented', () => {
    const car = new Car()
    car.feed(order(aDispatch()))
    car.tap('on_scene')
    expect(car.kinds('event').filter(k => k === 'assignment.step')).toHaveLength(1)
  })

  it('never goes back, and a finger that bounces is no error', () => {
    const car = new Car()
    car.feed(order(aDispatch()))
    car.tap('on_scene')
    expect(car.tap('on_scene')).toEqual({ accepted: true, code: null })
    expect(car.tap('sign')).toEqual({ accepted: false, code: 'STEP_BACKWARD' })
    expect(car.tap('refuse')).toEqual({ accepted: false, code: 'STEP_BACKWARD' })
    expect(car.kinds('event').filter(k => k === 'assignment.step')).toHaveLength(1)
  })

  it('delivered twice is executed and receipted once', () => {
    const car = new Car()
    car.feed(order(aDispatch()))
    car.feed(order(aDispatch()))
    expect(activeOrders(car.state)).toHaveLength(1)
    expect(car.kinds('event')).toEqual(['order.receipt'])
  })

  it('is answered again a minute later when the centre still asks, as it was answered, after a restart too', () => {
    const car = new Car()
    const receipts = () =>
      car.records.filter(r => r.kind === 'order.receipt').map(r => JSON.parse(r.body) as unknown)
    const ask = (afterMs: number) => {
      car.monoMs += afterMs
      car.feed(order(aDispatch()))
    }
    ask(0)
    const [first] = receipts()
    const told = { ...(first as object), toldAt: car.now.utcMs }
    ask(59_999)
    expect(receipts()).toEqual([first])
    ask(1)
    ask(5_000)
    expect(receipts()).toEqual([first, told])
    car.tap('clear')
    car.restart()
    ask(1)
    ask(5_000)
    expect(receipts()).toEqual([first, told, told])
    expect(activeOrders(car.state)).toEqual([])
  })

  it('is never answered with what nobody knows: a car that kept nonces before it kept answers', () => {
    const car = new Car()
    car.notes.set('nonces', { floorIssuedAt: 0, used: [[aDispatch().nonce, 1]], cancelled: [] })
    car.restart()
    car.monoMs += 3_600_000
    car.feed(order(aDispatch()))
    expect(car.records).toEqual([])
  })

  it('is still there, as far as it was, after a restart, and is still not executed twice', () => {
    const car = new Car()
    car.feed(order(aDispatch()))
    car.tap('sign')
    car.restart()
    car.feed(order(aDispatch()))
    expect(activeOrders(car.state).map(o => o.step)).toEqual(['signed'])
    const receipts = car.records.filter(r => r.kind === 'order.receipt' && !r.body.includes('toldAt'))
    expect(receipts).toHaveLength(1)
  })

  it('gives way to its cancel, also when the cancel comes first', () => {
    const car = new Car()
    car.feed(order(cancel()))
    car.feed(order(aDispatch()))
    expect(activeOrders(car.state)).toEqual([])
    const outcomes = car.records.filter(r => r.kind === 'order.receipt').map(r => JSON.parse(r.body).outcome)
    expect(outcomes).toEqual(['executed', 'superseded'])
  })

  it('does not come again once it was cancelled, though the disk refused the receipt of it and so its nonce', () => {
    const car = new Car()
    car.store = 'OUTBOX_POISONED'
    car.feed(order(aDispatch()))
    car.store = 'ok'
    car.feed(order(cancel()))
    // Long after it left the screen somebody sends what he heard then.
    car.monoMs += 3_600_000
    car.feed({ type: 'tick' })
    car.feed(order(aDispatch()))
    expect(activeOrders(car.state)).toEqual([])
    const outcomes = car.records.filter(r => r.kind === 'order.receipt').map(r => JSON.parse(r.body).outcome)
    expect(outcomes).toEqual(['executed', 'superseded'])
  })

  it('is not acknowledged to a crew whose car could not store the tap', () => {
    const car = new Car()
    car.feed(order(aDispatch()))
    car.store = 'OUTBOX_FULL'
    expect(car.tap('sign')).toEqual({ accepted: false, code: 'OUTBOX_FULL' })
    expect(activeOrders(car.state)[0]?.step).toBe('received')
  })
})

describe('a tap that is still being written', () => {
  /** A car whose store answers when the test says so. */
  const slowCar = () => {
    const car = new Car()
    car.feed(order(aDispatch()))
    car.slow = true
    return car
  }

  it('is not confirmed to a second finger before the disk has it, and fails for both', () => {
    const car = slowCar()
    expect(car.tap('sign')).toBeUndefined()
    expect(car.tap('sign')).toBeUndefined()
    const answers = car.settle('OUTBOX_FULL').filter(e => e.type === 'tapped')
    expect(answers.map(a => a.result)).toEqual([
      { accepted: false, code: 'OUTBOX_FULL' },
      { accepted: false, code: 'OUTBOX_FULL' },
    ])
    expect(activeOrders(car.state)[0]?.step).toBe('received')
  })

  it('and fails does not bring back an order that was cancelled meanwhile', () => {
    const car = slowCar()
    car.tap('sign')
    car.feed(order(cancel()))
    car.settle('OUTBOX_FULL')
    expect(car.state.orders[0]?.step).toBe('cancelled')
    expect(car.state.availability).toBe('available')
  })

  it('and fails leaves no step that nobody stored, also when a later one fails too', () => {
    const car = slowCar()
    car.tap('sign')
    car.tap('enroute')
    car.settle('OUTBOX_FULL')
    expect(activeOrders(car.state)[0]?.step).toBe('received')
  })
})

describe('an order whose receipt could not be stored', () => {
  it('is receipted when it comes again, and held once', () => {
    const car = new Car()
    car.store = 'OUTBOX_POISONED'
    car.feed(order(aDispatch()))
    car.store = 'ok'
    car.feed(order(aDispatch()))
    expect(car.kinds('event')).toEqual(['order.receipt'])
    expect(activeOrders(car.state)).toHaveLength(1)
  })
})

describe('an actuation', () => {
  const actuate = (window: string): Order => ({
    kind: 'actuate',
    orderId: 'order-9',
    deviceId: 'ptu-01',
    unitId: 'unit-01',
    nonce: 'c'.repeat(32),
    issuedAt: 1,
    revision: 0,
    window,
    output: 'camera_trigger',
    on: true,
  })

  it('is executed within 30 s of its window by the car’s own clock, and not after', () => {
    const car = new Car()
    car.feed({ type: 'tick' })
    const window = car.state.windows[0]!.nonce
    car.monoMs += 30_000
    expect(car.feed(order(actuate(window))).some(e => e.type === 'output')).toBe(true)
    car.monoMs += 1
    const late = car.feed(order({ ...actuate(window), nonce: 'd'.repeat(32) }))
    expect(late.some(e => e.type === 'output')).toBe(false)
    expect(JSON.parse(car.records.at(-1)!.body)).toMatchObject({ outcome: 'refused', code: 'WINDOW_EXPIRED' })
  })

  it('is not executed when its receipt could not be stored', () => {
    const car = new Car()
    car.feed({ type: 'tick' })
    car.store = 'OUTBOX_POISONED'
    const effects = car.feed(order(actuate(car.state.windows[0]!.nonce)))
    expect(effects.some(e => e.type === 'output')).toBe(false)
  })
})

describe('panic', () => {
  it('goes into the alarm lane at once and is shown until a person has seen it', () => {
    const car = new Car()
    car.feed({ type: 'input', channel: 'panic', value: 'on' })
    expect(car.kinds('alarm')).toEqual(['panic'])
    expect(car.state.panic).toMatchObject({ delivered: false, acknowledged: false })
    car.feed({ type: 'acked', lane: 'alarm', upTo: 1 })
    expect(car.state.panic?.delivered).toBe(true)
    car.feed(
      order({
        kind: 'alarm_ack',
        orderId: 'order-5',
        deviceId: 'ptu-01',
        unitId: 'unit-01',
        nonce: 'e'.repeat(32),
        issuedAt: 1,
        revision: 0,
        alarmId: `ptu-01/${EPOCH}/alarm/1`,
      }),
    )
    expect(car.state.panic?.acknowledged).toBe(true)
  })

  it('leaves the car even when the store is broken, and says so', () => {
    const car = new Car()
    car.store = 'OUTBOX_POISONED'
    const effects = car.feed({ type: 'tap', tapRef: 't', tap: { kind: 'panic' } })
    expect(effects.find(e => e.type === 'unstored')).toMatchObject({
      kind: 'panic',
      occurred: { monoMs: 1_000 },
    })
    expect(effects.find(e => e.type === 'tapped')?.result).toEqual({
      accepted: false,
      code: 'OUTBOX_POISONED',
    })
  })

  it('held through gaps in the line is one press, and one more once it was let go', () => {
    const car = new Car()
    for (const value of ['on', 'unknown', 'on', 'unknown', 'on'] as const) {
      car.feed({ type: 'input', channel: 'panic', value })
    }
    expect(car.kinds('alarm')).toEqual(['panic'])
    for (const value of ['off', 'on'] as const) car.feed({ type: 'input', channel: 'panic', value })
    expect(car.kinds('alarm')).toEqual(['panic', 'panic'])
  })

  it('that was never stored is over once a person has seen it', () => {
    const car = new Car()
    car.store = 'OUTBOX_POISONED'
    const sent = car
      .feed({ type: 'tap', tapRef: 't', tap: { kind: 'panic' } })
      .find(e => e.type === 'unstored')
    car.store = 'ok'
    car.feed(
      order({
        kind: 'alarm_ack',
        orderId: 'order-6',
        deviceId: 'ptu-01',
        unitId: 'unit-01',
        nonce: 'f'.repeat(32),
        issuedAt: 1,
        revision: 0,
        alarmId: `unstored/${sent!.id}`,
      }),
    )
    expect(car.state.panic?.acknowledged).toBe(true)
  })

  it('held down while the car restarts is not pressed again', () => {
    const car = new Car()
    car.feed({ type: 'input', channel: 'panic', value: 'on' })
    car.restart()
    car.feed({ type: 'input', channel: 'panic', value: 'on' })
    expect(car.kinds('alarm')).toEqual(['panic'])
  })
})

describe('equipment', () => {
  it('switches the body-cam before anything is stored', () => {
    const car = new Car()
    car.feed({ type: 'input', channel: 'camera_recording', value: 'off' })
    const effects = car.feed({ type: 'input', channel: 'lightbar', value: 'on' })
    expect(effects.findIndex(e => e.type === 'output')).toBe(0)
    expect(car.kinds('event')).toEqual(['bodycam.activated', 'equipment.edge'])
  })

  it('still switches the body-cam with the store broken', () => {
    const car = new Car()
    car.store = 'OUTBOX_POISONED'
    car.feed({ type: 'input', channel: 'camera_recording', value: 'off' })
    expect(car.feed({ type: 'input', channel: 'siren', value: 'on' })[0]).toMatchObject({
      type: 'output',
      on: true,
    })
  })

  it('alarms when the camera does not record within 2 s', () => {
    const car = new Car()
    car.feed({ type: 'input', channel: 'camera_recording', value: 'off' })
    car.feed({ type: 'input', channel: 'lightbar', value: 'on' })
    car.monoMs += 2_000
    car.feed({ type: 'tick' })
    expect(car.kinds('alarm')).toEqual(['bodycam.failed'])
  })
})

describe('a position', () => {
  const fix = (lat: number) => ({ mode: 3 as const, lat, lon: 116.98, speedMps: 10 })

  it('enters the track first and then the live slot, under the same eventId', () => {
    const car = new Car()
    car.feed({ type: 'tick' })
    car.feed({ type: 'fix', fix: fix(35.58) })
    car.monoMs += 400
    const facts = {
      epoch: EPOCH,
      liveSeq: 1,
      queue: { alarm: 0, event: 0, track: 1, diag: 0 },
      bytes: 0,
      store: 'ok' as const,
    }
    expect(liveOf(car.state, facts, car.now)?.position).toMatchObject({
      eventId: `ptu-01/${EPOCH}/track/1`,
      ageMs: 400,
      lat: 35.58,
    })
  })

  it('without a fix leaves the old one to age and never becomes 0N 0E', () => {
    const car = new Car()
    car.feed({ type: 'fix', fix: fix(35.58) })
    car.monoMs += 5_000
    car.feed({ type: 'fix', fix: { mode: 1 } })
    expect(car.state.gnss).toBe('no_fix')
    expect(car.state.sampled?.position.lat).toBe(35.58)
    expect(car.kinds('track')).toHaveLength(1)
  })
})

describe('forged orders', () => {
  it('are all logged and recorded at most once in 10 s, so they cannot fill the store', () => {
    const car = new Car()
    for (let i = 0; i < 1_000; i++) {
      car.monoMs += 20
      car.feed({ type: 'order.rejected', code: 'ORDER_SIGNATURE', detail: 'x' })
    }
    expect(car.effects.filter(e => e.type === 'log')).toHaveLength(1_000)
    expect(car.kinds('diag').length).toBeLessThanOrEqual(3)
  })
})

describe('any history', () => {
  it('keeps steps forward, receipts single and cancelled orders ended', () => {
    let cases = 0
    const taps = ['sign', 'enroute', 'on_scene', 'clear', 'refuse'] as const
    const event = fc.oneof(
      fc.constantFrom(...taps).map(kind => ({ do: 'tap' as const, kind })),
      fc.constantFrom('dispatch', 'cancel', 'restart', 'break', 'mend', 'wait').map(what => ({ do: what })),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), events => {
        cases++
        const car = new Car()
        let cancelled = false
        for (const e of events) {
          if ('kind' in e) car.tap(e.kind)
          else if (e.do === 'dispatch') car.feed(order(aDispatch()))
          else if (e.do === 'cancel') {
            car.feed(order(cancel()))
            cancelled = car.store === 'ok'
          } else if (e.do === 'restart') car.restart()
          else if (e.do === 'break') car.store = 'OUTBOX_POISONED'
          else if (e.do === 'mend') car.store = 'ok'
          else car.monoMs += 5_000
        }
        const ranks = car.records
          .filter(r => r.kind === 'assignment.step')
          .map(r => ['signed', 'enroute', 'on_scene', 'cleared', 'refused'].indexOf(JSON.parse(r.body).step))
        expect([...ranks].sort((a, b) => a - b)).toEqual(ranks)
        expect(new Set(ranks).size).toBe(ranks.length)
        if (cancelled && car.store === 'ok') expect(activeOrders(car.state)).toEqual([])
      }),
      { numRuns: 500, seed: 11 },
    )
    console.log(`vehicle: ${cases} histories`)
    expect(cases).toBeGreaterThan(0)
  })
})

describe('a car that can be heard again', () => {
  it('reports where it is with its next fix, though it has nothing to report', () => {
    const car = new Car()
    const fix = { mode: 3, lat: 35.4, lon: 116.5, speedMps: 0 } as const
    const standFor = (seconds: number): void => {
      for (let i = 0; i < seconds; i++) {
        car.monoMs += 1_000
        car.feed({ type: 'fix', fix })
      }
    }
    standFor(4)
    expect(car.kinds('track')).toHaveLength(1)
    car.feed({ type: 'link.up' })
    standFor(1)
    expect(car.kinds('track')).toHaveLength(2)
  })
})
