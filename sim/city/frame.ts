import type { Metres } from '#protocols/geo/local.ts'
import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'

/*
 * The frame of the town on the drawing board: where the big lines meet. Columns run north, rows run east.
 *
 *        0   1   2   3 ===== 5   6 # 7   8      = wall streets of the old core
 *     9  o---o---o---o---o---o---o-#-o---o      # railway between two columns
 *        |                         #     |      ~ river between two rows, its banks are rows
 *     6  o---o---o---O===O===O---o-#-o---o
 *     4  o---o---o---O===O===O---o-#-o---o      outermost lines: the ring road
 *     3  o~~~o~~~o~~~o~~~o~~~o~~~o~#~o~~~o
 *     0  o---o---o---o---o---o---o-#-o---o
 */
export type Frame = {
  /** Half the side of the map and of the ring road's square. */
  readonly halfM: number
  readonly ringM: number
  readonly core: { readonly halfX: number; readonly halfY: number }
  readonly columns: readonly number[]
  readonly rows: readonly number[]
  /** The drum tower stands where these cross. */
  readonly centreColumn: number
  readonly centreRow: number
  /** First and last line of the old core. */
  readonly coreColumns: readonly [number, number]
  readonly coreRows: readonly [number, number]
  /** The banks are rows `riverRow` and `riverRow + 1`. */
  readonly riverRow: number
  /** The railway runs between columns `railColumn` and `railColumn + 1`. */
  readonly railColumn: number
  /** Where line `column` meets line `row`. */
  at(column: number, row: number): Metres
}

/** 6 x 6 km hold about 2,000 junctions; more junctions make a bigger town, not a denser one. */
const HALF_M = 3000
const JUNCTIONS_AT_THAT_SIZE = 2000
const SPACING_M = 600
const CORE_HALF_M = { x: 560, y: 500 }
const BANK_TO_BANK_M = 130

export function frameOf(seed: number, junctions: number): Frame {
  const random = randomOf(seed, 'city', 'frame')
  const scale = Math.sqrt(junctions / JUNCTIONS_AT_THAT_SIZE)
  const halfM = HALF_M * scale
  const ringM = halfM * 0.785
  const coreCells = Math.max(1, Math.round(Math.sqrt(scale)))
  const core = { halfX: CORE_HALF_M.x * coreCells, halfY: CORE_HALF_M.y * coreCells }
  const riverM = -(core.halfY + 370 + SPACING_M * Math.max(0, Math.round(scale) - 1))
  const [south, north] = [riverM - BANK_TO_BANK_M / 2, riverM + BANK_TO_BANK_M / 2]

  const inside = (half: number): number[] =>
    Array.from({ length: 2 * coreCells + 1 }, (_, k) => half * (k / coreCells - 1))
  const columns = [
    ...spaced(-ringM, -core.halfX, random),
    ...inside(core.halfX),
    ...spaced(core.halfX, ringM, random).slice(1),
    ringM,
  ]
  const belowCore = spaced(north, -core.halfY, random)
  const rows = [
    ...spaced(-ringM, south, random),
    south,
    ...belowCore,
    ...inside(core.halfY),
    ...spaced(core.halfY, ringM, random).slice(1),
    ringM,
  ]
  const firstCore = columns.indexOf(-core.halfX)
  const lowCore = rows.indexOf(-core.halfY)
  const frame = {
    halfM,
    ringM,
    core,
    columns,
    rows,
    centreColumn: firstCore + coreCells,
    centreRow: lowCore + coreCells,
    coreColumns: [firstCore, firstCore + 2 * coreCells] as const,
    coreRows: [lowCore, lowCore + 2 * coreCells] as const,
    riverRow: rows.indexOf(south),
    railColumn: railColumnOf(columns, ringM, random.chance(0.7) ? 1 : -1),
  }
  const points = meetingPoints(frame, random)
  return { ...frame, at: (column, row) => points[column]![row]! }
}

/** `from` and lines about 600 m apart up to, not including, `to`. */
function spaced(from: number, to: number, random: Random): number[] {
  const cells = Math.max(1, Math.round((to - from) / SPACING_M))
  const step = (to - from) / cells
  return Array.from(
    { length: cells },
    (_, k) => from + step * (k === 0 ? 0 : k + random.uniform(-0.12, 0.12)),
  )
}

/** The railway passes beside the town centre, two thirds of the way to the ring, clear of the core. */
function railColumnOf(columns: readonly number[], ringM: number, side: 1 | -1): number {
  const wanted = side * ringM * 0.62
  const middles = columns.slice(1).map((x, i) => Math.abs((x + columns[i]!) / 2 - wanted))
  return middles.indexOf(Math.min(...middles))
}

/** Every crossing a little off its square; corners of the ring drawn in; the banks follow the river's bends together. */
function meetingPoints(frame: Omit<Frame, 'at'>, random: Random): Metres[][] {
  const phase = random.uniform(0, 2 * Math.PI)
  const [lastColumn, lastRow] = [frame.columns.length - 1, frame.rows.length - 1]
  return frame.columns.map((x, i) =>
    frame.rows.map((y, j) => {
      const bank = j === frame.riverRow || j === frame.riverRow + 1
      const inCore = i >= frame.coreColumns[0] && i <= frame.coreColumns[1]
      const off = inCore ? 14 : 32
      const corner = (i === 0 || i === lastColumn) && (j === 0 || j === lastRow)
      const [dx, dy] = [random.uniform(-off, off), random.uniform(-off, off)]
      if (bank)
        return {
          x: x + dx * 0.3,
          y: y + 80 * Math.sin(x / 560 + phase) + 45 * Math.sin(x / 1900 + 2 * phase),
        }
      if (corner) return { x: x - 170 * Math.sign(x), y: y - 170 * Math.sign(y) }
      return { x: x + dx, y: y + dy }
    }),
  )
}
