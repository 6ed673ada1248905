import type { Metres } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import { lerp, smooth } from './drawing.ts'
import type { Frame } from './frame.ts'

/** A response grid (接处警网格) and the squadron (中队) that holds it. */
export type GridFeature = {
  readonly type: 'Feature'
  readonly id: string
  readonly properties: {
    readonly id: string
    readonly name: string
    readonly squadron: string
    /** Of a region's grids: the county that answers for it. */
    readonly countyId?: string
    readonly county?: string
  }
  readonly geometry: { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] }
}

/** Land around the drawn town that still belongs to its grids. */
const MARGIN_M = 250

/**
 * Four grids as Qufu has them: three north of the river, parted by the two streets along the old town's walls, and one
 * south of it. Neighbours share the very points of their border, so there is neither gap nor overlap.
 */
export function gridsOf(
  frame: Frame,
  river: readonly Metres[],
  riverName: string,
  onEarth: (line: readonly Metres[]) => Position[],
): GridFeature[] {
  const edgeM = frame.halfM + MARGIN_M
  const [west, east] = frame.coreColumns
  const [atWest, atEast] = [riverCrossing(frame, river, west), riverCrossing(frame, river, east)]
  const corner = (x: number, y: number): Metres => ({ x: x * edgeM, y: y * edgeM })
  const top = (column: number): Metres => ({ x: frame.at(column, frame.rows.length - 1).x, y: edgeM })
  const [riverWest, riverEast] = [river[0]!, river[river.length - 1]!]

  const line = (points: readonly Metres[]): Position[] => onEarth(points)
  const lines = {
    westDivide: line([top(west), ...columnDown(frame, west), river[atWest]!]),
    eastDivide: line([top(east), ...columnDown(frame, east), river[atEast]!]),
    riverWest: line(river.slice(0, atWest + 1)),
    riverMiddle: line(river.slice(atWest, atEast + 1)),
    riverEast: line(river.slice(atEast)),
    northWest: line([top(west), corner(-1, 1), riverWest]),
    northMiddle: line([top(east), top(west)]),
    northEast: line([riverEast, corner(1, 1), top(east)]),
    south: line([riverWest, corner(-1, -1), corner(1, -1), riverEast]),
  }
  const back = (points: readonly Position[]): Position[] => [...points].reverse()
  const south = `${riverName.replace(/^小/, '').slice(0, 1)}南`
  return [
    grid(1, '鼓楼', [lines.northMiddle, lines.westDivide, lines.riverMiddle, back(lines.eastDivide)]),
    grid(2, '西关', [lines.northWest, lines.riverWest, back(lines.westDivide)]),
    grid(3, '东关', [lines.eastDivide, lines.riverEast, lines.northEast]),
    grid(4, south, [lines.south, back(lines.riverEast), back(lines.riverMiddle), back(lines.riverWest)]),
  ]
}

/** The river down its middle, edge to edge of the map, through the middle of both banks at every column. */
export function riverOf(frame: Frame): Metres[] {
  const edgeM = frame.halfM + MARGIN_M
  const middles = frame.columns.map((_, i) =>
    lerp(frame.at(i, frame.riverRow), frame.at(i, frame.riverRow + 1), 0.5),
  )
  const [first, last] = [middles[0]!, middles[middles.length - 1]!]
  return smooth([{ x: -edgeM, y: first.y + 190 }, ...middles, { x: edgeM, y: last.y - 160 }], 25)
}

function riverCrossing(frame: Frame, river: readonly Metres[], column: number): number {
  const middle = lerp(frame.at(column, frame.riverRow), frame.at(column, frame.riverRow + 1), 0.5)
  const gaps = river.map(p => Math.hypot(p.x - middle.x, p.y - middle.y))
  return gaps.indexOf(Math.min(...gaps))
}

function columnDown(frame: Frame, column: number): Metres[] {
  const rows = frame.rows.map((_, j) => j).filter(j => j > frame.riverRow)
  return rows.reverse().map(j => frame.at(column, j))
}

/** Puts lines that follow each other into one closed ring, the shared ends once. */
function grid(number: number, word: string, lines: readonly (readonly Position[])[]): GridFeature {
  const ring = lines.flatMap(line => line.slice(0, -1))
  const id = `grid-${number}`
  return {
    type: 'Feature',
    id,
    properties: { id, name: `${word}网格`, squadron: `${word}网格中队` },
    geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]!]] },
  }
}
