import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { IN_ONLY, OUT_ONLY } from '#protocols/roads/graph-layout.ts'

/** Half of it, degrees: about ten metres. */
const ASIDE_DEG = 1e-4
/** Draws for a road that cars can come to and leave; of an extract of a street alone there may be none. */
const DRAWS_MAX = 1_000

/**
 * Places anywhere along roads picked by chance, up to some metres off them. Roads that an extract cut, which lead only out of it
 * or only into it, are not picked: who drives off on one of them comes back by roads that no map here has.
 */
export const placesBesideRoads = (graph: RoadGraph, count: number, random: () => number): LatLon[] =>
  Array.from({ length: count }, () => {
    const shape = graph.edgeShape(anyRoad(graph, random))
    const bend = Math.floor(random() * (shape.length - 1))
    const [[lonA, latA], [lonB, latB]] = [shape[bend]!, shape[bend + 1]!]
    const along = random()
    const aside = (): number => (random() - 0.5) * 2 * ASIDE_DEG
    return { lat: latA + along * (latB - latA) + aside(), lon: lonA + along * (lonB - lonA) + aside() }
  })

function anyRoad(graph: RoadGraph, random: () => number): number {
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const edge = Math.floor(random() * graph.edgeCount)
    if ((graph.edgeFlags[edge]! & (OUT_ONLY | IN_ONLY)) === 0) return edge
  }
  throw new Error(`no road in ${DRAWS_MAX} draws that cars can come to and leave`)
}
