import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { rfc3339 } from '#protocols/time.ts'
import { recordKey, recordRowOf } from '../intake/rows.ts'
import { underPrefix } from './ledger.ts'
import type { Ledger, LedgerOp, Row, RowRange } from './ledger.ts'
import { inspectLedger, openLevelLedger } from './level-ledger.ts'
import { packRecords, unpack } from './packed-records.ts'

const EPOCH = '9f86d081884c7d65'
const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const BOOTS = ['00ff00ff00ff00ff', '11ee11ee11ee11ee']

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-packed-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const opened = async (): Promise<Ledger> => {
  const ledger = await openLevelLedger(dir, { log: QUIET, mint: bytes => 'a'.repeat(2 * bytes) })
  if (!ledger.ok) throw new Error(ledger.detail)
  return ledger.value
}

/** A lane as a car writes it; every 40th boot and every 90th kind is another. */
function drive(device: string, lane: Lane, count: number, from?: WireRecord): WireRecord[] {
  const records: WireRecord[] = from === undefined ? [] : [from]
  for (let n = records.length; n < count + Number(from !== undefined); n++) {
    const { seq, sum } = records.at(-1) ?? { seq: 0, sum: CHAIN_START }
    const draft = {
      ...{ lane, kind: seq % 90 === 89 ? 'gap' : 'position', occurredAt: 1_795_478_400_000 + seq * 1_000 },
      ...{ monoMs: seq * 1_000.25, bootId: BOOTS[Number(seq % 40 === 39)]!, clockQuality: 'gnss' as const },
      body: JSON.stringify({ device, seq, words: '一"\\' }),
    }
    records.push(chainRecord(draft, { epoch: EPOCH, seq: seq + 1, prev: sum }))
  }
  return from === undefined ? records : records.slice(1)
}

const putOf = (device: string, record: WireRecord, more: { code?: string } = {}): LedgerOp => ({
  type: 'put',
  key: recordKey(device, EPOCH, record.lane, record.seq),
  value: recordRowOf(record, { ageMs: record.seq / 2, receivedAt: rfc3339(0), ...more }),
})

