import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TURNED_AWAY_MAX } from '#gateway/intake/intake-state.ts'
import { recordKey } from '#gateway/intake/rows.ts'
import type { RecordRow } from '#gateway/intake/rows.ts'
import { packBatch } from '#protocols/batch.ts'
import { LANES, UTC_MS_MAX } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { UpChannel } from '#protocols/topics.ts'
import { Centre, chain, EPOCH, hello, range } from '#test/fixtures/intake-centre.ts'

describe('every record exactly once, in order', () => {
  it('however often, late, batched and cut off a device sends them, and however often the gateway dies', () => {
    const seen = { runs: 0, deliveries: 0, records: 0, duplicates: 0, restarts: 0, outOfOrder: 0 }
    const all = Object.fromEntries(LANES.map(lane => [lane, chain(lane, 40)])) as Record<Lane, WireRecord[]>
    const delivery = fc.record({
      lane: fc.constantFrom(...LANES),
      first: fc.integer({ min: 1, max: 40 }),
      more: fc.integer({ min: 0, max: 8 }),
      restart: fc.integer({ min: 0, max: 9 }),
    })
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: 60 }), deliveries => {
        seen.runs++
        const centre = new Centre()
        const ever = Object.fromEntries(LANES.map(lane => [lane, 0])) as Record<Lane, number>
        const send = (lane: Lane, first: number, last: number): void => {
          const records = all[lane].slice(first - 1, last)
          seen.deliveries++
          seen.records += records.length
          if (first <= ever[lane]) seen.duplicates++
          if (first > ever[lane] + 1) seen.outOfOrder++
          ever[lane] = Math.max(ever[lane], last)
          centre.hear(`up/${lane}`, records.length === 1 ? records[0]! : packBatch(records))
        }
        for (const { lane, first, more, restart } of deliveries) {
          send(lane, first, Math.min(40, first + more))
          const known = new Set(centre.ledgered(lane))
          let contiguous = 0
          while (known.has(contiguous + 1)) contiguous++
          expect(centre.upTo(lane)).toBe(contiguous)
          if (restart === 0) {
            seen.restarts++
            centre.restart()
          }
        }
        // The link is good at last: a reconnecting device sends everything behind the watermark it was told.
        centre.hear('hello', hello(Object.fromEntries(LANES.map(lane => [lane, { first: 1, last: 40 }]))))
        for (const lane of LANES) {
          const upTo = centre.upTo(lane)!
          if (upTo < 40) send(lane, upTo + 1, 40)
          expect(centre.ledgered(lane)).toEqual(range(1, 40))
          expect(centre.told(lane)).toEqual(range(1, 40))
          expect(centre.upTo(lane)).toBe(40)
        }
        expect(centre.audits).toEqual([])
      }),
      { seed: 5, numRuns: 200 },
    )
    console.info(`intake: ${JSON.stringify(seen)}`)
    expect(seen.runs).toBeGreaterThan(0)
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
  }, 60_000)

  it('any bytes on any channel give effects, never a throw, and never an ack for what was not stored', () => {
    let cases = 0
    const channels: UpChannel[] = [
      'live',
      'hello',
      'health',
      'up/unstored',
      ...LANES.map(l => `up/${l}` as const),
    ]
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.json().map(text => Buffer.from(text)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...channels), bytes, (channel, payload) => {
        cases++
        const centre = new Centre()
        centre.hear(channel, Uint8Array.from(payload))
        expect(centre.acks).toEqual([])
        expect(centre.city).toEqual([])
      }),
      { seed: 5, numRuns: 2_000 },
    )
    console.info(`intake: ${cases} hostile payloads`)
    expect(cases).toBeGreaterThan(0)
  })
})

