import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'

/** Half of it, degrees: about ten metres. */
const ASIDE_DEG = 1e-4

/** Places at points of roads picked by chance, up to some metres off them. */
export const placesBesideRoads = (graph: RoadGraph, count: number, random: () => number): LatLon[] =>
  Array.from({ length: count }, () => {
    const shape = graph.edgeShape(Math.floor(random() * graph.edgeCount))
    const [lon, lat] = shape[Math.floor(random() * shape.length)]!
    return { lat: lat + (random() - 0.5) * 2 * ASIDE_DEG, lon: lon + (random() - 0.5) * 2 * ASIDE_DEG }
  })
