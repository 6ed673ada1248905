/** Points per cell on average; a query looks at a few cells. */
const PER_CELL = 2

/**
 * Points in a plane, found by place. A uniform grid over their bounds, filled by counting, read-only afterwards:
 *
 *     first u32[columns x rows + 1]   where the cell's points begin in `members`
 *     members u32[n]                  indices of points, cell after cell
 */
export class PointCells {
  private readonly xs: Float64Array
  private readonly ys: Float64Array
  private readonly first: Uint32Array
  private readonly members: Uint32Array
  private readonly side: number
  private readonly west: number
  private readonly north: number
  private readonly cellX: number
  private readonly cellY: number

  constructor(xs: Float64Array, ys: Float64Array) {
    const count = xs.length
    this.xs = xs
    this.ys = ys
    this.side = Math.max(1, Math.ceil(Math.sqrt(count / PER_CELL)))
    let [west, east, north, south] = [Infinity, -Infinity, Infinity, -Infinity]
    for (let i = 0; i < count; i += 1) {
      west = Math.min(west, xs[i]!)
      east = Math.max(east, xs[i]!)
      north = Math.min(north, ys[i]!)
      south = Math.max(south, ys[i]!)
    }
    this.west = count === 0 ? 0 : west
    this.north = count === 0 ? 0 : north
    // Everything in one place would be cells without width.
    this.cellX = Math.max(1e-12, (east - west) / this.side)
    this.cellY = Math.max(1e-12, (south - north) / this.side)
    this.first = new Uint32Array(this.side * this.side + 1)
    this.members = new Uint32Array(count)
    const cells = Uint32Array.from({ length: count }, (_, i) => this.cellAt(xs[i]!, ys[i]!))
    for (const cell of cells) this.first[cell + 1]! += 1
    for (let cell = 0; cell < this.side * this.side; cell += 1) this.first[cell + 1]! += this.first[cell]!
    const next = this.first.slice()
    cells.forEach((cell, i) => {
      this.members[next[cell]!] = i
      next[cell]! += 1
    })
  }

  /** Calls `visit` with the index of every point within `radius` of (x, y), in no particular order. */
  within(x: number, y: number, radius: number, visit: (index: number, distance: number) => void): void {
    const [left, right] = [this.column(x - radius), this.column(x + radius)]
    const [top, bottom] = [this.row(y - radius), this.row(y + radius)]
    for (let row = top; row <= bottom; row += 1)
      for (
        let n = this.first[row * this.side + left]!;
        n < this.first[row * this.side + right + 1]!;
        n += 1
      ) {
        const index = this.members[n]!
        const distance = Math.hypot(this.xs[index]! - x, this.ys[index]! - y)
        if (distance <= radius) visit(index, distance)
      }
  }

  private cellAt(x: number, y: number): number {
    return this.row(y) * this.side + this.column(x)
  }

  private column(x: number): number {
    return Math.max(0, Math.min(this.side - 1, Math.floor((x - this.west) / this.cellX)))
  }

  private row(y: number): number {
    return Math.max(0, Math.min(this.side - 1, Math.floor((y - this.north) / this.cellY)))
  }
}
