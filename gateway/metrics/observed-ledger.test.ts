import { describe, expect, it } from 'vitest'
import type { Lane } from '#protocols/record.ts'
import { aliasKey, recordKey, watermarkKey } from '../intake/rows.ts'
import { recordsByLane } from './observed-ledger.ts'

const EPOCH = '9f86d081884c7d65'
const put = (key: string) => ({ type: 'put', key, value: 1 }) as const
const record = (lane: Lane, seq: number) => put(recordKey('ptu-07', EPOCH, lane, seq))

describe('what a commit tells the counters', () => {
  it('is how many records of each lane it holds, and nothing of other rows', () => {
    const ops = [
      ...[1, 2, 3].map(seq => record('track', seq)),
      record('alarm', 1),
      put(watermarkKey('ptu-07', EPOCH, 'track')),
      put(aliasKey('ptu-07', EPOCH, 'event', 9)),
      put('unit/unit-07'),
      { type: 'del', key: recordKey('ptu-07', EPOCH, 'diag', 4) } as const,
    ]
    expect([...recordsByLane(ops)]).toEqual([
      ['track', 3],
      ['alarm', 1],
    ])
    expect(recordsByLane([]).size).toBe(0)
  })
})
