import { describe, expect, it } from 'vitest'
import type { IntakeEffect } from '#gateway/intake/intake-effects.ts'
import { lanesOf } from '#gateway/intake/intake-state.ts'
import { intake } from '#gateway/intake/intake.ts'
import { packBatch } from '#protocols/batch.ts'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { Ack } from '#protocols/session.ts'
import { at, carryOver, Centre, chain, EPOCH, hello } from '#test/fixtures/intake-centre.ts'

describe('records that were carried over into a new store', () => {
  it('a gap receipt carried over speaks of the store it was written in, not of the same numbers in the new one', () => {
    const centre = new Centre()
    const old = chain('track', 5)
    centre.hear('up/track', old[0]!)
    centre.hear('up/track', old[4]!)
    const gap = chain('event', 1, () => ({
      kind: 'gap',
      body: { lane: 'track', ranges: [[2, 4]], reason: 'thinned' },
    }))
    const next = 'ee'.repeat(8)
    centre.hear('up/event', carryOver(gap, next)[0]!)
    expect(lanesOf(centre.state, 'ptu-07').find(l => l.epoch === EPOCH && l.lane === 'track')?.upTo).toBe(5)
    const track = carryOver(old.slice(0, 3), next)
    centre.hear('up/track', track[0]!)
    const acked = centre.acks.filter(ack => ack.epoch === next && ack.lane === 'track')
    expect(acked.at(-1)?.upTo).toBe(1)
  })

  it('a record carried over that comes after its own gap receipt is not told again when its old name was heard', () => {
    const centre = new Centre()
    const old = chain('track', 5)
    for (const record of old.slice(0, 3)) centre.hear('up/track', record)
    const next = 'ee'.repeat(8)
    const gap = chain('event', 1, () => ({
      kind: 'gap',
      body: { lane: 'track', ranges: [[1, 4]], reason: 'thinned' },
    }))
    // A gap of the new store itself, ahead of the records that it speaks of.
    const { origin: _origin, v: _v, sum: _sum, ...draft } = carryOver(gap, next)[0]!
    centre.hear('up/event', chainRecord(draft, { epoch: next, seq: 1, prev: CHAIN_START }))
    centre.hear('up/track', packBatch(carryOver(old, next)))
    const told = centre.city.flatMap(e =>
      e.type === 'record' && e.record.lane === 'track' ? [e.record.body] : [],
    )
    expect(told.toSorted()).toEqual(old.map(({ body }) => body).toSorted())
  })

  it('takes a carried-over record once, whether its old name was heard, lost on the way or borne by another', () => {
    const centre = new Centre()
    const old = chain('event', 6)
    for (const record of old.slice(0, 4)) centre.hear('up/event', record)
    // The store was put back to 2 records and wrote two others under the names 3 and 4, and a fifth.
    const again = chain('event', 5, seq => ({
      kind: 'driver.fault',
      body: { driver: 'd', code: 'C', detail: seq <= 2 ? String(seq) : `another ${seq}` },
    }))
    expect(again.slice(0, 2)).toEqual(old.slice(0, 2))
    const next = 'ee'.repeat(8)
    const carried = carryOver(again, next)
    for (let times = 0; times < 2; times++) centre.hear('up/event', packBatch(carried))
    const told = centre.city.flatMap(e => (e.type === 'record' ? [e.record.sum] : []))
    expect(told).toEqual([...old.slice(0, 4), ...carried.slice(2)].map(r => r.sum))
    const ack = centre.acks.at(-1)!
    expect([ack.epoch, ack.upTo, ack.sum]).toEqual([next, carried.length, carried.at(-1)!.sum])
    // Carried over once more, of a store that heard no ack of all that: nothing is told again.
    const third = carryOver(carried, 'ff'.repeat(8))
    centre.restart()
    for (const record of third) centre.hear('up/event', record)
    expect(centre.city.filter(e => e.type === 'record')).toHaveLength(told.length)
    expect(centre.acks.at(-1)?.upTo).toBe(third.length)
    // What was taken under its new name is a duplicate under its old one.
    centre.hear('up/event', again.at(-1)!)
    expect(centre.city.filter(e => e.type === 'record')).toHaveLength(told.length)
  })

  it('names the record it means where the newest of a lane came under another name, also after a restart', () => {
    const centre = new Centre()
    const old = chain('event', 5)
    // Up to 3 as it was; 4 and 5 were written after that, and carried over before anybody heard of them.
    for (const record of old.slice(0, 3)) centre.hear('up/event', record)
    for (const record of carryOver(old, 'ee'.repeat(8))) centre.hear('up/event', record)
    // A disk put back for the second time: it has written another 5, another 6, and says hello under the old name.
    const ackOfHello = (): Ack | undefined => {
      centre.hear('hello', hello({ event: { first: 1, last: 6 } }))
      return centre.acks.findLast(ack => ack.lane === 'event' && ack.epoch === EPOCH)
    }
    expect(ackOfHello()).toMatchObject({ upTo: 5, sum: old[4]!.sum })
    centre.restart()
    expect(ackOfHello()).toMatchObject({ upTo: 5, sum: old[4]!.sum })
    const other = chain('event', 5, seq => ({
      kind: 'unit.status',
      body: { availability: seq > 4 ? 'busy' : 'assigned' },
    }))
    centre.hear('up/event', other[4]!)
    expect(centre.audits).toContain('intake.chain_broken seq_reused')
  })

  it('steps over a hole with claimed names in it, and on to those behind it', () => {
    const centre = new Centre()
    const old = chain('event', 8)
    const carried = carryOver(old, 'ee'.repeat(8))
    centre.hear('up/event', old[0]!)
    // 3 and 6 come under other names, 5 under its own; 2 and 4 are lost.
    for (const seq of [3, 6]) centre.hear('up/event', carried[seq - 1]!)
    centre.hear('up/event', old[4]!)
    for (const monoMs of [31_000, 62_000]) centre.tick(monoMs)
    expect(
      centre.city.flatMap(e => (e.type === 'record' && e.record.epoch === EPOCH ? [e.record.seq] : [])),
    ).toEqual([1, 5])
    centre.hear('up/event', old[6]!)
    expect(centre.told('event')).toContain(7)
  })

  it('takes a record once that was carried over twice before anything of the store between was sent', () => {
    const centre = new Centre()
    const old = chain('event', 4)
    for (const record of old.slice(0, 3)) centre.hear('up/event', record)
    const third = carryOver(carryOver(old, 'ee'.repeat(8)), 'ff'.repeat(8))
    for (const record of third) centre.hear('up/event', record)
    centre.restart()
    for (const record of carryOver(third, 'dd'.repeat(8))) centre.hear('up/event', record)
    const told = centre.city.flatMap(e => (e.type === 'record' ? [e.record.body] : []))
    expect(told).toEqual(old.map(r => r.body))
  })

  it('takes a record once whose store was first heard of by what others carried over, and then itself', () => {
    const centre = new Centre()
    const old = chain('event', 6)
    const carried = carryOver(old.slice(0, 4), 'ee'.repeat(8))
    centre.hear('up/event', packBatch(carried))
    // An image of the old store is put back, which knows of no new one.
    centre.hear('hello', hello({ event: { first: 1, last: 4 } }))
    expect(centre.acks.filter(ack => ack.lane === 'event').at(-1)).toMatchObject({
      upTo: 4,
      sum: old[3]!.sum,
    })
    for (const record of old) centre.hear('up/event', record)
    const told = centre.city.flatMap(e => (e.type === 'record' ? [e.record.sum] : []))
    expect(told).toEqual([...carried, ...old.slice(4)].map(({ sum }) => sum))
    expect(centre.ledgered('event')).toEqual([5, 6])
  })

  it.each(['as it was', 'after a restart'])(
    'are not taken for those of an image of the old store that drove on by itself, by a gateway %s',
    how => {
      const [next, third] = ['bbbbbbbbbbbbbbbb', 'cccccccccccccccc']
      const draft = (seq: number, detail: string) => ({
        kind: 'driver.fault',
        body: { driver: 'd', code: 'C', detail: `${seq} ${detail}` },
      })
      const old = chain('event', 6, seq => draft(seq, ''))
      const image = chain('event', 8, seq => draft(seq, seq < 5 ? '' : 'of the image'))
      const centre = new Centre()
      centre.hear('up/event', packBatch(old.slice(0, 3)))
      // 4 and 6 came under other names, 5 was lost.
      centre.hear('up/event', packBatch(carryOver([old[3]!, old[5]!], next)))
      if (how === 'after a restart') centre.restart()
      centre.hear('hello', hello({ event: { first: 1, last: 8 } }))
      for (const record of image.slice(3)) centre.hear('up/event', record)
      expect(centre.acks.at(-1)).toMatchObject({ epoch: EPOCH, upTo: 6, sum: old[5]!.sum })
      const bodies = (): string[] => centre.city.flatMap(e => (e.type === 'record' ? [e.record.body] : []))
      expect(bodies()).not.toContain(image[6]!.body)
      // It looks at its own record 6, finds another one, and sends what it has under a new epoch.
      centre.hear('up/event', packBatch(carryOver(image.slice(3), third)))
      expect(bodies().toSorted()).toEqual(
        [...old.filter(r => r.seq !== 5), ...image.slice(4)].map(r => r.body).toSorted(),
      )
      expect(centre.acks.at(-1)).toMatchObject({ epoch: third, upTo: 5 })
    },
  )

  it("are looked up all together each time, or two looks could ask for each other's names for ever", () => {
    const centre = new Centre()
    const old = chain('event', 3)
    centre.hear('up/event', old[0]!)
    const payload = packBatch(carryOver(old.slice(1), 'bbbbbbbbbbbbbbbb'))
    const event = { type: 'payload', deviceId: 'ptu-07', channel: 'up/event', payload } as const
    const keysOf = (effects: readonly IntakeEffect[]): readonly string[] =>
      effects.flatMap(effect => (effect.type === 'recall' ? effect.keys : []))
    const all = keysOf(intake(centre.state, event, at(0)))
    expect(all).toHaveLength(4)
    const half = new Map(all.slice(0, 2).map(key => [key, null]))
    expect(keysOf(intake(centre.state, { ...event, recalled: half }, at(0)))).toEqual(all)
  })
})
