import { describe, expect, it } from 'vitest'
import { lanesOf } from '#gateway/intake/intake-state.ts'
import { packBatch } from '#protocols/batch.ts'
import { CHAIN_START } from '#protocols/record.ts'
import { Centre, chain, EPOCH, hello, range } from '#test/fixtures/intake-centre.ts'

describe('holes', () => {
  const track = chain('track', 10)

  it('receipted as shed count as received and hold nobody up', () => {
    const centre = new Centre()
    centre.hear('up/track', packBatch(track.slice(0, 2)))
    centre.hear('up/track', packBatch(track.slice(5)))
    expect(centre.told('track')).toEqual([1, 2])
    expect(centre.upTo('track')).toBe(2)
    const gap = chain('event', 1, () => ({
      kind: 'gap',
      body: { lane: 'track', ranges: [[3, 5]], reason: 'thinned' },
    }))
    centre.hear('up/event', gap[0]!)
    expect(centre.told('track')).toEqual([1, 2, 6, 7, 8, 9, 10])
    expect(centre.upTo('track')).toBe(10)
    expect(centre.audits).toEqual([])
    expect(lanesOf(centre.state, 'ptu-07').find(l => l.lane === 'track')).toEqual({
      epoch: EPOCH,
      lane: 'track',
      upTo: 10,
      missing: 0,
      records: 7,
    })
  })

  it('a record that comes after its own gap receipt is still taken, once', () => {
    const centre = new Centre()
    const gap = chain('event', 1, () => ({
      kind: 'gap',
      body: { lane: 'track', ranges: [[1, 3]], reason: 'thinned' },
    }))
    centre.hear('up/event', gap[0]!)
    for (let i = 0; i < 3; i++) centre.hear('up/track', track[1]!)
    expect(centre.told('track')).toEqual([2])
    expect(centre.ledgered('track')).toEqual([2])
  })

  it('at the end of a lane are acknowledged with a sum that no record has: who holds one was put back', () => {
    const centre = new Centre()
    centre.hear('up/track', packBatch(track.slice(0, 8)))
    expect(centre.acks.at(-1)).toMatchObject({ lane: 'track', upTo: 8, sum: track[7]!.sum })
    const gap = chain('event', 1, () => ({
      kind: 'gap',
      body: { lane: 'track', ranges: [[9, 10]], reason: 'thinned' },
    }))
    centre.hear('up/event', gap[0]!)
    const ack = (): unknown => centre.acks.filter(({ lane }) => lane === 'track').at(-1)
    expect(ack()).toMatchObject({ upTo: 10, sum: CHAIN_START })
    // From a disk that was put back, on which the same names were given again: it is let in, and not said to be ours.
    centre.hear('up/track', packBatch([track[9]!]))
    expect(ack()).toMatchObject({ upTo: 10, sum: CHAIN_START })
    centre.restart()
    centre.hear('hello', hello({ track: { first: 3, last: 10 } }))
    expect(ack()).toMatchObject({ upTo: 10, sum: CHAIN_START })
  })

  it('nobody explains are declared lost when the device says it no longer has them, after its events are in', () => {
    const centre = new Centre()
    const events = chain('event', 2)
    centre.hear('hello', hello({ event: { first: 1, last: 2 }, track: { first: 4, last: 10 } }))
    centre.hear('up/event', events[0]!)
    centre.hear('up/track', packBatch(track.slice(3)))
    expect(centre.told('track')).toEqual([])
    centre.hear('up/event', events[1]!)
    expect(centre.told('track')).toEqual(range(4, 10))
    expect(centre.upTo('track')).toBe(10)
    expect(centre.audits).toEqual(['intake.lost '])
  })

  it('do not keep an alarm from the dispatcher for more than a second', () => {
    const alarms = chain('alarm', 3, () => ({
      kind: 'panic',
      body: { source: 'input', position: null, positionAgeMs: null },
    }))
    const centre = new Centre()
    centre.hear('up/alarm', alarms[1]!)
    centre.tick(999)
    expect(centre.told('alarm')).toEqual([])
    centre.tick(1_000)
    expect(centre.told('alarm')).toEqual([2])
    expect(centre.upTo('alarm')).toBe(0)
    centre.hear('up/alarm', alarms[0]!)
    centre.hear('up/alarm', alarms[2]!)
    expect(centre.told('alarm')).toEqual([2, 1, 3])
    expect(centre.upTo('alarm')).toBe(3)
  })

  it('are passed over when 512 records wait behind them', () => {
    const many = chain('diag', 600)
    const centre = new Centre()
    for (const record of many.slice(1, 514)) centre.hear('up/diag', record)
    expect(centre.told('diag')).toEqual(range(2, 514))
    expect(centre.upTo('diag')).toBe(0)
  })
})
