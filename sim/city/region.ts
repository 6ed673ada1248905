import type { Metres } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { hash32, randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import { Barriers } from './barriers.ts'
import { bendOf } from './bend.ts'
import type { City } from './city.ts'
import { CITY_PROPER, countiesAround } from './counties.ts'
import type { County } from './counties.ts'
import { countrysideOf } from './countryside.ts'
import type { Countryside, Land } from './countryside.ts'
import { gapM, lerp, smooth } from './drawing.ts'
import type { Street } from './drawing.ts'
import { lineFeature, parkFeature } from './features.ts'
import { riverOf } from './grids.ts'
import { junctionsOf } from './junctions.ts'
import { StreetNames } from './names.ts'
import type { WayOut } from './outskirts.ts'
import { bentLine, paved, planeOf, positionOf } from './paving.ts'
import { regionGrids } from './region-grids.ts'
import type { CountyTown } from './region-grids.ts'
import { regionPlaces } from './region-places.ts'
import { TILES, tilesOf } from './tiles.ts'
import type { Tiles } from './tiles.ts'
import { planTown, railwayOf } from './town.ts'
import type { Town } from './town.ts'

/** Sizes below are of a region of this many junctions; another is the same, larger or smaller all over. */
const USUAL_JUNCTIONS = 60_000
const LAND_AROUND_CITY_M = 5_000
const COUNTY_M = 20_000
const TOWNSHIP_EVERY_M = 7_500
const VILLAGE_SPACING_M = 2_900

const ROW_HIGHWAYS = ['342省道', '327国道', '343省道']
const COLUMN_HIGHWAYS = ['105国道', '104国道', '255省道']
const RIVER_WIDTH_M = [45, 90, 40]
/** Down the strip that every town leaves for a railway; in the west an old canal fills it. */
const STRIPS = [
  { kind: 'river', name: '老运河', widthM: 36 },
  { kind: 'railway', name: '京云铁路', widthM: 10 },
  { kind: 'railway', name: '云港铁路', widthM: 10 },
] as const

/** Towns come this near to their share of the junctions; the countryside makes up for it. */
const TOWN_WITHIN = 0.08
/** What most towns come out with: one try is enough for them. */
const TOWN_SCALE = 1.53

/** A town that has found its place on the region's board. */
type Placed = CountyTown & { readonly town: Town }

/**
 * A prefecture: the city proper with its ring road, eight counties with a town each, joined by highways; three rivers, a
 * canal and two railways run through all of them; townships and villages on the land between.
 */
export function simulatedRegion(
  seed: number,
  junctions: number,
  centre: LatLon,
  onProgress: (words: string) => void,
): City {
  const size = Math.sqrt(junctions / USUAL_JUNCTIONS)
  const { towns, tiles } = placedTowns(seed, junctions, size)
  onProgress(`  ${towns.length} towns`)

  const lines = longLines(towns, tiles, seed)
  const highways = highwaysOf(towns, tiles, randomOf(seed, 'region', 'highways'))
  const townStreets = towns.flatMap(({ town, at }) => town.streets.map(street => moved(street, at)))
  const inTowns = towns.reduce((sum, { town }) => sum + town.junctions, 0)
  const land = landOf(seed, size, towns, tiles, lines, highways)
  const country = fitted(land, junctions - inTowns)
  onProgress(`  ${country.townships.length} townships and the villages around them`)

  const streets = [...townStreets, ...highways, ...country.streets]
  const drawing = junctionsOf(streets)
  const cores = towns.map(({ frame, at }) => ({ ...frame.core, at }))
  const bend = bendOf(seed, ...cores)
  const plane = planeOf(centre)
  const onEarth = (line: readonly Metres[]): Position[] => bentLine(line, bend).map(p => positionOf(p, plane))
  const network: RoadNetwork = {
    source: `simulated city, seed ${seed}`,
    ...paved(drawing, streets, bend, plane, seed),
  }
  onProgress(`  ${network.nodes.length} junctions`)
  const grids = regionGrids(towns, drawing.nodes, tiles, seed, onEarth)
  const features = lines.map(({ kind, name, widthM, points }) =>
    lineFeature(kind, name, widthM, onEarth(points)),
  )
  const latLon = (p: Metres): LatLon => plane.toLatLon(bend(p))
  const places = regionPlaces({
    network,
    grids,
    towns: towns.map(({ county, at, frame }) => ({ county, at: latLon(at), ringM: frame.ringM })),
    townships: country.townships.map(({ name, at }) => ({ name, at: latLon(at) })),
    random: randomOf(seed, 'region', 'places'),
  })
  return {
    network,
    centre,
    waters: features.filter(line => line.properties.kind === 'river'),
    railways: features.filter(line => line.properties.kind === 'railway'),
    parks: towns.flatMap(({ town, at }) =>
      town.parks.map(quad => parkFeature(onEarth([...quad, quad[0]].map(p => shifted(p, at))))),
    ),
    grids,
    ...places,
  }
}

const shifted = (p: Metres, by: Metres): Metres => ({ x: p.x + by.x, y: p.y + by.y })
const moved = (street: Street, by: Metres): Street => ({
  ...street,
  points: street.points.map(p => shifted(p, by)),
})

function placedTowns(
  seed: number,
  junctions: number,
  size: number,
): { readonly towns: readonly Placed[]; readonly tiles: Tiles } {
  const random = randomOf(seed, 'region', 'towns')
  const around = countiesAround(random)
  const city = townOf(CITY_PROPER, 1, 1, seed, junctions, random)
  const tiles = tilesOf(seed, city.frame.halfM + LAND_AROUND_CITY_M * size, COUNTY_M * size)
  const towns: Placed[] = [{ ...city, at: { x: 0, y: 0 } }]
  for (let row = 0; row < TILES; row += 1) {
    for (let column = 0; column < TILES; column += 1) {
      if (row === 1 && column === 1) continue
      const middle = tiles.middleOf(column, row)
      const off = (): number => random.uniform(-1_000, 1_000) * size
      const at = { x: middle.x + off(), y: middle.y + off() }
      towns.push({ ...townOf(around.pop()!, column, row, seed, junctions, random), at })
    }
  }
  // The city first, then the counties by size: grids are numbered in this order.
  return { towns: [...towns].sort((a, b) => b.county.grids - a.county.grids), tiles }
}

const CENTRE_WORDS = {
  columns: ['中心', '府前', '人民', '兴城', '文化'],
  rows: ['县府', '建国', '胜利', '振兴', '解放'],
}

function townOf(
  county: County,
  column: number,
  row: number,
  seed: number,
  junctions: number,
  random: Random,
): Omit<Placed, 'at'> {
  const highways = [
    COLUMN_HIGHWAYS[column]!,
    COLUMN_HIGHWAYS[column]!,
    ROW_HIGHWAYS[row]!,
    ROW_HIGHWAYS[row]!,
  ]
  const middle =
    county.short === ''
      ? { centreColumn: '鼓楼', centreRow: '大成' }
      : { centreColumn: random.pick(CENTRE_WORDS.columns), centreRow: random.pick(CENTRE_WORDS.rows) }
  const townSeed = hash32(county.id, seed)
  // Every county has its own 人民路 and 解放路, as counties do.
  const names = (): StreetNames => new StreetNames(randomOf(townSeed, 'city', 'names'), { wide: true })
  const town = planTown(townSeed, Math.round(junctions * county.share), names, {
    words: { ...middle, highways },
    within: TOWN_WITHIN,
    scale: TOWN_SCALE,
  })
  const { frame, columnWords, rowWords } = town
  return { county, column, row, frame, columnWords, rowWords, town }
}

type LongLine = {
  readonly kind: 'river' | 'railway'
  readonly name: string
  readonly widthM: number
  readonly points: readonly Metres[]
}

/** Rivers eastwards through the towns of a row, canal and railways northwards through those of a column. */
function longLines(towns: readonly Placed[], tiles: Tiles, seed: number): LongLine[] {
  const in3 = [0, 1, 2]
  const rivers = in3.map((row): LongLine => {
    const random = randomOf(seed, `river-${row}`, 'course')
    const stretches = in3.map(column => {
      const { frame, at } = towns.find(t => t.column === column && t.row === row)!
      return riverOf(frame).map(p => shifted(p, at))
    })
    const [first, last] = [stretches[0]![0]!, stretches[2]![stretches[2]!.length - 1]!]
    const ends = [beyond(tiles, 'west', first), beyond(tiles, 'east', last)] as const
    const points = strung(ends[0], stretches, ends[1], random, 0.09)
    return { kind: 'river', name: ['泗水河', '云河', '清水河'][row]!, widthM: RIVER_WIDTH_M[row]!, points }
  })
  const strips = in3.map((column): LongLine => {
    const random = randomOf(seed, `strip-${column}`, 'course')
    const stretches = in3.map(row => {
      const { frame, at } = towns.find(t => t.column === column && t.row === row)!
      return railwayOf(frame).map(p => shifted(p, at))
    })
    const [first, last] = [stretches[0]![0]!, stretches[2]![stretches[2]!.length - 1]!]
    const ends = [beyond(tiles, 'south', first), beyond(tiles, 'north', last)] as const
    return { ...STRIPS[column]!, points: strung(ends[0], stretches, ends[1], random, 0.03) }
  })
  return [...rivers, ...strips]
}

/** A point a little outside the land, straight on from where a line leaves the last town. */
function beyond(tiles: Tiles, side: 'west' | 'east' | 'south' | 'north', from: Metres): Metres {
  const outline = tiles.outline()
  const [xs, ys] = [outline.map(p => p.x), outline.map(p => p.y)]
  switch (side) {
    case 'west':
      return { x: Math.min(...xs) - 500, y: from.y }
    case 'east':
      return { x: Math.max(...xs) + 500, y: from.y }
    case 'south':
      return { x: from.x, y: Math.min(...ys) - 500 }
    case 'north':
      return { x: from.x, y: Math.max(...ys) + 500 }
  }
}

/** Fixed stretches joined by ways that wind. */
function strung(
  start: Metres,
  stretches: readonly (readonly Metres[])[],
  end: Metres,
  random: Random,
  sway: number,
): Metres[] {
  const points: Metres[] = []
  let from = start
  for (const stretch of [...stretches, [end]]) {
    points.push(...winding(from, stretch[0]!, random, sway).slice(0, -1), ...stretch)
    from = stretch[stretch.length - 1]!
  }
  return points.filter((p, k) => k === 0 || gapM(p, points[k - 1]!) > 0.5)
}

/** From here to there with a bend every 1.5 km, less of it near both ends so that it leaves and arrives straight. */
function winding(from: Metres, to: Metres, random: Random, sway: number): Metres[] {
  const lengthM = gapM(from, to)
  const steps = Math.max(2, Math.round(lengthM / 1_500))
  const stops = Array.from({ length: steps + 1 }, (_, k) => {
    const p = lerp(from, to, k / steps)
    const off = Math.sin((Math.PI * k) / steps) * random.uniform(-sway, sway) * Math.min(1, 8_000 / lengthM)
    return { x: p.x - (to.y - from.y) * off, y: p.y + (to.x - from.x) * off }
  })
  return smooth(stops, 120)
}

const SIDES = [
  { side: 0, dc: 0, dr: -1, facing: 1 },
  { side: 1, dc: 0, dr: 1, facing: 0 },
  { side: 2, dc: -1, dr: 0, facing: 3 },
  { side: 3, dc: 1, dr: 0, facing: 2 },
] as const

/** From every town's highway out to the facing one of its neighbour, or to the edge of the land. */
function highwaysOf(towns: readonly Placed[], tiles: Tiles, random: Random): Street[] {
  return towns.flatMap(one =>
    SIDES.flatMap(({ side, dc, dr, facing }): Street[] => {
      const out = highwayOut(one, side)
      if (out === undefined) return []
      const other = towns.find(t => t.column === one.column + dc && t.row === one.row + dr)
      // Each pair once: northwards and eastwards.
      if (other !== undefined && (side === 0 || side === 2)) return []
      const to = other === undefined ? edgeOf(tiles, one, side) : highwayOut(other, facing)?.at
      if (to === undefined) return []
      const points = winding(out.at, to, random, 0.035)
      return [{ name: out.name, roadClass: 'trunk', points, mayBeOneWay: false }]
    }),
  )
}

function highwayOut({ town, at }: Placed, side: number): WayOut | undefined {
  const out = town.waysOut.find(way => way.side === side && way.highway)
  return out === undefined ? undefined : { ...out, at: shifted(out.at, at) }
}

/** The middle of the tile's side, a little inside. */
function edgeOf(tiles: Tiles, { column, row }: Placed, side: number): Metres {
  const piece =
    side < 2 ? tiles.piece('east', column, row + side, 1) : tiles.piece('north', column + side - 2, row, 1)
  return lerp(piece[piece.length - 1]!, tiles.middleOf(column, row), 0.01)
}

function landOf(
  seed: number,
  size: number,
  towns: readonly Placed[],
  tiles: Tiles,
  lines: readonly LongLine[],
  highways: readonly Street[],
): Land {
  const [waters, roads, edge] = [new Barriers(), new Barriers(), new Barriers()]
  edge.add(tiles.outline())
  lines.forEach(line => waters.add(line.points))
  highways.forEach(highway => roads.add(highway.points))
  return {
    seed,
    outline: tiles.outline(),
    towns: towns.map(({ at, frame }) => ({ at, halfM: frame.halfM })),
    waters,
    highways: roads,
    edge,
    loose: towns.flatMap(({ town, at }) =>
      town.waysOut.filter(way => !way.highway).map(way => ({ ...way, at: shifted(way.at, at) })),
    ),
    spacingM: VILLAGE_SPACING_M * size,
    townshipEveryM: TOWNSHIP_EVERY_M * size,
  }
}

/** Villages closer together or further apart until the countryside has the junctions that are left for it. */
function fitted(land: Land, junctions: number): Countryside {
  let spacingM = land.spacingM
  let best: { readonly country: Countryside; readonly off: number } | undefined
  for (let step = 0; step < 3; step += 1) {
    const names = new StreetNames(randomOf(land.seed, 'countryside', 'names'), { wide: true })
    const country = countrysideOf({ ...land, spacingM }, names)
    const found = junctionsOf(country.streets, { whole: true }).nodes.length
    const off = Math.abs(found - junctions)
    if (best === undefined || off < best.off) best = { country, off }
    if (off < 0.04 * junctions) break
    spacingM *= Math.sqrt(found / junctions)
  }
  return best!.country
}
