import { afterEach, describe, expect, it } from 'vitest'
import type { Note, Outbox } from '#agent/outbox/outbox.ts'
import type { Bounds } from '#agent/outbox/shedding.ts'
import { parseRecord } from '#protocols/chain.ts'
import { CHAIN_START, LANES } from '#protocols/record.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { Clock, Now } from '#protocols/time.ts'

/** A store that outlives its outbox: open, close and open again, or make its next write fail. */
export type OutboxBench = {
  open(bounds?: Bounds, keepAckedMs?: number): Promise<Outbox>
  failNextWrite(): void
  /** Writes do not return until the returned function is called. */
  hang(): () => void
  readonly clock: HandClock
  destroy(): Promise<void>
}

/** A clock that moves when the test says so. */
export class HandClock implements Clock {
  #monoMs = 0
  #due: { atMs: number; run: () => void }[] = []

  now(): Now {
    return { monoMs: this.#monoMs, utcMs: 1_795_478_400_000 + this.#monoMs, quality: 'gnss' }
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#monoMs + ms, run }
    this.#due.push(timer)
    return () => void (this.#due = this.#due.filter(t => t !== timer))
  }

  advance(ms: number): void {
    this.#monoMs += ms
    const due = this.#due.filter(t => t.atMs <= this.#monoMs)
    this.#due = this.#due.filter(t => t.atMs > this.#monoMs)
    due.forEach(t => t.run())
  }
}

const KINDS: Readonly<Record<Lane, string>> = {
  alarm: 'panic',
  event: 'unit.status',
  track: 'position',
  diag: 'driver.fault',
}

/** A draft whose body carries `n`, padded to about `bytes`. */
export const draft = (lane: Lane, n: number, bytes = 0): RecordDraft => ({
  lane,
  kind: KINDS[lane],
  occurredAt: 1_795_478_400_000 + n,
  monoMs: n,
  bootId: 'b00b00b00b00b00b',
  clockQuality: 'gnss',
  body: JSON.stringify({ n, pad: 'x'.repeat(bytes) }),
})

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.value
}

const faultOf = (result: Result<unknown>): Fault | null => (result.ok ? null : result)

export async function readAll(outbox: Outbox, lane: Lane): Promise<readonly WireRecord[]> {
  return valueOf(await outbox.read(lane, 0, Number.MAX_SAFE_INTEGER))
}

/** Every record whole, contiguous and chained; the first one continues `prev` when it is known. */
export function expectChain(records: readonly WireRecord[], prev?: string): void {
  for (const [i, record] of records.entries()) {
    expect(parseRecord(record).ok).toBe(true)
    const before = records[i - 1]
    if (before !== undefined) expect(record.seq).toBe(before.seq + 1)
    const expected = before?.sum ?? prev
    if (expected !== undefined) expect(record.prev).toBe(expected)
  }
}

/** Waits for what the outbox does by itself, without a clock: each turn lets the event loop do its IO. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 1_000_000) throw new Error('it never happened')
    await new Promise(resolve => setImmediate(resolve))
  }
}

const HOUR_MS = 3_600_000

const SMALL: Bounds = { bytesMax: 256 * 1024, alarmReserveBytes: 16 * 1024 }

type GapBody = { lane: Lane; ranges: [number, number][]; reason: string; chain: [string, string][] }

const gapsIn = (events: readonly WireRecord[]): readonly GapBody[] =>
  events.filter(r => r.kind === 'gap').map(r => JSON.parse(r.body) as GapBody)

type Point = readonly [ms: number, lat: number, lon: number]

const pointOf = (record: WireRecord): Point => {
  const { lat, lon } = JSON.parse(record.body) as { lat: number; lon: number }
  return [record.occurredAt, lat, lon]
}

/** Where a line through these points is at a moment. */
function placeOn(points: readonly Point[], ms: number): Point {
  const next = points.findIndex(point => point[0] >= ms)
  if (next <= 0) return points.at(next)!
  const [a, b] = [points[next - 1]!, points[next]!]
  const share = b[0] > a[0] ? (ms - a[0]) / (b[0] - a[0]) : 1
  return [ms, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share]
}

/** What every outbox promises; `agent/outbox/outbox.ts` has it in words. */
export function outboxContract(name: string, newBench: () => Promise<OutboxBench>): void {
  describe(`outbox contract: ${name}`, () => {
    const cleanups: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    })
    const bench = async (): Promise<OutboxBench> => {
      const made = await newBench()
      cleanups.push(() => made.destroy())
      return made
    }
    const opened = async (on: OutboxBench, bounds?: Bounds, keepAckedMs?: number): Promise<Outbox> => {
      const outbox = await on.open(bounds, keepAckedMs)
      cleanups.push(() => outbox.close())
      return outbox
    }

    it('begins each lane at seq 1 with the start of the chain', async () => {
      const outbox = await opened(await bench())
      expect(outbox.epoch).toMatch(/^[0-9a-f]{16}$/)
      for (const lane of LANES) {
        expect(outbox.ranges()[lane]).toEqual({ first: 1, last: 0 })
        const [record] = valueOf(await outbox.append([draft(lane, 1)]))
        expect(record).toMatchObject({ lane, seq: 1, prev: CHAIN_START, epoch: outbox.epoch })
      }
    })

    it('gives back what it accepted, in order, after reopening too, and goes on with the same chain', async () => {
      const on = await bench()
      const before = await opened(on)
      const accepted: WireRecord[] = []
      for (let n = 0; n < 20; n++)
        accepted.push(...valueOf(await before.append([draft('event', n), draft('track', n)])))
      await before.close()
      const after = await opened(on)
      expect(after.epoch).toBe(before.epoch)
      const next = valueOf(await after.append([draft('event', 20)]))
      const events = await readAll(after, 'event')
      expect(events).toEqual([...accepted.filter(r => r.lane === 'event'), ...next])
      expect(await readAll(after, 'track')).toEqual(accepted.filter(r => r.lane === 'track'))
      expectChain(events, CHAIN_START)
      expect(after.bytesUsed()).toBeGreaterThan(before.bytesUsed())
    })

    it('keeps seq contiguous and the order of each caller when 64 callers overlap', async () => {
      const outbox = await opened(await bench())
      const callers = Array.from({ length: 64 }, (_, caller) => caller)
      const given = await Promise.all(
        callers.map(async caller => {
          const mine: WireRecord[] = []
          for (let n = 0; n < 5; n++)
            mine.push(...valueOf(await outbox.append([draft('event', caller * 100 + n)])))
          return mine
        }),
      )
      const all = await readAll(outbox, 'event')
      expect(all).toHaveLength(320)
      expectChain(all, CHAIN_START)
      for (const mine of given) {
        expect(mine.map(r => r.seq)).toEqual(mine.map(r => r.seq).sort((a, b) => a - b))
        for (const record of mine) expect(all[record.seq - 1]).toEqual(record)
      }
    })

    it('keeps the order of calls made without waiting', async () => {
      const outbox = await opened(await bench())
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, n) => outbox.append([draft('event', n)])),
      )
      expect(results.flatMap(r => valueOf(r)).map(r => r.seq)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      )
    })

    it('writes notes with the records of the call, forgets a note set to undefined', async () => {
      const on = await bench()
      const before = await opened(on)
      const notes: Note[] = [
        { key: 'order', value: { id: 'o-1', step: 'signed' } },
        { key: 'nonce/1', value: true },
      ]
      valueOf(await before.append([draft('event', 1)], notes))
      valueOf(await before.append([], [{ key: 'nonce/1', value: undefined }]))
      expect([...before.notes()]).toEqual([['order', { id: 'o-1', step: 'signed' }]])
      await before.close()
      const after = await opened(on)
      expect([...after.notes()]).toEqual([['order', { id: 'o-1', step: 'signed' }]])
      expect(await readAll(after, 'event')).toHaveLength(1)
    })

    it('refuses a draft no reader would accept, and writes nothing of its call', async () => {
      const outbox = await opened(await bench())
      const bad = { ...draft('event', 1), kind: 'Not A Kind' }
      const result = await outbox.append([draft('alarm', 0), bad], [{ key: 'k', value: 1 }])
      expect(faultOf(result)?.code).toBe('RECORD_SCHEMA')
      expect(outbox.ranges().alarm.last).toBe(0)
      expect(outbox.notes().size).toBe(0)
    })

    it('reads after a seq, at most so many', async () => {
      const outbox = await opened(await bench())
      valueOf(await outbox.append(Array.from({ length: 10 }, (_, n) => draft('track', n))))
      expect(valueOf(await outbox.read('track', 3, 4)).map(r => r.seq)).toEqual([4, 5, 6, 7])
      expect(valueOf(await outbox.read('track', 8, 100)).map(r => r.seq)).toEqual([9, 10])
      expect(valueOf(await outbox.read('track', 10, 100))).toEqual([])
      expect(valueOf(await outbox.read('alarm', 0, 100))).toEqual([])
    })

    it('without a time of keeping does not read freed records again, after reopening either, and continues behind them', async () => {
      const on = await bench()
      const before = await opened(on)
      const records = valueOf(await before.append(Array.from({ length: 10 }, (_, n) => draft('event', n))))
      const used = before.bytesUsed()
      valueOf(await before.free('event', 7))
      expect(before.bytesUsed()).toBeLessThan(used)
      expect(before.ranges().event).toEqual({ first: 8, last: 10 })
      expect((await readAll(before, 'event')).map(r => r.seq)).toEqual([8, 9, 10])
      valueOf(await before.free('event', 3))
      valueOf(await before.free('event', 10))
      expect(before.ranges().event).toEqual({ first: 11, last: 10 })
      await before.close()
      const after = await opened(on)
      expect(after.health()).not.toBe('repaired')
      expect(await readAll(after, 'event')).toEqual([])
      expect(after.bytesUsed()).toBe(0)
      const [next] = valueOf(await after.append([draft('event', 11)]))
      expect(next).toMatchObject({ seq: 11, prev: records[9]!.sum })
    })

    it('refuses an ack for records it never had or for others of that name, and frees nothing', async () => {
      const outbox = await opened(await bench())
      const [first] = valueOf(await outbox.append([draft('event', 1), draft('event', 2)]))
      expect(faultOf(await outbox.free('event', 3))?.code).toBe('CHAIN_BROKEN')
      expect(faultOf(await outbox.free('event', 1, 'f'.repeat(64)))?.code).toBe('CHAIN_BROKEN')
      expect(outbox.acked().event).toBe(0)
      expect(await readAll(outbox, 'event')).toHaveLength(2)
      valueOf(await outbox.free('event', 1, first!.sum))
      expect(outbox.acked().event).toBe(1)
    })

    it('keeps what was acknowledged for its time, after reopening too, and then lets it go', async () => {
      const on = await bench()
      const before = await opened(on, undefined, 48 * HOUR_MS)
      valueOf(await before.append(Array.from({ length: 10 }, (_, n) => draft('track', n))))
      valueOf(await before.free('track', 6))
      const waiting = before.bytesUsed()
      on.clock.advance(30 * HOUR_MS)
      valueOf(await before.free('track', 8))
      expect(before.bytesUsed()).toBeLessThan(waiting)
      await before.close()
      const after = await opened(on, undefined, 48 * HOUR_MS)
      expect([after.ranges().track, after.acked().track]).toEqual([{ first: 1, last: 10 }, 8])
      expect(await readAll(after, 'track')).toHaveLength(10)
      on.clock.advance(20 * HOUR_MS)
      valueOf(await after.free('track', 8))
      expect([after.ranges().track, after.acked().track]).toEqual([{ first: 7, last: 10 }, 8])
      on.clock.advance(60 * HOUR_MS)
      valueOf(await after.free('track', 10))
      valueOf(await after.free('alarm', 0))
      expect(after.ranges().track.first).toBe(9)
      expectChain(await readAll(after, 'track'))
    })

    it('gives up what the gateway has before anything else, and needs no receipt for it', async () => {
      const on = await bench()
      const outbox = await opened(on, SMALL, 48 * HOUR_MS)
      let appended = 0
      for (; appended < 1500; appended += 10) {
        valueOf(await outbox.append(Array.from({ length: 10 }, (_, n) => draft('track', appended + n, 100))))
        if (appended < 1000) valueOf(await outbox.free('track', appended + 10))
      }
      expect(gapsIn(await readAll(outbox, 'event'))).toEqual([])
      const kept = await readAll(outbox, 'track')
      expect(kept.at(-1)?.seq).toBe(1500)
      expect(kept[0]!.seq).toBeLessThanOrEqual(1010)
      expect(kept[0]!.seq).toBeGreaterThan(1)
      expectChain(kept)
    })

    it('renewed, goes on in a new epoch with everything it held, each record with its origin', async () => {
      const on = await bench()
      const outbox = await opened(on)
      const old: WireRecord[] = []
      for (let n = 0; n < 12; n++)
        old.push(
          ...valueOf(
            await outbox.append(
              LANES.map(lane => draft(lane, n)),
              [{ key: 'n', value: n }],
            ),
          ),
        )
      valueOf(await outbox.free('event', 5))
      const before = outbox.epoch
      const waiting = outbox.append([draft('alarm', 12)])
      const renewed = outbox.renew()
      // Of the store before: in the new one the same numbers are records nobody has.
      const late = outbox.free('diag', 9)
      const after = outbox.append([draft('alarm', 13)])
      valueOf(await renewed)
      expect(outbox.epoch).not.toBe(before)
      expect(valueOf(await waiting)[0]!.epoch).toBe(before)
      expect(valueOf(await after)[0]!.epoch).toBe(outbox.epoch)
      valueOf(await late)
      expect(outbox.acked().diag).toBe(0)
      for (const lane of LANES) {
        const records = await readAll(outbox, lane)
        const carried = records.filter(r => r.origin !== undefined)
        const held = old.filter(r => r.lane === lane && !(lane === 'event' && r.seq <= 5))
        if (lane === 'alarm') held.push(...valueOf(await waiting))
        expect(carried.map(r => r.origin)).toEqual(held.map(({ epoch, seq, sum }) => ({ epoch, seq, sum })))
        expect(carried.map(r => r.body)).toEqual(held.map(r => r.body))
        expect(records.filter(r => r.kind === 'gap')).toEqual([])
        expectChain(records, CHAIN_START)
      }
      expect(outbox.notes().get('n')).toBe(11)
      await outbox.close()
      const reopened = await opened(on)
      expect(reopened.epoch).toBe(valueOf(await after)[0]!.epoch)
      expect(await readAll(reopened, 'alarm')).toHaveLength(14)
    })

    it('sheds the oldest positions at the bound, with gap records that cover exactly the missing seqs', async () => {
      const on = await bench()
      const outbox = await opened(on, SMALL)
      let appended = 0
      while (appended < 1500) {
        valueOf(await outbox.append(Array.from({ length: 10 }, (_, n) => draft('track', appended + n, 100))))
        appended += 10
        expect(outbox.bytesUsed()).toBeLessThanOrEqual(SMALL.bytesMax - SMALL.alarmReserveBytes)
      }
      const kept = await readAll(outbox, 'track')
      const gaps = gapsIn(await readAll(outbox, 'event'))
      const missing = gaps.flatMap(gap =>
        gap.ranges.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)),
      )
      expect([...missing, ...kept.map(r => r.seq)]).toEqual(Array.from({ length: appended }, (_, i) => i + 1))
      expect(gaps.length).toBeGreaterThan(1)
      expect(missing.length / gaps.length).toBeGreaterThan(10)
      // The chain can be followed across every hole.
      const ends = gaps.flatMap(gap => gap.chain)
      expect(ends[0]![0]).toBe(CHAIN_START)
      ends.slice(1).forEach(([before], i) => expect(before).toBe(ends[i]![1]))
      expectChain(kept, ends.at(-1)![1])
      await outbox.close()
      expect(await readAll(await opened(on, SMALL), 'track')).toEqual(kept)
    })

    it('keeps the shape of a drive whose positions had to give way, with every hole receipted', async () => {
      const outbox = await opened(await bench(), SMALL)
      // Up the road for a while, a stop, then right: 10 m a second, one position a second.
      const placeAt = (n: number) => {
        const [north, east] = n < 600 ? [n, 0] : n < 900 ? [600, 0] : [600, n - 900]
        return { lat: 35.4 + north * 9e-5, lon: 116.6 + east * 1.1e-4, mode: 3 as const, speedMps: 10 }
      }
      const total = 3_000
      for (let n = 0; n < total; n += 10)
        valueOf(
          await outbox.append(
            Array.from({ length: 10 }, (_, i) => ({
              ...draft('track', 0),
              kind: 'position',
              occurredAt: 1_795_478_400_000 + (n + i) * 1_000,
              body: JSON.stringify(placeAt(n + i)),
            })),
          ),
        )
      const held = await readAll(outbox, 'track')
      const sketches = held.filter(r => r.kind === 'track.sketch')
      const points = sketches.flatMap(
        r => (JSON.parse(r.body) as { points: [number, number, number][] }).points,
      )
      const missing = gapsIn(await readAll(outbox, 'event')).flatMap(gap => gap.ranges)
      expect(missing.reduce((sum, [a, b]) => sum + b - a + 1, 0) + held.length).toBe(
        outbox.ranges().track.last,
      )
      // Drawn from what remains, the drive is where it was, at every moment.
      const drawn = [...points, ...held.filter(r => r.kind === 'position').map(r => pointOf(r))].toSorted(
        (a, b) => a[0] - b[0],
      )
      let worstM = 0
      for (let n = 0; n < total; n++) {
        const { lat, lon } = placeAt(n)
        const at = placeOn(drawn, 1_795_478_400_000 + n * 1_000)
        worstM = Math.max(worstM, Math.hypot((at[1] - lat) * 111_195, (at[2] - lon) * 90_600))
      }
      expect(sketches.length).toBeGreaterThan(0)
      expect(points.length).toBeLessThan(total / 16)
      expect(worstM).toBeLessThan(25)
      expectChain(held)
    })

    it('refuses events when full while an alarm and a position still fit, and never evicts either', async () => {
      const outbox = await opened(await bench(), SMALL)
      valueOf(await outbox.append(Array.from({ length: 100 }, (_, n) => draft('track', n, 100))))
      let events = 0
      let refused: Fault | null = null
      for (; refused === null; events += refused === null ? 1 : 0)
        refused = faultOf(await outbox.append([draft('event', events, 1000)]))
      expect(refused.code).toBe('OUTBOX_FULL')
      const accepted = (await readAll(outbox, 'event')).filter(r => r.kind !== 'gap')
      expect(accepted).toHaveLength(events)
      for (let n = 0; n < 8; n++)
        expect(await outbox.append([draft('alarm', n, 1000)])).toMatchObject({ ok: true })
      expect(await outbox.append([draft('track', 1000, 100)])).toMatchObject({ ok: true })
      expect((await readAll(outbox, 'track')).at(-1)?.monoMs).toBe(1000)
      expect(faultOf(await outbox.append([draft('event', 0, 1000)]))?.code).toBe('OUTBOX_FULL')
      // Freed space is space again.
      valueOf(await outbox.free('event', outbox.ranges().event.first + 4))
      expect(await outbox.append([draft('event', 1, 1000)])).toMatchObject({ ok: true })
    })

    it('refuses an alarm only when nothing is left to give way', async () => {
      const outbox = await opened(await bench(), SMALL)
      valueOf(await outbox.append(Array.from({ length: 100 }, (_, n) => draft('track', n, 100))))
      let alarms = 0
      while ((await outbox.append([draft('alarm', alarms, 4000)])).ok) alarms++
      expect(alarms * 4000).toBeGreaterThan(SMALL.bytesMax * 0.8)
      expect(await readAll(outbox, 'alarm')).toHaveLength(alarms)
      expect(await readAll(outbox, 'track')).toEqual([])
    })

    it('does not hold back an alarm while a write hangs, and goes on with everything when it returns', async () => {
      const on = await bench()
      const outbox = await opened(on)
      const release = on.hang()
      const event = outbox.append([draft('event', 1)])
      const alarm = outbox.append([draft('alarm', 2)])
      on.clock.advance(2_000)
      // Unknown, so the caller sends it unstored; that it is stored as well is found out later.
      expect(faultOf(await alarm)?.code).toBe('OUTBOX_POISONED')
      release()
      expect(valueOf(await event)).toHaveLength(1)
      await until(() => outbox.ranges().alarm.last === 1)
      expect(outbox.health()).not.toBe('poisoned')
      await outbox.close()
    })

    it('takes a write that hangs for long for failed, and checks the store when it returns', async () => {
      const on = await bench()
      const outbox = await opened(on)
      valueOf(await outbox.append([draft('event', 1)]))
      const release = on.hang()
      const hung = [outbox.append([draft('event', 2)]), outbox.append([draft('track', 1)])]
      on.clock.advance(10_000)
      for (const result of await Promise.all(hung)) expect(faultOf(result)?.code).toBe('OUTBOX_POISONED')
      expect(faultOf(await outbox.append([draft('event', 3)]))?.code).toBe('OUTBOX_POISONED')
      on.clock.advance(60_000)
      expect(outbox.health()).toBe('poisoned')
      release()
      for (let turns = 0; outbox.health() === 'poisoned'; turns++) {
        expect(turns).toBeLessThan(100_000)
        await new Promise(resolve => setImmediate(resolve))
        on.clock.advance(1)
      }
      valueOf(await outbox.append([draft('event', 4)]))
      const events = await readAll(outbox, 'event')
      expectChain(events, CHAIN_START)
      expect(events.map(r => r.monoMs)).toContain(1)
      expect(events.at(-1)?.monoMs).toBe(4)
      await outbox.close()
    })

    it('says so when a write fails, takes nothing until it is reopened and checked, and then goes on', async () => {
      const on = await bench()
      const outbox = await opened(on)
      const first = valueOf(await outbox.append([draft('event', 1)]))
      on.failNextWrite()
      const together = await Promise.all([2, 3, 4].map(n => outbox.append([draft('event', n)])))
      for (const result of together) expect(faultOf(result)?.code).toBe('OUTBOX_POISONED')
      expect(outbox.health()).toBe('poisoned')
      expect(faultOf(await outbox.append([draft('alarm', 5)]))?.code).toBe('OUTBOX_POISONED')
      expect(faultOf(await outbox.read('event', 0, 10))?.code).toBe('OUTBOX_POISONED')
      expect(faultOf(await outbox.free('event', 1))?.code).toBe('OUTBOX_POISONED')
      on.clock.advance(1000)
      await until(() => outbox.health() !== 'poisoned')
      valueOf(await outbox.append([draft('event', 6)]))
      const events = await readAll(outbox, 'event')
      // Failed means unknown: what failed may be there. What was accepted is.
      expect(events[0]).toEqual(first[0])
      expect(events.at(-1)?.monoMs).toBe(6)
      expectChain(events, CHAIN_START)
      await outbox.close()
      expect(await readAll(await opened(on), 'event')).toEqual(events)
    })
  })
}
