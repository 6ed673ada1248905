import type { Metres } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import { randomOf } from '../random.ts'
import type { County } from './counties.ts'
import { BorderLines } from './faces.ts'
import type { Face, Side } from './faces.ts'
import type { Frame } from './frame.ts'
import type { GridFeature } from './grids.ts'
import { PIECES, wandering } from './tiles.ts'
import type { Tiles } from './tiles.ts'

/** One county on the region's board. */
export type CountyTown = {
  readonly county: County
  /** Which tile of the land is its. */
  readonly column: number
  readonly row: number
  readonly at: Metres
  readonly frame: Frame
  readonly columnWords: readonly string[]
  readonly rowWords: readonly string[]
}

/** Cells of a town's frame between two lines each way, ends not included. */
type Block = { readonly west: number; readonly east: number; readonly south: number; readonly north: number }

/** Grids of the old core are smaller: more happens there. */
const CORE_WEIGHT = 1.7
const SECTORS = 4 * PIECES

/**
 * The grids of a region. In town they are blocks of the frame, so their borders are arterials; the land around the town
 * is cut into sectors from the ring road to the county's border. In a small county every grid is a piece of town with
 * the land before it; a big one has grids of town and grids of land.
 */
export function regionGrids(
  towns: readonly CountyTown[],
  junctions: readonly Metres[],
  tiles: Tiles,
  seed: number,
  onEarth: (line: readonly Metres[]) => Position[],
): GridFeature[] {
  const lines = new BorderLines()
  const features: GridFeature[] = []
  const words = new Set<string>()
  for (const town of towns) {
    for (const { faces, word } of partsOf(town, junctions, tiles, seed, lines, onEarth)) {
      const [id, whole] = [`grid-${features.length + 1}`, once(town.county.short + word, words)]
      features.push({
        type: 'Feature',
        id,
        properties: {
          id,
          name: `${whole}网格`,
          squadron: `${whole}网格中队`,
          countyId: town.county.id,
          county: town.county.name,
        },
        geometry: { type: 'Polygon', coordinates: lines.outlineOf(faces) },
      })
    }
  }
  return features
}

function once(word: string, used: Set<string>): string {
  let name = word
  for (const more of '一二三四五六七八九') {
    if (!used.has(name)) break
    name = `${word}${more}`
  }
  used.add(name)
  return name
}

type Part = { readonly faces: readonly Face[]; readonly word: string }

function partsOf(
  town: CountyTown,
  junctions: readonly Metres[],
  tiles: Tiles,
  seed: number,
  lines: BorderLines,
  onEarth: (line: readonly Metres[]) => Position[],
): Part[] {
  const { frame, county } = town
  const board = drawnBoard(town, tiles, seed, lines, onEarth)
  const landGrids = landGridsOf(county.grids)
  const cells = cellWeights(town, junctions)
  const blocks = bisected(wholeOf(frame), county.grids - landGrids, cells)
  // The block with the drum tower comes first: a demo's first car patrols in the middle of town.
  const ordered = [...blocks].sort((a, b) => distanceToMiddle(frame, a) - distanceToMiddle(frame, b))
  const sectors = Array.from({ length: SECTORS }, (_, k) => k)
  const words = new Set<string>()
  const inTown = ordered.map((block): Part => {
    const own = landGrids > 0 ? [] : sectors.filter(k => ownerOf(board.ringOf(k), ordered) === block)
    const word = county.short === '' ? streetWord(town, block, words) : sideWord(frame, block)
    return { faces: [...facesOf(block, board), ...own.map(board.sector)], word }
  })
  const land = groupsOf(sectors, landGrids).map((group): Part => {
    const side = '南东北西'[Math.floor(((group[0]! + group.length / 2) % SECTORS) / PIECES)]!
    return { faces: group.map(board.sector), word: county.short === '' ? `${side}郊` : `${side}乡` }
  })
  return [...inTown, ...land]
}

/** Grids of open land, of all the grids of a county. */
const landGridsOf = (grids: number): number => (grids >= 20 ? 4 : grids >= 7 ? 3 : 0)

/** Runs of neighbouring sectors, begun half a side before the south so that each lies to one side of the town. */
function groupsOf(sectors: readonly number[], count: number): number[][] {
  if (count === 0) return []
  const turned = sectors.map(k => (k + SECTORS - PIECES / 2) % SECTORS)
  return Array.from({ length: count }, (_, g) =>
    turned.slice(Math.round((g * SECTORS) / count), Math.round(((g + 1) * SECTORS) / count)),
  )
}

type Board = {
  cell(i: number, j: number): Face
  sector(k: number): Face
  /** Cells along the ring road that sector `k` lies before. */
  ringOf(k: number): readonly { readonly i: number; readonly j: number }[]
}

