import { LABEL_HEIGHT_PX } from './label-places.ts'
import { PIXEL_RATIO, drawLabel } from './map-images.ts'

/** The sheet of names: as many as can be read at once. */
export const NAME_COLUMNS = 8
export const NAME_ROWS = 32
export const NAMES_MAX = NAME_COLUMNS * NAME_ROWS
export const NAME_WIDTH_PX = 120
export const NAME_HEIGHT_PX = LABEL_HEIGHT_PX + 2

/** Which name stands in which cell of the sheet; the longest unused give way. */
export class NameSheet {
  private readonly cells = new Map<
    string,
    { readonly cell: number; text: string; ink: string; halo: string }
  >()
  private readonly fresh = new Set<string>()
  private wanted = new Set<string>()
  private readonly free = Array.from({ length: NAMES_MAX }, (_, n) => NAMES_MAX - 1 - n)
  private readonly pen: CanvasRenderingContext2D | null

  constructor() {
    const canvas = document.createElement('canvas')
    canvas.width = NAME_WIDTH_PX * PIXEL_RATIO
    canvas.height = NAME_HEIGHT_PX * PIXEL_RATIO
    this.pen = canvas.getContext('2d', { willReadFrequently: true })
  }

  get shown(): ReadonlySet<string> {
    return this.wanted
  }

  begin(keys: readonly string[]): void {
    this.wanted = new Set(keys)
    for (const [key, { cell }] of this.cells)
      if (!this.wanted.has(key)) {
        this.cells.delete(key)
        this.fresh.delete(key)
        this.free.push(cell)
      }
  }

  /** The cell of a name, drawn again only when its words or colour changed. */
  cellOf(key: string, text: string, ink: string, halo: string): number | null {
    const known = this.cells.get(key)
    if (known !== undefined && known.text === text && known.ink === ink && known.halo === halo)
      return known.cell
    const cell = known?.cell ?? this.free.pop()
    if (cell === undefined) return null
    this.cells.set(key, { cell, text, ink, halo })
    this.fresh.add(key)
    return cell
  }

  hasNews(): boolean {
    return this.fresh.size > 0
  }

  forget(): void {
    for (const key of this.cells.keys()) this.fresh.add(key)
  }

  deliver(take: (cell: number, canvas: HTMLCanvasElement) => void): void {
    for (const key of this.fresh) {
      const one = this.cells.get(key)
      if (one === undefined || this.pen === null) continue
      drawLabel(this.pen, one.text, one.ink, one.halo)
      take(one.cell, this.pen.canvas)
    }
    this.fresh.clear()
  }
}
