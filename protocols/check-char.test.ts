import { describe, expect, it } from 'vitest'
import { checkCharOf, CROCKFORD } from './check-char.ts'

const texts = ['7K3QMX9RTB', '0000000000', 'ZZZZZZZZZZ', '07A11230042', '999Y1231099999', ...CROCKFORD]
const fits = (checked: string): boolean => checkCharOf(checked.slice(0, -1)) === checked.at(-1)

describe('check character', () => {
  it('notices every wrong character at every place, Z for 0 included', () => {
    let seen = 0
    for (const text of texts) {
      const checked = [...text, checkCharOf(text)]
      for (const [i, right] of checked.entries())
        for (const wrong of CROCKFORD)
          if (wrong !== right) {
            seen++
            expect(fits(checked.with(i, wrong).join(''))).toBe(false)
          }
    }
    console.log(`check character: ${seen} wrong characters noticed`)
    expect(seen).toBeGreaterThan(3_000)
  })

  it('notices any two characters swapped, neighbours or not', () => {
    let seen = 0
    for (const text of texts) {
      const checked = [...text, checkCharOf(text)]
      for (let i = 0; i < checked.length; i++)
        for (let j = i + 1; j < checked.length; j++)
          if (checked[i] !== checked[j]) {
            seen++
            expect(fits(checked.with(i, checked[j]!).with(j, checked[i]!).join(''))).toBe(false)
          }
    }
    console.log(`check character: ${seen} swaps noticed`)
    expect(seen).toBeGreaterThan(50)
  })
})
