import type { RoadWeights } from './weights.ts'

/**
 * The junctions of the shut roads that hang together with an edge, its own ends among them. Whoever is called to a place on
 * a shut road can be driven to any of them that open roads lead to: the border of what is shut.
 */
export function shutAround(weights: RoadWeights, edge: number): number[] {
  const { graph } = weights
  const junctions = new Set<number>()
  const waiting = [graph.edgeFrom[edge]!, graph.edgeTo[edge]!]
  for (let junction = waiting.pop(); junction !== undefined; junction = waiting.pop()) {
    if (junctions.has(junction)) continue
    junctions.add(junction)
    for (const drive of drivesAt(weights, junction))
      if (weights.isShut(drive >> 1)) waiting.push(graph.edgeFrom[drive >> 1]!, graph.edgeTo[drive >> 1]!)
  }
  return [...junctions]
}

/** Drives that leave a junction and those that come to it, in any of its copies. */
function* drivesAt({ graph }: RoadWeights, junction: number): Iterable<number> {
  const nodes = [junction]
  for (let copy = graph.copyFirst[junction]!; copy < graph.copyFirst[junction + 1]!; copy++) nodes.push(copy)
  for (const node of nodes) {
    for (let arc = graph.arcFirst[node]!; arc < graph.arcFirst[node + 1]!; arc++) yield graph.arcDrive[arc]!
    for (let arc = graph.backFirst[node]!; arc < graph.backFirst[node + 1]!; arc++)
      yield graph.backDrive[arc]!
  }
}
