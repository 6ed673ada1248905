import { GridMap } from '#gateway/grids/membership.ts'
import { gridsOfPatches } from '../oracle/patchwork-grids.ts'
import { compareMembership, patchwork } from '../oracle/patchwork.ts'
import type { Finding } from './evidence.ts'

const POINTS = 1_000_000
const SEED = 2026

/** The grid of a place equals a brute force over every polygon, at a million points over 51 and over 2,000 grids. */
export function proveMembership(say: (words: string) => void): Finding {
  const runs = [51, 2_000].map(count => {
    const patches = patchwork(count, SEED)
    const grids = gridsOfPatches(patches)
    const map = new GridMap(grids)
    const index = new Map(grids.map((grid, i) => [grid.id, i]))
    const gridAt = (lon: number, lat: number): number => {
      const found = map.gridAt({ lat, lon })
      return found === undefined ? -1 : (index.get(found.id) ?? -2)
    }
    let told = 0
    return compareMembership(patches, POINTS, SEED + count, gridAt, share => {
      if (share < told + 0.25) return
      told = share
      say(`${count} grids: ${Math.round(share * 100)} %`)
    })
  })
  const holds = runs.every(run => run.points === POINTS && run.differing.length === 0)
  return { holds, evidence: { seed: SEED, runs } }
}
