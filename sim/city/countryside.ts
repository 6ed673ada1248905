import type { Metres } from '#protocols/geo/local.ts'
import { pointInPolygon } from '#protocols/geo/polygon.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import { randomOf } from '../random.ts'
import type { Random } from '../random.ts'
import type { Barriers } from './barriers.ts'
import { StreetEnds, cutBlocks } from './blocks.ts'
import type { BlockStyle } from './blocks.ts'
import { gapM, lerp, smooth } from './drawing.ts'
import type { Quad, Street } from './drawing.ts'
import type { StreetNames } from './names.ts'

/** 镇: the bigger place among the villages around it, with a police station of its own. */
export type Township = { readonly name: string; readonly at: Metres }

export type Countryside = { readonly streets: readonly Street[]; readonly townships: readonly Township[] }

/** A square of drawn town: nothing of the countryside goes in. */
export type TownBox = { readonly at: Metres; readonly halfM: number }

/** A road that leaves a town and looks for the next village. */
export type Loose = { readonly at: Metres; readonly roadClass: RoadClass; readonly name: string }

export type Land = {
  readonly seed: number
  readonly outline: readonly Metres[]
  readonly towns: readonly TownBox[]
  /** Rivers, canal, railways: few roads cross them. */
  readonly waters: Barriers
  /** No village is built upon them, any road may cross them. */
  readonly highways: Barriers
  /** The border of the land. */
  readonly edge: Barriers
  readonly loose: readonly Loose[]
  /** From village to village; what the countryside has follows from it. */
  readonly spacingM: number
  readonly townshipEveryM: number
}

const VILLAGE: BlockStyle = { kind: 'village', leafM2: 7_000, jitter: 0.14, lean: 0.06, deadEnds: 0.3 }
const TOWNSHIP: BlockStyle = { kind: 'town', leafM2: 17_000, jitter: 0.14, lean: 0.05, deadEnds: 0.2 }
const CLEAR_OF_TOWNS_M = 500
/** Half the longest diagonal a settlement can have, and a field more. */
const CLEAR_OF_WATER_M = { village: 360, township: 760 }
/** Bridges of county roads and of village roads, as shares of the places where one would be wanted. */
const BRIDGES = { county: 0.6, village: 0.1 }
const LOOSE_REACH_M = 6_000

type Site = { readonly at: Metres; readonly quad: Quad; readonly name: string; readonly township: boolean }

/** Villages on a jittered lattice, a township among every dozen, roads from each to its natural neighbours. */
export function countrysideOf(land: Land, names: StreetNames): Countryside {
  const random = randomOf(land.seed, 'countryside', 'plan')
  const sites = sitesOf(land, names, random)
  const townships = sites.filter(site => site.township)
  const ends = new StreetEnds()
  const streets = [
    ...sites.flatMap(site => settlement(site, names, ends, random)),
    ...linksOf(townships, 2.2 * land.townshipEveryM, land, random, 'tertiary', BRIDGES.county),
    ...linksOf(sites, 2.2 * land.spacingM, land, random, 'unclassified', BRIDGES.village),
    ...land.loose.flatMap(loose => onward(loose, sites, land)),
  ]
  return { streets, townships: townships.map(({ name, at }) => ({ name, at })) }
}

function sitesOf(land: Land, names: StreetNames, random: Random): Site[] {
  const places = jittered(land, random).filter(p => isFree(land, p, CLEAR_OF_WATER_M.village))
  const chosen = townshipsAmong(places, land)
  return places.map(at => {
    const township = chosen.has(at)
    const turn = random.uniform(-0.35, 0.35)
    const [halfX, halfY] = township
      ? [random.uniform(340, 480), random.uniform(260, 380)]
      : [random.uniform(110, 200), random.uniform(90, 160)]
    return {
      at,
      township,
      quad: turned(at, halfX, halfY, turn),
      name: township ? names.township() : names.hamlet(),
    }
  })
}

function jittered({ outline, spacingM }: Land, random: Random): Metres[] {
  const xs = outline.map(p => p.x)
  const ys = outline.map(p => p.y)
  const ring = outline.map(({ x, y }) => [x, y] as const)
  const places: Metres[] = []
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  for (let y = south, row = 0; y < north; y += spacingM * 0.87, row += 1) {
    for (let x = west + (row % 2) * spacingM * 0.5; x < east; x += spacingM) {
      const off = (): number => random.uniform(-0.3, 0.3) * spacingM
      const p = { x: x + off(), y: y + off() }
      if (pointInPolygon([ring], p.y, p.x)) places.push(p)
    }
  }
  return places
}

const isFree = ({ towns, waters, highways, edge }: Land, p: Metres, clearM: number): boolean =>
  towns.every(
    ({ at, halfM }) => Math.max(Math.abs(p.x - at.x), Math.abs(p.y - at.y)) > halfM + CLEAR_OF_TOWNS_M,
  ) &&
  !edge.within(p, clearM + 100) &&
  !waters.within(p, clearM) &&
  !highways.within(p, clearM)

