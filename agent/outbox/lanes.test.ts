import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LaneBook } from './lanes.ts'

describe('lane book', () => {
  it('adds up what it holds and forgets what it drops', () => {
    const book = new LaneBook()
    for (const bytes of [100, 200, 300]) book.add('track', bytes, `sum${bytes}`)
    book.dropTo('track', 1, 'sum100')
    expect(book.markOf('track')).toEqual({
      first: 2,
      before: 'sum100',
      last: 3,
      sum: 'sum300',
      acked: 1,
      heard: 0,
    })
    expect([book.bytesOf('track'), book.bytesOf('event')]).toEqual([500, 0])
    expect(book.seqCovering('track', 200)).toBe(2)
    expect(book.seqCovering('track', 201)).toBe(3)
    expect(book.seqCovering('track', 99_999)).toBe(3)
  })

  it('agrees with a plain list, through every growth and wrap of its ring', () => {
    let cases = 0
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ add: fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 80 }) }),
      },
      { weight: 2, arbitrary: fc.record({ drop: fc.integer({ min: 0, max: 90 }) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const book = new LaneBook()
        let held: { seq: number; bytes: number }[] = []
        let last = 0
        for (const s of steps) {
          if ('add' in s)
            for (const bytes of s.add)
              (held.push({ seq: ++last, bytes }), book.add('track', bytes, `${last}`))
          else if (held.length > 0) {
            const upTo = held[Math.min(s.drop, held.length - 1)]!.seq
            held = held.filter(r => r.seq > upTo)
            book.dropTo('track', upTo, `${upTo}`)
          }
          const bytes = held.reduce((sum, r) => sum + r.bytes, 0)
          expect(book.bytesOf('track')).toBe(bytes)
          expect(book.ranges().track).toEqual({ first: last - held.length + 1, last })
          if (held.length > 0) {
            const upTo = book.seqCovering('track', bytes / 2)
            const covered = held.filter(r => r.seq <= upTo).reduce((sum, r) => sum + r.bytes, 0)
            const oneLess = held.filter(r => r.seq < upTo).reduce((sum, r) => sum + r.bytes, 0)
            expect(covered).toBeGreaterThanOrEqual(bytes / 2)
            if (upTo > held[0]!.seq) expect(oneLess).toBeLessThan(bytes / 2)
          }
        }
        cases++
      }),
      { seed: 5, numRuns: 200 },
    )
    console.log(`lane book: ${cases} histories`)
    expect(cases).toBe(200)
  })
})
