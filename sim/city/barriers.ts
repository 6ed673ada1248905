import { segmentDistance } from '#protocols/geo/local.ts'
import type { Metres } from '#protocols/geo/local.ts'

const SQUARE_M = 1_000

/** Lines that a country road does not simply cross or build upon: rivers, railways, highways. */
export class Barriers {
  private readonly squares = new Map<number, { readonly a: Metres; readonly b: Metres }[]>()

  add(line: readonly Metres[]): void {
    for (let k = 1; k < line.length; k += 1) {
      const segment = { a: line[k - 1]!, b: line[k]! }
      for (const key of keysAround(segment.a, segment.b, 0)) {
        const list = this.squares.get(key)
        if (list === undefined) this.squares.set(key, [segment])
        else list.push(segment)
      }
    }
  }

  /** Whether the straight way between two points meets a line. */
  between(a: Metres, b: Metres): boolean {
    return this.near(a, b, 0).some(other => crosses(a, b, other.a, other.b))
  }

  /** Whether a line comes within `withinM` of the point. */
  within(p: Metres, withinM: number): boolean {
    return this.near(p, p, withinM).some(({ a, b }) => segmentDistance(p, a, b) < withinM)
  }

  private near(a: Metres, b: Metres, marginM: number) {
    return keysAround(a, b, marginM).flatMap(key => this.squares.get(key) ?? [])
  }
}

function keysAround(a: Metres, b: Metres, marginM: number): number[] {
  const square = (v: number): number => Math.floor(v / SQUARE_M)
  const keys: number[] = []
  for (let i = square(Math.min(a.x, b.x) - marginM); i <= square(Math.max(a.x, b.x) + marginM); i += 1)
    for (let j = square(Math.min(a.y, b.y) - marginM); j <= square(Math.max(a.y, b.y) + marginM); j += 1)
      keys.push(i * 65_536 + j)
  return keys
}

function crosses(a: Metres, b: Metres, c: Metres, d: Metres): boolean {
  const side = (p: Metres, q: Metres, r: Metres): number =>
    Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x))
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)
}
