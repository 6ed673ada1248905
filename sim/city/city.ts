import type { Metres } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { randomOf } from '../random.ts'
import { arterialsOf } from './arterials.ts'
import type { Arterials } from './arterials.ts'
import { bendOf } from './bend.ts'
import { StreetEnds } from './blocks.ts'
import { lerp, smooth } from './drawing.ts'
import type { Quad, Street } from './drawing.ts'
import { frameOf } from './frame.ts'
import type { Frame } from './frame.ts'
import { gridsOf, riverOf } from './grids.ts'
import type { GridFeature } from './grids.ts'
import { junctionsOf } from './junctions.ts'
import type { Drawing } from './junctions.ts'
import { StreetNames } from './names.ts'
import { outskirtsOf } from './outskirts.ts'
import { bentLine, paved, planeOf, positionOf } from './paving.ts'
import { landmarksOf, policePlaces, postsOn } from './places.ts'
import type { Place } from './places.ts'
import { quartersOf } from './quarters.ts'

/** Water, railway and parks for the map, as GeoJSON (RFC 7946); nothing decides by them. */
export type LineFeature = {
  readonly type: 'Feature'
  readonly properties: { readonly kind: 'river' | 'railway'; readonly name: string; readonly widthM: number }
  readonly geometry: { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
}
export type AreaFeature = {
  readonly type: 'Feature'
  readonly properties: { readonly kind: 'park'; readonly name: string }
  readonly geometry: { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] }
}

/** A place to simulate: roads as an importer would give them, and what stands beside them. */
export type City = {
  readonly network: RoadNetwork
  readonly centre: LatLon
  readonly waters: readonly LineFeature[]
  readonly railways: readonly LineFeature[]
  readonly parks: readonly AreaFeature[]
  /** Empty on a real extract: there the grids are laid elsewhere. */
  readonly grids: readonly GridFeature[]
  /** Police stations and duty stations. */
  readonly posts: readonly Place[]
  readonly landmarks: readonly Place[]
}

export type CityOptions = {
  readonly seed: number
  /** Junctions wanted; the city comes within 5 %. The area grows with it: 2,000 are 6 x 6 km, 60,000 are 33 x 33 km. */
  readonly junctions?: number
  readonly centre?: LatLon
  readonly onProgress?: (words: string) => void
}

/** Part of the name of every cached city: counts up whenever the same seed gives another city. */
export const CITY_VERSION = 1

/** The middle of Qufu, WGS-84: the invented town stands where the reform text's smallest example is. */
export const QUFU: LatLon = { lat: 35.5833, lon: 116.9858 }
const RIVER_WIDTH_M = 55

/** An invented county town, the same for the same options: `simulatedCity({ seed: 1 })` has about 2,000 junctions. */
export function simulatedCity({ seed, junctions = 2000, centre = QUFU }: CityOptions): City {
  const frame = frameOf(seed, junctions)
  const plan = planWith(frame, seed, junctions)
  const bend = bendOf(seed, frame.core)
  const plane = planeOf(centre)
  const onEarth = (line: readonly Metres[]): Position[] => bentLine(line, bend).map(p => positionOf(p, plane))
  const network: RoadNetwork = {
    source: `simulated city, seed ${seed}`,
    ...paved(plan.drawing, plan.streets, bend, plane, seed),
  }
  const river = riverOf(frame)
  const grids = gridsOf(frame, river, plan.names.river, onEarth)
  const random = randomOf(seed, 'city', 'places')
  return {
    network,
    centre,
    waters: [lineFeature('river', plan.names.river, RIVER_WIDTH_M, onEarth(river))],
    railways: [lineFeature('railway', '兖石铁路', 10, onEarth(railwayOf(frame)))],
    parks: plan.parks.map(quad => parkFeature(onEarth([...quad, quad[0]]))),
    grids,
    posts: policePlaces(network, grids, random),
    landmarks: landmarksOf(network, centre, frame.ringM, random),
  }
}

/** A real road network as a city: nothing is invented but police posts at real junctions. */
export function cityOn(network: RoadNetwork, seed: number, posts = 8): City {
  const lats = network.nodes.map(n => n.lat).sort((a, b) => a - b)
  const lons = network.nodes.map(n => n.lon).sort((a, b) => a - b)
  const half = Math.floor(network.nodes.length / 2)
  return {
    network,
    // Medians: one far-off road of an extract must not drag the middle away from the town.
    centre: { lat: lats[half] ?? 0, lon: lons[half] ?? 0 },
    waters: [],
    railways: [],
    parks: [],
    grids: [],
    posts: postsOn(network, posts, randomOf(seed, 'city', 'places')),
    landmarks: [],
  }
}

type Plan = {
  readonly streets: readonly Street[]
  readonly drawing: Drawing
  readonly parks: readonly Quad[]
  readonly names: StreetNames
}

/** Blocks shrink or grow until the junctions are as many as asked for: the count falls about as the block size rises. */
function planWith(frame: Frame, seed: number, junctions: number): Plan {
  const off = (plan: Plan): number => Math.abs(plan.drawing.nodes.length - junctions)
  let scale = 1
  let plan = planAt(frame, seed, scale)
  let best = plan
  for (let step = 0; step < 8 && off(best) > junctions * 0.02; step += 1) {
    scale *= plan.drawing.nodes.length / junctions
    plan = planAt(frame, seed, scale)
    if (off(plan) < off(best)) best = plan
  }
  return best
}

function planAt(frame: Frame, seed: number, scale: number): Plan {
  const names = new StreetNames(randomOf(seed, 'city', 'names'))
  const ends = new StreetEnds()
  const arterials: Arterials = arterialsOf(frame, randomOf(seed, 'city', 'arterials'), names)
  const quarters = quartersOf(frame, seed, scale, names, ends)
  const outskirts = outskirtsOf(frame, arterials, seed, scale, names, ends)
  const streets = [...arterials.streets, ...quarters.streets, ...outskirts]
  return {
    streets,
    drawing: junctionsOf(streets),
    parks: quarters.parks,
    names,
  }
}

/** Down the middle of its column, edge to edge of the map. */
function railwayOf(frame: Frame): Metres[] {
  const middles = frame.rows.map((_, j) =>
    lerp(frame.at(frame.railColumn, j), frame.at(frame.railColumn + 1, j), 0.5),
  )
  const edgeM = frame.halfM + 250
  const [first, last] = [middles[0]!, middles[middles.length - 1]!]
  return smooth([{ x: first.x - 120, y: -edgeM }, ...middles, { x: last.x + 160, y: edgeM }], 30)
}

function lineFeature(
  kind: 'river' | 'railway',
  name: string,
  widthM: number,
  line: readonly Position[],
): LineFeature {
  return {
    type: 'Feature',
    properties: { kind, name, widthM },
    geometry: { type: 'LineString', coordinates: line },
  }
}

function parkFeature(ring: readonly Position[]): AreaFeature {
  return {
    type: 'Feature',
    properties: { kind: 'park', name: '公园' },
    geometry: { type: 'Polygon', coordinates: [ring] },
  }
}
