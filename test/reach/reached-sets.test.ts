import { describe, expect, it } from 'vitest'
import { differences } from './reached-sets.ts'

describe('two reached sets', () => {
  const set = [
    [1, 0],
    [3, 40],
    [7, 90],
  ] as const

  it('are equal only when every junction and every decisecond is', () => {
    expect(differences(set, set)).toEqual([])
    expect(differences([], [])).toEqual([])
  })

  it.each([
    [
      'a time one decisecond off',
      [
        [1, 0],
        [3, 41],
        [7, 90],
      ],
      ['3: 40 ds, theirs 41'],
    ],
    [
      'a junction too many',
      [
        [1, 0],
        [7, 90],
      ],
      ['3: 40 ds, theirs not reached'],
    ],
    [
      'a junction too few',
      [
        [1, 0],
        [3, 40],
        [5, 2],
        [7, 90],
      ],
      ['5: not reached, theirs 2'],
    ],
    [
      'nothing at all',
      [],
      ['1: 0 ds, theirs not reached', '3: 40 ds, theirs not reached', '7: 90 ds, theirs not reached'],
    ],
  ] as const)('differ by %s', (_, theirs, expected) => {
    expect(differences(set, theirs)).toEqual(expected)
  })
})
