import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { randomOf } from '#sim/random.ts'
import { openPayload, packBatch } from '#protocols/batch.ts'
import { chainRecord, sumOf, whyNoRecord } from '#protocols/chain.ts'
import { CHAIN_START, isWireRecord, SPAN_MS_MAX, UTC_MS_MAX, WireRecord } from '#protocols/record.ts'
import type { RecordDraft } from '#protocols/record.ts'

const EPOCH = '9f86d081884c7d65'
const ORIGIN = { epoch: '0123456789abcdef', seq: 7, sum: 'a'.repeat(64) }
const DRAFT: RecordDraft = {
  ...{ lane: 'track', kind: 'position', occurredAt: 1_795_478_400_000, monoMs: 81_233.5 },
  ...{ bootId: '00ff00ff00ff00ff', clockQuality: 'gnss', body: '{"lat":35.59,"note":"a \\"quote\\""}' },
}
const recordAt = (seq: number, prev = CHAIN_START): WireRecord =>
  chainRecord(DRAFT, { epoch: EPOCH, seq, prev, ...(seq % 3 === 0 && { origin: ORIGIN }) })

/** What somebody could put in the place of any field. */
const ODD: readonly unknown[] = [
  ...[undefined, null, true, '', 'x', 'track', 'Track', EPOCH, EPOCH.toUpperCase(), 'gnss', 'a'.repeat(64)],
  ...[-1, -0, 0, 0.5, 1, 2, NaN, Infinity, 2 ** 53, UTC_MS_MAX, UTC_MS_MAX + 1, SPAN_MS_MAX, SPAN_MS_MAX + 1],
  ...[[], {}, ['track'], ORIGIN, { ...ORIGIN, seq: 0 }, { ...ORIGIN, more: 1 }, 'b'.repeat(16 * 1024 + 1)],
  ...['a'.repeat(48), 'a'.repeat(49), '字', `${EPOCH}\n`],
]

describe('a record of the wire', () => {
  it('is judged by plain comparisons as by its schema', () => {
    const fields = [...Object.keys(WireRecord.shape), 'more', '__proto__']
    const [cases, accepted] = [{ seen: 0 }, { seen: 0 }]
    for (const base of [recordAt(1), recordAt(3)])
      for (const field of fields)
        for (const value of ODD) {
          const altered = { ...base }
          if (value === undefined) Reflect.deleteProperty(altered, field)
          else Object.defineProperty(altered, field, { value, enumerable: true })
          const { success } = WireRecord.safeParse(altered)
          expect(isWireRecord(altered), `${field} = ${String(value)}`).toBe(success)
          if (!success) expect(whyNoRecord(altered)).not.toBe('')
          cases.seen++
          accepted.seen += Number(success)
        }
    for (const value of ODD) expect(isWireRecord(value)).toBe(false)
    console.log(`records: ${cases.seen} altered, ${accepted.seen} of them still records`)
    expect(accepted.seen).toBeGreaterThan(50)
  })

  it('has the sum of its head written as JSON', () => {
    const random = randomOf(1, 'record', 'sum')
    for (let seq = 1; seq <= 300; seq++) {
      const record = { ...recordAt(seq), monoMs: random.uniform() * 10 ** random.integer(0, 11) }
      const { v, lane, epoch, kind, occurredAt, monoMs, bootId, clockQuality, origin } = record
      const was = origin === undefined ? [] : [origin.epoch, origin.seq, origin.sum]
      const head = JSON.stringify([
        v,
        lane,
        epoch,
        seq,
        kind,
        occurredAt,
        monoMs,
        bootId,
        clockQuality,
        ...was,
      ])
      expect(sumOf(record)).toBe(hash('sha256', record.prev + head + record.body))
    }
  })

  it('comes out of a batch as it went in', () => {
    const records: WireRecord[] = []
    for (let seq = 1; seq <= 60; seq++) records.push(recordAt(seq, records.at(-1)?.sum))
    expect(openPayload(packBatch(records))).toEqual({ ok: true, value: records })
  })
})
