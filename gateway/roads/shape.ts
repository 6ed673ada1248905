import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'

/**
 * The part of a line between two fractions of its length, in the direction from the first to the second:
 * `partOfShape(line, 0.75, 0.25)` is its middle half, backwards. Lengths as in `RoadSnap`, so fractions fit.
 */
export function partOfShape(shape: readonly Position[], from: number, to: number): Position[] {
  if (from > to) return partOfShape(shape, to, from).reverse()
  const lengths = shape.slice(1).map((here, i) => segmentM(shape[i] ?? here, here))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const part: Position[] = [placeAt(shape, lengths, from * total)]
  let before = 0
  lengths.forEach((length, i) => {
    before += length
    const inner = shape[i + 1]
    if (inner !== undefined && before > from * total && before < to * total) part.push(inner)
  })
  part.push(placeAt(shape, lengths, to * total))
  // A cut on a bend, give or take rounding, would name the bend twice.
  const isNew = ([lon, lat]: Position, i: number): boolean =>
    lon !== part[i - 1]?.[0] || lat !== part[i - 1]?.[1]
  const line = part.filter(isNew)
  return line.length > 1 ? line : [...line, ...line]
}

function placeAt(shape: readonly Position[], lengths: readonly number[], metres: number): Position {
  let left = metres
  for (let i = 0; i < lengths.length; i++) {
    const [length, a, b] = [lengths[i] ?? 0, shape[i] ?? [0, 0], shape[i + 1] ?? [0, 0]]
    if (left <= length && length > 0) {
      const t = left / length
      return [round7(a[0] + t * (b[0] - a[0])), round7(a[1] + t * (b[1] - a[1]))]
    }
    left -= length
  }
  return shape[shape.length - 1] ?? [0, 0]
}

function segmentM(a: Position, b: Position): number {
  const narrowing = Math.cos((a[1] * Math.PI) / 180)
  return Math.hypot((b[0] - a[0]) * METRES_PER_DEGREE * narrowing, (b[1] - a[1]) * METRES_PER_DEGREE)
}

const round7 = (degrees: number): number => Math.round(degrees * 1e7) / 1e7
