import type { RoadGraph } from '#protocols/roads/graph.ts'

/** Cells along each axis of the box of all roads: 26 bits for a cell and 27 for a junction fit a double. */
const CELL_BITS = 13
const JUNCTIONS = 2 ** 27

/**
 * Junctions by neighbourhood: index with a junction, regions of about `junctions` each, numbered along Morton's curve (1966),
 * so that one region lies together on the map. One region when the roads are few.
 */
export function roadRegions(
  graph: RoadGraph,
  junctions: number,
): { readonly count: number; readonly regionOf: Uint16Array } {
  const count = Math.max(1, Math.round(graph.nodeCount / junctions))
  const regionOf = new Uint16Array(graph.nodeCount)
  if (count === 1) return { count, regionOf }
  const { south, west, north, east } = graph.metadata.bbox
  const cellOf = (at: number, from: number, to: number): number =>
    Math.min(2 ** CELL_BITS - 1, Math.max(0, Math.floor(((at - from) / (to - from || 1)) * 2 ** CELL_BITS)))
  const keys = Float64Array.from(
    regionOf,
    (_, node) =>
      woven(cellOf(graph.lon(node), west, east), cellOf(graph.lat(node), south, north)) * JUNCTIONS + node,
  ).sort()
  keys.forEach((key, rank) => (regionOf[key % JUNCTIONS] = Math.floor((rank * count) / keys.length)))
  return { count, regionOf }
}

/** The bits of both by turns. `woven(0b11, 0b00)` is 0b0101. */
function woven(x: number, y: number): number {
  let key = 0
  for (let bit = 0; bit < CELL_BITS; bit++) key |= (((x >> bit) & 1) | (((y >> bit) & 1) << 1)) << (2 * bit)
  return key
}
