import { describe, expect, it } from 'vitest'
import { packMoves, UnitNumbers } from './stream-news.ts'

describe('units that moved, on their way from the worker to the page', () => {
  const moves = {
    ids: ['u-9', 'u-2', 'u-1'],
    lat: [1, 35.5, 35.6],
    lon: [2, 117.1, 117.2],
    speedMps: [3, null, 12.3],
    trackDeg: [4, 270, null],
    fixAgeMs: [5, 300, 400],
    heardAgeMs: [6, null, 80],
  }

  it('are numbered in the order they were first told, and those never told whole are left out', () => {
    const numbers = new UnitNumbers()
    for (const id of ['u-1', 'u-2', 'u-1', 'u-3']) numbers.of(id)
    const { numbers: moved, columns } = packMoves(moves, numbers)
    expect([...moved]).toEqual([1, 0])
    expect([...columns]).toEqual([35.5, 35.6, 117.1, 117.2, NaN, 12.3, 270, NaN, 300, 400, NaN, 80])
    expect(numbers.find('u-9')).toBeUndefined()
  })

  it('get the same numbers on both sides after a new snapshot', () => {
    const [worker, page] = [new UnitNumbers(), new UnitNumbers()]
    const tell = (...ids: string[]): number[][] => [worker, page].map(side => ids.map(id => side.of(id)))
    tell('u-1', 'u-2')
    worker.clear()
    page.clear()
    expect(tell('u-2', 'u-3', 'u-1')).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ])
  })
})
