import { localPlane } from '#protocols/geo/local.ts'
import type { LocalPlane, Metres } from '#protocols/geo/local.ts'
import { bboxMiddle, bboxOf, polygonAreaM2 } from '#protocols/geo/polygon.ts'
import type { Polygon, Position, Ring } from '#protocols/geo/polygon.ts'
import { sweepCover } from './cover-sweep.ts'
import type { BorderRing, Cell, Cover } from './cover-sweep.ts'
import { partsOf } from './grid.ts'
import type { Grid } from './grid.ts'
import { selfCrossing } from './self-crossing.ts'

/**
 * What is wrong with a set of grids. A refusal leaves no honest answer to "whose incident is this"; a warning has one
 * (the first grid of the file wins an overlap, a gap belongs to nobody) that people should know about.
 */
export type Finding = {
  readonly kind:
    | 'selfCrossing'
    | 'duplicateId'
    | 'noArea'
    | 'sameArea'
    | 'overlap'
    | 'gap'
    | 'sliver'
    | 'tiny'
    | 'unclosedRing'
    | 'otherWinding'
    | 'wrongCrs'
    | 'elsewhere'
  readonly isRefusal: boolean
  readonly gridIds: readonly string[]
  /** Where to look, WGS-84. */
  readonly lat: number
  readonly lon: number
  readonly areaM2?: number
  /** One line for a person. */
  readonly words: string
}

/** A grid below this is a drawing accident: it is smaller than a football pitch. */
const TINY_M2 = 5_000
/** Thinner than a street for its length (4 pi area / perimeter^2; a square is 0.79, 1 km by 5 m is 0.016). */
const SLIVER_ROUNDNESS = 0.02
/** Borders drawn with six decimals miss each other by up to 0.1 m. */
const ROUNDING_M = 0.3
/** A split between two grids that opens at the edge of all: up to this wide and this many times as long. */
const SLIT_M = 5
const SLIT_LENGTH = 20
/** Two grids that share more than this part of the smaller one are one area given twice. */
const SAME_SHARE = 0.5

/** The set as it is used (rings closed, rewound by RFC 7946, repeated points left out) with everything found. */
export type Checked = { readonly grids: readonly Grid[]; readonly findings: readonly Finding[] }

/** Looks at every grid by itself, then, when each is sound, at all of them together. Grids are in WGS-84. */
export function checkGrids(given: readonly Grid[]): Checked {
  const box = bboxOf(given.flatMap(grid => grid.polygon.flat()))
  const plane = localPlane(bboxMiddle(box))
  const alone = given.flatMap(grid => findingsAlone(grid, plane))
  const together = [...duplicates(given), ...alone]
  const grids = given.map(tidied)
  if (together.some(({ isRefusal }) => isRefusal)) return { grids, findings: together }
  return { grids, findings: [...together, ...coverFindings(grids, plane)] }
}

/** Refusals first, then what is largest. */
export const byWeight = (a: Finding, b: Finding): number =>
  Number(b.isRefusal) - Number(a.isRefusal) || (b.areaM2 ?? 0) - (a.areaM2 ?? 0)

function duplicates(grids: readonly Grid[]): Finding[] {
  const seen = new Set<string>()
  return grids.flatMap(grid => {
    const isNew = !seen.has(grid.id)
    seen.add(grid.id)
    return isNew ? [] : [about(grid, 'duplicateId', true, `two grids have the id ${grid.id}`)]
  })
}

function findingsAlone(grid: Grid, plane: LocalPlane): Finding[] {
  const rings = grid.polygon.map(ring => bareRing(ring))
  const areaM2 = partsOf(grid).reduce((sum, part) => sum + polygonAreaM2(part), 0)
  if (rings.some(ring => ring.length < 3)) return [noArea(grid)]
  const crossing = selfCrossing(rings.map(ring => onPlane(ring, plane)))
  if (crossing !== undefined) {
    const { lat, lon } = plane.toLatLon(crossing)
    const words = `the border of grid ${grid.id} (${grid.name}) crosses itself at ${degrees(lon)},${degrees(lat)}`
    return [{ ...about(grid, 'selfCrossing', true, words), lat, lon }]
  }
  if (areaM2 < 1) return [noArea(grid)]
  const findings: Finding[] = []
  const unclosed = grid.polygon.filter(ring => !isClosed(ring)).length
  if (unclosed > 0)
    findings.push(
      about(grid, 'unclosedRing', false, `grid ${grid.id}: a ring does not end where it began; closed here`),
    )
  if (partsOf(grid).some(part => part.some((ring, i) => isCounterClockwise(ring) !== (i === 0))))
    findings.push(
      about(grid, 'otherWinding', false, `grid ${grid.id}: a ring runs against RFC 7946; turned round here`),
    )
  const perimeterM = rings.reduce((sum, ring) => sum + perimeterOf(onPlane(ring, plane)), 0)
  const size = `${Math.round(areaM2)} m2`
  if (areaM2 < TINY_M2)
    findings.push({ ...about(grid, 'tiny', false, `grid ${grid.id} is only ${size} large`), areaM2 })
  else if ((4 * Math.PI * areaM2) / perimeterM ** 2 < SLIVER_ROUNDNESS)
    findings.push({
      ...about(
        grid,
        'sliver',
        false,
        `grid ${grid.id} is a sliver: ${size} along ${Math.round(perimeterM)} m of border`,
      ),
      areaM2,
    })
  return findings
}

