import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHAIN_START } from '#protocols/record.ts'
import type { WireRecord } from '#protocols/record.ts'
import { admit, claim, excuse, newLaneBook, passHole, release, takeNext } from './lane-book.ts'
import type { Arrival, LaneBook } from './lane-book.ts'

const sumOf = (seq: number): string => (seq === 0 ? CHAIN_START : String(seq).padStart(64, 'a'))

/** Enough of an arrival for a book: place and chain. */
const arrivalOf = (seq: number, prev = sumOf(seq - 1)): Arrival => ({
  record: { seq, prev, sum: sumOf(seq) } as WireRecord,
  ...{ body: null, ageMs: 0, receivedMonoMs: 0, receivedAt: '' },
})

type Step = { readonly does: string; readonly seq: number }
const step = fc.record({
  does: fc.constantFrom('next', 'next', 'next', 'next', 'any', 'broken', 'excuse', 'claim', 'pass'),
  seq: fc.integer({ min: 1, max: 24 }),
})

/** One step, the record in one step where `isQuick` and it may be; what was told of it. */
function perform(book: LaneBook, { does, seq }: Step, isQuick: boolean, onQuick: () => void): unknown {
  if (does === 'excuse') return excuse(book, [[seq, seq + 1]]) && release(book)
  if (does === 'claim') return [claim(book, seq, sumOf(seq)), release(book)]
  if (does === 'pass') return [passHole(book), release(book)]
  const arrival = arrivalOf(
    does === 'any' ? seq : book.told + 1,
    does === 'broken' ? 'f'.repeat(64) : undefined,
  )
  if (isQuick && takeNext(book, arrival.record)) {
    onQuick()
    return ['new', [{ arrival, chainBroken: false }]]
  }
  const admission = admit(book, arrival)
  return [admission, admission === 'new' ? release(book) : []]
}

describe('the next record of a lane', () => {
  it('taken in one step leaves the book as admitted and released, whatever came before', () => {
    let [steps, quick] = [0, 0]
    fc.assert(
      fc.property(fc.array(step, { minLength: 8, maxLength: 40 }), all => {
        const [plain, fast] = [newLaneBook(), newLaneBook()]
        for (const one of all) {
          expect(perform(fast, one, true, () => quick++)).toEqual(perform(plain, one, false, () => {}))
          expect(fast).toEqual(plain)
          steps++
        }
      }),
      { seed: 29, numRuns: 400 },
    )
    console.info(`${steps} steps, ${quick} records taken in one step`)
    expect(quick).toBeGreaterThan(1_000)
  })
})

describe('a record that waits and is then claimed under another name', () => {
  it('is told as it came, and what is received behind it is stepped over', () => {
    const book = newLaneBook()
    admit(book, arrivalOf(2))
    excuse(book, [[3, 5]])
    claim(book, 2, sumOf(2))
    // A claim on top of a held record is never met on the way: a release would look for it behind itself for ever.
    expect([...book.claimed.keys()]).toEqual([])
    claim(book, 1, sumOf(1))
    expect(release(book).map(({ arrival }) => arrival.record.seq)).toEqual([2])
    expect(book).toMatchObject({ told: 5, toldSum: null })
  })
})
