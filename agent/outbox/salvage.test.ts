import { describe, expect, it } from 'vitest'
import { chainRecord } from '#protocols/chain.ts'
import { CHAIN_START, LANES } from '#protocols/record.ts'
import type { Lane, WireRecord } from '#protocols/record.ts'
import { randomOf } from '#sim/random.ts'
import { BootScan } from './boot-scan.ts'
import type { Verdict } from './boot-scan.ts'
import { MARK_KEY, placeOf, recordKey } from './keys.ts'
import { blankMark, boundedLosses, Mark, sealMark } from './mark.ts'
import type { Loss } from './mark.ts'
import { Salvage } from './salvage.ts'

const epochOf = (n: number): string => n.toString(16).padStart(16, '0')
const STAMP = {
  now: { monoMs: 1, utcMs: 1_795_478_400_000, quality: 'gnss' },
  bootId: epochOf(99),
} as const

/** A store as it lies on a disk, and the mark outside it. */
type Store = { readonly rows: Map<string, string>; readonly mark: Mark }

/** Of lane `track` the first `thinned` were shed, four at a time; events 2, 3, ... say so. */
function freshStore(counts: Readonly<Record<Lane, number>>, thinned = 0): Store {
  const rows = new Map<string, string>()
  const blank = blankMark(epochOf(1), 9)
  const lanes = { ...blank.lanes }
  for (const lane of LANES) {
    let sum = CHAIN_START
    for (let seq = 1; seq <= counts[lane]; seq++) {
      const facts = { occurredAt: seq, monoMs: seq, bootId: epochOf(7), clockQuality: 'gnss' } as const
      const isReceipt = lane === 'event' && seq > 1 && (seq - 1) * 4 <= thinned
      const what = isReceipt
        ? { kind: 'gap', body: JSON.stringify(thinnedOf((seq - 2) * 4 + 1, (seq - 1) * 4)) }
        : { kind: 'unit.status', body: `{"n":${seq}}` }
      const record = chainRecord({ lane, ...facts, ...what }, { epoch: epochOf(1), seq, prev: sum })
      if (lane !== 'track' || seq > thinned) rows.set(recordKey(lane, seq), JSON.stringify(record))
      sum = record.sum
      if (lane === 'track' && seq === thinned)
        lanes.track = { ...lanes.track, first: thinned + 1, before: sum, acked: thinned }
    }
    lanes[lane] = { ...lanes[lane], last: counts[lane], sum }
  }
  const mark = { ...blank, lanes }
  rows.set(MARK_KEY, sealMark(mark))
  return { rows, mark }
}

const thinnedOf = (first: number, last: number): object => ({
  lane: 'track',
  ranges: [[first, last]],
  reason: 'thinned',
})

const sorted = (rows: ReadonlyMap<string, string>): (readonly [string, string])[] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1))

function scanned({ rows, mark }: Store): Verdict {
  const scan = new BootScan(mark)
  for (const [key, value] of sorted(rows)) scan.row(key, value)
  return scan.finish()
}

/** A boot on a damaged store. */
function mended(store: Store, epoch: string): Store {
  const salvage = new Salvage(store.mark, epoch, scanned(store))
  for (const [key, value] of sorted(store.rows)) salvage.row(key, value)
  const mark = salvage.finish(STAMP)
  const rows = new Map(salvage.takeChanges().map(({ key, value }) => [key, value!]))
  rows.set(MARK_KEY, sealMark(mark))
  expect(scanned({ rows, mark })).toMatchObject({ whole: true, losses: mark.losses })
  return { rows, mark }
}

const recordsOf = ({ rows }: Store): WireRecord[] =>
  [...rows].flatMap(([key, value]) =>
    placeOf(key)?.what === 'record' ? [JSON.parse(value) as WireRecord] : [],
  )

type GapBody = Pick<Loss, 'lane' | 'ranges'> & Partial<Pick<Loss, 'lost'>>

/** What the store accounts for: its records by the names they were accepted by, and what its receipts speak of. */
function accountedFor(store: Store): Set<string> {
  const names = new Set<string>()
  const add = (epoch: string, lane: Lane, ranges: Loss['ranges']): void => {
    for (const [first, last] of ranges)
      for (let seq = first; seq <= last; seq++) names.add(`${epoch}/${lane}/${seq}`)
  }
  for (const { epoch, lane, seq, kind, origin, body } of recordsOf(store)) {
    add(origin?.epoch ?? epoch, lane, [[origin?.seq ?? seq, origin?.seq ?? seq]])
    if (kind !== 'gap') continue
    const gap = JSON.parse(body) as GapBody
    add(origin?.epoch ?? epoch, gap.lane, gap.ranges)
    if (gap.lost !== undefined) add(gap.lost.epoch, gap.lane, gap.lost.ranges)
  }
  return names
}

describe('salvage', () => {
  it('names every record that ever was, however often the store rots before anything is delivered', () => {
    const random = randomOf(1, 'salvage', 'rot')
    let [named, receiptsLost] = [0, 0]
    for (let run = 0; run < 60; run++) {
      let store = freshStore({ alarm: 2, event: 12, track: 20, diag: 3 }, run % 2 === 0 ? 0 : 8)
      const everNamed = new Set<string>(accountedFor(store))
      for (let rot = 0; rot < 4; rot++) {
        const gone = random.shuffle(recordsOf(store)).slice(0, random.integer(1, 6))
        for (const { lane, seq } of gone) store.rows.delete(recordKey(lane, seq))
        // At times it is the mark inside that rots.
        if (random.chance(0.3)) store.rows.delete(MARK_KEY)
        receiptsLost += gone.filter(({ kind }) => kind === 'gap').length
        store = mended(store, epochOf(rot + 2))
        const known = accountedFor(store)
        for (const name of everNamed) expect(known, `run ${run}, rot ${rot}`).toContain(name)
        for (const name of known) everNamed.add(name)
      }
      named += everNamed.size
    }
    console.log(`salvage: ${named} names after 240 rots, ${receiptsLost} receipts among what rotted`)
    expect(receiptsLost).toBeGreaterThan(20)
  })

  it('keeps the newest losses where a mark has no room for all of them', () => {
    const loss = (seq: number, ranges: number): Loss => ({
      ...{ seq, lane: 'track', epoch: epochOf(2), ranges: [[1, ranges]] },
      lost: { epoch: epochOf(1), ranges: Array.from({ length: ranges }, (_, i) => [2 * i + 1, 2 * i + 1]) },
    })
    const many = Array.from({ length: 48 }, (_, i) => loss(i + 1, 1))
    expect(boundedLosses(many)).toEqual(many)
    expect(boundedLosses([...many, loss(49, 1)])).toEqual([...many.slice(1), loss(49, 1)])
    expect(boundedLosses([loss(1, 200), loss(2, 100), loss(3, 50)])).toEqual([loss(2, 100), loss(3, 50)])
    expect(boundedLosses([loss(1, 256)])).toEqual([])
    expect(Mark.safeParse({ ...blankMark(epochOf(1), 1), losses: boundedLosses(many) }).success).toBe(true)
  })
})
