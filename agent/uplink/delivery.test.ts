import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START, LANES } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { LaneRange } from '#protocols/session.ts'
import { backoffMs } from './backoff.ts'
import { deliver, initialDelivery, queued } from './delivery.ts'
import type { DeliveryEffect, DeliveryEvent, DeliveryState } from './delivery.ts'

const EPOCH = '00112233445566aa'

/** A store of one device: how many records each lane holds. */
class Store {
  readonly lanes: Record<Lane, WireRecord[]> = { alarm: [], event: [], track: [], diag: [] }
  readonly freed: Record<Lane, number> = { alarm: 0, event: 0, track: 0, diag: 0 }

  add(lane: Lane): void {
    const records = this.lanes[lane]
    const draft = {
      lane,
      kind: 'boot',
      occurredAt: 0,
      monoMs: 0,
      bootId: EPOCH,
      clockQuality: 'none' as const,
      body: '{}',
    }
    records.push(
      chainRecord(draft, { epoch: EPOCH, seq: records.length + 1, prev: records.at(-1)?.sum ?? CHAIN_START }),
    )
  }

  ranges(): Record<Lane, LaneRange> {
    const range = (lane: Lane): LaneRange => ({ first: this.freed[lane] + 1, last: this.lanes[lane].length })
    return { alarm: range('alarm'), event: range('event'), track: range('track'), diag: range('diag') }
  }
}

/** The world around the core: performs effects at once, keeps what was published, and can lose any of it. */
class World {
  readonly store = new Store()
  readonly state: DeliveryState = initialDelivery(this.store.ranges())
  readonly published: { lane: Lane; seqs: number[] }[] = []
  readonly ledger: Record<Lane, Set<number>> = {
    alarm: new Set(),
    event: new Set(),
    track: new Set(),
    diag: new Set(),
  }
  monoMs = 0
  hellos = 0
  lose = false

  event(event: DeliveryEvent): void {
    for (const effect of deliver(this.state, event, this.monoMs, EPOCH)) this.perform(effect)
  }

  add(lane: Lane): void {
    this.store.add(lane)
    this.event({ type: 'stored', ranges: this.store.ranges() })
  }

  ack(lane: Lane): void {
    let upTo = 0
    while (this.ledger[lane].has(upTo + 1)) upTo++
    this.event({ type: 'ack', ack: { v: 1, ledgerId: EPOCH, generation: 0, epoch: EPOCH, lane, upTo } })
  }

  private perform(effect: DeliveryEffect): void {
    switch (effect.type) {
      case 'hello':
        this.hellos++
        return
      case 'read': {
        const records = this.store.lanes[effect.lane]
          .filter(r => r.seq > effect.afterSeq)
          .slice(0, effect.limit)
        this.event({ type: 'read', lane: effect.lane, records })
        return
      }
      case 'publish':
        this.published.push({ lane: effect.lane, seqs: effect.records.map(r => r.seq) })
        if (this.lose) return
        for (const record of effect.records) this.ledger[effect.lane].add(record.seq)
        this.event({ type: 'published', weight: effect.weight })
        return
      case 'free':
        this.store.freed[effect.lane] = effect.upTo
        return
      case 'live':
      case 'log':
        return
    }
  }
}

const connectAndAnswer = (world: World): void => {
  world.event({ type: 'connected' })
  for (const lane of LANES) world.ack(lane)
}