const noArea = (grid: Grid): Finding => about(grid, 'noArea', true, `grid ${grid.id} has a ring without area`)

function coverFindings(grids: readonly Grid[], plane: LocalPlane): Finding[] {
  const rings = grids.map(grid => grid.polygon.map(ring => onPlane(bareRing(ring), plane)))
  const upright = sweepCover(rings)
  const slits = [
    ...slitsOf(upright),
    ...slitsOf(sweepCover(rings.map(own => own.map(ring => ring.map(turned)))), turned),
  ]
  const wideByPair = new Map<string, Patch>()
  for (const slit of slits) {
    const key = slit.grids.join(' ')
    if ((wideByPair.get(key)?.areaM2 ?? 0) < slit.areaM2) wideByPair.set(key, slit)
  }
  const gaps = [...enclosedOf(upright), ...wideByPair.values()]
  return [
    ...overlapsOf(upright).map(patch => overlapFinding(patch, grids, plane)),
    ...gaps.map(patch => gapFinding(patch, grids, plane)),
  ].sort(byWeight)
}

const turned = ({ x, y }: Metres): Metres => ({ x: y, y: x })

/** Cells that belong together. */
type Patch = {
  readonly grids: readonly number[]
  readonly areaM2: number
  /** Area over the longest way across: what a person would call its width. */
  readonly widthM: number
  /** The middle of its largest cell, so surely inside. */
  readonly at: Metres
}

function patchOf(cells: readonly Cell[], grids: readonly number[]): Patch {
  const areaM2 = cells.reduce((sum, cell) => sum + cell.widthM * cell.heightM, 0)
  const box = bboxOf(
    cells.flatMap(({ x, y, widthM, heightM }) => [
      [x - widthM / 2, y - heightM / 2] as const,
      [x + widthM / 2, y + heightM / 2] as const,
    ]),
  )
  const largest = cells.reduce((a, b) => (b.widthM * b.heightM > a.widthM * a.heightM ? b : a))
  const acrossM = Math.hypot(box.east - box.west, box.north - box.south)
  return { grids, areaM2, widthM: areaM2 / Math.max(acrossM, 1e-9), at: { x: largest.x, y: largest.y } }
}

function overlapsOf({ overlaps }: Cover): Patch[] {
  const byPair = new Map<string, { pair: readonly number[]; cells: Cell[] }>()
  for (const cell of overlaps) {
    for (const pair of pairsOf(cell.grids)) {
      const key = pair.join(' ')
      const found = byPair.get(key) ?? { pair, cells: [] }
      byPair.set(key, found)
      found.cells.push(cell)
    }
  }
  return [...byPair.values()].map(({ pair, cells }) => patchOf(cells, pair)).filter(isReal)
}

const pairsOf = (grids: readonly number[]): (readonly [number, number])[] =>
  grids.flatMap((a, i) => grids.slice(i + 1).map(b => [a, b] as const))

const isReal = ({ areaM2, widthM }: Patch): boolean => areaM2 >= 1 && widthM >= ROUNDING_M

const enclosedOf = ({ gaps }: Cover): Patch[] =>
  gaps
    .filter(({ isEnclosed }) => isEnclosed)
    .map(({ cells }) =>
      patchOf(
        cells,
        [...new Set(cells.flatMap(cell => cell.grids))].sort((a, b) => a - b),
      ),
    )
    .filter(isReal)

/** Splits between two grids that lead out to the open, so no hole tells of them. */
function slitsOf({ gaps }: Cover, turn: (at: Metres) => Metres = at => at): Patch[] {
  const byPair = new Map<string, { pair: readonly number[]; cells: Cell[] }>()
  for (const cell of gaps.filter(gap => !gap.isEnclosed).flatMap(gap => gap.cells)) {
    const pair = [...cell.grids].sort((a, b) => a - b)
    if (cell.widthM > SLIT_M || pair[0] === pair[1]) continue
    const found = byPair.get(pair.join(' ')) ?? { pair, cells: [] }
    byPair.set(pair.join(' '), found)
    found.cells.push(cell)
  }
  return [...byPair.values()]
    .map(({ pair, cells }) => {
      const patch = patchOf(cells, pair)
      const lengthM = cells.reduce((sum, cell) => sum + cell.heightM, 0)
      return { ...patch, at: turn(patch.at), lengthM }
    })
    .filter(patch => isReal(patch) && patch.lengthM >= SLIT_LENGTH * patch.widthM)
}

