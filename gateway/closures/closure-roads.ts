import { CLOSURE_EDGES_MAX } from '#protocols/closures.ts'
import type { ClosureWhere } from '#protocols/closures.ts'
import { angleBetweenDeg } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { RoadPoint, RoadSnap } from '../roads/snap.ts'
import type { DriveFactors } from './closure-book.ts'
import type { ClosedPiece, Closure, Stretch } from './closure.ts'
import { bearingAt, EdgeBoxes, edgesInArea, edgesWithin, pointAt } from './edge-shapes.ts'
import { followed } from './followed-line.ts'
import { BetweenJunctions } from './between-junctions.ts'

/** A click further from every road is not meant for one. */
export const CLOSURE_SNAP_M = 50
/** The other carriageway of a divided road lies no further away. */
const TWIN_M = 45
/** Fast enough that the direction of travel decides between carriageways. */
const DRIVING_MPS = 10
/** A road that was imported again lies where it lay. */
const AGAIN_M = 15

/** Finds the roads people mean, and finds them again after another import. */
export type ClosureRoads = {
  /**
   * Faults: PLACE_OFF_ROAD, CLOSURE_EDGE_UNKNOWN, CLOSURE_NO_WAY (the roads are one-way, the other way), CLOSURE_NO_NAME,
   * CLOSURE_NO_ROAD (a line follows none, an area touches none), CLOSURE_TOO_LARGE.
   */
  readonly stretchOf: (where: ClosureWhere) => Result<Stretch>
  /** The same closure on the roads at hand; pieces that are no longer there are counted as lost. */
  readonly again: (closure: Closure) => Closure
  /** From now on roads are closed and slow like this, and like nothing said before. */
  readonly obey: (factors: DriveFactors) => void
}

/** Roads of a graph; `obey` is handed on to whoever lays what driving takes. */
export function createClosureRoads(
  graph: RoadGraph,
  snap: RoadSnap,
  obey: ClosureRoads['obey'] = () => {},
): ClosureRoads {
  const chains = new BetweenJunctions(graph)
  const boxes = new EdgeBoxes(graph)
  const find = (where: ClosureWhere): Result<readonly Drive[]> => {
    switch (where.kind) {
      case 'edges':
        return byNumber(graph, where)
      case 'point':
        return byPoint(graph, snap, chains, where)
      case 'road':
        return byName(graph, snap, boxes, where)
      case 'line':
        return followed(graph, snap, where)
      case 'area': {
        const drives = edgesInArea(graph, boxes, where.polygon).flatMap(bothWays)
        return drives.length > 0 ? ok(drives) : fault('CLOSURE_NO_ROAD', 'no road touches this area')
      }
    }
  }
  return {
    stretchOf: where => {
      const drives = find(where)
      return drives.ok ? stretchOfDrives(graph, drives.value) : drives
    },
    again: closure => foundAgain(graph, snap, closure),
    obey,
  }
}

const bothWays = (edge: number): Drive[] => [2 * edge, 2 * edge + 1]

function byNumber(
  graph: RoadGraph,
  { edges, direction }: Extract<ClosureWhere, { kind: 'edges' }>,
): Result<readonly Drive[]> {
  const unknown = edges.find(edge => edge >= graph.edgeCount)
  if (unknown !== undefined)
    return fault('CLOSURE_EDGE_UNKNOWN', `edge ${unknown} is not among 0..${graph.edgeCount - 1}`)
  return ok(
    edges.flatMap(edge =>
      bothWays(edge).filter(
        drive => direction === 'both' || (drive & 1) === Number(direction === 'backward'),
      ),
    ),
  )
}

function byPoint(
  graph: RoadGraph,
  snap: RoadSnap,
  chains: BetweenJunctions,
  where: Extract<ClosureWhere, { kind: 'point' }>,
): Result<readonly Drive[]> {
  const { towardsDeg } = where
  const at = placeOf(snap, where, towardsDeg)
  if (!at.ok) return at
  const chain = chains.through(at.value.edge)
  if (towardsDeg !== undefined) {
    const isAlong = angleBetweenDeg(bearingAt(graph, at.value), towardsDeg) <= 90
    return ok(isAlong ? chain : chain.map(drive => drive ^ 1))
  }
  const twin = twinOf(graph, snap, where, at.value)
  const edges = [...chain, ...(twin === undefined ? [] : chains.through(twin))]
  return ok(edges.flatMap(drive => bothWays(drive >> 1)))
}

/** The other carriageway of a divided road: of the same name, one-way against this one, beside the place. */
function twinOf(graph: RoadGraph, snap: RoadSnap, where: LatLon, at: RoadPoint): number | undefined {
  const name = graph.edgeName(at.edge)
  if (name === '' || graph.isForward(at.edge) === graph.isBackward(at.edge)) return undefined
  const driven = (point: RoadPoint): number =>
    (bearingAt(graph, point) + (graph.isForward(point.edge) ? 0 : 180)) % 360
  const against = (driven(at) + 180) % 360
  const found = snap.snap(where.lat, where.lon, TWIN_M, { trackDeg: against, speedMps: DRIVING_MPS })
  if (found === undefined || found.edge === at.edge || graph.edgeName(found.edge) !== name) return undefined
  const isOneWay = graph.isForward(found.edge) !== graph.isBackward(found.edge)
  return isOneWay && angleBetweenDeg(driven(found), against) < 45 ? found.edge : undefined
}

