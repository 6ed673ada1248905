import { describe, expect, it } from 'vitest'
import { EPOCHS_MAX, lanesOf } from '#gateway/intake/intake-state.ts'
import { packBatch } from '#protocols/batch.ts'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START, LANES } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import type { UpChannel } from '#protocols/topics.ts'
import { BOOT, Centre, chain, hello, live, UTC_MS } from '#test/fixtures/intake-centre.ts'

describe('hello, live and alarms without a store', () => {
  it('a hello is answered with the watermark of every lane, also of a store never seen', () => {
    const centre = new Centre()
    centre.hear('up/event', packBatch(chain('event', 3)))
    centre.acks.length = 0
    centre.hear('hello', hello({ event: { first: 1, last: 3 } }))
    expect(centre.acks.map(a => [a.lane, a.upTo])).toEqual([
      ['alarm', 0],
      ['event', 3],
      ['track', 0],
      ['diag', 0],
    ])
    centre.hear('hello', hello({}, 'ffffffffffffffff'))
    expect(centre.acks.slice(4).map(a => [a.epoch, a.upTo])).toEqual(LANES.map(() => ['ffffffffffffffff', 0]))
  })

  it('a duplicate is acknowledged again, for the first ack may have been lost', () => {
    const centre = new Centre()
    const [record] = chain('event', 1)
    centre.hear('up/event', record!)
    centre.hear('up/event', record!)
    expect(centre.acks).toHaveLength(2)
    expect(centre.acks[1]).toEqual(centre.acks[0])
  })

  it('tells how late a live message is, and drops one that a newer overtook', () => {
    const centre = new Centre()
    const lateness: number[] = []
    for (const [liveSeq, sentMonoMs, receivedMonoMs] of [
      [1, 5_000, 100],
      [3, 7_000, 2_100],
      [2, 6_000, 2_150],
      [4, 8_000, 6_100],
    ] as const) {
      centre.monoMs = receivedMonoMs
      centre.hear('live', live(liveSeq, sentMonoMs))
    }
    for (const event of centre.city) if (event.type === 'live') lateness.push(event.latenessMs)
    expect(lateness).toEqual([0, 0, 3_000])
  })

  it('tells the true age of a panic pressed offline, though the clock of the car stands at 1970', () => {
    const panic = chain(
      'alarm',
      1,
      () => ({ kind: 'panic', body: { source: 'input', position: null, positionAgeMs: null } }),
      { monoMs: 50_000, occurredAt: 50_000, clockQuality: 'none' },
    )
    const centre = new Centre()
    centre.monoMs = 900_000
    centre.hear('live', live(1, 230_000))
    centre.monoMs = 900_400
    centre.hear('up/alarm', panic[0]!)
    expect(centre.city.at(-1)).toMatchObject({ type: 'record', ageMs: 180_400 })
  })

  it('hears a panic of the 65th store of a device: the longest silent one gives way, told to its end', () => {
    const centre = new Centre()
    const panic = {
      kind: 'panic',
      body: JSON.stringify({ source: 'input', position: null, positionAgeMs: null }),
    }
    const alarm = (n: number, seq = 1): WireRecord => {
      const facts = { monoMs: n, bootId: BOOT, occurredAt: UTC_MS, clockQuality: 'rtc' as const }
      const epoch = n.toString(16).padStart(16, '0')
      return chainRecord({ lane: 'alarm', ...panic, ...facts }, { epoch, seq, prev: CHAIN_START })
    }
    for (let n = 1; n <= EPOCHS_MAX; n++) centre.hear('up/alarm', alarm(n))
    // The first is heard again, so the second is the longest silent; its third alarm waits for the second to come.
    centre.hear('up/alarm', alarm(2, 3))
    for (let n = 3; n <= EPOCHS_MAX; n++) centre.hear('up/alarm', alarm(n))
    centre.hear('up/alarm', alarm(1))
    expect(centre.told('alarm')).toHaveLength(EPOCHS_MAX)
    centre.hear('up/alarm', alarm(65))
    expect(centre.told('alarm').slice(EPOCHS_MAX)).toEqual([3, 1])
    expect(centre.acks.at(-1)).toMatchObject({ epoch: alarm(65).epoch, upTo: 1 })
    expect(centre.rows.has(`watermark/ptu-07/${alarm(2).epoch}/alarm`)).toBe(false)
    expect(centre.rows.has(`record/ptu-07/${alarm(2).epoch}/alarm/000000000003`)).toBe(true)
    expect(centre.audits).toEqual(['intake.epoch_forgotten '])
    centre.hear('hello', hello({}, 'f'.repeat(16)))
    expect(centre.acks.at(-1)?.epoch).toBe('f'.repeat(16))
    centre.restart()
    expect(new Set(lanesOf(centre.state, 'ptu-07').map(lane => lane.epoch)).size).toBe(EPOCHS_MAX - 1)
    centre.tick(60_000)
    expect(centre.told('alarm')).toHaveLength(EPOCHS_MAX + 2)
  })

  it('tells an alarm of a car without a store once per id', () => {
    const centre = new Centre()
    const alarm = {
      v: 1,
      id: 'a'.repeat(32),
      kind: 'panic',
      occurredAt: UTC_MS,
      ageMs: 10,
      clockQuality: 'gnss',
      body: '{}',
    }
    for (let i = 0; i < 3; i++) centre.hear('up/unstored', alarm)
    expect(centre.city).toHaveLength(1)
    expect(centre.acks).toEqual([])
    // Said again each time: the first word may have been lost on its way down.
    expect(centre.heard).toEqual(Array.from({ length: 3 }, () => 'a'.repeat(32)))
  })

  it('tells nothing of a message with a time beyond ten years or the calendar', () => {
    const centre = new Centre()
    const unstored = { v: 1, id: 'a'.repeat(32), kind: 'panic', clockQuality: 'gnss', body: '{}' }
    const position = { eventId: null, ageMs: 1e17, lat: 0, lon: 0, mode: 3 }
    const messages: [UpChannel, object][] = [
      ['up/unstored', { ...unstored, occurredAt: UTC_MS, ageMs: 1e17 }],
      ['up/unstored', { ...unstored, occurredAt: 9e15, ageMs: 0 }],
      ['up/unstored', { ...unstored, occurredAt: -9e15, ageMs: 0 }],
      ['live', { ...live(1, 1e17) }],
      ['live', { ...live(1, 0), sentAt: 9e15 }],
      ['live', { ...live(1, 0), position }],
    ]
    for (const [channel, message] of messages) centre.hear(channel, message)
    expect(centre.city).toEqual([])
    expect(centre.logs.map(l => l.detail['code'])).toEqual(messages.map(() => 'RECORD_SCHEMA'))
  })
})