describe('delivery', () => {
  it('sends nothing before the watermarks of all lanes have come', () => {
    const world = new World()
    world.add('alarm')
    world.event({ type: 'connected' })
    expect(world.hellos).toBe(1)
    expect(world.published).toEqual([])
    for (const lane of LANES) world.ack(lane)
    expect(world.published).toEqual([{ lane: 'alarm', seqs: [1] }])
  })

  it('goes on after 3 s when a gateway never answers the hello', () => {
    const world = new World()
    world.add('event')
    world.event({ type: 'connected' })
    world.monoMs = 3_001
    world.event({ type: 'tick' })
    expect(world.published).toHaveLength(1)
  })

  it('sends an alarm before ten thousand waiting positions', () => {
    const world = new World()
    for (let i = 0; i < 10_000; i++) world.store.add('track')
    world.store.add('alarm')
    world.event({ type: 'stored', ranges: world.store.ranges() })
    connectAndAnswer(world)
    expect(world.published[0]).toEqual({ lane: 'alarm', seqs: [1] })
    expect(world.published.slice(1).every(p => p.lane === 'track')).toBe(true)
  })

  it('lets a new alarm overtake a backlog that is being sent', () => {
    const world = new World()
    for (let i = 0; i < 10_000; i++) world.store.add('track')
    world.event({ type: 'stored', ranges: world.store.ranges() })
    world.lose = true
    connectAndAnswer(world)
    const before = world.published.length
    world.add('alarm')
    expect(before).toBeLessThanOrEqual(4)
    expect(world.published[before]?.lane).toBe('alarm')
  })

  it('frees a record on the gateway’s ack and never on PUBACK', () => {
    const world = new World()
    connectAndAnswer(world)
    world.add('event')
    expect(world.ledger.event.size).toBe(1)
    expect(world.store.freed.event).toBe(0)
    world.ack('event')
    expect(world.store.freed.event).toBe(1)
  })

  it('sends again what was published and never acknowledged', () => {
    const world = new World()
    connectAndAnswer(world)
    world.lose = true
    world.add('event')
    expect(world.published).toHaveLength(1)
    world.lose = false
    for (const at of [0, 5_000, 10_500]) {
      world.monoMs = at
      world.event({ type: 'tick' })
    }
    expect(world.published).toHaveLength(2)
  })

  it('ignores an ack for another store and one beyond the store', () => {
    const world = new World()
    connectAndAnswer(world)
    world.add('event')
    const ack = {
      v: 1,
      ledgerId: EPOCH,
      generation: 0,
      epoch: 'ffffffffffffffff',
      lane: 'event',
      upTo: 1,
    } as const
    world.event({ type: 'ack', ack })
    world.event({ type: 'ack', ack: { ...ack, epoch: EPOCH, upTo: 9 } })
    expect(world.store.freed.event).toBe(0)
  })

  it('delivers everything through random losses, cuts and bursts', () => {
    let cases = 0
    let records = 0
    const act = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        lane: fc.constantFrom(...LANES),
        n: fc.integer({ min: 1, max: 40 }),
      }),
      fc.record({
        do: fc.constantFrom('cut', 'connect', 'lose', 'keep', 'ack', 'wait'),
        lane: fc.constantFrom(...LANES),
      }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), acts => {
        cases++
        const world = new World()
        for (const a of acts) {
          world.monoMs += 700
          switch (a.do) {
            case 'add':
              for (let i = 0; i < a.n; i++) world.add(a.lane)
              break
            case 'cut':
              world.event({ type: 'disconnected' })
              break
            case 'connect':
              connectAndAnswer(world)
              break
            case 'lose':
              world.lose = true
              break
            case 'keep':
              world.lose = false
              break
            case 'ack':
              world.ack(a.lane)
              break
            case 'wait':
              world.monoMs += 11_000
              world.event({ type: 'tick' })
              break
          }
        }
        world.lose = false
        world.event({ type: 'disconnected' })
        connectAndAnswer(world)
        for (let i = 0; i < 50; i++) {
          world.monoMs += 1_000
          world.event({ type: 'tick' })
          for (const lane of LANES) world.ack(lane)
        }
        for (const lane of LANES) {
          records += world.store.lanes[lane].length
          expect(world.ledger[lane].size).toBe(world.store.lanes[lane].length)
          expect(world.store.freed[lane]).toBe(world.store.lanes[lane].length)
        }
        expect(Object.values(queued(world.state)).every(n => n === 0)).toBe(true)
      }),
      { numRuns: 300, seed: 5 },
    )
    console.log(`delivery: ${cases} histories, ${records} records delivered`)
    expect(cases).toBeGreaterThan(0)
    expect(records).toBeGreaterThan(0)
  })
})

describe('back-off', () => {
  it('grows by 1.6 to a bound and never synchronises a fleet', () => {
    expect([0, 1, 2].map(n => backoffMs(n, 0.5))).toEqual([1000, 1600, 2560])
    expect(backoffMs(50, 0.5)).toBe(60_000)
    expect(backoffMs(0, 0)).toBe(700)
    expect(backoffMs(0, 0.999)).toBeLessThanOrEqual(1300)
  })
})
