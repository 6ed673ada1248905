import type { Metres } from '#protocols/geo/local.ts'
import type { BorderRing } from './cover-sweep.ts'

/** Nearer than this to a line is on it: a shared corner, a border that touches itself. Metres. */
const ON_LINE_M = 1e-4

/**
 * The first place where a grid's border crosses itself or another ring of the same grid, or runs over itself; undefined
 * for a border that only touches. Segments are taken in order of x, so only near ones are compared.
 */
export function selfCrossing(rings: readonly BorderRing[]): Metres | undefined {
  const segments = rings
    .flatMap(ring => ring.map((a, i) => ({ a, b: ring[(i + 1) % ring.length] ?? a })))
    .sort((one, other) => Math.min(one.a.x, one.b.x) - Math.min(other.a.x, other.b.x))
  let active: Segment[] = []
  for (const segment of segments) {
    const left = Math.min(segment.a.x, segment.b.x)
    active = active.filter(other => Math.max(other.a.x, other.b.x) >= left)
    for (const other of active) {
      const place = boxesApart(segment, other) ? undefined : crossing(segment, other)
      if (place !== undefined) return place
    }
    active.push(segment)
  }
  return undefined
}

type Segment = { readonly a: Metres; readonly b: Metres }

const boxesApart = (p: Segment, q: Segment): boolean =>
  Math.max(p.a.y, p.b.y) < Math.min(q.a.y, q.b.y) || Math.min(p.a.y, p.b.y) > Math.max(q.a.y, q.b.y)

function crossing(p: Segment, q: Segment): Metres | undefined {
  const [a, b] = [asideM(p, q.a), asideM(p, q.b)]
  const [c, d] = [asideM(q, p.a), asideM(q, p.b)]
  const onOneLine = [a, b, c, d].every(aside => Math.abs(aside) < ON_LINE_M)
  if (onOneLine) return sharedStretch(p, q)
  const isCrossed = apart(a, b) && apart(c, d)
  if (!isCrossed) return undefined
  const t = c / (c - d)
  return { x: p.a.x + t * (p.b.x - p.a.x), y: p.a.y + t * (p.b.y - p.a.y) }
}

/** On both sides of a line, each by more than rounding. */
const apart = (one: number, other: number): boolean =>
  one * other < 0 && Math.min(Math.abs(one), Math.abs(other)) > ON_LINE_M

/** Metres a point lies left of the line through a segment. */
function asideM({ a, b }: Segment, p: Metres): number {
  const length = Math.hypot(b.x - a.x, b.y - a.y)
  return length === 0 ? 0 : ((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) / length
}

/** The middle of what two segments of one line share, when that is more than a corner. */
function sharedStretch(p: Segment, q: Segment): Metres | undefined {
  const length = Math.hypot(p.b.x - p.a.x, p.b.y - p.a.y)
  if (length === 0) return undefined
  const along = ({ x, y }: Metres): number =>
    ((x - p.a.x) * (p.b.x - p.a.x) + (y - p.a.y) * (p.b.y - p.a.y)) / length
  const [from, to] = [along(q.a), along(q.b)]
  const start = Math.max(0, Math.min(from, to))
  const end = Math.min(length, Math.max(from, to))
  if (end - start < 0.01) return undefined
  const t = (start + end) / 2 / length
  return { x: p.a.x + t * (p.b.x - p.a.x), y: p.a.y + t * (p.b.y - p.a.y) }
}
