const CELL_PX = 24
const ROW_PX = 12
export const LABEL_HEIGHT_PX = 16

/**
 * Which parts of the screen already carry a name: cells of 24 x 12 pixels. Names are offered the most important first; one
 * that overlaps another or lies outside the screen finds no room.
 */
export class LabelRoom {
  private readonly columns: number
  private readonly rows: number
  private readonly taken: Uint8Array
  private readonly widthPx: number
  private readonly heightPx: number

  constructor(widthPx: number, heightPx: number) {
    this.widthPx = widthPx
    this.heightPx = heightPx
    this.columns = Math.max(1, Math.ceil(widthPx / CELL_PX))
    this.rows = Math.max(1, Math.ceil(heightPx / ROW_PX))
    this.taken = new Uint8Array(this.columns * this.rows)
  }

  /** Takes the room of a name of this width around (x, y); false when there is none. */
  take(x: number, y: number, namePx: number): boolean {
    if (x < 0 || y < 0 || x >= this.widthPx || y >= this.heightPx) return false
    const left = Math.max(0, Math.floor((x - namePx / 2) / CELL_PX))
    const right = Math.min(this.columns - 1, Math.floor((x + namePx / 2) / CELL_PX))
    const top = Math.max(0, Math.floor((y - LABEL_HEIGHT_PX / 2) / ROW_PX))
    const bottom = Math.min(this.rows - 1, Math.floor((y + LABEL_HEIGHT_PX / 2) / ROW_PX))
    for (let row = top; row <= bottom; row += 1)
      for (let column = left; column <= right; column += 1)
        if (this.taken[row * this.columns + column] === 1) return false
    for (let row = top; row <= bottom; row += 1)
      this.taken.fill(1, row * this.columns + left, row * this.columns + right + 1)
    return true
  }
}
