import { METRES_PER_DEGREE } from '#protocols/geo/local.ts'
import { bboxMiddle, bboxOf, cutsAt } from '#protocols/geo/polygon.ts'
import type { Grid } from './grid.ts'
import { RowSides } from './row-sides.ts'

/** Cells along the longer side of the whole area: 51 grids leave about one cell in five to be decided exactly. */
const CELLS_LONG_MAX = 512
const CELL_M_MIN = 50
/** A border is rasterised this much too wide (in cells), so rounding can never put it into the cell beside. */
const BORDER_SLACK = 1e-6

const OUTSIDE = -1
const MIXED = -2

/**
 * Which grid holds a place: a raster answers at once where a cell lies in one grid or in none, the sides of the polygons
 * where a border runs through it.
 *
 *   cells i16[rows*columns]       grid index, -1 outside all, -2 mixed
 *   mixedFirst u32[cells+1], mixedGrids u16[]    for a mixed cell the grids to ask, rising
 *
 * Where polygons overlap the first in the list wins, so every place has one grid.
 */
export class GridRaster {
  readonly grids: readonly Grid[]
  private readonly south: number
  private readonly west: number
  private readonly cellLat: number
  private readonly cellLon: number
  private readonly rows: number
  private readonly columns: number
  private readonly cells: Int16Array
  private readonly mixedFirst: Uint32Array
  private readonly mixedGrids: Uint16Array
  private readonly sides: RowSides

  constructor(grids: readonly Grid[]) {
    const box = bboxOf(grids.flatMap(grid => grid.polygon.flat()))
    const metresPerLon = METRES_PER_DEGREE * Math.cos((bboxMiddle(box).lat * Math.PI) / 180)
    const heightM = grids.length === 0 ? 0 : (box.north - box.south) * METRES_PER_DEGREE
    const widthM = grids.length === 0 ? 0 : (box.east - box.west) * metresPerLon
    const cellM = Math.max(CELL_M_MIN, Math.max(heightM, widthM) / CELLS_LONG_MAX)
    this.grids = grids
    this.south = box.south
    this.west = box.west
    this.cellLat = cellM / METRES_PER_DEGREE
    this.cellLon = cellM / metresPerLon
    this.rows = grids.length === 0 ? 0 : Math.floor(heightM / cellM) + 1
    this.columns = grids.length === 0 ? 0 : Math.floor(widthM / cellM) + 1
    this.cells = new Int16Array(this.rows * this.columns).fill(OUTSIDE)
    this.sides = new RowSides(
      grids.map(grid => grid.polygon),
      lat => this.rowOf(lat),
    )
    const candidates = this.bordersByCell()
    this.fillPlainCells(candidates)
    this.mixedFirst = new Uint32Array(this.cells.length + 1)
    for (let cell = 0; cell < this.cells.length; cell++) {
      this.mixedFirst[cell + 1] = (this.mixedFirst[cell] ?? 0) + (candidates.get(cell)?.size ?? 0)
    }
    this.mixedGrids = new Uint16Array(this.mixedFirst[this.cells.length] ?? 0)
    for (const [cell, found] of candidates) {
      this.mixedGrids.set(
        [...found].sort((a, b) => a - b),
        this.mixedFirst[cell] ?? 0,
      )
    }
  }

  /** Index of the grid that holds the place, -1 outside all. */
  indexAt(lat: number, lon: number): number {
    const row = this.rowOf(lat)
    const column = Math.floor((lon - this.west) / this.cellLon)
    if (!(row >= 0 && row < this.rows && column >= 0 && column < this.columns)) return OUTSIDE
    const cell = row * this.columns + column
    const known = this.cells[cell]!
    if (known !== MIXED) return known
    for (let i = this.mixedFirst[cell]!; i < this.mixedFirst[cell + 1]!; i++) {
      const grid = this.mixedGrids[i]!
      if (this.sides.holds(grid, lat, lon)) return grid
    }
    return OUTSIDE
  }

  private rowOf(lat: number): number {
    return Math.floor((lat - this.south) / this.cellLat)
  }

  /** Marks every cell a border runs through and notes whose border it is. */
  private bordersByCell(): Map<number, Set<number>> {
    const candidates = new Map<number, Set<number>>()
    this.grids.forEach((grid, index) => {
      for (const ring of grid.polygon) {
        let previous = ring[ring.length - 1]
        for (const here of ring) {
          if (previous !== undefined) {
            const x = (lon: number): number => (lon - this.west) / this.cellLon
            const y = (lat: number): number => (lat - this.south) / this.cellLat
            this.markLine(x(previous[0]), y(previous[1]), x(here[0]), y(here[1]), cell => {
              const found = candidates.get(cell) ?? new Set()
              candidates.set(cell, found.add(index))
              this.cells[cell] = MIXED
            })
          }
          previous = here
        }
      }
    })
    return candidates
  }

  /** Row by row: the columns the line covers within the row, a hair wider than it is. */
  private markLine(ax: number, ay: number, bx: number, by: number, mark: (cell: number) => void): void {
    const first = Math.max(0, Math.floor(Math.min(ay, by) - BORDER_SLACK))
    const last = Math.min(this.rows - 1, Math.floor(Math.max(ay, by) + BORDER_SLACK))
    for (let row = first; row <= last; row++) {
      const at = (y: number): number =>
        ay === by ? ax : ax + ((clamp(y, ay, by) - ay) / (by - ay)) * (bx - ax)
      const [x1, x2] = ay === by ? [ax, bx] : [at(row - BORDER_SLACK), at(row + 1 + BORDER_SLACK)]
      const left = Math.max(0, Math.floor(Math.min(x1, x2) - BORDER_SLACK))
      const right = Math.min(this.columns - 1, Math.floor(Math.max(x1, x2) + BORDER_SLACK))
      for (let column = left; column <= right; column++) mark(row * this.columns + column)
    }
  }

  /**
   * A cell without a border is all in or all out: its middle decides. Mixed cells learn who covers them otherwise. One
   * cut through the grid per row of cells, so a grid costs its corners times its rows, not times its cells.
   */
  private fillPlainCells(candidates: ReadonlyMap<number, Set<number>>): void {
    this.grids.forEach((grid, index) => {
      const box = bboxOf(grid.polygon.flat())
      const firstRow = Math.max(0, Math.floor((box.south - this.south) / this.cellLat) - 1)
      const lastRow = Math.min(this.rows - 1, Math.floor((box.north - this.south) / this.cellLat) + 1)
      for (let row = firstRow; row <= lastRow; row++) {
        const cuts = cutsAt(grid.polygon, this.south + (row + 0.5) * this.cellLat)
        for (let i = 0; i + 1 < cuts.length; i += 2)
          this.fillRow(row, cuts[i]!, cuts[i + 1]!, cell => {
            if (this.cells[cell] === MIXED) candidates.get(cell)?.add(index)
            else if (this.cells[cell] === OUTSIDE) this.cells[cell] = index
          })
      }
    })
  }

  /** The cells of the row whose middle lies from `west` on and before `east`. */
  private fillRow(row: number, west: number, east: number, fill: (cell: number) => void): void {
    const columnFrom = (lon: number): number => Math.ceil((lon - this.west) / this.cellLon - 0.5)
    const end = Math.min(this.columns, columnFrom(east))
    for (let column = Math.max(0, columnFrom(west)); column < end; column++) fill(row * this.columns + column)
  }
}

const clamp = (y: number, a: number, b: number): number =>
  Math.min(Math.max(a, b), Math.max(Math.min(a, b), y))
