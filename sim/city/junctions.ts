import { alongSegment } from '#protocols/geo/local.ts'
import type { Metres } from '#protocols/geo/local.ts'
import { gapM, lerp } from './drawing.ts'
import type { Street } from './drawing.ts'

/** A street between two junctions, drawn in the direction of its street. */
export type Stretch = {
  readonly from: number
  readonly to: number
  readonly street: number
  readonly points: readonly Metres[]
}
export type Drawing = { readonly nodes: readonly Metres[]; readonly stretches: readonly Stretch[] }

/** Ends closer than this are the same place. */
const SAME_PLACE_M = 0.8
/** Junctions closer than this are one junction: nobody builds two crossings a car length apart. */
const ONE_JUNCTION_M = 15
const SQUARE_M = 120
/** Most places lie well inside such a square and are looked for in it alone. */
const PLACE_SQUARE_M = 16

/**
 * Finds the junctions of crossing and touching streets, keeps the connected town and drops what hangs apart. Bends of a
 * street are no junctions: they go into the stretch's points.
 */
export function junctionsOf(
  streets: readonly Street[],
  /** `whole` keeps what hangs apart: for a part of a drawing that will be connected by the rest. */
  { whole = false }: { readonly whole?: boolean } = {},
): Drawing {
  const { nodes, pieces } = piecesOf(streets)
  const all = contracted(nodes, pieces)
  return compact(nodes, chained(nodes, whole ? all : connected(nodes.length, all)))
}

type Piece = { readonly from: number; readonly to: number; readonly street: number }
type Segment = { readonly a: Metres; readonly b: Metres; readonly street: number }

function piecesOf(streets: readonly Street[]): { nodes: Metres[]; pieces: Piece[] } {
  const segments = streets.flatMap((street, index) =>
    street.points.slice(1).map((b, k): Segment => ({ a: street.points[k]!, b, street: index })),
  )
  const squares = squaresOf(segments)
  const places = new Places()
  const pieces: Piece[] = []
  for (const segment of segments) {
    const stops = stopsOn(segment, squares)
      .map(t => places.at(lerp(segment.a, segment.b, t)))
      .filter((node, k, all) => node !== all[k - 1])
    for (let k = 1; k < stops.length; k += 1)
      pieces.push({ from: stops[k - 1]!, to: stops[k]!, street: segment.street })
  }
  return { nodes: places.points, pieces }
}

/** Shares along the segment, 0 and 1 included, where another street crosses it or ends on it. */
function stopsOn(segment: Segment, squares: Map<number, Segment[]>): number[] {
  const stops = new Set([0, 1])
  for (const key of keysOf(segment)) {
    for (const other of squares.get(key) ?? []) {
      if (other === segment) continue
      if (apart(segment, other)) continue
      for (const end of [other.a, other.b]) {
        const t = alongSegment(end, segment.a, segment.b)
        if (gapM(end, lerp(segment.a, segment.b, t)) < SAME_PLACE_M) stops.add(t)
      }
      const t = crossing(segment, other)
      if (t !== undefined) stops.add(t)
    }
  }
  return [...stops].sort((s, t) => s - t)
}

/** Boxes that do not touch: most pairs that share a square end here. */
const apart = ({ a, b }: Segment, { a: c, b: d }: Segment): boolean =>
  Math.max(a.x, b.x) + SAME_PLACE_M < Math.min(c.x, d.x) ||
  Math.max(c.x, d.x) + SAME_PLACE_M < Math.min(a.x, b.x) ||
  Math.max(a.y, b.y) + SAME_PLACE_M < Math.min(c.y, d.y) ||
  Math.max(c.y, d.y) + SAME_PLACE_M < Math.min(a.y, b.y)

function crossing({ a, b }: Segment, { a: c, b: d }: Segment): number | undefined {
  const turn = (b.x - a.x) * (d.y - c.y) - (b.y - a.y) * (d.x - c.x)
  if (Math.abs(turn) < 1e-9) return undefined
  const t = ((c.x - a.x) * (d.y - c.y) - (c.y - a.y) * (d.x - c.x)) / turn
  const u = ((c.x - a.x) * (b.y - a.y) - (c.y - a.y) * (b.x - a.x)) / turn
  return t > 0 && t < 1 && u > 0 && u < 1 ? t : undefined
}

function squaresOf(segments: readonly Segment[]): Map<number, Segment[]> {
  const squares = new Map<number, Segment[]>()
  for (const segment of segments) {
    for (const key of keysOf(segment)) {
      const list = squares.get(key)
      if (list === undefined) squares.set(key, [segment])
      else list.push(segment)
    }
  }
  return squares
}

/** The squares of the segment's box, one metre wider, so that a touch on a square's edge is seen from both sides. */
function keysOf({ a, b }: Segment): number[] {
  const keys: number[] = []
  const square = (v: number): number => Math.floor(v / SQUARE_M)
  for (let i = square(Math.min(a.x, b.x) - 1); i <= square(Math.max(a.x, b.x) + 1); i += 1) {
    for (let j = square(Math.min(a.y, b.y) - 1); j <= square(Math.max(a.y, b.y) + 1); j += 1)
      keys.push(keyOf(i, j))
  }
  return keys
}

