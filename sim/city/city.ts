import type { Metres } from '#protocols/geo/local.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { randomOf } from '../random.ts'
import { bendOf } from './bend.ts'
import { lineFeature, parkFeature } from './features.ts'
import type { AreaFeature, LineFeature } from './features.ts'
import { gridsOf, riverOf } from './grids.ts'
import type { GridFeature } from './grids.ts'
import { junctionsOf } from './junctions.ts'
import { StreetNames } from './names.ts'
import { bentLine, paved, planeOf, positionOf } from './paving.ts'
import { landmarksOf, policePlaces, postsOn } from './places.ts'
import type { Place } from './places.ts'
import { simulatedRegion } from './region.ts'
import { planTown, railwayOf } from './town.ts'

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
export const CITY_VERSION = 2

/** The middle of Qufu, WGS-84: the invented town stands where the reform text's smallest example is. */
export const QUFU: LatLon = { lat: 35.5833, lon: 116.9858 }
/** Fewer are one town. */
const REGION_JUNCTIONS_MIN = 20_000
const RIVER_WIDTH_M = 55

/**
 * An invented place, the same for the same options: `simulatedCity({ seed: 1 })` is a county town of about 2,000
 * junctions and four grids; from 20,000 junctions on it is a whole prefecture of 51 grids.
 */
export function simulatedCity({ seed, junctions = 2000, centre = QUFU, onProgress }: CityOptions): City {
  return junctions >= REGION_JUNCTIONS_MIN
    ? simulatedRegion(seed, junctions, centre, onProgress ?? (() => {}))
    : simulatedTown(seed, junctions, centre)
}

function simulatedTown(seed: number, junctions: number, centre: LatLon): City {
  const town = planTown(seed, junctions, () => new StreetNames(randomOf(seed, 'city', 'names')))
  const { frame, names } = town
  const bend = bendOf(seed, frame.core)
  const plane = planeOf(centre)
  const onEarth = (line: readonly Metres[]): Position[] => bentLine(line, bend).map(p => positionOf(p, plane))
  const network: RoadNetwork = {
    source: `simulated city, seed ${seed}`,
    ...paved(junctionsOf(town.streets), town.streets, bend, plane, seed),
  }
  const river = riverOf(frame)
  const grids = gridsOf(frame, river, names.river, onEarth)
  const random = randomOf(seed, 'city', 'places')
  return {
    network,
    centre,
    waters: [lineFeature('river', names.river, RIVER_WIDTH_M, onEarth(river))],
    railways: [lineFeature('railway', '兖石铁路', 10, onEarth(railwayOf(frame)))],
    parks: town.parks.map(quad => parkFeature(onEarth([...quad, quad[0]]))),
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
