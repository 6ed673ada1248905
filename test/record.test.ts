import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { randomOf } from '#sim/random.ts'
import { openPayload, packBatch } from '#protocols/batch.ts'
import { chainRecord, sumOf } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { RecordDraft, WireRecord } from '#protocols/record.ts'

const EPOCH = '9f86d081884c7d65'
const ORIGIN = { epoch: '0123456789abcdef', seq: 7, sum: 'a'.repeat(64) }
const DRAFT: RecordDraft = {
  ...{ lane: 'track', kind: 'position', occurredAt: 1_795_478_400_000, monoMs: 81_233.5 },
  ...{ bootId: '00ff00ff00ff00ff', clockQuality: 'gnss', body: '{"lat":35.59,"note":"a \\"quote\\""}' },
}
const recordAt = (seq: number, prev = CHAIN_START): WireRecord =>
  chainRecord(DRAFT, { epoch: EPOCH, seq, prev, ...(seq % 3 === 0 && { origin: ORIGIN }) })

describe('a record of the wire', () => {
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
