import { CIRCLE_SECONDS, COVERAGE_BEYOND, COVERAGE_STEP_SECONDS } from '#protocols/coverage.ts'
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
  const { weights } = search
  const edges = search.graph.edgeCount
  const bytes = roadsHeader(edges, tick)
  reachNodes(search, start, COVERAGE_BEYOND * COVERAGE_STEP_SECONDS * 10 - turnoutDs)
  for (let edge = 0; edge < edges; edge++) {
    let isThere = false
    for (let end = 0; end < 2; end++) {
      const drive = 2 * edge + end
      const beginDs = timeOf(search, drive) + turnoutDs
      // The map would colour a closed road from its ends.
      bytes[ROADS_HEADER_BYTES + end * edges + edge] = weights.isShut(edge)
        ? COVERAGE_BEYOND
        : stepsOf(beginDs + weights.enterDs[drive]!)
      isThere ||= weights.isWayTo(drive) && beginDs + weights.intoDs(drive, 0.5) <= PROMISE_DS
    }
    bytes[ROADS_HEADER_BYTES + 2 * edges + edge] = Number(isThere)
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
function ownMiddleDs({ weights }: RoadSearch, { edge, fraction }: RoadPoint): number {
  if (fraction === 0.5) return 0
  const drive = 2 * edge + Number(fraction > 0.5)
  return weights.isWayAlong(drive) ? weights.alongDs(drive, fraction, 0.5) : Infinity
}
