/** A name that would like to be shown, in screen pixels; higher `weight` comes first. */
export type Wanted = {
  readonly key: string
  readonly x: number
  readonly y: number
  readonly widthPx: number
  readonly weight: number
}

const CELL_PX = 24
export const LABEL_HEIGHT_PX = 16

/**
 * Which names find room, in order of weight: none overlaps another, none lies outside the screen. Names shown before come
 * first among equals, so that they do not flicker. `max` bounds how many.
 */
export function labelsWithRoom(
  wanted: readonly Wanted[],
  screen: { readonly widthPx: number; readonly heightPx: number },
  shown: ReadonlySet<string>,
  max: number,
): Wanted[] {
  const columns = Math.ceil(screen.widthPx / CELL_PX)
  const rows = Math.ceil(screen.heightPx / CELL_PX)
  const taken = new Uint8Array(columns * rows * 2)
  const order = wanted
    .filter(({ x, y }) => x >= 0 && y >= 0 && x < screen.widthPx && y < screen.heightPx)
    .sort((a, b) => b.weight - a.weight || Number(shown.has(b.key)) - Number(shown.has(a.key)))
  const chosen: Wanted[] = []
  for (const one of order) {
    if (chosen.length >= max) break
    const cells = cellsOf(one, columns, rows * 2)
    if (cells.some(cell => taken[cell] === 1)) continue
    for (const cell of cells) taken[cell] = 1
    chosen.push(one)
  }
  return chosen
}

/** Cells of half the height of a name's, so that names below each other stand close. */
function cellsOf({ x, y, widthPx }: Wanted, columns: number, rows: number): number[] {
  const clamp = (value: number, max: number): number => Math.max(0, Math.min(max - 1, Math.floor(value)))
  const [left, right] = [
    clamp((x - widthPx / 2) / CELL_PX, columns),
    clamp((x + widthPx / 2) / CELL_PX, columns),
  ]
  const [top, bottom] = [
    clamp((y - LABEL_HEIGHT_PX / 2) / (CELL_PX / 2), rows),
    clamp((y + LABEL_HEIGHT_PX / 2) / (CELL_PX / 2), rows),
  ]
  const cells: number[] = []
  for (let row = top; row <= bottom; row += 1)
    for (let column = left; column <= right; column += 1) cells.push(row * columns + column)
  return cells
}
