import { bboxOf } from '#protocols/geo/polygon.ts'
import type { Grid } from '../grids/grid.ts'

/** Cells along each axis: about one grid in a few hundred of them, so a cell holds a handful of sides. */
const CELLS = 256
/** A side is filed this much too wide (in cells), so rounding never hides a crossing. */
const SLACK = 1e-6
const HAIR = 1e-9

/**
 * Where straight stretches cross the borders of the grids, exactly.
 *
 *   sides f64[4*n]        lon, lat of both ends of every side of every ring
 *   cells number[][]      sides whose line runs through the cell
 */
export class BorderSides {
  private readonly sides: Float64Array
  private readonly cells: number[][]
  private readonly west: number
  private readonly south: number
  private readonly cellLon: number
  private readonly cellLat: number

  constructor(grids: readonly Grid[]) {
    const rings = grids.flatMap(grid => grid.polygon)
    const box = bboxOf(rings.flat())
    this.west = box.west
    this.south = box.south
    this.cellLon = Math.max(1e-9, (box.east - box.west) / CELLS)
    this.cellLat = Math.max(1e-9, (box.north - box.south) / CELLS)
    this.sides = Float64Array.from(
      rings.flatMap(ring => ring.flatMap((here, i) => [...(ring[i - 1] ?? ring[ring.length - 1]!), ...here])),
    )
    this.cells = Array.from({ length: grids.length === 0 ? 0 : CELLS * CELLS }, () => [])
    for (let side = 0; side < this.sides.length / 4; side++) this.file(side)
  }

  /** Adds to `cuts` where along a-b (0 to 1) it crosses a border; unsorted, a border drawn twice counts twice. */
  crossings(aLon: number, aLat: number, bLon: number, bLat: number, cuts: number[]): void {
    if (this.cells.length === 0) return
    const [left, right] = [this.column(Math.min(aLon, bLon)), this.column(Math.max(aLon, bLon))]
    const [low, high] = [this.row(Math.min(aLat, bLat)), this.row(Math.max(aLat, bLat))]
    for (let row = Math.max(0, low); row <= Math.min(CELLS - 1, high); row++) {
      for (let column = Math.max(0, left); column <= Math.min(CELLS - 1, right); column++) {
        for (const side of this.cells[row * CELLS + column]!) this.cross(side, aLon, aLat, bLon, bLat, cuts)
      }
    }
  }

  private cross(side: number, aLon: number, aLat: number, bLon: number, bLat: number, cuts: number[]): void {
    const cLon = this.sides[4 * side]!
    const cLat = this.sides[4 * side + 1]!
    const [sx, sy] = [this.sides[4 * side + 2]! - cLon, this.sides[4 * side + 3]! - cLat]
    const [dx, dy] = [bLon - aLon, bLat - aLat]
    const across = dx * sy - dy * sx
    // Parallel: a road along a border is cut by the sides that end on it, or lies on one side altogether.
    if (across === 0) return
    const along = ((cLon - aLon) * sy - (cLat - aLat) * sx) / across
    const onSide = ((cLon - aLon) * dy - (cLat - aLat) * dx) / across
    // A hair more than the stretch and the side: a bend on a border must be found by one of its two stretches.
    if (along >= -HAIR && along <= 1 + HAIR && onSide >= -HAIR && onSide <= 1 + HAIR)
      cuts.push(Math.min(1, Math.max(0, along)))
  }

  private file(side: number): void {
    const [aLon, aLat] = [this.sides[4 * side]!, this.sides[4 * side + 1]!]
    const [bLon, bLat] = [this.sides[4 * side + 2]!, this.sides[4 * side + 3]!]
    const y = (lat: number): number => (lat - this.south) / this.cellLat
    const x = (lon: number): number => (lon - this.west) / this.cellLon
    const [ax, ay, bx, by] = [x(aLon), y(aLat), x(bLon), y(bLat)]
    for (let row = clamp(Math.min(ay, by) - SLACK); row <= clamp(Math.max(ay, by) + SLACK); row++) {
      const at = (edge: number): number =>
        ax + ((Math.min(Math.max(ay, by), Math.max(Math.min(ay, by), edge)) - ay) / (by - ay)) * (bx - ax)
      const [x1, x2] = ay === by ? [ax, bx] : [at(row - SLACK), at(row + 1 + SLACK)]
      for (let column = clamp(Math.min(x1, x2) - SLACK); column <= clamp(Math.max(x1, x2) + SLACK); column++)
        this.cells[row * CELLS + column]!.push(side)
    }
  }

  private row(lat: number): number {
    return Math.floor((lat - this.south) / this.cellLat - SLACK)
  }

  private column(lon: number): number {
    return Math.floor((lon - this.west) / this.cellLon - SLACK)
  }
}

const clamp = (cell: number): number => Math.min(CELLS - 1, Math.max(0, Math.floor(cell)))
