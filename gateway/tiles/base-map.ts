import type { RoadNetwork } from '#protocols/roads/network.ts'
import { groundFeatures } from './ground-features.ts'
import type { GroundFeature } from './ground-features.ts'
import type { MapFeature } from './map-feature.ts'
import { stitchedRoads } from './stitched-roads.ts'

/** Everything the base map shows of a city: what stands beside the roads, and the roads. */
export const baseMapOf = (network: RoadNetwork, ground: readonly GroundFeature[]): MapFeature[] => [
  ...groundFeatures(ground),
  ...stitchedRoads(network),
]

/** Where the tiles of a graph lie unless said otherwise: `city.graph` has `city.tiles` beside it. */
export const tilesBeside = (graphFile: string): string => graphFile.replace(/(\.graph)?$/, '.tiles')