/** One number for a square: room for half a million squares either way, exact in a double. */
const keyOf = (i: number, j: number): number => (i + 0x8_0000) * 0x10_0000 + j + 0x8_0000

/** Gives every place one number, whoever comes there first. */
class Places {
  readonly points: Metres[] = []
  private readonly squares = new Map<number, number[]>()

  at(p: Metres): number {
    const square = (v: number): number => Math.floor(v / PLACE_SQUARE_M)
    for (let i = square(p.x - SAME_PLACE_M); i <= square(p.x + SAME_PLACE_M); i += 1) {
      for (let j = square(p.y - SAME_PLACE_M); j <= square(p.y + SAME_PLACE_M); j += 1) {
        for (const node of this.squares.get(keyOf(i, j)) ?? []) {
          if (gapM(this.points[node]!, p) < SAME_PLACE_M) return node
        }
      }
    }
    const node = this.points.push(p) - 1
    const key = keyOf(square(p.x), square(p.y))
    const found = this.squares.get(key)
    if (found === undefined) this.squares.set(key, [node])
    else found.push(node)
    return node
  }
}

/** Pulls junctions that nearly touch into one (the elder keeps its place) and drops doubles and loops. */
function contracted(nodes: readonly Metres[], pieces: readonly Piece[]): Piece[] {
  const group = unions(nodes.length)
  for (const { from, to } of pieces) if (gapM(nodes[from]!, nodes[to]!) < ONE_JUNCTION_M) group.join(from, to)
  const seen = new Set<number>()
  return pieces
    .map(piece => ({ ...piece, from: group.rootOf(piece.from), to: group.rootOf(piece.to) }))
    .filter(({ from, to }) => {
      const key = Math.min(from, to) * nodes.length + Math.max(from, to)
      if (from === to || seen.has(key)) return false
      seen.add(key)
      return true
    })
}

/** The pieces of the largest connected part. */
function connected(nodeCount: number, pieces: readonly Piece[]): Piece[] {
  const group = unions(nodeCount)
  for (const { from, to } of pieces) group.join(from, to)
  const sizes = new Map<number, number>()
  for (const { from } of pieces) sizes.set(group.rootOf(from), (sizes.get(group.rootOf(from)) ?? 0) + 1)
  const [largest] = [...sizes].sort((a, b) => b[1] - a[1])[0] ?? [-1]
  return pieces.filter(({ from }) => group.rootOf(from) === largest)
}

/** Groups that grow together; the smallest number speaks for its group. */
function unions(count: number): { rootOf(node: number): number; join(a: number, b: number): void } {
  const parent = Array.from({ length: count }, (_, k) => k)
  const rootOf = (node: number): number => {
    let at = node
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!
      at = parent[at]!
    }
    return at
  }
  const join = (a: number, b: number): void => {
    const [low, high] = [Math.min(rootOf(a), rootOf(b)), Math.max(rootOf(a), rootOf(b))]
    parent[high] = low
  }
  return { rootOf, join }
}

/** Joins pieces of one street over places where nothing else meets. */
function chained(nodes: readonly Metres[], pieces: readonly Piece[]): Stretch[] {
  const around: number[][] = nodes.map(() => [])
  pieces.forEach((piece, k) => {
    around[piece.from]!.push(k)
    around[piece.to]!.push(k)
  })
  const isBend = (node: number): boolean => {
    const [a, b, ...more] = around[node]!
    if (a === undefined || b === undefined || more.length > 0) return false
    const [one, two] = [pieces[a]!, pieces[b]!]
    // Both drawn through the node in the street's direction; anything else is left a junction.
    return one.street === two.street && (one.to === node) !== (two.to === node)
  }
  const next = (piece: Piece): Piece | undefined =>
    isBend(piece.to)
      ? around[piece.to]!.map(k => pieces[k]!).find(other => other.from === piece.to)
      : undefined

  return pieces
    .filter(piece => !isBend(piece.from))
    .map(first => {
      const points = [nodes[first.from]!]
      let piece = first
      for (let then: Piece | undefined = first; then !== undefined; then = next(then)) {
        piece = then
        points.push(nodes[then.to]!)
      }
      return { from: first.from, to: piece.to, street: first.street, points }
    })
}

/** Renumbers the nodes that are still used, in their old order. */
function compact(nodes: readonly Metres[], stretches: readonly Stretch[]): Drawing {
  const used = [...new Set(stretches.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  const number = new Map(used.map((node, k) => [node, k]))
  return {
    nodes: used.map(node => nodes[node]!),
    stretches: stretches.map(s => ({ ...s, from: number.get(s.from)!, to: number.get(s.to)! })),
  }
}