/** Draws every line of a county: the frame's, the spokes from the ring road to the border, the border itself. */
function drawnBoard(
  town: CountyTown,
  tiles: Tiles,
  seed: number,
  lines: BorderLines,
  onEarth: (line: readonly Metres[]) => Position[],
): Board {
  const { frame, at, column, row, county } = town
  const [columns, rows] = [frame.columns.length - 1, frame.rows.length - 1]
  const placed = (i: number, j: number): Metres => ({
    x: frame.at(i, j).x + at.x,
    y: frame.at(i, j).y + at.y,
  })
  const node = (i: number, j: number): string => `${county.id}:${i},${j}`
  const along = (axis: 'east' | 'north', i: number, j: number): string => {
    const name = `${county.id}:${axis}-${i},${j}`
    const [toI, toJ] = axis === 'east' ? [i + 1, j] : [i, j + 1]
    lines.draw(name, node(i, j), node(toI, toJ), () => onEarth([placed(i, j), placed(toI, toJ)]))
    return name
  }
  const cell = (i: number, j: number): Face => [
    { line: along('east', i, j), forward: true },
    { line: along('north', i + 1, j), forward: true },
    { line: along('east', i, j + 1), forward: false },
    { line: along('north', i, j), forward: false },
  ]

  /** Counter-clockwise along the ring road from its south-western corner; `i`, `j` name the cell inside. */
  const ring = [
    ...range(columns).map(i => ({
      i,
      j: 0,
      from: [i, 0],
      side: { line: along('east', i, 0), forward: true },
    })),
    ...range(rows).map(j => ({
      i: columns - 1,
      j,
      from: [columns, j],
      side: { line: along('north', columns, j), forward: true },
    })),
    ...range(columns)
      .reverse()
      .map(i => ({
        i,
        j: rows - 1,
        from: [i + 1, rows],
        side: { line: along('east', i, rows), forward: false },
      })),
    ...range(rows)
      .reverse()
      .map(j => ({ i: 0, j, from: [0, j + 1], side: { line: along('north', 0, j), forward: false } })),
  ]
  const sideStarts = [0, columns, columns + rows, 2 * columns + rows, ring.length]
  /** Where in `ring` spoke `k` stands. */
  const foot = (k: number): number => {
    const side = Math.floor(k / PIECES)
    const [start, end] = [sideStarts[side]!, sideStarts[side + 1]!]
    return start + Math.round(((k % PIECES) / PIECES) * (end - start))
  }
  const border = borderOf(tiles, column, row)
  border.forEach(({ name, from, to, points }) => lines.draw(name, from, to, () => onEarth(points)))
  const spoke = (k: number): string => {
    const name = `${county.id}:spoke-${k}`
    const [i, j] = ring[foot(k)]!.from as [number, number]
    const piece = border[k]!
    const far = piece.forward ? piece.points[0]! : piece.points[piece.points.length - 1]!
    lines.draw(name, node(i, j), piece.forward ? piece.from : piece.to, () =>
      onEarth(wandering(placed(i, j), far, randomOf(seed, name, 'border'), 0.04, 4)),
    )
    return name
  }
  const arcOf = (k: number) => ring.slice(foot(k), k + 1 === SECTORS ? ring.length : foot(k + 1))
  return {
    cell,
    ringOf: arcOf,
    sector: k => [
      { line: spoke(k), forward: true },
      { line: border[k]!.name, forward: border[k]!.forward },
      { line: spoke((k + 1) % SECTORS), forward: false },
      ...arcOf(k)
        .map(({ side }): Side => ({ ...side, forward: !side.forward }))
        .reverse(),
    ],
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, k) => k)

/** The pieces of a tile's border, counter-clockwise from its south-western corner. */
function borderOf(tiles: Tiles, column: number, row: number) {
  const piece = (axis: 'east' | 'north', c: number, r: number, k: number, forward: boolean) => {
    const corner = (step: number): string =>
      step === 0
        ? `corner:${c},${r}`
        : step === PIECES
          ? axis === 'east'
            ? `corner:${c + 1},${r}`
            : `corner:${c},${r + 1}`
          : `border:${axis}-${c},${r}-${step}`
    const points = tiles.piece(axis, c, r, k)
    return { name: `border:${axis}-${c},${r}:${k}`, from: corner(k), to: corner(k + 1), points, forward }
  }
  const steps = range(PIECES)
  const back = [...steps].reverse()
  return [
    ...steps.map(k => piece('east', column, row, k, true)),
    ...steps.map(k => piece('north', column + 1, row, k, true)),
    ...back.map(k => piece('east', column, row + 1, k, false)),
    ...back.map(k => piece('north', column, row, k, false)),
  ]
}

const wholeOf = (frame: Frame): Block => ({
  west: 0,
  east: frame.columns.length - 1,
  south: 0,
  north: frame.rows.length - 1,
})

