import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START, LANES } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { LaneRange } from '#protocols/session.ts'
import { backoffMs } from './backoff.ts'
import { BACKFILL_BYTES_PER_S, deliver, initialDelivery, queued } from './delivery.ts'
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
  readonly state: DeliveryState = initialDelivery(this.store.ranges(), this.store.freed)
  readonly published: { lane: Lane; seqs: number[] }[] = []
  readonly ledger: Record<Lane, Set<number>> = {
    alarm: new Set(),
    event: new Set(),
    track: new Set(),
    diag: new Set(),
  }
  monoMs = 0
  hellos = 0
  renewals = 0
  /** What each packet costs of the pace; 0 for a link without one. */
  packetBytes = 0
  lose = false
  /** The store is being opened again: it frees nothing and compares nothing. */
  isPoisoned = false

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
        this.event({ type: 'sent', bytes: this.packetBytes })
        if (this.lose) return
        for (const record of effect.records) this.ledger[effect.lane].add(record.seq)
        this.event({ type: 'published', weight: effect.weight })
        return
      case 'free':
        if (this.isPoisoned) return this.event({ ...effect, type: 'unfreed' })
        this.store.freed[effect.lane] = effect.upTo
        this.event({ type: 'freed', lane: effect.lane, ranges: this.store.ranges() })
        return
      case 'renew':
        this.renewals++
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

  it('writes an ack of back-fill down once a second, that of an event at once', () => {
    const world = new World()
    for (let i = 0; i < 600; i++) world.store.add('track')
    for (let i = 0; i < 3; i++) world.store.add('event')
    world.event({ type: 'stored', ranges: world.store.ranges() })
    connectAndAnswer(world)
    const ack = { v: 1, ledgerId: EPOCH, generation: 0, epoch: EPOCH } as const
    const freed: number[] = []
    for (const upTo of [256, 400, 512, 600]) {
      world.monoMs += 300
      world.event({ type: 'ack', ack: { ...ack, lane: 'track', upTo } })
      freed.push(world.store.freed.track)
    }
    expect(freed).toEqual([256, 256, 256, 256])
    expect(queued(world.state).track).toBe(0)
    world.event({ type: 'ack', ack: { ...ack, lane: 'event', upTo: 3 } })
    expect(world.store.freed.event).toBe(3)
    world.monoMs += 100
    world.event({ type: 'tick' })
    expect(world.store.freed.track).toBe(600)
  })

  it('gives up a long read of back-fill for an event, and reads again after it', () => {
    const store = new Store()
    for (let i = 0; i < 600; i++) store.add('track')
    const state = initialDelivery(store.ranges(), store.freed)
    const feed = (event: DeliveryEvent) => deliver(state, event, 0, EPOCH)
    feed({ type: 'connected' })
    const ack = { v: 1, ledgerId: EPOCH, generation: 0, epoch: EPOCH, upTo: 0 } as const
    const effects = LANES.flatMap(lane => feed({ type: 'ack', ack: { ...ack, lane } }))
    expect(effects).toContainEqual({ type: 'read', lane: 'track', afterSeq: 0, limit: 256 })
    store.add('event')
    const read = { type: 'read', lane: 'event', afterSeq: 0, limit: 1 }
    expect(feed({ type: 'stored', ranges: store.ranges() })).toEqual([read])
    const late = store.lanes.track.slice(0, 256)
    expect(feed({ type: 'read', lane: 'track', records: late })).toEqual([])
    const then = feed({ type: 'read', lane: 'event', records: store.lanes.event })
    expect(then.map(effect => effect.type)).toEqual(['publish', 'read'])
    // The read that was given up may also come in the place of the one that was begun anew.
    const [first] = feed({ type: 'read', lane: 'track', records: late })
    const [second] = feed({ type: 'read', lane: 'track', records: store.lanes.track.slice(0, 300) })
    const seqs = [first, second].flatMap(e => (e?.type === 'publish' ? e.records.map(r => r.seq) : []))
    expect(seqs).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
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

  it('asks for a new epoch at once when the gateway knows more than the store, and sends nothing more of the old', () => {
    const world = new World()
    world.add('event')
    world.event({ type: 'connected' })
    const ack = { v: 1, ledgerId: EPOCH, generation: 0, epoch: EPOCH, lane: 'event', upTo: 9 } as const
    for (const lane of LANES)
      world.event({ type: 'ack', ack: { ...ack, lane, upTo: lane === 'event' ? 9 : 0 } })
    expect(world.renewals).toBe(1)
    expect([world.published, world.store.freed.event]).toEqual([[], 0])
    world.event({ type: 'diverged', lane: 'event', upTo: 1 })
    expect(world.renewals).toBe(1)
    // Should the renewal fail, the next connection finds out again.
    world.event({ type: 'disconnected' })
    world.event({ type: 'connected' })
    world.event({ type: 'ack', ack })
    expect(world.renewals).toBe(2)
  })

  it('sends nothing before a store that is being opened again has compared its record with the one the gateway names', () => {
    const world = new World()
    for (let i = 0; i < 3; i++) world.add('event')
    world.isPoisoned = true
    world.event({ type: 'connected' })
    const ack = { v: 1, ledgerId: EPOCH, generation: 0, epoch: EPOCH, lane: 'event', upTo: 2 } as const
    for (const lane of LANES)
      world.event({
        type: 'ack',
        ack: lane === 'event' ? { ...ack, sum: '1'.repeat(64) } : { ...ack, lane, upTo: 0 },
      })
    for (const at of [1_000, 5_000]) {
      world.monoMs = at
      world.event({ type: 'tick' })
    }
    expect([world.published, world.store.freed.event]).toEqual([[], 0])
    world.isPoisoned = false
    world.monoMs = 6_000
    world.event({ type: 'tick' })
    expect(world.store.freed.event).toBe(2)
    expect(world.published.flatMap(({ seqs }) => seqs)).toEqual([3])
  })

  it('says hello again until every lane was answered, and then sends what a gateway brought back older lacks', () => {
    const world = new World()
    for (let i = 0; i < 3; i++) world.add('event')
    connectAndAnswer(world)
    world.ack('event')
    world.store.freed.event = 0
    world.event({ type: 'stored', ranges: world.store.ranges() })
    world.published.length = 0
    world.event({ type: 'disconnected' })
    world.event({ type: 'connected' })
    // What the hello was answered is lost, and there is nothing to send that would be answered.
    for (let at = 1_000; at <= 11_000; at += 1_000) {
      world.monoMs = at
      world.event({ type: 'tick' })
    }
    expect([world.hellos, world.published]).toEqual([3, []])
    world.ledger.event.delete(3)
    for (const lane of LANES) world.ack(lane)
    expect(world.published.flatMap(({ seqs }) => seqs)).toEqual([3])
    world.monoMs = 60_000
    world.event({ type: 'tick' })
    expect(world.hellos).toBe(3)
  })

  it('sends again from where a gateway stands that was brought back older, once per time it was', () => {
    const world = new World()
    for (let i = 0; i < 6; i++) world.store.add('event')
    world.event({ type: 'stored', ranges: world.store.ranges() })
    connectAndAnswer(world)
    world.ack('event')
    // Kept for 48 h: acknowledged is not gone.
    world.store.freed.event = 0
    world.event({ type: 'stored', ranges: world.store.ranges() })
    const ack = { v: 1, ledgerId: EPOCH, generation: 1, epoch: EPOCH, lane: 'event', upTo: 2 } as const
    world.published.length = 0
    world.event({ type: 'ack', ack })
    expect(world.published.flatMap(p => p.seqs)).toEqual([3, 4, 5, 6])
    // The same word again is an old one that was late, not another restoration.
    world.event({ type: 'ack', ack })
    expect(world.published.flatMap(p => p.seqs)).toEqual([3, 4, 5, 6])
    world.event({ type: 'disconnected' })
    world.event({ type: 'connected' })
    for (const lane of LANES)
      world.event({ type: 'ack', ack: { ...ack, lane, upTo: lane === 'event' ? 4 : 0 } })
    expect(world.published.flatMap(p => p.seqs)).toEqual([3, 4, 5, 6, 5, 6])
  })

  it('paces back-fill to its rate, and lets what happens now and every alarm pass', () => {
    const world = new World()
    for (let i = 0; i < 20_000; i++) world.store.add('track')
    world.event({ type: 'stored', ranges: world.store.ranges() })
    world.packetBytes = 5_000
    connectAndAnswer(world)
    let bytes = 0
    for (let tick = 0; tick < 50; tick++) {
      world.monoMs += 200
      const before = world.published.length
      world.event({ type: 'tick' })
      world.ack('track')
      bytes += (world.published.length - before) * 5_000
    }
    // Ten seconds of 20 KiB, and one batch that overdrew.
    expect(bytes).toBeLessThanOrEqual(10 * BACKFILL_BYTES_PER_S + 5_000)
    expect(bytes).toBeGreaterThan(9 * BACKFILL_BYTES_PER_S)
    world.state.tokens = -100_000
    const before = world.published.length
    world.add('alarm')
    world.add('event')
    expect(world.published.slice(before).map(p => p.lane)).toEqual(['alarm', 'event'])
  })

  it('holds back-fill while the gateway asks for it', () => {
    const world = new World()
    for (let i = 0; i < 1_000; i++) world.store.add('track')
    world.event({ type: 'stored', ranges: world.store.ranges() })
    world.event({ type: 'connected' })
    const ack = { v: 1, ledgerId: EPOCH, generation: 0, epoch: EPOCH, upTo: 0, pauseMs: 5_000 } as const
    for (const lane of LANES) world.event({ type: 'ack', ack: { ...ack, lane } })
    expect(world.published).toEqual([])
    world.add('alarm')
    expect(world.published.map(p => p.lane)).toEqual(['alarm'])
    world.monoMs = 5_001
    world.event({ type: 'tick' })
    expect(world.published.some(p => p.lane === 'track')).toBe(true)
  })

  it('ignores an ack for another store', () => {
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
