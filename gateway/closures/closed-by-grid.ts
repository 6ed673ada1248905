import type { CoverageReason } from '#protocols/coverage.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { GridId } from '#protocols/ids.ts'
import { lineM, pointAt } from './edge-shapes.ts'
import type { Closure } from './closure.ts'

/** How much road each closure closes in each grid, the longest first, as reasons; slow roads are none. */
export function closedByGrid(
  closures: readonly Closure[],
  gridAt: (place: LatLon) => GridId | null,
): ReadonlyMap<GridId, readonly CoverageReason[]> {
  const reasons = new Map<GridId, CoverageReason[]>()
  for (const { id, pieces, speedFactor } of closures) {
    if (speedFactor > 0) continue
    const metres = new Map<GridId, number>()
    for (const { line } of pieces) {
      const gridId = gridAt(pointAt(line, 0.5))
      if (gridId !== null) metres.set(gridId, (metres.get(gridId) ?? 0) + lineM(line))
    }
    for (const [gridId, value] of metres) {
      const known = reasons.get(gridId) ?? []
      known.push({ code: 'road_closed', value: Math.round(value), limit: null, closureId: id })
      reasons.set(gridId, known)
    }
  }
  for (const own of reasons.values()) own.sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
  return reasons
}