/** Junctions in every cell, those of the core counted higher; at least a little, so that no cell is worth nothing. */
function cellWeights({ frame, at }: CountyTown, junctions: readonly Metres[]): number[][] {
  const weights = frame.columns.slice(1).map(() => frame.rows.slice(1).map(() => 0.5))
  for (const p of junctions) {
    const i = intervalOf(frame.columns, p.x - at.x)
    const j = intervalOf(frame.rows, p.y - at.y)
    if (i === undefined || j === undefined) continue
    const inCore =
      i >= frame.coreColumns[0] && i < frame.coreColumns[1] && j >= frame.coreRows[0] && j < frame.coreRows[1]
    weights[i]![j]! += inCore ? CORE_WEIGHT : 1
  }
  return weights
}

function intervalOf(lines: readonly number[], v: number): number | undefined {
  const after = lines.findIndex(line => line > v)
  return after <= 0 ? undefined : after - 1
}

/** Cut across the longer side where the junctions fit the number of grids due on both sides, and again. */
function bisected(block: Block, share: number, weights: readonly (readonly number[])[]): Block[] {
  if (share <= 1) return [block]
  const { west, east, south, north } = block
  const wide = east - west >= north - south
  const first = Math.floor(share / 2)
  const strips = wide
    ? range(east - west).map(k => sum(range(north - south).map(j => weights[west + k]![south + j]!)))
    : range(north - south).map(k => sum(range(east - west).map(i => weights[west + i]![south + k]!)))
  const wanted = (sum(strips) * first) / share
  const off = (cut: number): number => Math.abs(sum(strips.slice(0, cut)) - wanted)
  const cut = range(strips.length - 1)
    .map(k => k + 1)
    .reduce((best, k) => (off(k) < off(best) ? k : best), 1)
  const [low, high] = wide
    ? [
        { ...block, east: west + cut },
        { ...block, west: west + cut },
      ]
    : [
        { ...block, north: south + cut },
        { ...block, south: south + cut },
      ]
  return [...bisected(low, first, weights), ...bisected(high, share - first, weights)]
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

const facesOf = ({ west, east, south, north }: Block, board: Board): Face[] =>
  range(east - west).flatMap(i => range(north - south).map(j => board.cell(west + i, south + j)))

const holds = ({ west, east, south, north }: Block, i: number, j: number): boolean =>
  i >= west && i < east && j >= south && j < north

/** Whose cells the sector lies before, for the most part. */
function ownerOf(arc: ReturnType<Board['ringOf']>, blocks: readonly Block[]): Block | undefined {
  const counts = blocks.map(block => arc.filter(({ i, j }) => holds(block, i, j)).length)
  return blocks[counts.indexOf(Math.max(...counts))]
}

function middleOf(frame: Frame, { west, east, south, north }: Block): Metres {
  return {
    x: (frame.columns[west]! + frame.columns[east]!) / 2,
    y: (frame.rows[south]! + frame.rows[north]!) / 2,
  }
}

function distanceToMiddle(frame: Frame, block: Block): number {
  const { x, y } = middleOf(frame, block)
  return Math.hypot(x, y)
}

/** 鼓楼 for the block that holds the tower; else the street nearest its middle that no other grid is called after. */
function streetWord({ frame, columnWords, rowWords }: CountyTown, block: Block, used: Set<string>): string {
  const middle = middleOf(frame, block)
  const usable = (word: string): boolean => !used.has(word) && !/[东西南北]环|滨河/.test(word)
  const byDistance = [
    ...columnWords.map((word, i) => ({
      word,
      off: Math.abs(frame.columns[i]! - middle.x),
      k: i,
      on: [block.west, block.east],
    })),
    ...rowWords.map((word, j) => ({
      word,
      off: Math.abs(frame.rows[j]! - middle.y),
      k: j,
      on: [block.south, block.north],
    })),
  ]
    .filter(({ word, k, on }) => usable(word) && k >= on[0]! && k <= on[1]!)
    .sort((a, b) => a.off - b.off)
  const centre = holds(block, frame.centreColumn, frame.centreRow)
    ? columnWords[frame.centreColumn]
    : undefined
  const word = centre ?? byDistance[0]?.word ?? '城区'
  used.add(word)
  return word
}

/** 城东: where in its town the block lies. */
function sideWord(frame: Frame, block: Block): string {
  const { x, y } = middleOf(frame, block)
  const far = 0.18 * frame.ringM
  const eastWest = x > far ? '东' : x < -far ? '西' : ''
  const northSouth = y > far ? '北' : y < -far ? '南' : ''
  return `城${eastWest}${northSouth}` === '城' ? '城中' : `城${eastWest}${northSouth}`
}