function byName(
  graph: RoadGraph,
  snap: RoadSnap,
  boxes: EdgeBoxes,
  where: Extract<ClosureWhere, { kind: 'road' }>,
): Result<readonly Drive[]> {
  const { radiusM, towardsDeg } = where
  const at = placeOf(snap, where, towardsDeg)
  if (!at.ok) return at
  const name = graph.edgeName(at.value.edge)
  if (name === '') return fault('CLOSURE_NO_NAME', `the road at ${where.lat}, ${where.lon} has no name`)
  const edges = edgesWithin(graph, boxes, where, radiusM).filter(edge => graph.edgeName(edge) === name)
  const drives = edges.flatMap(bothWays)
  if (towardsDeg === undefined) return ok(drives)
  return ok(
    drives.filter(drive => {
      const along = bearingAt(graph, { edge: drive >> 1, fraction: 0.5 })
      return angleBetweenDeg(along + 180 * (drive & 1), towardsDeg) < 90
    }),
  )
}

function placeOf(snap: RoadSnap, { lat, lon }: LatLon, towardsDeg: number | undefined): Result<RoadPoint> {
  const motion = towardsDeg === undefined ? {} : { trackDeg: towardsDeg, speedMps: DRIVING_MPS }
  const found = snap.snap(lat, lon, CLOSURE_SNAP_M, motion)
  return found === undefined
    ? fault('PLACE_OFF_ROAD', `no road within ${CLOSURE_SNAP_M} m of ${lat}, ${lon}`)
    : ok(found)
}

/** Only ways that are open to cars can be closed to them. */
function stretchOfDrives(graph: RoadGraph, drives: readonly Drive[]): Result<Stretch> {
  const closed = new Set(drives.filter(drive => graph.isOpen(drive)))
  const edges = [...new Set([...closed].map(drive => drive >> 1))].sort((a, b) => a - b)
  if (edges.length === 0) return fault('CLOSURE_NO_WAY', 'nobody may drive there in this direction anyway')
  if (edges.length > CLOSURE_EDGES_MAX)
    return fault('CLOSURE_TOO_LARGE', `${edges.length} roads, ${CLOSURE_EDGES_MAX} at most`)
  return ok(
    stretchOfPieces(
      graph,
      edges.map(edge => pieceOf(graph, edge, closed)),
    ),
  )
}

function pieceOf(graph: RoadGraph, edge: number, closed: ReadonlySet<Drive>): ClosedPiece {
  const ways = ((closed.has(2 * edge) ? 1 : 0) + (closed.has(2 * edge + 1) ? 2 : 0)) as ClosedPiece['ways']
  const shape = graph.edgeShape(edge)
  const oneWay = bothWays(edge).some(drive => graph.isOpen(drive) && !closed.has(drive))
  return { edge, ways, oneWay, line: ways === 2 ? shape.reverse() : shape }
}

function stretchOfPieces(graph: RoadGraph, pieces: readonly ClosedPiece[]): Stretch {
  const metres = new Map<string, number>()
  for (const { edge } of pieces) {
    const name = graph.edgeName(edge)
    metres.set(name, (metres.get(name) ?? 0) + (graph.edgeLengthDm[edge] ?? 0) / 10)
  }
  const roads = [...metres].sort(([, a], [, b]) => b - a).map(([name]) => name)
  const lengthM = [...metres.values()].reduce((sum, length) => sum + length, 0)
  return { graph: graph.hash, pieces, roads, lengthM }
}

function foundAgain(graph: RoadGraph, snap: RoadSnap, closure: Closure): Closure {
  if (closure.graph === graph.hash) return closure
  const closed = new Set<Drive>()
  let lost = 0
  for (const piece of closure.pieces) {
    const drives = drivesAgain(graph, snap, piece)
    if (drives.length === 0) lost++
    for (const drive of drives) closed.add(drive)
  }
  const edges = [...new Set([...closed].map(drive => drive >> 1))].sort((a, b) => a - b)
  const stretch = stretchOfPieces(
    graph,
    edges.map(edge => pieceOf(graph, edge, closed)),
  )
  return { ...closure, ...stretch, lost: closure.lost + lost }
}

/** Looked for at three places: a road that was cut in two since is found in both halves. */
function drivesAgain(graph: RoadGraph, snap: RoadSnap, { line, oneWay }: ClosedPiece): Drive[] {
  return [0.2, 0.5, 0.8].flatMap(share => {
    const { lat, lon, bearing } = pointAt(line, share)
    const found = snap.snap(lat, lon, AGAIN_M, { trackDeg: bearing, speedMps: DRIVING_MPS })
    if (found === undefined) return []
    const isAlong = angleBetweenDeg(bearingAt(graph, found), bearing) <= 90
    const drives = oneWay ? [2 * found.edge + Number(!isAlong)] : bothWays(found.edge)
    return drives.filter(drive => graph.isOpen(drive))
  })
}
