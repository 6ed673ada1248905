import { describe, expect, it } from 'vitest'
import type { UnitView } from '#protocols/api.ts'
import { rfc3339 } from '#protocols/time.ts'
import { coverageDuty, SETTLE_MS, Settling } from './coverage-duty.ts'

const unit = (id: string, gridId: string | null, over: Partial<UnitView> = {}): UnitView => ({
  id,
  callSign: id,
  deviceId: id,
  type: 'ptu',
  homeGridId: null,
  gridId,
  availability: 'available',
  assignment: null,
  position: { lat: 35.6, lon: 117, mode: 3, ageMs: 500, speedMps: 0 },
  freshness: 'live',
  at: rfc3339(0),
  link: 'up',
  heardAgeMs: 100,
  equipment: {},
  drivers: null,
  recording: false,
  emergency: false,
  queue: null,
  store: null,
  ...over,
})
const BUSY = { share: 0.25, basis: 'configured', measuredSeconds: 0 } as const
const stale = { freshness: 'stale' } as const
/** Just restarted: the last-known row is there, the car has not been heard yet. */
const restored = { ...stale, heardAgeMs: null, link: 'down' } as const

/** a - b - c in a row. */
const grids = {
  ids: ['a', 'b', 'c'],
  neighboursOf: (id: string) => (id === 'b' ? ['a', 'c'] : ['b']),
}
const staleShares = (units: readonly UnitView[], upMs = SETTLE_MS): (number | null)[] =>
  coverageDuty(units, [], grids, upMs, BUSY).duty.grids.map(grid => grid.staleShare)

describe('what a refresh of coverage is made of', () => {
  it('is the units a recommendation would propose, with the turnout it would add', () => {
    const { input, duty } = coverageDuty(
      [
        unit('free', 'a'),
        unit('rolling', 'a', { position: { lat: 35.6, lon: 117, mode: 3, ageMs: 0, speedMps: 9 } }),
        unit('ageing', 'b', { freshness: 'ageing' }),
        unit('off', 'a', { availability: 'off_duty' }),
        unit('busy', 'a', { availability: 'busy' }),
        unit('sent', 'a', { assignment: { incidentId: 'i', orderId: 'o', state: 'enroute' } }),
        unit('lost', 'a', stale),
      ],
      [],
      grids,
      SETTLE_MS,
      BUSY,
    )
    expect(input.units.map(u => [u.unitId, u.turnoutSeconds])).toEqual([
      ['free', 10],
      ['rolling', 0],
      ['ageing', 10],
    ])
    expect(duty.grids.map(grid => [grid.units, grid.unitsStale])).toEqual([
      [2, 1],
      [1, 0],
      [0, 0],
    ])
    expect(duty.unitsStale).toBe(1)
  })

  it('trusts a grid by its own units, without any by its neighbours, without those by the city', () => {
    expect(staleShares([unit('1', 'a', stale), unit('2', 'b'), unit('3', 'c')])).toEqual([1, 0, 0])
    expect(staleShares([unit('1', 'a', stale), unit('2', 'a')])).toEqual([0.5, 0.5, 0.5])
    expect(staleShares([unit('1', 'a', stale), unit('2', 'c')])).toEqual([1, 0.5, 0])
  })

  it('does not mind stale units that would not go anyway', () => {
    expect(staleShares([unit('1', 'a'), unit('2', 'a', { ...stale, availability: 'off_duty' })])).toEqual([
      0, 0, 0,
    ])
  })

  it('knows nothing without a unit, before one was heard, and until the others had time to be', () => {
    const unheard = unit('2', null, {
      heardAgeMs: null,
      position: null,
      freshness: 'never',
      availability: 'off_duty',
    })
    expect(staleShares([])).toEqual([null, null, null])
    expect(staleShares([unit('1', 'a', restored)])).toEqual([null, null, null])
    expect(staleShares([unit('1', 'a'), unheard], SETTLE_MS - 1)).toEqual([null, null, null])
    expect(staleShares([unit('1', 'a'), unheard])).toEqual([0, 0, 0])
    expect(staleShares([unit('1', 'a')], 0)).toEqual([0, 0, 0])
  })

  it('waits while cars still say hello, 45 s after the last of them, and never again', () => {
    const all = Array.from({ length: 9 }, (_, i) => unit(`u${i}`, 'a'))
    const heard = (count: number): UnitView[] =>
      all.map((u, i) => (i < count ? u : { ...u, heardAgeMs: null }))
    const settling = new Settling(0)
    expect([40_000, 80_000, 120_000].map((ms, i) => settling.quietMs(heard(i + 1), ms))).toEqual([0, 0, 0])
    expect(settling.quietMs(heard(3), 120_000 + SETTLE_MS - 1)).toBe(SETTLE_MS - 1)
    expect(settling.quietMs(heard(3), 120_000 + SETTLE_MS)).toBe(Infinity)
    expect(settling.quietMs(heard(8), 200_000)).toBe(Infinity)
    expect(new Settling(0).quietMs(all, 1_000)).toBe(Infinity)
  })

  it('after a restart believes no restored position, however young it was', () => {
    const units = [unit('1', 'a', restored), unit('2', 'b', restored), unit('3', 'c')]
    const { duty, input } = coverageDuty(units, [], grids, SETTLE_MS, BUSY)
    expect(duty.grids.map(grid => grid.staleShare)).toEqual([1, 1, 0])
    expect(input.unknown).toEqual(['a', 'b'])
  })
})
