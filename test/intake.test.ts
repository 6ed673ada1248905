import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  EPOCHS_MAX,
  lanesOf,
  newIntakeState,
  restoreWatermark,
  TURNED_AWAY_MAX,
  untoldRanges,
} from '#gateway/intake/intake-state.ts'
import type { IntakeState } from '#gateway/intake/intake-state.ts'
import { intake } from '#gateway/intake/intake.ts'
import type { IntakeEffect } from '#gateway/intake/intake-effects.ts'
import type { WatermarkRow } from '#gateway/intake/lane-book.ts'
import { recordKey } from '#gateway/intake/rows.ts'
import type { RecordRow } from '#gateway/intake/rows.ts'
import type { CityEvent } from '#gateway/loop/effects.ts'
import { packBatch } from '#protocols/batch.ts'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START, LANES, UTC_MS_MAX } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import type { Ack, Hello, Live } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import type { UpChannel } from '#protocols/topics.ts'
import { QUIET_LIVE } from '#test/fixtures/quiet-live.ts'

const EPOCH = '9f86d081884c7d65'
const BOOT = '00000000000000aa'
const UTC_MS = Date.UTC(2026, 10, 24)

const at = (monoMs: number): Now => ({ monoMs, utcMs: UTC_MS + monoMs, quality: 'ntp' })

/** A lane as an outbox would chain it; `kindOf` and `bodyOf` by seq. */
function chain(
  lane: Lane,
  count: number,
  draft: (seq: number) => { kind: string; body: unknown } = seq => ({
    kind: 'driver.fault',
    body: { driver: 'd', code: 'C', detail: String(seq) },
  }),
  more: Partial<WireRecord> = {},
): WireRecord[] {
  const records: WireRecord[] = []
  for (let seq = 1; seq <= count; seq++) {
    const { kind, body } = draft(seq)
    const facts = { monoMs: seq, bootId: BOOT, occurredAt: UTC_MS, clockQuality: 'gnss' as const, ...more }
    const prev = records.at(-1)?.sum ?? CHAIN_START
    records.push(
      chainRecord({ lane, kind, body: JSON.stringify(body), ...facts }, { epoch: EPOCH, seq, prev }),
    )
  }
  return records
}

/** The same records in a new store, as a repair or a renewal chains them. */
function carryOver(records: readonly WireRecord[], epoch: string): WireRecord[] {
  const carried: WireRecord[] = []
  for (const { v: _v, seq, sum, prev: _prev, epoch: was, origin, ...draft } of records)
    carried.push(
      chainRecord(draft, {
        epoch,
        seq: carried.length + 1,
        prev: carried.at(-1)?.sum ?? CHAIN_START,
        origin: origin ?? { epoch: was, seq, sum },
      }),
    )
  return carried
}

/** A gateway of one intake and rows in memory: what a batch holds is there, what a crash forgets is gone. */
class Centre {
  readonly rows = new Map<string, unknown>()
  readonly city: CityEvent[] = []
  readonly acks: Ack[] = []
  readonly heard: string[] = []
  readonly audits: string[] = []
  readonly logs: { event: string; detail: Record<string, unknown> }[] = []
  state: IntakeState = newIntakeState('00000000000000bb', 0)
  monoMs = 0

  hear(channel: UpChannel, payload: Uint8Array | object): IntakeEffect[] {
    const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload))
    const event = { type: 'payload', deviceId: 'ptu-07', channel, payload: bytes } as const
    return this.take(intake(this.state, event, at(this.monoMs)))
  }

  tick(monoMs: number): void {
    this.monoMs = monoMs
    this.take(intake(this.state, { type: 'tick' }, at(monoMs)))
  }

  /** kill -9 between two commits. */
  restart(): void {
    this.state = newIntakeState('00000000000000bb', 0)
    for (const [key, row] of this.rows)
      if (key.startsWith('watermark/')) restoreWatermark(this.state, key, row as WatermarkRow)
    for (const { prefix, afterKey, restore } of untoldRanges(this.state, at(this.monoMs)))
      for (const [key, row] of this.rows)
        if (key.startsWith(prefix) && key > afterKey) restore(row as RecordRow)
  }

  told(lane: Lane): number[] {
    return this.city.flatMap(e => (e.type === 'record' && e.record.lane === lane ? [e.record.seq] : []))
  }

  ledgered(lane: Lane): number[] {
    const rows = [...this.rows].filter(([key]) => key.startsWith(`record/ptu-07/${EPOCH}/${lane}/`))
    return rows.map(([, row]) => (row as RecordRow).seq).toSorted((a, b) => a - b)
  }

  upTo(lane: Lane): number | undefined {
    return this.acks.filter(ack => ack.lane === lane).at(-1)?.upTo
  }

  /** As the loop does: the rows, then the payload again. */
  private recall({ event, keys }: Extract<IntakeEffect, { type: 'recall' }>): void {
    const sums = keys.map(key => (this.rows.get(key) as RecordRow | undefined)?.sum ?? null)
    const recalled = new Map(keys.map((key, i) => [key, sums[i]!]))
    this.take(intake(this.state, { ...event, recalled }, at(this.monoMs)))
  }

  private take(effects: IntakeEffect[]): IntakeEffect[] {
    for (const effect of effects) {
      if (effect.type === 'put') this.rows.set(effect.key, JSON.parse(JSON.stringify(effect.value)))
      else if (effect.type === 'del') this.rows.delete(effect.key)
      else if (effect.type === 'city') this.city.push(effect.event)
      else if (effect.type === 'ack') this.acks.push(effect.ack)
      else if (effect.type === 'unstored.ack') this.heard.push(effect.ack.unstored)
      else if (effect.type === 'audit')
        this.audits.push(`${effect.action} ${String(effect.detail['what'] ?? '')}`)
      else if (effect.type === 'recall') this.recall(effect)
      else this.logs.push(effect)
    }
    return effects
  }
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

const hello = (lanes: Partial<Record<Lane, { first: number; last: number }>>, epoch = EPOCH): Hello => ({
  v: 1,
  epoch,
  bootId: BOOT,
  bootCount: 1,
  lanes: Object.fromEntries(
    LANES.map(lane => [lane, lanes[lane] ?? { first: 1, last: 0 }]),
  ) as Hello['lanes'],
  store: 'ok',
  software: 'test',
  announcedMs: 20_000,
})

const live = (liveSeq: number, sentMonoMs: number, bootId = BOOT): Live => ({
  v: 1,
  epoch: EPOCH,
  bootId,
  bootCount: 1,
  liveSeq,
  sentMonoMs,
  sentAt: UTC_MS,
  ...QUIET_LIVE,
  window: '0'.repeat(32),
  position: null,
})

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
