import { CIRCLE_SECONDS, COVERAGE_BEYOND, COVERAGE_STEP_SECONDS } from '#protocols/coverage.ts'
import { partialCostDs } from '#protocols/roads/graph.ts'
import { reachNodes, reachShapes } from '../reach/reach.ts'
import type { RoadSearch } from '../reach/search.ts'
import type { RoadPoint } from '../roads/snap.ts'
import { PROMISE_DS } from './measure.ts'
import { roadsHeader, ROADS_HEADER_BYTES, stepsOf } from './roads-bytes.ts'

/** Where one unit can be within 60, 180 and 300 s, turnout included: one MultiLineString per circle, cut at its end. */
export function reachGeoJson(search: RoadSearch, start: RoadPoint, turnoutDs: number): string {
  const features = CIRCLE_SECONDS.map(tau => {
    const budgetDs = tau * 10 - turnoutDs
    if (budgetDs > 0) reachNodes(search, start, budgetDs)
    const coordinates = budgetDs > 0 ? reachShapes(search, start, budgetDs) : []
    const properties = { tau, graph: search.graph.hash, datum: 'wgs84' }
    return { type: 'Feature', properties, geometry: { type: 'MultiLineString', coordinates } }
  })
  return JSON.stringify({ type: 'FeatureCollection', features })
}

/** The same as the map colours it: times to both ends of every edge, and 1 where its middle is reached in 300 s. */
export function reachRoads(
  search: RoadSearch,
  start: RoadPoint,
  turnoutDs: number,
  tick: number,
): Uint8Array {
  const { graph } = search
  const edges = graph.edgeCount
  const bytes = roadsHeader(edges, tick)
  reachNodes(search, start, COVERAGE_BEYOND * COVERAGE_STEP_SECONDS * 10 - turnoutDs)
  for (let edge = 0; edge < edges; edge++) {
    const costDs = graph.edgeCostDs(edge)
    const middleDs = partialCostDs(costDs, 0.5)
    const fromDs = timeOf(search, 2 * edge) + turnoutDs
    const toDs = timeOf(search, 2 * edge + 1) + turnoutDs
    bytes[ROADS_HEADER_BYTES + edge] = stepsOf(fromDs)
    bytes[ROADS_HEADER_BYTES + edges + edge] = stepsOf(toDs)
    const there = graph.isForward(edge) && fromDs + middleDs <= PROMISE_DS
    const back = graph.isBackward(edge) && toDs + costDs - middleDs <= PROMISE_DS
    bytes[ROADS_HEADER_BYTES + 2 * edges + edge] = Number(there || back)
  }
  if (turnoutDs + ownMiddleDs(search, start) <= PROMISE_DS)
    bytes[ROADS_HEADER_BYTES + 2 * edges + start.edge] = 1
  return bytes
}

const timeOf = (search: RoadSearch, drive: number): number => {
  const ds = search.intoDs(drive)
  return ds < 0 ? Infinity : ds
}

/** To the middle of its own edge without leaving it; Infinity where that is against the traffic. */
function ownMiddleDs({ graph }: RoadSearch, { edge, fraction }: RoadPoint): number {
  const costDs = graph.edgeCostDs(edge)
  const aheadDs = partialCostDs(costDs, 0.5) - partialCostDs(costDs, fraction)
  const open = fraction <= 0.5 ? graph.isForward(edge) : graph.isBackward(edge)
  return open || fraction === 0.5 ? Math.abs(aheadDs) : Infinity
}
