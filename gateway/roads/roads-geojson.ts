import type { RoadGraph } from '#protocols/roads/graph.ts'

/** Six decimals are 11 cm, finer than any screen. */
const DECIMALS = 1e6

/** About 12 MB of text; a city beyond is drawn from its tiles alone. */
export const ROADS_GEOJSON_EDGES_MAX = 40_000

/**
 * The roads as the map draws them: one LineString per stretch, with class and name, and whom to thank; undefined for a
 * city too large to be sent in one piece.
 */
export function roadsGeoJson(graph: RoadGraph): string | undefined {
  if (graph.edgeCount > ROADS_GEOJSON_EDGES_MAX) return undefined
  const { attribution, source } = graph.metadata
  const features = Array.from({ length: graph.edgeCount }, (_, edge) => ({
    type: 'Feature',
    properties: { roadClass: graph.edgeClass(edge), name: graph.edgeName(edge) },
    geometry: {
      type: 'LineString',
      coordinates: graph.edgeShape(edge).map(([lon, lat]) => [rounded(lon), rounded(lat)]),
    },
  }))
  return JSON.stringify({ type: 'FeatureCollection', source, attribution: attribution || source, features })
}

const rounded = (degrees: number): number => Math.round(degrees * DECIMALS) / DECIMALS
