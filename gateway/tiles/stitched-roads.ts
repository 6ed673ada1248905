import type { NetworkEdge, RoadClass, RoadNetwork } from '#protocols/roads/network.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import { ZOOM_MIN } from './map-feature.ts'
import type { MapFeature } from './map-feature.ts'

/** From far away only what connects towns; a street when one can see that it is one. */
export const ROAD_ZOOM_MIN: Readonly<Record<RoadClass, number>> = {
  motorway: ZOOM_MIN,
  trunk: ZOOM_MIN,
  primary: ZOOM_MIN,
  secondary: 10,
  tertiary: 11,
  unclassified: 12,
  residential: 12,
  living_street: 13,
  service: 13,
  motorway_link: 10,
  trunk_link: 10,
  primary_link: 11,
  secondary_link: 12,
  tertiary_link: 12,
}

/**
 * The roads as long lines: edges that continue each other with the same class, name, direction and structure become one
 * line. Edge by edge a main road would be hundreds of pieces, each too short to survive the simplification of a far zoom
 * and to carry its name. One-way lines run in the direction of travel.
 */
export function stitchedRoads({ edges }: RoadNetwork): MapFeature[] {
  const lines = edges.map(edge => (edge.backward && !edge.forward ? reversed(edge) : edge))
  const keys = lines.map(keyOf)
  const mates = matesOf(lines, keys)
  const taken = new Uint8Array(lines.length)
  const features: MapFeature[] = []
  // Ends without a mate first, by their beginning; what is left then are two-way tails, and rings.
  const starts = [
    ...lines.flatMap((_, i) => (mates[2 * i] === -1 ? [2 * i] : [])),
    ...lines.flatMap((_, i) => (mates[2 * i + 1] === -1 ? [2 * i + 1] : [])),
    ...lines.map((_, i) => 2 * i),
  ]
  for (const start of starts) {
    const first = lines[start >> 1]
    if (first === undefined || taken[start >> 1] === 1) continue
    features.push(roadFeature(first, follow(start, lines, mates, taken)))
  }
  return features
}

/** A line's end is `2 * line` where it begins and `2 * line + 1` where it ends. */
type End = number

const isOneWay = ({ forward, backward }: NetworkEdge): boolean => forward !== backward

const reversed = (edge: NetworkEdge): NetworkEdge => ({
  ...edge,
  ...{ from: edge.to, to: edge.from, forward: true, backward: false },
  shape: [...edge.shape].reverse(),
})

const keyOf = (edge: NetworkEdge): string =>
  `${edge.roadClass}|${edge.structure ?? ''}|${isOneWay(edge) ? 1 : 2}|${edge.name}`

/** The end that continues each end, -1 for none: where exactly two ends of the same road meet. */
function matesOf(lines: readonly NetworkEdge[], keys: readonly string[]): Int32Array {
  const roads = new Map<string, number>()
  const roadOf = keys.map(key => roads.get(key) ?? (roads.set(key, roads.size), roads.size - 1))
  const meeting = new Map<number, End[]>()
  lines.forEach(({ from, to }, line) => {
    ;[from, to].forEach((node, side) => {
      const at = node * roads.size + (roadOf[line] ?? 0)
      const ends = meeting.get(at)
      if (ends === undefined) meeting.set(at, [2 * line + side])
      else ends.push(2 * line + side)
    })
  })
  const mates = new Int32Array(2 * lines.length).fill(-1)
  for (const [a, b, more] of meeting.values()) {
    if (a === undefined || b === undefined || more !== undefined || a >> 1 === b >> 1) continue
    const line = lines[a >> 1]
    // Two one-ways that both begin here go apart.
    if (line !== undefined && isOneWay(line) && (a & 1) === (b & 1)) continue
    mates[a] = b
    mates[b] = a
  }
  return mates
}

/** From an end to the other and on over its mates, until nothing continues or the ring is closed. */
function follow(start: End, lines: readonly NetworkEdge[], mates: Int32Array, taken: Uint8Array): Position[] {
  const whole: Position[] = []
  for (let end = start; end !== -1 && taken[end >> 1] === 0; end = mates[end ^ 1] ?? -1) {
    const shape = lines[end >> 1]?.shape ?? []
    taken[end >> 1] = 1
    const part = (end & 1) === 0 ? shape : [...shape].reverse()
    for (const point of whole.length === 0 ? part : part.slice(1)) whole.push(point)
  }
  return whole
}

const roadFeature = (edge: NetworkEdge, coordinates: readonly Position[]): MapFeature => ({
  layer: 'roads',
  zoomMin: ROAD_ZOOM_MIN[edge.roadClass],
  properties: {
    class: edge.roadClass,
    ...(edge.name !== '' && { name: edge.name }),
    ...(isOneWay(edge) && { oneway: true }),
    ...(edge.structure !== undefined && { structure: edge.structure }),
  },
  geometry: { type: 'LineString', coordinates },
})
