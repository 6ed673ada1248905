import type { RoadGraph } from '#protocols/roads/graph.ts'

/** Six decimals are 11 cm, finer than any screen. */
const DECIMALS = 1e6

/** The roads as the map draws them: one LineString per stretch, with class and name, and whom to thank. */
export function roadsGeoJson(graph: RoadGraph): string {
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
