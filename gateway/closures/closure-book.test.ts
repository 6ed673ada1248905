import { describe, expect, it } from 'vitest'
import { factorsOf } from './closure-book.ts'
import type { ClosedPiece, Closure } from './closure.ts'

const closureOf = (
  speedFactor: number,
  ...pieces: Pick<ClosedPiece, 'edge' | 'ways' | 'oneWay'>[]
): Closure => ({
  ...{ id: 'clo-1', graph: '', roads: [''], lengthM: 0, reason: 'x', speedFactor, lost: 0 },
  ...{ fromUtcMs: 0, untilUtcMs: null, createdUtcMs: 0, createdBy: 'local', ended: null },
  pieces: pieces.map(piece => ({ ...piece, line: [] })),
})

describe('what a closure makes of drives', () => {
  it('closes a one-way road against its direction too, and leaves the other way of a two-way road open', () => {
    const oneWayStreet = { edge: 1, ways: 2, oneWay: false } as const
    const oneWayOfTwo = { edge: 2, ways: 1, oneWay: true } as const
    const wholeRoad = { edge: 3, ways: 3, oneWay: false } as const
    const factors = factorsOf([closureOf(0, oneWayStreet, oneWayOfTwo, wholeRoad)])
    expect([...factors.keys()].sort()).toEqual([2, 3, 4, 6, 7])
    expect([...factors.values()].every(factor => factor === Infinity)).toBe(true)
  })

  it('takes the slowest of several, and closed before all', () => {
    const road = { edge: 0, ways: 3, oneWay: false } as const
    expect(factorsOf([closureOf(0.5, road), closureOf(0.25, road)]).get(0)).toBe(4)
    expect(factorsOf([closureOf(0.25, road), closureOf(0, road), closureOf(0.5, road)]).get(1)).toBe(Infinity)
  })
})
