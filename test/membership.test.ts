import { describe, expect, it } from 'vitest'
import { checkGrids } from '#gateway/grids/check-grids.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { GridMap } from '#gateway/grids/membership.ts'
import { compareMembership, patchwork } from './oracle/patchwork.ts'
import { gridsOfPatches } from './oracle/patchwork-grids.ts'

/** `reach5 prove membership` does the same with a million points each. */
const POINTS = 100_000

describe('membership', () => {
  for (const count of [51, 2_000]) {
    it(`equals a brute force over ${count} grids`, { timeout: 60_000 }, () => {
      const patches = patchwork(count, 5)
      const grids: readonly Grid[] = gridsOfPatches(patches)
      const map = new GridMap(grids)
      const index = new Map(grids.map((grid, i) => [grid.id, i]))
      const run = compareMembership(patches, POINTS, 6, (lon, lat) => {
        const found = map.gridAt({ lat, lon })
        return found === undefined ? -1 : (index.get(found.id) ?? -2)
      })
      console.info(`membership over ${count} grids: ${JSON.stringify(run)}`)
      expect(run.points).toBe(POINTS)
      expect(run.inside).toBeGreaterThan(POINTS / 2)
      expect(run.differing).toEqual([])
    })
  }

  it('sees a difference when there is one', () => {
    const patches = patchwork(51, 5)
    const run = compareMembership(patches, 1_000, 6, () => 0)
    expect(run.differing.length).toBeGreaterThan(50)
  })

  it('is asked of grids that the checker finds sound: jigsaw pieces with some left out', () => {
    for (const count of [51, 2_000]) {
      const { findings } = checkGrids(gridsOfPatches(patchwork(count, 5)))
      expect(findings.filter(({ kind }) => kind !== 'gap')).toEqual([])
      expect(findings.length).toBeGreaterThan(0)
    }
  })
})
