import { PointCells } from './point-cells.ts'

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

/** What of a sign must be seen to know it, from its middle, at scale 1. */
const SIGN_PX = 9

/** The signs on a screen, for a name to keep clear of: one never lies over a sign that matters as much as its own. */
export class SignPlaces {
  private readonly xs: Float64Array
  private readonly ys: Float64Array
  private readonly layers: Uint8Array
  private readonly cells: PointCells
  private readonly radiusPx: number

  /** Pixels; `layers`: what is drawn later matters more. */
  constructor(xs: Float64Array, ys: Float64Array, layers: Uint8Array, scale: number) {
    this.xs = xs
    this.ys = ys
    this.layers = layers
    this.cells = new PointCells(xs, ys)
    this.radiusPx = SIGN_PX * scale
  }

  /** Whether the name of the sign `own`, of this width around (x, y), would lie over such a sign. */
  hides(own: number, x: number, y: number, namePx: number): boolean {
    const halfWidth = namePx / 2 + this.radiusPx
    const halfHeight = LABEL_HEIGHT_PX / 2 + this.radiusPx
    let isHidden = false
    this.cells.within(x, y, Math.hypot(halfWidth, halfHeight), other => {
      if (other === own || this.layers[other]! < this.layers[own]!) return
      const isOver = Math.abs(this.xs[other]! - x) < halfWidth && Math.abs(this.ys[other]! - y) < halfHeight
      isHidden ||= isOver
    })
    return isHidden
  }
}
