import { describe, expect, it } from 'vitest'
import { isSoundRow, RottenRow, textOfRow, valueOfRow } from './row-sum.ts'

const KEY = 'incident/inc-7'
const VALUE = { v: 1, place: { text: '人民路 12 号' }, note: null }

describe('the sum of a row', () => {
  const text = textOfRow(KEY, VALUE)

  it('gives back what was written', () => {
    expect(valueOfRow(KEY, text)).toEqual(VALUE)
    expect(isSoundRow(KEY, text)).toBe(true)
  })

  it('tells every flipped bit, of the key and of the value, and every cut', () => {
    const row = Buffer.from(KEY + text)
    const length = Buffer.byteLength(KEY)
    let cases = 0
    const isTold = (rotten: Buffer): boolean => {
      const [key, value] = [rotten.subarray(0, length).toString(), rotten.subarray(length).toString()]
      cases++
      expect(() => valueOfRow(key, value)).toThrow(RottenRow)
      return !isSoundRow(key, value)
    }
    for (let bit = 0; bit < row.length * 8; bit++) {
      const rotten = Buffer.from(row)
      rotten[bit >> 3]! ^= 1 << (bit & 7)
      expect(isTold(rotten)).toBe(true)
    }
    for (let end = length; end < row.length; end++) expect(isTold(row.subarray(0, end))).toBe(true)
    console.log(`sum of a row: ${cases} flips and cuts, all told`)
    expect(cases).toBe(8 * row.length + row.length - length)
  })

  it('is missed by nobody in a row from before there were sums, as long as it is JSON', () => {
    expect(valueOfRow(KEY, JSON.stringify(VALUE))).toEqual(VALUE)
    expect(isSoundRow(KEY, JSON.stringify(VALUE))).toBe(true)
    expect(isSoundRow(KEY, JSON.stringify(VALUE).slice(1))).toBe(false)
    expect(() => valueOfRow(KEY, '')).toThrow(RottenRow)
  })

  it('is not before what a version without sums has to read', () => {
    expect(textOfRow('meta/format', 3)).toBe('3')
    expect(valueOfRow('meta/format', '3')).toBe(3)
  })
})
