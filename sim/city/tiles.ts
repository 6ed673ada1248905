import type { Metres } from '#protocols/geo/local.ts'
import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import { gapM, lerp } from './drawing.ts'

/*
 * The land of the counties: three by three, the city proper in the middle, borders that wander.
 *
 *      3 +------+--------+------+      corner(c, r): where four meet, c and r from 0 to 3
 *        | 0,2  |  1,2   | 2,2  |      tile c, r: its south-west corner is corner(c, r)
 *      2 +------+--------+------+
 *        | 0,1  |  city  | 2,1  |
 *      1 +------+--------+------+
 *        | 0,0  |  1,0   | 2,0  |
 *      0 +------+--------+------+
 */
export const TILES = 3
/** A side of a tile has this many pieces, so that borders inside the counties have corners to end at. */
export const PIECES = 4

export type Tiles = {
  corner(column: number, row: number): Metres
  /** From its south-western end (piece 0) on; both ends included. */
  piece(axis: 'east' | 'north', column: number, row: number, piece: number): Metres[]
  /** Between the corners of a tile. */
  middleOf(column: number, row: number): Metres
  /** The whole land, closed. */
  outline(): Metres[]
}

/** `cityHalfM` half the side of the land of the city proper, `countyM` the usual width of a county. */
export function tilesOf(seed: number, cityHalfM: number, countyM: number): Tiles {
  const random = randomOf(seed, 'region', 'corners')
  const widths = (): number[] => {
    const [low, high] = [random.uniform(0.92, 1.08) * countyM, random.uniform(0.92, 1.08) * countyM]
    return [-cityHalfM - low, -cityHalfM, cityHalfM, cityHalfM + high]
  }
  const [columns, rows] = [widths(), widths()]
  const sway = 0.05 * countyM
  const corners = columns.map(x =>
    rows.map((y): Metres => ({ x: x + random.uniform(-sway, sway), y: y + random.uniform(-sway, sway) })),
  )
  const corner = (column: number, row: number): Metres => corners[column]![row]!
  const sides = new Map<string, Metres[][]>()
  const sideOf = (axis: 'east' | 'north', column: number, row: number): Metres[][] => {
    const key = `${axis}-${column}-${row}`
    const known = sides.get(key)
    if (known !== undefined) return known
    const end = axis === 'east' ? corner(column + 1, row) : corner(column, row + 1)
    const made = piecesOf(corner(column, row), end, randomOf(seed, key, 'border'))
    sides.set(key, made)
    return made
  }
  return {
    corner,
    piece: (axis, column, row, piece) => sideOf(axis, column, row)[piece]!,
    middleOf: (column, row) =>
      lerp(
        lerp(corner(column, row), corner(column + 1, row + 1), 0.5),
        lerp(corner(column + 1, row), corner(column, row + 1), 0.5),
        0.5,
      ),
    outline: () => {
      const steps = Array.from({ length: TILES }, (_, k) => k)
      const back = [...steps].reverse()
      const whole = (axis: 'east' | 'north', c: number, r: number): Metres[] =>
        sideOf(axis, c, r).flatMap(piece => piece.slice(0, -1))
      const reversed = (axis: 'east' | 'north', c: number, r: number): Metres[] =>
        [...sideOf(axis, c, r)].reverse().flatMap(piece => [...piece].reverse().slice(0, -1))
      const ring = [
        ...steps.flatMap(c => whole('east', c, 0)),
        ...steps.flatMap(r => whole('north', TILES, r)),
        ...back.flatMap(c => reversed('east', c, TILES)),
        ...back.flatMap(r => reversed('north', 0, r)),
      ]
      return [...ring, ring[0]!]
    },
  }
}

function piecesOf(from: Metres, to: Metres, random: Random): Metres[][] {
  const stops = Array.from({ length: PIECES + 1 }, (_, k) =>
    k === 0 || k === PIECES
      ? k === 0
        ? from
        : to
      : aside(lerp(from, to, k / PIECES), from, to, random, 0.025),
  )
  return stops.slice(1).map((stop, k) => wandering(stops[k]!, stop, random, 0.1, 5))
}

/** A line that wanders: the middle moved aside by up to `share` of the length, then both halves likewise. */
export function wandering(from: Metres, to: Metres, random: Random, share: number, depth: number): Metres[] {
  if (depth === 0) return [from, to]
  const middle = aside(lerp(from, to, 0.5), from, to, random, share)
  return [
    ...wandering(from, middle, random, share, depth - 1).slice(0, -1),
    ...wandering(middle, to, random, share, depth - 1),
  ]
}

function aside(p: Metres, from: Metres, to: Metres, random: Random, share: number): Metres {
  const lengthM = gapM(from, to)
  if (lengthM === 0) return p
  const offM = random.uniform(-share, share) * lengthM
  return { x: p.x - ((to.y - from.y) / lengthM) * offM, y: p.y + ((to.x - from.x) / lengthM) * offM }
}
