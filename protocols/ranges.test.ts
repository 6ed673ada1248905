import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addRange,
  contiguousUpTo,
  countOf,
  missingIn,
  rangeAt,
  topOf,
  unionOf,
  withoutSeq,
} from './ranges.ts'
import type { Ranges } from './ranges.ts'

describe('ranges of received seqs', () => {
  it('closes a hole when the missing records arrive', () => {
    expect(
      addRange(
        [
          [1, 3],
          [7, 9],
        ],
        4,
        6,
      ),
    ).toEqual([[1, 9]])
  })

  it('has no watermark before record 1', () => {
    expect(contiguousUpTo([[2, 5]])).toBe(0)
    expect(contiguousUpTo([[1, 5]])).toBe(5)
  })

  it('says exactly what a plain set of seqs would say, whatever the order of arrival', () => {
    let cases = 0
    const arrival = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 5 }))
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 40 }), arrivals => {
        cases++
        const known = new Set<number>()
        let ranges: Ranges = []
        for (const [first, more] of arrivals) {
          ranges = addRange(ranges, first, first + more)
          for (let seq = first; seq <= first + more; seq++) known.add(seq)
        }
        for (let seq = 1; seq <= 70; seq++) expect(rangeAt(ranges, seq) !== undefined).toBe(known.has(seq))
        for (let i = 1; i < ranges.length; i++) expect(ranges[i]![0]).toBeGreaterThan(ranges[i - 1]![1] + 1)
        expect(countOf(ranges)).toBe(known.size)
        expect(topOf(ranges)).toBe(Math.max(0, ...known))
        expect(countOf(missingIn(ranges, [1, 70]))).toBe(70 - known.size)
        expect(unionOf(ranges, missingIn(ranges, [1, 70]))).toEqual([[1, 70]])
        const gone = [...known][0] ?? 99
        expect(countOf(withoutSeq(ranges, gone))).toBe(Math.max(0, known.size - 1))
        let upTo = 0
        while (known.has(upTo + 1)) upTo++
        expect(contiguousUpTo(ranges)).toBe(upTo)
      }),
      { seed: 5, numRuns: 500 },
    )
    console.info(`ranges: ${cases} random arrivals`)
    expect(cases).toBeGreaterThan(0)
  })
})
