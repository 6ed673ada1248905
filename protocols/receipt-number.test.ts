import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReceiptNumber, receiptNumber } from './receipt-number.ts'

const letters = [...'ABCDEFGHJKMNPQRSTVWXY']
const receipts = fc.record({
  station: fc.integer({ min: 1, max: 999 }).map(n => String(n).padStart(2, '0')),
  kiosk: fc.constantFrom(...letters),
  day: fc.integer({ min: 101, max: 1231 }).map(n => String(n).padStart(4, '0')),
  seq: fc.integer({ min: 1, max: 99_999 }),
})
const runs = { seed: 7, numRuns: 2_000 }

describe('receipt number', () => {
  it('looks as it stands on paper', () => {
    const number = receiptNumber({ station: '07', kiosk: 'A', day: '1123', seq: 42 })
    expect(number).toMatch(/^K-07A-1123-0042-[0-9A-HJKMNP-TV-Z]$/)
  })

  it('is read back as it was written, in any case and without its hyphens', () => {
    let seen = 0
    fc.assert(
      fc.property(receipts, receipt => {
        seen++
        const number = receiptNumber(receipt)
        for (const typed of [
          number,
          number.toLowerCase(),
          number.replaceAll('-', ' '),
          number.replaceAll('-', ''),
        ])
          expect(parseReceiptNumber(typed)).toEqual({ ok: true, value: receipt })
      }),
      runs,
    )
    console.log(`receipt numbers read back: ${seen}`)
    expect(seen).toBeGreaterThan(0)
  })

  it('is refused with any one character wrong and any two neighbours swapped', () => {
    let wrong = 0
    let swapped = 0
    fc.assert(
      fc.property(receipts, fc.nat(), fc.constantFrom(...letters, ...'0123456789'), (receipt, at, char) => {
        const bare = [...receiptNumber(receipt).replaceAll('-', '')]
        const i = 1 + (at % (bare.length - 1))
        if (bare[i] !== char) {
          wrong++
          expect(parseReceiptNumber(bare.with(i, char).join('')).ok).toBe(false)
        }
        const j = Math.min(i + 1, bare.length - 1)
        if (bare[i] !== bare[j]) {
          swapped++
          const other = bare.with(i, bare[j]!).with(j, bare[i]!)
          expect(parseReceiptNumber(other.join('')).ok).toBe(false)
        }
      }),
      runs,
    )
    console.log(`receipt numbers: ${wrong} wrong characters and ${swapped} swaps refused`)
    expect(Math.min(wrong, swapped)).toBeGreaterThan(0)
  })
})
