import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { bboxMiddle } from '#protocols/geo/polygon.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'

/** Side of the cells that area is counted in. */
export const CELL_M = 100
export const CELL_M2 = CELL_M * CELL_M

/** Square cells laid over the box of a graph, named by whole numbers, rows from the south. */
export class CellGrid {
  private readonly south: number
  private readonly west: number
  private readonly sideLat: number
  private readonly sideLon: number
  readonly columns: number

  constructor({ metadata }: RoadGraph, sideM = CELL_M) {
    const { south, north, west, east } = metadata.bbox
    this.south = south
    this.west = west
    this.sideLat = sideM / METRES_PER_DEGREE
    this.sideLon = this.sideLat / Math.cos((bboxMiddle({ south, north, west, east }).lat * Math.PI) / 180)
    this.columns = Math.ceil((east - west) / this.sideLon) + 2
  }

  at({ lat, lon }: LatLon): number {
    return Math.floor(this.y(lat)) * this.columns + Math.floor(this.x(lon))
  }

  /** In sides of a cell from the south-west corner. */
  x(lon: number): number {
    return (lon - this.west) / this.sideLon
  }

  y(lat: number): number {
    return (lat - this.south) / this.sideLat
  }
}

/**
 * Square metres of 100 m cells that a metre of each edge stands for: a cell belongs in equal parts to every metre of road
 * in it, so all roads together weigh as much as all cells with a road. Edges are cut exactly where they leave a cell.
 */
export function areaPerMetre(graph: RoadGraph): Float64Array {
  const grid = new CellGrid(graph)
  const roadM = new Map<number, number>()
  forEachPiece(graph, grid, (_, cell, metres) => roadM.set(cell, (roadM.get(cell) ?? 0) + metres))
  const area = new Float64Array(graph.edgeCount)
  forEachPiece(graph, grid, (edge, cell, metres) => {
    area[edge]! += (metres / roadM.get(cell)!) * CELL_M2
  })
  return area.map((m2, edge) => (m2 > 0 ? (m2 * 10) / graph.edgeLengthDm[edge]! : 0))
}

type OnPiece = (edge: number, cell: number, metres: number) => void

function forEachPiece(graph: RoadGraph, grid: CellGrid, onPiece: OnPiece): void {
  const { edgeShapeFirst, shapeLonE7, shapeLatE7, edgeLengthDm } = graph
  const cuts: number[] = []
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [first, last] = [edgeShapeFirst[edge]!, edgeShapeFirst[edge + 1]! - 1]
    const plain = plainLength(grid, shapeLonE7, shapeLatE7, first, last)
    if (!(plain > 0) || edgeLengthDm[edge] === 0) continue
    const perPlain = edgeLengthDm[edge]! / 10 / plain
    for (let s = first; s < last; s++) {
      const [ax, ay] = [grid.x(shapeLonE7[s]! / 1e7), grid.y(shapeLatE7[s]! / 1e7)]
      const [bx, by] = [grid.x(shapeLonE7[s + 1]! / 1e7), grid.y(shapeLatE7[s + 1]! / 1e7)]
      const metres = Math.hypot(bx - ax, by - ay) * perPlain
      cuts.length = 0
      addCuts(ax, bx, cuts)
      addCuts(ay, by, cuts)
      cuts.sort((a, b) => a - b)
      cuts.push(1)
      let from = 0
      for (const to of cuts) {
        const middle = (from + to) / 2
        const [x, y] = [ax + middle * (bx - ax), ay + middle * (by - ay)]
        if (to > from) onPiece(edge, Math.floor(y) * grid.columns + Math.floor(x), (to - from) * metres)
        from = to
      }
    }
  }
}

/** Where along a to b (0 to 1) whole numbers are crossed. */
function addCuts(a: number, b: number, cuts: number[]): void {
  const [low, high] = [Math.min(a, b), Math.max(a, b)]
  for (let line = Math.floor(low) + 1; line < high; line++) cuts.push((line - a) / (b - a))
}

function plainLength(
  grid: CellGrid,
  lonE7: Int32Array,
  latE7: Int32Array,
  first: number,
  last: number,
): number {
  let sum = 0
  for (let s = first; s < last; s++) {
    const dx = grid.x(lonE7[s + 1]! / 1e7) - grid.x(lonE7[s]! / 1e7)
    const dy = grid.y(latE7[s + 1]! / 1e7) - grid.y(latE7[s]! / 1e7)
    sum += Math.hypot(dx, dy)
  }
  return sum
}
