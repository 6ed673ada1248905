import type { RoadClass } from '#protocols/roads/network.ts'
import type { Random } from '../random.ts'
import { gapM, lerp } from './drawing.ts'
import type { Street } from './drawing.ts'
import type { Frame } from './frame.ts'
import type { StreetNames } from './names.ts'

/** Half the strip that the railway takes. */
export const RAIL_HALF_M = 24

/** What a line of the frame is called and how it ranks; the exits beyond the ring carry it on. */
export type Line = {
  readonly word: string
  readonly suffix: string
  readonly roadClass: RoadClass
  readonly split: boolean
}

/** What the middle lines and the roads out are called; the small town's own words when absent. */
export type TownWords = {
  readonly centreColumn: string
  readonly centreRow: string
  /** Southwards, northwards, westwards, eastwards. */
  readonly highways: readonly string[]
}

export type Arterials = {
  readonly streets: readonly Street[]
  readonly columnLines: readonly Line[]
  readonly rowLines: readonly Line[]
}

/** Ring, arterials, wall streets, the two streets along the river, bridges and level crossings. */
export function arterialsOf(
  frame: Frame,
  random: Random,
  names: StreetNames,
  words: Pick<TownWords, 'centreColumn' | 'centreRow'> = { centreColumn: '鼓楼', centreRow: '大成' },
): Arterials {
  const columnLines = frame.columns.map((_, i) => columnLine(frame, i, random, names, words.centreColumn))
  const rowLines = frame.rows.map((_, j) => rowLine(frame, j, random, names, words.centreRow))
  const streets = [
    ...columnLines.flatMap((line, i) => columnStreets(frame, i, line)),
    ...rowLines.flatMap((line, j) => rowStreets(frame, j, line)),
  ]
  return { streets, columnLines, rowLines }
}

/** Every second column has a bridge, the ring always; every third in a big town, every fourth in a city. */
export function isBridge(frame: Frame, column: number): boolean {
  const last = frame.columns.length - 1
  return column === 0 || column === last || (column - frame.centreColumn) % everyOf(last) === 0
}

/** Every second row crosses the railway, the ring always; the northern river road passes below it, the southern ends. */
export function crossesRail(frame: Frame, row: number): boolean {
  if (row === frame.riverRow) return false
  const last = frame.rows.length - 1
  return (
    row === 0 || row === last || row === frame.riverRow + 1 || (row - frame.centreRow) % everyOf(last) === 0
  )
}

const everyOf = (last: number): number => (last > 20 ? 4 : last > 12 ? 3 : 2)

function columnLine(frame: Frame, i: number, random: Random, names: StreetNames, centre: string): Line {
  if (i === 0) return { word: '西环', suffix: '路', roadClass: 'trunk', split: false }
  if (i === frame.columns.length - 1) return { word: '东环', suffix: '路', roadClass: 'trunk', split: false }
  if (i === frame.centreColumn) return { word: centre, suffix: '大街', roadClass: 'primary', split: true }
  const roadClass = (i - frame.centreColumn) % 2 === 0 ? 'primary' : 'secondary'
  const suffix = roadClass === 'primary' ? random.pick(['大街', '大道', '路']) : random.pick(['街', '路'])
  return { word: names.northSouthWord(), suffix, roadClass, split: random.chance(0.35) }
}

function rowLine(frame: Frame, j: number, random: Random, names: StreetNames, centre: string): Line {
  if (j === 0) return { word: '南环', suffix: '路', roadClass: 'trunk', split: false }
  if (j === frame.rows.length - 1) return { word: '北环', suffix: '路', roadClass: 'trunk', split: false }
  if (j === frame.riverRow) return { word: '滨河南', suffix: '路', roadClass: 'tertiary', split: false }
  if (j === frame.riverRow + 1) return { word: '滨河北', suffix: '路', roadClass: 'tertiary', split: false }
  if (j === frame.centreRow) return { word: centre, suffix: '路', roadClass: 'primary', split: true }
  const roadClass = (j - frame.centreRow) % 2 === 0 ? 'primary' : 'secondary'
  const suffix = roadClass === 'primary' ? random.pick(['大道', '路']) : '路'
  return { word: names.eastWestWord(), suffix, roadClass, split: random.chance(0.4) }
}

function columnStreets(frame: Frame, i: number, line: Line): Street[] {
  const streets: Street[] = []
  for (let j = 0; j + 1 < frame.rows.length; j += 1) {
    if (j === frame.riverRow && !isBridge(frame, i)) continue
    const inCore = between(i, frame.coreColumns) && j >= frame.coreRows[0] && j < frame.coreRows[1]
    const side = j < frame.coreRows[0] ? '南' : j >= frame.coreRows[1] ? '北' : ''
    streets.push({
      name: nameOf(line, side),
      roadClass: inCore ? inCoreClass(i === frame.centreColumn) : line.roadClass,
      points: [frame.at(i, j), frame.at(i, j + 1)],
      mayBeOneWay: false,
    })
  }
  return joined(streets)
}

function rowStreets(frame: Frame, j: number, line: Line): Street[] {
  const streets: Street[] = []
  for (let i = 0; i + 1 < frame.columns.length; i += 1) {
    const inCore = between(j, frame.coreRows) && i >= frame.coreColumns[0] && i < frame.coreColumns[1]
    const side = i < frame.coreColumns[0] ? '西' : i >= frame.coreColumns[1] ? '东' : ''
    const roadClass = inCore ? inCoreClass(j === frame.centreRow) : line.roadClass
    const [from, to] = [frame.at(i, j), frame.at(i + 1, j)]
    const street = { name: nameOf(line, side), roadClass, mayBeOneWay: false }
    if (i === frame.railColumn && !crossesRail(frame, j)) {
      const strip = RAIL_HALF_M / gapM(from, to)
      streets.push({ ...street, points: [from, lerp(from, to, 0.5 - strip)] })
      streets.push({ ...street, points: [lerp(from, to, 0.5 + strip), to] })
    } else streets.push({ ...street, points: [from, to] })
  }
  return joined(streets)
}

/** Strictly inside the core: the wall streets themselves keep their rank. */
const between = (k: number, [low, high]: readonly [number, number]): boolean => k > low && k < high
const inCoreClass = (main: boolean): RoadClass => (main ? 'secondary' : 'tertiary')

/** 鼓楼大街 in the core, 鼓楼北街 north of it; a line that is not split keeps one name from end to end. */
export function nameOf(line: Line, side: string): string {
  if (!line.split || side === '') return line.word + line.suffix
  return line.word + side + line.suffix.replace('大街', '街').replace('大道', '路')
}

/** Neighbouring stretches with one name and class become one street, so no junction appears where nothing meets. */
function joined(streets: readonly Street[]): Street[] {
  const out: Street[] = []
  for (const street of streets) {
    const last = out[out.length - 1]
    const touches = last?.points[last.points.length - 1] === street.points[0]
    if (last !== undefined && touches && last.name === street.name && last.roadClass === street.roadClass) {
      out[out.length - 1] = { ...last, points: [...last.points, ...street.points.slice(1)] }
    } else out.push(street)
  }
  return out
}
