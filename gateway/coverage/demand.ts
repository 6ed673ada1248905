import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { RoadClass } from '#protocols/roads/network.ts'

/** How much one metre of an edge is asked for, relative to any other; 0 and more. */
export type DemandWeights = (graph: RoadGraph) => Float64Array

/** Nobody lives on a motorway and few are called to one; a service road is half yard. Everything else counts alike. */
const BY_CLASS: Partial<Record<RoadClass, number>> = {
  motorway: 0.25,
  motorway_link: 0.25,
  trunk: 0.5,
  trunk_link: 0.5,
  service: 0.5,
}

/**
 * Until demand is learned from history: length of road, with less for roads nobody lives at. A design value, no
 * measurement; a function of its own so that counted incidents can replace it.
 */
export const demandByClass: DemandWeights = graph =>
  Float64Array.from({ length: graph.edgeCount }, (_, edge) => BY_CLASS[graph.edgeClass(edge)] ?? 1)
