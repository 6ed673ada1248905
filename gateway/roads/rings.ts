import { bboxOf, pointInPolygon } from '#protocols/geo/polygon.ts'
import type { Position } from '#protocols/geo/polygon.ts'

/** The part of a multipolygon's border that one way draws. */
export type BorderPiece = { readonly refs: ArrayLike<number>; readonly isInner: boolean }

/**
 * Pieces of border joined end to end into closed rings of node ids (first repeated last). What does not close, because
 * the extract ends there or a piece is missing, is left out and counted.
 */
export function closedRings(pieces: readonly ArrayLike<number>[]): { rings: number[][]; open: number } {
  const byEnd = new Map<number, Set<number>>()
  const ends = (piece: ArrayLike<number>): number[] => [piece[0] ?? 0, piece[piece.length - 1] ?? 0]
  const whole = pieces.filter(piece => piece.length > 1)
  whole.forEach((piece, i) => {
    for (const end of ends(piece)) byEnd.set(end, (byEnd.get(end) ?? new Set()).add(i))
  })
  const taken = new Set<number>()
  const rings: number[][] = []
  let open = 0
  whole.forEach((first, i) => {
    if (taken.has(i)) return
    taken.add(i)
    const ring = Array.from(first)
    while (ring[0] !== ring[ring.length - 1]) {
      const end = ring[ring.length - 1] ?? 0
      const next = [...(byEnd.get(end) ?? [])].find(j => !taken.has(j))
      if (next === undefined) break
      taken.add(next)
      const piece = Array.from(whole[next] ?? [])
      if (piece[0] !== end) piece.reverse()
      for (let k = 1; k < piece.length; k++) ring.push(piece[k] ?? 0)
    }
    if (ring.length > 3 && ring[0] === ring[ring.length - 1]) rings.push(ring)
    else open++
  })
  return { rings, open }
}

/** Outer rings as polygons, each inner ring with the smallest outer one around it; an inner ring outside all is dropped. */
export function polygonsOf(
  outers: readonly (readonly Position[])[],
  inners: readonly (readonly Position[])[],
): Position[][][] {
  const boxArea = (ring: readonly Position[]): number => {
    const { west, south, east, north } = bboxOf(ring)
    return (east - west) * (north - south)
  }
  const polygons = outers.map(outer => [[...outer]])
  const bySize = [...polygons].sort((a, b) => boxArea(a[0] ?? []) - boxArea(b[0] ?? []))
  for (const inner of inners) {
    const [lon, lat] = inner[0] ?? [0, 0]
    bySize.find(([outer = []]) => pointInPolygon([outer], lat, lon))?.push([...inner])
  }
  return polygons
}
