import { describe, expect, it } from 'vitest'
import { hash32, hash128, randomOf } from './random.ts'

describe('random streams', () => {
  it('hashes as published: murmur3 of nothing with seed 0 is 0, with seed 1 is 0x514e28b7', () => {
    expect(hash32('')).toBe(0)
    expect(hash32('', 1)).toBe(0x514e28b7)
  })

  it('gives the same numbers for the same seed, entity and purpose, on every machine and in every version', () => {
    const random = randomOf(1, 'unit-3', 'patrol')
    const drawn = Array.from({ length: 6 }, () => random.integer(0, 0xffff_fffe))
    expect(drawn).toEqual([1056238958, 2559798164, 2291229397, 1704132520, 4194286763, 2540434170])
    expect(hash128('reach5')).toEqual([4001483320, 497586073, 185150930, 3378228643])
  })

  it('gives other numbers for another seed, entity or purpose', () => {
    const first = (seed: number, entity: string, purpose: string): number =>
      randomOf(seed, entity, purpose).uniform()
    const drawn = [
      first(1, 'unit-3', 'patrol'),
      first(2, 'unit-3', 'patrol'),
      first(1, 'unit-4', 'patrol'),
      first(1, 'unit-3', 'noise'),
      // The parts are separated: 'unit-3p' + 'atrol' is not 'unit-3' + 'patrol'.
      first(1, 'unit-3p', 'atrol'),
    ]
    expect(new Set(drawn).size).toBe(drawn.length)
  })

  it('has the means it promises over 50,000 draws', () => {
    const random = randomOf(7, 'test', 'means')
    const mean = (draw: () => number): number =>
      Array.from({ length: 50_000 }, draw).reduce((a, b) => a + b, 0) / 50_000
    expect(mean(() => random.uniform(2, 4))).toBeCloseTo(3, 1)
    expect(mean(() => random.exponential(20))).toBeGreaterThan(19.5)
    expect(mean(() => random.exponential(20))).toBeLessThan(20.5)
    expect(mean(() => random.normal(10, 3))).toBeCloseTo(10, 1)
    expect(mean(() => (random.normal(0, 3) / 3) ** 2)).toBeCloseTo(1, 1)
    expect(mean(() => random.integer(1, 6))).toBeCloseTo(3.5, 1)
    expect(mean(() => (random.chance(0.25) ? 1 : 0))).toBeCloseTo(0.25, 1)
  })

  it('shuffles a copy and keeps every item; reaches both ends of a range', () => {
    const random = randomOf(1, 'test', 'shuffle')
    const items = [1, 2, 3, 4, 5, 6, 7]
    const shuffled = random.shuffle(items)
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect([...shuffled].sort()).toEqual(items)
    expect(new Set(Array.from({ length: 500 }, () => random.integer(1, 4)))).toEqual(new Set([1, 2, 3, 4]))
    expect(() => random.pick([])).toThrow('empty')
  })
})