describe('packed records', () => {
  it('come back as they were put, in a tenth of the rows', () => {
    const ops = drive('ptu-07', 'track', 600).map(record => putOf('ptu-07', record))
    const packed = packRecords(ops)
    expect(packed.length).toBe(3)
    expect(packed[0]!.key).toBe(`${ops[255]!.key}*256`)
    const rows = packed.flatMap(op => (op.type === 'put' ? unpack(op.key, op.value) : []))
    expect(rows).toEqual(ops.map(op => [op.key, (op as { value: unknown }).value]))
  })

  it('leave alone what is short, odd, carried over or out of its chain', () => {
    const short = drive('ptu-07', 'track', 1).map(record => putOf('ptu-07', record))
    const odd = drive('ptu-08', 'track', 20).map(record => putOf('ptu-08', record, { code: 'RECORD_KIND' }))
    const other = drive('ptu-09', 'track', 20).map(record => ({
      ...putOf('ptu-09', record),
      key: recordKey('=/ptu-09', EPOCH, 'track', record.seq),
    }))
    const broken = drive('ptu-10', 'track', 20).map((record, i) =>
      putOf('ptu-10', { ...record, prev: String(i).padStart(64, 'b') }),
    )
    const meta: LedgerOp[] = [{ type: 'put', key: 'record/a/1', value: 7 }]
    for (const ops of [short, odd, other, broken, meta]) expect(packRecords(ops)).toEqual(ops)
  })

  it('are made of each lane, however the records of many lanes lie in between one another', () => {
    const drives = ['ptu-07', 'ptu-08', 'ptu-09'].map(device => ({
      device,
      records: drive(device, 'track', 9),
    }))
    const ops = drives[0]!.records.flatMap((_, i) => [
      ...drives.map(({ device, records }) => putOf(device, records[i]!)),
      { type: 'put', key: `unit/${i}`, value: i } as const,
    ])
    const packed = packRecords(ops)
    const packs = packed.filter(({ key }) => key.includes('*'))
    expect(packs.map(({ key }) => key)).toEqual(drives.map(d => `${putOf(d.device, d.records[8]!).key}*9`))
    const rows = packed.flatMap(op => (op.type === 'put' ? unpack(op.key, op.value) : []))
    const wanted = ops.map(op => [op.key, (op as { value: unknown }).value] as const)
    expect(new Map(rows)).toEqual(new Map(wanted))
  })

  it('are refused when the store changed them', () => {
    const [op] = packRecords(drive('ptu-07', 'track', 60).map(record => putOf('ptu-07', record)))
    const { key, value } = op as { key: string; value: { body: string[] } }
    expect(() =>
      unpack(key, { ...value, body: value.body.with(30, value.body[30]!.replace('30', '31')) }),
    ).toThrow('does not end with its sum')
  })

  it('read as if each had a row of its own, whatever is asked for', async () => {
    const ledger = await opened()
    const plain = new Map<string, unknown>()
    const commit = async (ops: LedgerOp[]): Promise<void> => {
      for (const op of ops) if (op.type === 'put') plain.set(op.key, op.value)
      expect(await ledger.commit(ops, { sync: false })).toEqual({ ok: true, value: undefined })
    }
    const last = new Map<string, WireRecord>()
    const [sizes, devices, lanes] = [
      [1, 60, 3, 8, 300, 7, 61],
      ['ptu-1', 'ptu-10'],
      ['event', 'track'],
    ]
    for (const [n, size] of [...sizes, ...sizes].entries())
      for (const device of devices) {
        const lane = lanes[n % 2] as Lane
        const records = drive(device, lane, size, last.get(device + lane))
        last.set(device + lane, records.at(-1)!)
        await commit([
          { type: 'put', key: `unit/${device}`, value: n },
          ...records.map(record => putOf(device, record)),
        ])
        // One that was taken and packed is said again, with a word about it: first, middle, last, and two at once.
        const again = [0, size >> 1, size - 1].slice(n % 3, (n % 3) + 2)
        await commit(
          again.map(
            i => ({ ...putOf(device, records[i]!, { code: 'CHAIN_BROKEN' }), again: true }) as LedgerOp,
          ),
        )
      }
    const sorted = [...plain].sort(([a], [b]) => (a < b ? -1 : 1))
    const expected = ({ after, from, before, limit, newestFirst }: RowRange): Row[] => {
      const rows = sorted.filter(
        ([key]) => (after === undefined ? key >= (from ?? '') : key > after) && key < before,
      )
      return (newestFirst ? rows.toReversed() : rows).slice(0, limit)
    }
    let asked = 0
    const keys = [...plain.keys()]
    for (const prefix of ['record/', 'record/ptu-1/', `record/ptu-10/${EPOCH}/event/`, 'unit/'])
      for (const limit of [undefined, 1, 5, 64, 500])
        for (const after of [undefined, ...keys.filter((_, i) => i % 211 === 0)])
          for (const newestFirst of [false, true]) {
            if (newestFirst && after !== undefined) continue
            const range = {
              ...{ ...underPrefix(prefix), newestFirst },
              ...(after !== undefined && { after }),
              ...(limit !== undefined && { limit }),
            }
            expect(isDeepStrictEqual(await ledger.range(range), expected(range)), JSON.stringify(range)).toBe(
              true,
            )
            asked++
          }
    const some = keys.filter((_, i) => i % 5 === 0)
    for (const key of some) expect(await ledger.get(key)).toEqual(plain.get(key))
    expect(await ledger.get(recordKey('ptu-1', EPOCH, 'track', 5_000))).toBeUndefined()
    console.log(`packed records: ${asked} ranges and ${some.length} keys asked for`)
    expect(asked).toBeGreaterThan(100)
    await ledger.close()
    const counted = await inspectLedger(dir)
    expect(counted.ok && counted.value.records).toBe(keys.filter(key => key.startsWith('record/')).length)
    expect(counted.ok && counted.value.rows).toBeLessThan(keys.length / 3)
  })

  it('go beside the rows of the format before them', async () => {
    const records = drive('ptu-1', 'track', 40)
    await (await opened()).close()
    const store = new Level<string, unknown>(join(dir, 'ledger'), { valueEncoding: 'json' })
    for (const record of records.slice(0, 20)) {
      const op = putOf('ptu-1', record) as { key: string; value: object }
      await store.put(op.key, { ...op.value, eventId: 'as it was', occurredAt: 'as it was' })
    }
    await store.put('meta/format', 1)
    await store.close()
    const ledger = await opened()
    await ledger.commit(
      records.slice(20).map(record => putOf('ptu-1', record)),
      { sync: true },
    )
    const rows = await ledger.range(underPrefix('record/ptu-1/'))
    expect(rows.map(([, row]) => (row as { seq: number }).seq)).toEqual(records.map(record => record.seq))
    expect(await ledger.get('meta/format')).toBe(3)
    await ledger.close()
  })
})
