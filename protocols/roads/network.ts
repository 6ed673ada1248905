/**
 * Roads as an importer or a city generator knows them, before they are packed into a graph file: junctions and the
 * stretches between them. Index into `nodes` is the node id everywhere downstream (`roads edges`, `reach`).
 */
export const ROAD_CLASSES = [
  'motorway',
  'trunk',
  'primary',
  'secondary',
  'tertiary',
  'unclassified',
  'residential',
  'living_street',
  'service',
  'motorway_link',
  'trunk_link',
  'primary_link',
  'secondary_link',
  'tertiary_link',
] as const
export type RoadClass = (typeof ROAD_CLASSES)[number]

export type NetworkNode = { readonly lat: number; readonly lon: number }

/** One stretch of road between two junctions; `shape` is [lon, lat] pairs, both ends included. */
export type NetworkEdge = {
  readonly from: number
  readonly to: number
  readonly roadClass: RoadClass
  readonly name: string
  /** Travel speed when nothing is in the way, from `maxspeed` or the class table; never a blue-light guess. */
  readonly speedKph: number
  /** Drivable from `from` to `to`. */
  readonly forward: boolean
  /** Drivable from `to` to `from`. */
  readonly backward: boolean
  /** The speed is that of the class, for want of a tagged limit: a profile may know a better one. */
  readonly speedByClass?: boolean
  /** What is passed when driven forwards and backwards, as `packControls`; nothing when absent. */
  readonly controls?: readonly [there: number, back: number]
  /**
   * Where a map ends it cuts roads. `outOnly`: reached from the rest of the map, with no way back; `inOnly`: leads to the rest,
   * reached by no road of this map. Absent: as good as all, the junctions that can all reach each other.
   */
  readonly part?: 'outOnly' | 'inOnly'
  /** For the map alone: searches do not ask what carries a road. */
  readonly structure?: 'bridge' | 'tunnel'
  readonly shape: readonly (readonly [number, number])[]
}

/** One edge driven one way: twice its index from `from` to `to`, one more the other way round. */
export type Drive = number

/**
 * Drives that must not follow each other, two or more, each beginning where the one before it ends: `[2, 6]` is a
 * forbidden turn from edge 1 into edge 3; longer ones forbid a way through other roads.
 */
export type ForbiddenPath = readonly Drive[]

export type RoadNetwork = {
  /** Where it comes from, with attribution: `© OpenStreetMap contributors`, `simulated city, seed 1`. */
  readonly source: string
  readonly nodes: readonly NetworkNode[]
  readonly edges: readonly NetworkEdge[]
  /** Nothing is forbidden when absent. */
  readonly forbidden?: readonly ForbiddenPath[]
}