function overlapFinding(patch: Patch, grids: readonly Grid[], plane: LocalPlane): Finding {
  const own = patch.grids.flatMap(index => grids[index] ?? [])
  const smallerM2 = Math.min(...own.map(areaOfGrid))
  const isSame = patch.areaM2 > SAME_SHARE * smallerM2
  const { lat, lon } = plane.toLatLon(patch.at)
  const [one = '', other = ''] = own.map(({ id }) => id)
  const words = isSame
    ? `grids ${one} and ${other} are the same area: ${sized(patch)} of ${Math.round(smallerM2)} m2`
    : `grids ${one} and ${other} overlap by ${sized(patch)} at ${degrees(lon)},${degrees(lat)}; ${one} counts there`
  const kind = isSame ? 'sameArea' : 'overlap'
  return { kind, isRefusal: isSame, gridIds: [one, other], lat, lon, areaM2: rounded(patch.areaM2), words }
}

function gapFinding(patch: Patch, grids: readonly Grid[], plane: LocalPlane): Finding {
  const { lat, lon } = plane.toLatLon(patch.at)
  const gridIds = patch.grids.flatMap(index => grids[index]?.id ?? [])
  const between = gridIds.slice(0, 4).join(', ') + (gridIds.length > 4 ? ' ...' : '')
  const words = `nobody's ground between grids ${between}: ${sized(patch)} at ${degrees(lon)},${degrees(lat)}`
  return { kind: 'gap', isRefusal: false, gridIds, lat, lon, areaM2: rounded(patch.areaM2), words }
}

const areaOfGrid = (grid: Grid): number => partsOf(grid).reduce((sum, part) => sum + polygonAreaM2(part), 0)
const rounded = (areaM2: number): number => Math.round(areaM2 * 10) / 10
const sized = ({ areaM2, widthM }: Patch): string =>
  `${areaM2 < 100 ? rounded(areaM2) : Math.round(areaM2)} m2 (about ${widthM < 10 ? widthM.toFixed(1) : Math.round(widthM)} m wide)`
const degrees = (value: number): string => value.toFixed(6)

function about(grid: Grid, kind: Finding['kind'], isRefusal: boolean, words: string): Finding {
  const [lon, lat] = grid.polygon[0]?.[0] ?? [0, 0]
  return { kind, isRefusal, gridIds: [grid.id], lat, lon, words }
}

/** Closed, outer rings counter-clockwise, holes clockwise, no point twice in a row. */
function tidied(grid: Grid): Grid {
  const parts = partsOf(grid).map((part): Polygon =>
    part.map((ring, i) => {
      const bare = bareRing(ring)
      const wound = isCounterClockwise(bare) === (i === 0) ? bare : [...bare].reverse()
      const [first] = wound
      return first === undefined ? [] : [...wound, first]
    }),
  )
  return { ...grid, polygon: parts.flat(), ...(grid.parts !== undefined && { parts }) }
}

const same = (a: Position | undefined, b: Position | undefined): boolean =>
  a?.[0] === b?.[0] && a?.[1] === b?.[1]
const isClosed = (ring: Ring): boolean => same(ring[0], ring[ring.length - 1])

/** Without the repeated last point, and without points twice in a row. */
function bareRing(ring: Ring): Position[] {
  const bare = ring.filter((here, i) => i === 0 || !same(here, ring[i - 1]))
  return bare.length > 1 && isClosed(bare) ? bare.slice(0, -1) : bare
}

function isCounterClockwise(ring: Ring): boolean {
  const [originLon, originLat] = ring[0] ?? [0, 0]
  let twice = 0
  ring.forEach(([lon, lat], i) => {
    const [lonBefore, latBefore] = ring[(i + ring.length - 1) % ring.length] ?? [0, 0]
    twice += (lonBefore - originLon) * (lat - originLat) - (lon - originLon) * (latBefore - originLat)
  })
  return twice > 0
}

const onPlane = (ring: readonly Position[], plane: LocalPlane): BorderRing =>
  ring.map(([lon, lat]) => plane.toMetres({ lat, lon }))

const perimeterOf = (ring: BorderRing): number =>
  ring.reduce((sum, here, i) => {
    const before = ring[(i + ring.length - 1) % ring.length] ?? here
    return sum + Math.hypot(here.x - before.x, here.y - before.y)
  }, 0)
