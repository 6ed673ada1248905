import type { Metres } from '#protocols/geo/local.ts'
import type { RoadClass } from '#protocols/roads/network.ts'

/** A street on the drawing board, in metres east and north of the drum tower, before junctions are found. */
export type Street = {
  readonly name: string
  readonly roadClass: RoadClass
  readonly points: readonly Metres[]
  /** Narrow enough that the town may have made it one-way. */
  readonly mayBeOneWay: boolean
}

/** Four corners, counter-clockwise from the south-west one. */
export type Quad = readonly [Metres, Metres, Metres, Metres]

export const lerp = (a: Metres, b: Metres, t: number): Metres => ({
  x: a.x + (b.x - a.x) * t,
  y: a.y + (b.y - a.y) * t,
})

export const gapM = (a: Metres, b: Metres): number => Math.hypot(b.x - a.x, b.y - a.y)

export const middleOf = (q: Quad): Metres => lerp(lerp(q[0], q[2], 0.5), lerp(q[1], q[3], 0.5), 0.5)

export const areaOf = (q: Quad): number =>
  Math.abs((q[2].x - q[0].x) * (q[3].y - q[1].y) - (q[3].x - q[1].x) * (q[2].y - q[0].y)) / 2

/** The part of a quad between two shares of its width (`west`..`east`) and height (`south`..`north`). */
export function partOf(q: Quad, west: number, east: number, south: number, north: number): Quad {
  const at = (u: number, v: number): Metres => lerp(lerp(q[0], q[1], u), lerp(q[3], q[2], u), v)
  return [at(west, south), at(east, south), at(east, north), at(west, north)]
}

/** A smooth line through the points (Catmull-Rom), one point about every `stepM`, the given points kept. */
export function smooth(points: readonly Metres[], stepM: number): Metres[] {
  const out: Metres[] = []
  for (let i = 0; i + 1 < points.length; i += 1) {
    const [p1, p2] = [points[i]!, points[i + 1]!]
    const [p0, p3] = [points[i - 1] ?? p1, points[i + 2] ?? p2]
    const steps = Math.max(1, Math.round(gapM(p1, p2) / stepM))
    for (let k = 0; k < steps; k += 1) out.push(catmullRom(p0, p1, p2, p3, k / steps))
  }
  const last = points[points.length - 1]
  if (last !== undefined) out.push(last)
  return out
}

function catmullRom(p0: Metres, p1: Metres, p2: Metres, p3: Metres, t: number): Metres {
  if (t === 0) return p1
  const mix = (a: number, b: number, c: number, d: number): number =>
    0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t)
  return { x: mix(p0.x, p1.x, p2.x, p3.x), y: mix(p0.y, p1.y, p2.y, p3.y) }
}
