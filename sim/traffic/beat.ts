import { pointInPolygon } from '#protocols/geo/polygon.ts'
import type { Polygon } from '#protocols/geo/polygon.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import type { Random } from '../random.ts'
import type { Spot, StreetMap } from './street-map.ts'

/** The streets a car patrols, with how often each is chosen. */
export type Beat = {
  readonly edges: readonly number[]
  /** Running sum of the weights, same length. */
  readonly upTo: readonly number[]
  has(edge: number): boolean
}

/** A patrol shows itself where people are: on the streets of the town, rarely in yards, hardly on the bypass. */
const WEIGHT: Partial<Record<RoadClass, number>> = {
  motorway: 0,
  motorway_link: 0,
  trunk: 0.3,
  trunk_link: 0.1,
  primary: 1,
  secondary: 1.2,
  tertiary: 1.2,
  residential: 1,
  living_street: 0.5,
  service: 0.1,
}

/** A road through fields is not walked by more people the longer it is. */
const COUNTED_M_MAX = 250

/** The streets inside the polygon, or of the whole map when none is given; never empty while the map has streets. */
export function beatOf(map: StreetMap, area?: Polygon): Beat {
  const usable = usableEdges(map)
  const inside = area === undefined ? usable : usable.filter(e => isInside(map, e, area))
  return beatAmong(map, inside.length > 0 ? inside : usable)
}

/** Edges a car can be on and leave again. */
export const usableEdges = (map: StreetMap): number[] =>
  map.network.edges.flatMap((edge, e) =>
    map.main[edge.from] === 1 &&
    map.main[edge.to] === 1 &&
    (edge.forward || edge.backward) &&
    map.lengthM(e) > 0
      ? [e]
      : [],
  )

/** A beat of these very streets. */
export function beatAmong(map: StreetMap, edges: readonly number[]): Beat {
  let sum = 0
  const upTo = edges.map(
    e =>
      (sum +=
        Math.min(map.lengthM(e), COUNTED_M_MAX) * (WEIGHT[map.network.edges[e]!.roadClass] ?? 0.7) + 0.01),
  )
  const members = new Set(edges)
  return { edges, upTo, has: edge => members.has(edge) }
}

/** A spot somewhere on the beat, by length and weight. */
export function spotOfBeat(map: StreetMap, beat: Beat, random: Random): Spot {
  const wanted = random.uniform(0, beat.upTo[beat.upTo.length - 1] ?? 0)
  let [low, high] = [0, beat.edges.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (beat.upTo[middle]! > wanted) high = middle
    else low = middle + 1
  }
  const edge = beat.edges[low]
  if (edge === undefined) throw new Error('a beat without streets')
  return { edge, alongM: random.uniform(0.1, 0.9) * map.lengthM(edge) }
}

function isInside(map: StreetMap, edge: number, area: Polygon): boolean {
  const { lat, lon } = map.latLonOf(map.pointAt({ edge, alongM: map.lengthM(edge) / 2 }))
  return pointInPolygon(area, lat, lon)
}
