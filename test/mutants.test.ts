import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mutated } from './mutants/build.ts'
import { hunt, shrinkPlanted } from './mutants/hunt.ts'
import { MUTANTS } from './mutants/list.ts'

/** Found within a few seeds; the whole list is `npm run mutants`. */
const SAMPLE = ['accepted before it is written']
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

describe('mutants of our own code', () => {
  it('are what they say: what each changes is there exactly once', () => {
    const names = new Set(MUTANTS.map(mutant => mutant.name))
    console.log(`mutants: ${MUTANTS.length} in ${new Set(MUTANTS.map(m => m.file)).size} files`)
    expect(names.size).toBe(MUTANTS.length)
    expect(MUTANTS.length).toBeGreaterThanOrEqual(30)
    for (const mutant of MUTANTS)
      expect(mutated(readFileSync(mutant.file, 'utf8'), mutant), mutant.name).not.toBe('')
    expect(() => mutated('twice twice', { ...MUTANTS[0]!, find: 'twice' })).toThrow(/2 times/)
  })

  it('are found by the city that breaks', { timeout: 120_000 }, async () => {
    for (const name of SAMPLE) {
      const verdict = await hunt(
        MUTANTS.find(mutant => mutant.name === name)!,
        SEEDS,
      )
      console.log(`mutants: ${JSON.stringify(verdict)}`)
      expect(verdict.killedBy, name).not.toBeNull()
    }
  })

  it('shrink to a few faults and one line that shows it again', { timeout: 120_000 }, async () => {
    const mutant = MUTANTS.find(({ name }) => name === 'the signature of an order is not checked')!
    const planted = await shrinkPlanted(mutant, 8)
    console.log(`mutants: ${JSON.stringify(planted)}`)
    expect(planted.faultsBefore).toBeGreaterThan(20)
    expect(planted.faults).toBeLessThanOrEqual(5)
    expect(planted.replay).toContain('--faults-only')
  })
})
