import { describe, expect, it } from 'vitest'
import { UNSTORED_KEPT_MAX, UnstoredBook } from './unstored.ts'
import type { UnstoredAlarm } from './unstored.ts'

const alarm = (n: number): UnstoredAlarm => ({
  ...{ id: n.toString(16).padStart(32, '0'), kind: 'panic', body: '{}' },
  occurred: { monoMs: 1_000, utcMs: 0, quality: 'none' },
})
const NOW = 'ledger/0'
const PUT_BACK = 'ledger/1'

describe('alarms of a car without a store', () => {
  it('are sent until a ledger holds them, and again when another one speaks', () => {
    const book = new UnstoredBook()
    book.add(alarm(1))
    expect(book.due(1_000)).toHaveLength(1)
    expect(book.due(1_001)).toHaveLength(0)
    expect(book.due(7_000)).toMatchObject([{ ageMs: 6_000 }])
    expect(book.heard(alarm(1).id, NOW)).toBe(true)
    expect(book.heard(alarm(1).id, NOW)).toBe(false)
    book.speaks(NOW)
    expect([book.size, book.due(60_000).length]).toEqual([0, 0])
    // A gateway put back to before the alarm.
    book.speaks(PUT_BACK)
    expect([book.size, book.due(60_001).length]).toEqual([1, 1])
    expect(book.heard(alarm(1).id, PUT_BACK)).toBe(true)
    expect(book.due(120_000)).toHaveLength(0)
  })

  it('give way when there are too many: those a ledger holds first, and without a word', () => {
    const book = new UnstoredBook()
    for (let n = 0; n < UNSTORED_KEPT_MAX; n++) book.add(alarm(n))
    book.heard(alarm(5).id, NOW)
    expect(book.add(alarm(100))).toBeNull()
    expect(book.add(alarm(101))).toBe(alarm(0).id)
    expect(book.heard('f'.repeat(32), NOW)).toBe(false)
  })
})
