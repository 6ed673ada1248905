import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeviceId } from '#protocols/ids.ts'
import { bookOf, newIntakeState } from './intake-state.ts'
import { watermarkOf } from './lane-book.ts'
import { addRange, countOf, missingIn } from '#protocols/ranges.ts'
import type { Ranges } from '#protocols/ranges.ts'
import { reckon } from './reckon.ts'

const device = 'ptu-07' as DeviceId
const epoch = 'e'.repeat(16)
const NAME = `${device}/${epoch}/event`

const rangesOf = (seqs: readonly number[]): Ranges =>
  seqs.reduce<Ranges>((ranges, seq) => addRange(ranges, seq, seq), [])
const seqs = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }).map(rangesOf)
const has = (ranges: Ranges, seq: number): boolean => missingIn(ranges, [seq, seq]).length === 0

describe('a ledger reckoned after a repair', () => {
  it('asks again from the first record that is gone, and only then', () => {
    const state = newIntakeState('l'.repeat(16), 1)
    const book = bookOf(state, device, epoch, 'event')
    Object.assign(book, { received: [[1, 90]], told: 90, records: 90 })
    const found = reckon(
      state,
      new Map([
        [
          NAME,
          [
            [1, 40],
            [61, 90],
          ],
        ],
      ]),
    )
    expect(found).toMatchObject({ missing: 20, lanes: [NAME] })
    expect([watermarkOf(book), book.told, book.records]).toEqual([40, 90, 70])
    expect(reckon(state, new Map([[NAME, book.received]])).ops).toEqual([])
  })

  it('opens the book of a lane whose watermark is gone, and tells nobody anything again', () => {
    const state = newIntakeState('l'.repeat(16), 1)
    const found = reckon(state, new Map([[NAME, [[1, 7]] as Ranges]]))
    const book = bookOf(state, device, epoch, 'event')
    expect([watermarkOf(book), book.told, book.records, found.missing]).toEqual([7, 7, 7, 0])
    expect(found.ops.map(({ key }) => key)).toEqual([`watermark/${NAME}`])
  })

  it('says afterwards just what is there or excused', () => {
    let [cases, gone] = [0, 0]
    fc.assert(
      fc.property(seqs, seqs, seqs, (received, excused, here) => {
        const state = newIntakeState('l'.repeat(16), 1)
        const book = bookOf(state, device, epoch, 'event')
        const all = [...received, ...excused].reduce((sum, [a, b]) => addRange(sum, a, b), [] as Ranges)
        Object.assign(book, { received: all, excused, records: countOf(received) })
        const { missing } = reckon(state, new Map([[NAME, here]]))
        for (let seq = 1; seq <= 60; seq++)
          expect(has(book.received, seq)).toBe(has(here, seq) || (has(excused, seq) && has(all, seq)))
        cases += 1
        gone += missing
      }),
      { seed: 11, numRuns: 300 },
    )
    console.info(`${cases} ledgers reckoned, ${gone} records found gone`)
    expect(gone).toBeGreaterThan(0)
  })
})
