import {
  COVERAGE_ROADS_FORMAT,
  COVERAGE_ROADS_MAGIC,
  ROAD_LINES_FORMAT,
  ROAD_LINES_MAGIC,
} from '#protocols/coverage.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { mercatorX, mercatorY } from './mercator.ts'

/** The roads as `/v1/roads/lines` tells them; views into its bytes. */
export type RoadLines = {
  readonly edges: number
  readonly first: Uint32Array
  /** lon, lat in 1e-7 degrees, point after point. */
  readonly lonLatE7: Int32Array
  readonly forwardDs: Uint16Array
  readonly backwardDs: Uint16Array
  readonly classes: Uint8Array
}

const u32At = (bytes: ArrayBuffer, at: number): number => new DataView(bytes).getUint32(at, true)

/** Bytes of `/v1/roads/lines`. Faults: `BODY_INVALID` for anything else. */
export function parseRoadLines(bytes: ArrayBuffer): Result<RoadLines> {
  if (bytes.byteLength < 16 || u32At(bytes, 0) !== ROAD_LINES_MAGIC)
    return fault('BODY_INVALID', 'no road lines')
  if (u32At(bytes, 4) !== ROAD_LINES_FORMAT) return fault('BODY_INVALID', `format ${u32At(bytes, 4)}`)
  const [edges, points] = [u32At(bytes, 8), u32At(bytes, 12)]
  if (bytes.byteLength !== 16 + 4 * (edges + 1) + 8 * points + 5 * edges)
    return fault('BODY_INVALID', `${bytes.byteLength} bytes for ${edges} edges`)
  const pointsAt = 16 + 4 * (edges + 1)
  const drivesAt = pointsAt + 8 * points
  const first = new Uint32Array(bytes, 16, edges + 1)
  for (let edge = 0; edge < edges; edge += 1)
    if (first[edge + 1]! < first[edge]!) return fault('BODY_INVALID', 'offsets do not rise')
  if (first[0] !== 0 || first[edges] !== points)
    return fault('BODY_INVALID', 'offsets do not fill the points')
  return ok({
    edges,
    first,
    lonLatE7: new Int32Array(bytes, pointsAt, 2 * points),
    forwardDs: new Uint16Array(bytes, drivesAt, edges),
    backwardDs: new Uint16Array(bytes, drivesAt + 2 * edges, edges),
    classes: new Uint8Array(bytes, drivesAt + 4 * edges, edges),
  })
}

/** Three planes of one byte an edge: time to the first end, to the last, units in reach of the middle. */
export type RoadTimes = { readonly tick: number; readonly edges: number; readonly planes: Uint8Array }

export function parseRoadTimes(bytes: ArrayBuffer): Result<RoadTimes> {
  if (bytes.byteLength < 16 || u32At(bytes, 0) !== COVERAGE_ROADS_MAGIC)
    return fault('BODY_INVALID', 'no times')
  if (u32At(bytes, 4) !== COVERAGE_ROADS_FORMAT) return fault('BODY_INVALID', `format ${u32At(bytes, 4)}`)
  const edges = u32At(bytes, 12)
  if (bytes.byteLength !== 16 + 3 * edges) return fault('BODY_INVALID', `${bytes.byteLength} bytes`)
  return ok({ tick: u32At(bytes, 8), edges, planes: new Uint8Array(bytes, 16, 3 * edges) })
}

/** The same roads with nothing known of any: every byte is its plane's word for that. */
export const unknownTimes = ({ tick, edges }: RoadTimes): RoadTimes => ({
  tick,
  edges,
  planes: new Uint8Array(3 * edges).fill(255),
})

/*
 * One instance of the coverage layer draws one straight piece of an edge, 24 bytes:
 *
 *     f32 ax ay bx by   mercator, from the origin
 *     u32               edge << 4 | class
 *     u16 u16           where a and b are along the edge, 0 first end .. 65535 last end
 */
export const PIECE_BYTES = 24

export type Pieces = {
  readonly origin: { readonly x: number; readonly y: number }
  readonly bytes: ArrayBuffer
  readonly count: number
}

/**
 * Every edge in its pieces, or (`straight`) in one from end to end for looking at the whole city. The place along an edge
 * is by length, as the drive time is.
 */
export function piecesOf(lines: RoadLines, straight: boolean): Pieces {
  const { edges, first, lonLatE7 } = lines
  const points = first[edges] ?? 0
  const count = straight ? edges : points - edges
  const bytes = new ArrayBuffer(Math.max(0, count) * PIECE_BYTES)
  const [floats, words, halves] = [new Float32Array(bytes), new Uint32Array(bytes), new Uint16Array(bytes)]
  const origin = { x: mercatorX((lonLatE7[0] ?? 0) / 1e7), y: mercatorY((lonLatE7[1] ?? 0) / 1e7) }
  const xOf = (point: number): number => mercatorX(lonLatE7[2 * point]! / 1e7) - origin.x
  const yOf = (point: number): number => mercatorY(lonLatE7[2 * point + 1]! / 1e7) - origin.y
  let piece = 0
  const write = (
    edge: number,
    ax: number,
    ay: number,
    bx: number,
    by: number,
    from: number,
    to: number,
  ): void => {
    floats.set([ax, ay, bx, by], piece * 6)
    words[piece * 6 + 4] = (edge << 4) | (lines.classes[edge] ?? 0)
    halves[piece * 12 + 10] = Math.round(from * 65_535)
    halves[piece * 12 + 11] = Math.round(to * 65_535)
    piece += 1
  }
  for (let edge = 0; edge < edges; edge += 1) {
    const [start, end] = [first[edge]!, first[edge + 1]! - 1]
    if (end <= start) continue
    if (straight) {
      write(edge, xOf(start), yOf(start), xOf(end), yOf(end), 0, 1)
      continue
    }
    const xs = Array.from({ length: end - start + 1 }, (_, n) => xOf(start + n))
    const ys = Array.from({ length: end - start + 1 }, (_, n) => yOf(start + n))
    const steps = xs.slice(1).map((x, n) => Math.hypot(x - xs[n]!, ys[n + 1]! - ys[n]!))
    const whole = steps.reduce((sum, step) => sum + step, 0) || 1
    let done = 0
    for (const [n, step] of steps.entries()) {
      write(edge, xs[n]!, ys[n]!, xs[n + 1]!, ys[n + 1]!, done / whole, (done + step) / whole)
      done += step
    }
  }
  return { origin, bytes, count: piece }
}
