import { describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { rfc3339 } from '#protocols/time.ts'
import { recordKey, recordRowOf } from '../intake/rows.ts'
import { checkedRows, readHoldings } from './holdings.ts'
import type { LedgerOp, Row, RowRange } from './ledger.ts'
import { packRecords, RECORDS_A_STEP, recordsIn } from './packed-records.ts'

const EPOCH = '9f86d081884c7d65'

/** Neighbours of a lane, as they are put. */
function lane(device: string, name: Lane, count: number): LedgerOp[] {
  const records: WireRecord[] = []
  for (let seq = 1; seq <= count; seq++) {
    const draft = {
      ...{ lane: name, kind: 'position', occurredAt: 1_795_478_400_000 + seq, monoMs: seq },
      ...{ bootId: EPOCH, clockQuality: 'gnss' as const, body: JSON.stringify({ device, seq }) },
    }
    records.push(chainRecord(draft, { epoch: EPOCH, seq, prev: records.at(-1)?.sum ?? CHAIN_START }))
  }
  return records.map(record => ({
    type: 'put',
    key: recordKey(device, EPOCH, name, record.seq),
    value: recordRowOf(record, { ageMs: 0, receivedAt: rfc3339(0) }),
  }))
}

/** A store of these rows that notes how many records each read decodes. */
function storeOf(ops: readonly LedgerOp[]) {
  const rows = ops
    .map((op): Row => [op.key, op.type === 'put' ? op.value : null])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const reads: number[] = []
  const stored = async ({ after = '', before, limit = Infinity }: RowRange): Promise<Row[]> => {
    const read = rows.filter(([key]) => key > after && key < before).slice(0, limit)
    reads.push(read.reduce((sum, [key]) => sum + recordsIn(key), 0))
    return Promise.resolve(read)
  }
  return { stored, reads }
}

describe('the rows of a ledger, looked at one by one', () => {
  it('are never many packs at once, for they are decoded in one piece', async () => {
    const { stored, reads } = storeOf([
      ...packRecords(lane('ptu-07', 'track', 6_000)),
      ...packRecords(lane('ptu-08', 'track', 6_000)),
    ])
    let records = 0
    for await (const { first, last, isWhole } of checkedRows({ stored })) {
      expect(isWhole).toBe(true)
      records += last - first + 1
    }
    expect(records).toBe(12_000)
    // Two: behind the short pack at the end of a lane more was hoped for.
    expect(Math.max(...reads)).toBeLessThanOrEqual(2 * 256)
  })

  it('are looked at in small pieces by whoever has others to let by, and found broken all the same', async () => {
    const [first, ...packs] = packRecords(lane('ptu-07', 'track', 6_000))
    const broken = structuredClone(first) as LedgerOp & { value: { body: string[] } }
    broken.value.body[200] = JSON.stringify({ device: 'ptu-08', seq: 201 })
    const { stored } = storeOf([broken, ...packs])
    let [rests, records] = [0, 0]
    const damaged: string[] = []
    const rest = (): Promise<void> => Promise.resolve(void rests++)
    for await (const { key, first, last, isWhole } of checkedRows({ stored }, rest)) {
      records += last - first + 1
      if (!isWhole) damaged.push(key)
    }
    expect({ records, damaged }).toEqual({ records: 6_000, damaged: [broken.key] })
    expect(rests).toBeGreaterThanOrEqual(Math.floor(6_000 / RECORDS_A_STEP) - 6_000 / 256)
  })

  it('are many at once where each is a record alone, and few again before packs', async () => {
    const { stored, reads } = storeOf([
      ...lane('ptu-07', 'event', 2_000),
      ...packRecords(lane('ptu-07', 'track', 20_000)),
    ])
    const { records, damaged } = await readHoldings({ stored })
    expect({ records, damaged }).toEqual({ records: 22_000, damaged: [] })
    expect(reads.length).toBeLessThan(2_000 / 32 + 20_000 / 256 + 20)
    // One read goes from these to those unforeseen.
    expect(reads.filter(n => n > 512).length).toBeLessThanOrEqual(1)
  })
})