/** Of every square of land the place nearest its middle. */
function townshipsAmong(places: readonly Metres[], land: Land): Set<Metres> {
  const best = new Map<string, { place: Metres; offM: number }>()
  for (const place of places) {
    const [i, j] = [Math.floor(place.x / land.townshipEveryM), Math.floor(place.y / land.townshipEveryM)]
    const middle = { x: (i + 0.5) * land.townshipEveryM, y: (j + 0.5) * land.townshipEveryM }
    const offM = gapM(place, middle)
    if (offM < (best.get(`${i}/${j}`)?.offM ?? Infinity) && isFree(land, place, CLEAR_OF_WATER_M.township))
      best.set(`${i}/${j}`, { place, offM })
  }
  return new Set([...best.values()].map(({ place }) => place))
}

function turned(at: Metres, halfX: number, halfY: number, turn: number): Quad {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const corner = (x: number, y: number): Metres => ({
    x: at.x + x * cos - y * sin,
    y: at.y + x * sin + y * cos,
  })
  return [corner(-halfX, -halfY), corner(halfX, -halfY), corner(halfX, halfY), corner(-halfX, halfY)]
}

function settlement(
  { quad, name, township }: Site,
  names: StreetNames,
  ends: StreetEnds,
  random: Random,
): Street[] {
  const around: Street = {
    name: township ? `${name.slice(0, -1)}环路` : `${name}街`,
    roadClass: township ? 'tertiary' : 'unclassified',
    points: [...quad, quad[0]],
    mayBeOneWay: false,
  }
  return [around, ...cutBlocks(quad, township ? TOWNSHIP : VILLAGE, random, names, ends)]
}

/** Roads between natural neighbours: no third place is nearer to both (relative neighbourhood graph, Toussaint 1980). */
function linksOf(
  sites: readonly Site[],
  reachM: number,
  land: Land,
  random: Random,
  roadClass: RoadClass,
  bridges: number,
): Street[] {
  const squares = new Map<string, Site[]>()
  const square = (v: number): number => Math.floor(v / reachM)
  for (const site of sites) {
    const key = `${square(site.at.x)}/${square(site.at.y)}`
    squares.set(key, [...(squares.get(key) ?? []), site])
  }
  const around = ({ x, y }: Metres): Site[] =>
    [-1, 0, 1].flatMap(i => [-1, 0, 1].flatMap(j => squares.get(`${square(x) + i}/${square(y) + j}`) ?? []))
  const order = new Map(sites.map((site, k) => [site, k]))
  return sites.flatMap(one => {
    const near = around(one.at)
    return near.flatMap(other => {
      const lengthM = gapM(one.at, other.at)
      if (order.get(other)! <= order.get(one)! || lengthM > reachM) return []
      if (near.some(third => Math.max(gapM(third.at, one.at), gapM(third.at, other.at)) < lengthM * 0.97))
        return []
      const [from, to] = [cornerTowards(one.quad, other.at), cornerTowards(other.quad, one.at)]
      if (!mayPass(from, to, land) || land.edge.between(from, to)) return []
      if (land.waters.between(from, to) && !random.chance(bridges)) return []
      const points = smooth([from, offLine(from, to, 0.33, random), offLine(from, to, 0.67, random), to], 300)
      return [{ name: linkName(one, other, roadClass), roadClass, points, mayBeOneWay: false }]
    })
  })
}

const linkName = (one: Site, other: Site, roadClass: RoadClass): string =>
  roadClass === 'tertiary' ? `${one.name.slice(0, 1)}${other.name.slice(0, 1)}线` : ''

const cornerTowards = (quad: Quad, p: Metres): Metres => [...quad].sort((a, b) => gapM(a, p) - gapM(b, p))[0]!

function offLine(from: Metres, to: Metres, t: number, random: Random): Metres {
  const p = lerp(from, to, t)
  const off = random.uniform(-0.05, 0.05)
  return { x: p.x - (to.y - from.y) * off, y: p.y + (to.x - from.x) * off }
}

/** Not through a town: sampled every 150 m. */
function mayPass(from: Metres, to: Metres, { towns }: Land): boolean {
  const steps = Math.ceil(gapM(from, to) / 150)
  for (let k = 0; k <= steps; k += 1) {
    const p = lerp(from, to, k / steps)
    if (towns.some(({ at, halfM }) => Math.max(Math.abs(p.x - at.x), Math.abs(p.y - at.y)) < halfM - 30))
      return false
  }
  return true
}

/** A road out of town goes on to the nearest place it can reach without a bridge. */
function onward({ at, roadClass, name }: Loose, sites: readonly Site[], land: Land): Street[] {
  const near = sites
    .filter(site => gapM(site.at, at) < LOOSE_REACH_M)
    .sort((a, b) => gapM(a.at, at) - gapM(b.at, at))
    .slice(0, 8)
  for (const site of near) {
    const to = cornerTowards(site.quad, at)
    if (mayPass(at, to, land) && !land.waters.between(at, to))
      return [
        {
          name,
          roadClass: roadClass === 'primary' ? 'secondary' : roadClass,
          points: [at, to],
          mayBeOneWay: false,
        },
      ]
  }
  return []
}
