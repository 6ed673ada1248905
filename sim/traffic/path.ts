import type { Metres } from '#protocols/geo/local.ts'
import type { Route } from './route.ts'
import type { Spot, StreetMap } from './street-map.ts'

/**
 * A route as one line to drive along. Point k lies `m[k]` metres from the start; from it on the car drives arc number
 * `turn[k]` of the route at `limitMps[k]` at most, and over point k itself at `overMps[k]` at most.
 */
export type Path = {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly m: readonly number[]
  readonly turn: readonly number[]
  readonly limitMps: readonly number[]
  readonly overMps: readonly number[]
  readonly lengthM: number
}

/** How somebody drives. A response keeps to the road's speed: no blue-light speed-up is invented (DOMAIN.md 5). */
export type Manner = {
  /** Share of the road's own speed. */
  readonly share: number
  readonly topMps: number
  /** Share of the speed kept when going straight over a junction. */
  readonly junctionShare: number
  readonly accelMps2: number
  readonly brakeMps2: number
}
export const PATROL: Manner = { share: 0.65, topMps: 11, junctionShare: 0.7, accelMps2: 1.2, brakeMps2: 1.6 }
export const RESPONSE: Manner = { share: 1, topMps: 25, junctionShare: 0.85, accelMps2: 2.2, brakeMps2: 2.6 }

const SAME_POINT_M = 0.01

/** `slowness`: how many times as long an arc takes as at its own speed. */
export function pathOf(
  map: StreetMap,
  route: Route,
  manner: Manner,
  slowness: (arc: number) => number = () => 1,
): Path {
  const [x, y, m, turns, limitMps]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []]
  const junctions = new Set<number>()
  route.arcs.forEach((arc, k) => {
    const limit = Math.min(manner.topMps, (map.speedMps[arc >> 1]! * manner.share) / slowness(arc))
    const fromM = k === 0 ? route.from.alongM : arc & 1 ? map.lengthM(arc >> 1) : 0
    const toM = k === route.arcs.length - 1 ? route.to.alongM : arc & 1 ? 0 : map.lengthM(arc >> 1)
    if (k > 0 && map.legs[map.startOf(arc)]! > 2) junctions.add(m.length - 1)
    for (const p of stretch(map, arc, fromM, toM)) {
      const last = m.length - 1
      const stepM = last < 0 ? Infinity : Math.hypot(p.x - x[last]!, p.y - y[last]!)
      if (stepM < SAME_POINT_M) {
        // The end of the arc before is the start of this one: one point, from which the new arc rules.
        turns[last] = k
        limitMps[last] = limit
        continue
      }
      x.push(p.x)
      y.push(p.y)
      m.push(last < 0 ? 0 : m[last]! + stepM)
      turns.push(k)
      limitMps.push(limit)
    }
  })
  const overMps = m.map((_, k) => overSpeed(x, y, limitMps, k, junctions.has(k), manner))
  return { x, y, m, turn: turns, limitMps, overMps, lengthM: m[m.length - 1] ?? 0 }
}

/** The shape points of an arc between two places, given and returned in driving order. */
function stretch(map: StreetMap, arc: number, fromM: number, toM: number): Metres[] {
  const edge = arc >> 1
  const points = [map.pointAt({ edge, alongM: fromM })]
  const [first, last] = [map.shapeFirst[edge]!, map.shapeFirst[edge + 1]! - 1]
  for (let k = 0; k <= last - first; k += 1) {
    const at = arc & 1 ? last - k : first + k
    const m = map.m[at]!
    if (m > Math.min(fromM, toM) + SAME_POINT_M && m < Math.max(fromM, toM) - SAME_POINT_M)
      points.push({ x: map.x[at]!, y: map.y[at]! })
  }
  points.push(map.pointAt({ edge, alongM: toM }))
  return points
}

/** How fast one may be on point k: the sharper the turn the slower; straight over a junction with care. */
function overSpeed(
  x: readonly number[],
  y: readonly number[],
  limitMps: readonly number[],
  k: number,
  junction: boolean,
  manner: Manner,
): number {
  if (k === 0 || k === x.length - 1) return limitMps[k]!
  const before = Math.atan2(y[k]! - y[k - 1]!, x[k]! - x[k - 1]!)
  const after = Math.atan2(y[k + 1]! - y[k]!, x[k + 1]! - x[k]!)
  const turnDeg = Math.abs(((((after - before) * 180) / Math.PI + 540) % 360) - 180)
  const bySign = Math.min(limitMps[k - 1]!, limitMps[k]!)
  const byTurn = turnDeg < 15 ? Infinity : turnDeg < 35 ? 11 : turnDeg < 65 ? 7.5 : turnDeg < 125 ? 5 : 1.5
  return Math.min(byTurn, junction ? bySign * manner.junctionShare : bySign)
}

/** The point `m` metres along the path; `hint` is a point index at or before it, to save the search. */
export function pointOn(path: Path, m: number, hint = 0): Metres {
  const k = pieceAt(path, m, hint)
  const [ax, ay, am] = [path.x[k]!, path.y[k]!, path.m[k]!]
  const span = (path.m[k + 1] ?? am) - am
  if (span === 0) return { x: ax, y: ay }
  const t = Math.min(1, Math.max(0, (m - am) / span))
  return { x: ax + t * (path.x[k + 1]! - ax), y: ay + t * (path.y[k + 1]! - ay) }
}

/** Index of the piece that holds the place `m`: from point k to point k + 1. */
export function pieceAt(path: Path, m: number, hint = 0): number {
  let k = hint
  while (k + 2 < path.m.length && path.m[k + 1]! <= m) k += 1
  return k
}

/** Where on the road network the place `m` of the path is, and on which arc the car drives there. */
export function spotOn(map: StreetMap, path: Path, m: number, route: Route): Spot & { readonly arc: number } {
  const turn = path.turn[pieceAt(path, m)]!
  const arc = route.arcs[turn]!
  const enteredM = turn === 0 ? route.from.alongM : arc & 1 ? map.lengthM(arc >> 1) : 0
  const drivenM = m - path.m[path.turn.indexOf(turn)]!
  const alongM = arc & 1 ? enteredM - drivenM : enteredM + drivenM
  return { edge: arc >> 1, arc, alongM: Math.min(map.lengthM(arc >> 1), Math.max(0, alongM)) }
}