describe('a record that does not fit', () => {
  const [first, second] = chain('event', 2) as [WireRecord, WireRecord]

  it('is refused when its sum is wrong, and not acknowledged', () => {
    const centre = new Centre()
    centre.hear('up/event', { ...first, occurredAt: 1 })
    expect(centre.acks).toEqual([])
    expect(centre.rows.size).toBe(0)
    expect(centre.logs[0]?.detail).toMatchObject({ code: 'RECORD_SUM', channel: 'up/event' })
  })

  it('is refused in the channel of another lane', () => {
    const centre = new Centre()
    centre.hear('up/alarm', first)
    expect(centre.rows.size).toBe(0)
    expect(centre.logs[0]?.detail).toMatchObject({ code: 'RECORD_SCHEMA' })
  })

  it('is refused with a date nobody can write down', () => {
    const centre = new Centre()
    centre.hear('up/event', chain('event', 1, undefined, { occurredAt: 9e15 })[0]!)
    expect(centre.rows.size).toBe(0)
  })

  it('is refused with any time beyond ten years or the calendar, alone and in a batch, and not acknowledged', () => {
    const heads = [
      { monoMs: 1e17 },
      { monoMs: Number.MAX_VALUE },
      { monoMs: -1 },
      { occurredAt: -1 },
      { occurredAt: UTC_MS_MAX + 1 },
      { occurredAt: -9e15 },
    ]
    for (const head of heads) {
      const centre = new Centre()
      const [one, two] = chain('alarm', 2, undefined, head) as [WireRecord, WireRecord]
      centre.hear('up/alarm', one)
      centre.hear('up/alarm', packBatch([one, two]))
      expect(centre.rows.size).toBe(0)
      expect(centre.acks).toEqual([])
      expect(centre.logs.map(l => l.detail['code'])).toEqual(['RECORD_SCHEMA', 'RECORD_SCHEMA'])
      // What is good goes on at once: nothing of the refused one is remembered.
      centre.hear('up/alarm', chain('alarm', 1)[0]!)
      expect(centre.upTo('alarm')).toBe(1)
    }
  })

  it('is passed over at a restart when it was let in before such times were refused', () => {
    const centre = new Centre()
    const records = chain('event', 3)
    centre.hear('up/event', records[1]!)
    const key = recordKey('ptu-07', EPOCH, 'event', 2)
    centre.rows.set(key, { ...(centre.rows.get(key) as RecordRow), monoMs: 1e300 })
    centre.restart()
    centre.hear('up/event', records[0]!)
    centre.hear('up/event', records[2]!)
    expect(centre.told('event')).toEqual([1, 3])
    expect(centre.upTo('event')).toBe(3)
  })

  it('is kept and told unread when its kind is unknown', () => {
    const centre = new Centre()
    centre.hear('up/event', chain('event', 1, () => ({ kind: 'future.kind', body: {} }))[0]!)
    expect(centre.city).toMatchObject([{ type: 'record', body: null }])
    expect([...centre.rows.values()]).toMatchObject([{ code: 'RECORD_KIND' }, {}])
    expect(centre.upTo('event')).toBe(1)
  })

  it('is accepted with a broken chain, flagged and audited', () => {
    const centre = new Centre()
    centre.hear('up/event', first)
    centre.hear('up/event', chain('event', 2, () => ({ kind: 'boot', body: 'another past' }))[1]!)
    expect(centre.told('event')).toEqual([1, 2])
    expect(centre.audits).toEqual(['intake.chain_broken prev_differs'])
    expect(centre.rows.get(`record/ptu-07/${EPOCH}/event/000000000002`)).toMatchObject({
      code: 'CHAIN_BROKEN',
    })
  })

  it('shows a cloned or rolled-back store when its place was taken by another record', () => {
    const centre = new Centre()
    centre.hear('up/event', first)
    centre.hear('up/event', chain('event', 1, () => ({ kind: 'boot', body: 'clone' }))[0]!)
    expect(centre.audits).toEqual(['intake.chain_broken seq_reused'])
    expect(centre.told('event')).toEqual([1])
  })

  it('is left where it is when it goes on from another history, until the device was told often enough', () => {
    const centre = new Centre()
    centre.hear('up/event', packBatch([first, second]))
    const kind = (seq: number): string => (seq === 1 ? 'driver.fault' : 'boot')
    const [, ...other] = chain('event', 4, seq => ({
      kind: kind(seq),
      body: seq === 1 ? { driver: 'd', code: 'C', detail: '1' } : 'another past',
    }))
    // Its answer may be lost, so what the device sends next is not to be taken yet.
    centre.hear('hello', hello({ event: { first: 1, last: 4 } }))
    centre.hear('up/event', packBatch(other))
    expect(centre.audits).toEqual(['intake.chain_broken seq_reused'])
    // Nothing that follows a name given twice, either, until the device begins anew.
    centre.hear('up/event', packBatch(other.slice(1)))
    expect(centre.acks.at(-1)).toMatchObject({ lane: 'event', upTo: 2, sum: second.sum })
    centre.hear('hello', hello({ event: { first: 1, last: 4 } }))
    centre.hear('up/event', packBatch(other.slice(1)))
    expect(centre.audits).toEqual(['intake.chain_broken seq_reused', 'intake.chain_broken another_history'])
    expect(centre.ledgered('event')).toEqual([1, 2])
    expect(centre.acks.at(-1)).toMatchObject({ lane: 'event', upTo: 2, sum: second.sum })
    for (let n = 1; n < TURNED_AWAY_MAX; n++) centre.hear('up/event', packBatch(other.slice(1)))
    expect(centre.ledgered('event')).toEqual([1, 2])
    centre.hear('up/event', packBatch(other.slice(1)))
    expect(centre.ledgered('event')).toEqual([1, 2, 3, 4])
    expect(centre.audits.at(-1)).toBe('intake.chain_broken prev_differs')
  })

  it('shows a rolled-back store already in its hello', () => {
    const centre = new Centre()
    centre.hear('up/event', packBatch([first, second]))
    centre.hear('hello', hello({ event: { first: 1, last: 1 } }))
    expect(centre.audits).toEqual(['intake.chain_broken rolled_back'])
  })
})
