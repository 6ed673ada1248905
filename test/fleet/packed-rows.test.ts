import { describe, expect, it } from 'vitest'
import { noteKey, recordKey } from '#agent/outbox/keys.ts'
import { randomOf } from '#sim/random.ts'
import { PackedRows } from './packed-rows.ts'

const STEPS = 20_000

describe('packed rows', () => {
  it('hold what a map of the same changes holds', () => {
    const random = randomOf(1, 'packed', 'rows')
    const packed = new PackedRows()
    const plain = new Map<string, string>()
    let [held, gone] = [0, 0]
    for (let n = 0; n < STEPS; n++) {
      const key = random.chance(0.05)
        ? noteKey(`note ${random.integer(0, 9)}`)
        : recordKey(random.pick(['alarm', 'track']), random.integer(1, 1_500))
      if (random.chance(0.4)) {
        expect(packed.delete(key)).toBe(plain.delete(key))
        gone++
      } else {
        const value = `${n} 警情 ${'x'.repeat(random.integer(0, 900))}`
        plain.set(key, value)
        packed.set(key, value)
        held++
      }
      expect(packed.get(key)).toBe(plain.get(key))
    }
    expect(packed.size).toBe(plain.size)
    expect(new Map([...packed].toSorted())).toEqual(new Map([...plain].toSorted()))
    expect([...plain.keys()].every(key => packed.has(key))).toBe(true)
    const seen: string[] = []
    packed.forEach((value, key) => seen.push(key, value))
    expect(seen).toEqual([...packed].flat())
    expect([[...packed.keys()], [...packed.values()]]).toEqual([
      [...packed].map(([key]) => key),
      [...packed].map(([, value]) => value),
    ])
    packed.clear()
    expect([packed.size, [...packed]]).toEqual([0, []])
    console.log(`packed rows: ${held} rows put and ${gone} taken away as in a map`)
  })

  it('says so when a record is empty, which it could not tell from none', () => {
    expect(() => new PackedRows().set(recordKey('track', 1), '')).toThrow(RangeError)
  })
})
