import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { BootScan } from './boot-scan.ts'
import type { Verdict } from './boot-scan.ts'
import { MARK_KEY, noteKey, recordKey } from './keys.ts'
import { blankMark, NO_NOTES, sealMark } from './mark.ts'
import type { Mark } from './mark.ts'
import { toggleNote } from './notes-digest.ts'

const EPOCH = 'e0e0e0e0e0e0e0e0'

/** Events 1 to `count`, of which those below `first` were freed. */
function store(count: number, first = 1): { rows: Map<string, string>; mark: Mark; records: WireRecord[] } {
  const records: WireRecord[] = []
  for (let seq = 1; seq <= count; seq++) {
    const head = { lane: 'event', kind: 'unit.status', occurredAt: seq, monoMs: seq } as const
    const draft = { ...head, bootId: EPOCH, clockQuality: 'gnss', body: `{"n":${seq}}` } as const
    records.push(chainRecord(draft, { epoch: EPOCH, seq, prev: records.at(-1)?.sum ?? CHAIN_START }))
  }
  const [before, sum] = [records[first - 2]?.sum ?? CHAIN_START, records.at(-1)?.sum ?? CHAIN_START]
  const blank = blankMark(EPOCH, count + 1)
  const notes = toggleNote(NO_NOTES, 'nonce', '7')
  const mark = {
    ...blank,
    notes,
    lanes: { ...blank.lanes, event: { first, before, last: count, sum, acked: first - 1, heard: first - 1 } },
  }
  const rows = new Map([
    [MARK_KEY, sealMark(mark)],
    [noteKey('nonce'), '7'],
    ...records.filter(r => r.seq >= first).map(r => [recordKey('event', r.seq), JSON.stringify(r)] as const),
  ])
  return { rows, mark, records }
}

function scanned(rows: ReadonlyMap<string, string>, highWater: Mark | null): Verdict {
  const scan = new BootScan(highWater)
  for (const [key, value] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) scan.row(key, value)
  return scan.finish()
}

describe('boot scan', () => {
  it('finds a store whole whose high-water mark is one commit behind, as after a crash between the two', () => {
    const { rows, mark } = store(5, 3)
    const verdict = scanned(rows, store(4, 3).mark)
    expect(verdict).toMatchObject({ whole: true, complaints: [], epoch: EPOCH, commit: 6, held: 3 })
    expect(verdict.book.marks()).toEqual(mark.lanes)
  })

  it('names the seqs that are missing, in the middle and at the end', () => {
    const { rows, mark } = store(9)
    for (const seq of [3, 4, 9]) rows.delete(recordKey('event', seq))
    expect(scanned(rows, mark)).toMatchObject({ whole: false, held: 6, lost: { event: [[3, 4], [9, 9]] } }) // prettier-ignore
  })

  it('counts everything unfreed as lost when there are no rows at all', () => {
    expect(scanned(new Map(), store(9, 4).mark).lost.event).toEqual([[4, 9]])
  })

  it('is not taken in by an older copy, which is whole in itself', () => {
    const verdict = scanned(store(4).rows, store(6).mark)
    expect(verdict.complaints).toContain('older than its high-water mark')
    expect(verdict.lost.event).toEqual([[5, 6]])
  })

  it('misses a note that was lost or changed', () => {
    const { rows, mark } = store(2)
    rows.set(noteKey('nonce'), '8')
    expect(scanned(rows, mark).complaints).toEqual(['notes lost or changed'])
    rows.delete(noteKey('nonce'))
    expect(scanned(rows, mark).complaints).toEqual(['notes lost or changed'])
  })

  it('remembers freed records that were not deleted yet, and does not call them held', () => {
    const { rows, mark, records } = store(6, 5)
    for (const r of records) rows.set(recordKey('event', r.seq), JSON.stringify(r))
    expect(scanned(rows, mark)).toMatchObject({ whole: true, held: 2, sweepFrom: { event: 1, alarm: 1 } })
  })

  it('notices a good record of another past in the right place', () => {
    const { rows, mark, records } = store(5)
    const forged = chainRecord(
      { ...records[2]!, body: '{"n":99}' },
      { epoch: EPOCH, seq: 3, prev: records[1]!.sum },
    )
    rows.set(recordKey('event', 3), JSON.stringify(forged))
    expect(scanned(rows, mark).complaints).toContain('event: chain broken at 4')
  })

  it('calls no damaged row whole: any changed character, any missing row', () => {
    let cases = 0
    const { rows: healthy, mark } = store(8, 3)
    const keys = [...healthy.keys()]
    fc.assert(
      fc.property(fc.nat(keys.length - 1), fc.nat(600), fc.nat(7), (row, at, bit) => {
        const rows = new Map(healthy)
        const key = keys[row]!
        const bytes = Buffer.from(rows.get(key)!)
        if (at >= bytes.length) rows.delete(key)
        else {
          bytes[at]! ^= 1 << bit
          rows.set(key, bytes.toString('latin1'))
        }
        expect(scanned(rows, mark).whole).toBe(false)
        cases++
      }),
      { seed: 5, numRuns: 2000 },
    )
    console.log(`boot scan: ${cases} damaged rows, none called whole`)
    expect(cases).toBe(2000)
  })
})
