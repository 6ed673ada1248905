import { localPlane } from '#protocols/geo/local.ts'
import type { LocalPlane, Metres } from '#protocols/geo/local.ts'
import { bboxMiddle, bboxOf } from '#protocols/geo/polygon.ts'
import type { Bbox } from '#protocols/geo/polygon.ts'
import type { Grid } from './grid.ts'

/** Borders drawn twice along one road rarely meet exactly: this near they are the same border. */
const GAP_M = 30
/** A shared corner is no border; this much of it side by side is. */
const SHARED_M = 10

type Segment = { readonly a: Metres; readonly b: Metres; readonly box: Bbox }

/**
 * Grids that share a border, by id: the first to reinforce each other. Every grid has an entry, ids in list order.
 * Looks at every pair whose boxes meet; run once per set of grids.
 */
export function adjacentGrids(grids: readonly Grid[]): ReadonlyMap<string, readonly string[]> {
  const plane = localPlane(bboxMiddle(bboxOf(grids.flatMap(grid => grid.polygon.flat()))))
  const borders = grids.map(grid => segmentsOf(grid, plane))
  const boxes = borders.map(border => bboxOf(border.map(({ a }) => [a.x, a.y] as const)))
  const touches = (i: number, j: number): boolean =>
    sharesBorder(near(borders[i] ?? [], boxes[j]), near(borders[j] ?? [], boxes[i]))
  const pairs = grids.map((_, i) => grids.map((_, j) => j < i && touches(i, j)))
  return new Map(
    grids.map((grid, i) => [
      grid.id,
      grids.filter((_, j) => pairs[i]?.[j] === true || pairs[j]?.[i] === true).map(other => other.id),
    ]),
  )
}

/** The part of a border that could run along anything in the box. */
const near = (border: readonly Segment[], box: Bbox | undefined): readonly Segment[] =>
  box === undefined ? [] : border.filter(segment => boxesMeet(segment.box, box))

/** In metres here: whether two boxes come within the gap of each other. */
const boxesMeet = (a: Bbox, b: Bbox): boolean =>
  Math.max(a.west, b.west) - Math.min(a.east, b.east) <= GAP_M &&
  Math.max(a.south, b.south) - Math.min(a.north, b.north) <= GAP_M

function segmentsOf(grid: Grid, plane: LocalPlane): Segment[] {
  return grid.polygon.flatMap(ring => {
    const points = ring.map(([lon, lat]) => plane.toMetres({ lat, lon }))
    return points.map((b, i) => segmentOf(points[(i + points.length - 1) % points.length] ?? b, b))
  })
}

function segmentOf(a: Metres, b: Metres): Segment {
  const [west, east] = a.x < b.x ? [a.x, b.x] : [b.x, a.x]
  const [south, north] = a.y < b.y ? [a.y, b.y] : [b.y, a.y]
  return { a, b, box: { west, south, east, north } }
}

function sharesBorder(one: readonly Segment[], other: readonly Segment[]): boolean {
  let sharedM = 0
  for (const segment of one)
    for (const beside of other)
      if (boxesMeet(segment.box, beside.box)) sharedM += sharedLengthM(segment, beside)
  return sharedM >= SHARED_M
}

/** How much of `other` runs along `segment` within the gap, metres. */
function sharedLengthM({ a, b }: Segment, other: Segment): number {
  const length = Math.hypot(b.x - a.x, b.y - a.y)
  const otherLength = Math.hypot(other.b.x - other.a.x, other.b.y - other.a.y)
  if (length === 0 || otherLength === 0) return 0
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length]
  const along = (p: Metres): number => (p.x - a.x) * ux + (p.y - a.y) * uy
  const aside = (p: Metres): number => (p.y - a.y) * ux - (p.x - a.x) * uy
  const [from, to] = [along(other.a), along(other.b)]
  // A street that crosses runs along for no more than its own slant; side by side means nearly parallel.
  if (Math.abs(to - from) < 0.9 * otherLength) return 0
  const start = Math.max(0, Math.min(from, to))
  const end = Math.min(length, Math.max(from, to))
  if (end <= start) return 0
  const asideAt = (x: number): number =>
    aside(other.a) + ((x - from) / (to - from)) * (aside(other.b) - aside(other.a))
  return Math.max(Math.abs(asideAt(start)), Math.abs(asideAt(end))) <= GAP_M ? end - start : 0
}
