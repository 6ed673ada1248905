import type { Metres } from '#protocols/geo/local.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import { randomOf } from '../random.ts'
import { nameOf } from './arterials.ts'
import type { Arterials, Line } from './arterials.ts'
import { cutBlocks } from './blocks.ts'
import type { BlockStyle, StreetEnds } from './blocks.ts'
import { lerp } from './drawing.ts'
import type { Quad, Street } from './drawing.ts'
import type { Frame } from './frame.ts'
import type { StreetNames } from './names.ts'

/** One line that could leave the ring outwards. */
type Exit = {
  readonly inner: Metres
  readonly outer: Metres
  readonly line: Line
  readonly side: string
  readonly main: boolean
}

const VILLAGE: BlockStyle = { kind: 'village', leafM2: 6_500, jitter: 0.12, lean: 0.05, deadEnds: 0.3 }
/** Where a road reaches the edge of the drawn town. */
export type WayOut = {
  /** 0 south, 1 north, 2 west, 3 east. */
  readonly side: number
  readonly at: Metres
  readonly highway: boolean
  readonly roadClass: RoadClass
  readonly name: string
}

const HIGHWAYS = ['327国道', '255省道', '342省道', '104国道']

/** Beyond the ring: main roads to the edge of the map, some suburbs, villages on the roads, fields between. */
export function outskirtsOf(
  frame: Frame,
  arterials: Arterials,
  seed: number,
  scale: number,
  names: StreetNames,
  ends: StreetEnds,
  highways: readonly string[] = HIGHWAYS,
): { readonly streets: Street[]; readonly waysOut: WayOut[] } {
  const streets: Street[] = []
  const waysOut: WayOut[] = []
  sidesOf(frame, arterials, seed).forEach((exits, turn) => {
    const random = randomOf(seed, `outskirts-${turn}`, 'plan')
    const highway = random.integer(1, exits.length - 2)
    const reach = exits.map((exit, k): number => (exit.main || k === highway ? 1 : 0))
    for (let k = 0; k + 1 < exits.length; k += 1) {
      const [a, b] = [exits[k]!, exits[k + 1]!]
      // No streets over the river or the railway: their lines leave a gap in the row of exits.
      if (!sameStretch(frame, a, b, turn)) continue
      const land: Quad = [a.inner, b.inner, b.outer, a.outer]
      const plan = random.uniform()
      const depth = random.uniform(0.6, 0.9)
      if (plan < 0.34) {
        reach[k] = Math.max(reach[k]!, depth)
        reach[k + 1] = Math.max(reach[k + 1]!, depth)
        const suburb: Quad = [a.inner, b.inner, lerp(b.inner, b.outer, depth), lerp(a.inner, a.outer, depth)]
        streets.push(lane(names.local(turn >= 2), [suburb[3], suburb[2]]))
        const style = {
          kind: 'town',
          leafM2: 34_000 * scale,
          jitter: 0.12,
          lean: 0.04,
          deadEnds: 0.3,
        } as const
        streets.push(...cutBlocks(suburb, style, random, names, ends))
      } else if (plan < 0.85 && (reach[k] !== 0 || random.chance(0.5))) {
        const village = villageOf(
          land,
          random.uniform(0.3, 0.42),
          random.uniform(0.72, 0.88),
          random.uniform(0.32, 0.55),
        )
        reach[k] = Math.max(reach[k]!, 0.9)
        const name = names.village()
        streets.push(lane(`${name}街`, [village[0], village[1], village[2], village[3]]))
        streets.push(...cutBlocks(village, VILLAGE, random, names, ends))
      }
    }
    exits.forEach((exit, k) => {
      if (reach[k] === 0) return
      const name = k === highway ? highways[turn]! : nameOf(exit.line, exit.side)
      const roadClass = k === highway ? 'trunk' : reach[k] === 1 ? exit.line.roadClass : 'tertiary'
      streets.push({
        name,
        roadClass,
        points: [exit.inner, lerp(exit.inner, exit.outer, reach[k]!)],
        mayBeOneWay: false,
      })
      if (reach[k] === 1)
        waysOut.push({ side: turn, at: exit.outer, highway: k === highway, roadClass, name })
    })
  })
  return { streets, waysOut }
}

const lane = (name: string, points: readonly Metres[]): Street => ({
  name,
  points,
  roadClass: 'unclassified',
  mayBeOneWay: false,
})

/** A village lies on the first of two roads: its first and last corner are on it. */
function villageOf([a, b, c, d]: Quad, near: number, far: number, across: number): Quad {
  const [nearRoad, farRoad] = [lerp(a, d, near), lerp(a, d, far)]
  return [nearRoad, lerp(nearRoad, lerp(b, c, near), across), lerp(farRoad, lerp(b, c, far), across), farRoad]
}

/** South, north, west, east; corners of the ring belong to no side, so that two sides never claim one field. */
function sidesOf(frame: Frame, { columnLines, rowLines }: Arterials, seed: number): Exit[][] {
  const random = randomOf(seed, 'outskirts', 'exits')
  const [lastColumn, lastRow] = [frame.columns.length - 1, frame.rows.length - 1]
  const exit = (inner: Metres, line: Line, side: string, dx: number, dy: number): Exit => {
    const sway = random.uniform(-70, 70)
    const outer =
      dx === 0 ? { x: inner.x + sway, y: dy * frame.halfM } : { x: dx * frame.halfM, y: inner.y + sway }
    return { inner, outer, line, side, main: line.roadClass === 'primary' && random.chance(0.75) }
  }
  const columns = columnLines.map((line, i) => ({ line, i })).slice(1, -1)
  const rows = rowLines
    .map((line, j) => ({ line, j }))
    .slice(1, -1)
    .filter(({ line }) => line.roadClass !== 'tertiary')
  return [
    columns.map(({ line, i }) => exit(frame.at(i, 0), line, '南', 0, -1)),
    columns.map(({ line, i }) => exit(frame.at(i, lastRow), line, '北', 0, 1)),
    rows.map(({ line, j }) => exit(frame.at(0, j), line, '西', -1, 0)),
    rows.map(({ line, j }) => exit(frame.at(lastColumn, j), line, '东', 1, 0)),
  ]
}

/** True when neither river nor railway runs between the two exits and they are neighbours. */
function sameStretch(frame: Frame, a: Exit, b: Exit, turn: number): boolean {
  if (turn < 2) {
    const railX = (frame.columns[frame.railColumn]! + frame.columns[frame.railColumn + 1]!) / 2
    return a.inner.x > railX === b.inner.x > railX
  }
  const riverY = (frame.rows[frame.riverRow]! + frame.rows[frame.riverRow + 1]!) / 2
  return a.inner.y > riverY === b.inner.y > riverY
}
