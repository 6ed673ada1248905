import type { ClosureWhere } from '#protocols/closures.ts'
import { bearingDeg, distanceM } from '#protocols/geo/sphere.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { RoadSnap } from '../roads/snap.ts'

/** A hand draws beside the road, not on it. */
const BESIDE_M = 25
/** The line is looked at this often, metres. */
const EVERY_M = 10
/** A road that is followed for less, and for less than half of itself, is one that is crossed. */
const FOLLOWED_M = 20
const FOLLOWED_SHARE = 0.5
/** 50 km of drawn line; longer is no closure but a region. */
const LOOKS_MAX = 5_000
const DRIVING_MPS = 10

type Line = Extract<ClosureWhere, { kind: 'line' }>
type Look = { readonly lat: number; readonly lon: number; readonly bearing: number }

/**
 * The drives a drawn line follows. On a divided road `forward` is the carriageway that runs with the line, `backward` the
 * other one, `both` the two of them. Faults: CLOSURE_NO_ROAD, CLOSURE_TOO_LARGE.
 */
export function followed(graph: RoadGraph, snap: RoadSnap, where: Line): Result<readonly Drive[]> {
  const looks = looksAlong(where.line)
  if (looks === undefined)
    return fault('CLOSURE_TOO_LARGE', `the line is longer than ${(LOOKS_MAX * EVERY_M) / 1000} km`)
  const drives = [
    ...(where.direction === 'backward' ? [] : drivesAlong(graph, snap, looks, 0)),
    ...(where.direction === 'forward' ? [] : drivesAlong(graph, snap, looks, 180)),
  ]
  return drives.length > 0
    ? ok(drives)
    : fault('CLOSURE_NO_ROAD', `no road within ${BESIDE_M} m follows this line`)
}

function looksAlong(line: Line['line']): Look[] | undefined {
  const looks: Look[] = []
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!].map(([lon, lat]) => ({ lat, lon })) as [Look, Look]
    const bearing = bearingDeg(a, b)
    const steps = Math.max(1, Math.ceil(distanceM(a, b) / EVERY_M))
    if (looks.length + steps > LOOKS_MAX) return undefined
    for (let step = i === 1 ? 0 : 1; step <= steps; step++) {
      const t = step / steps
      looks.push({ lat: a.lat + t * (b.lat - a.lat), lon: a.lon + t * (b.lon - a.lon), bearing })
    }
  }
  return looks
}

/** Drives of somebody who drives along the line, or against it (`turnedDeg` 180). */
function drivesAlong(graph: RoadGraph, snap: RoadSnap, looks: readonly Look[], turnedDeg: 0 | 180): Drive[] {
  const seen = new Map<number, { first: number; last: number; least: number; most: number }>()
  for (const { lat, lon, bearing } of looks) {
    const motion = { trackDeg: (bearing + turnedDeg) % 360, speedMps: DRIVING_MPS }
    const at = snap.snap(lat, lon, BESIDE_M, motion)
    if (at === undefined) continue
    const { fraction } = at
    const known = seen.get(at.edge) ?? { first: fraction, last: fraction, least: fraction, most: fraction }
    known.last = fraction
    known.least = Math.min(known.least, fraction)
    known.most = Math.max(known.most, fraction)
    seen.set(at.edge, known)
  }
  return [...seen].flatMap(([edge, { first, last, least, most }]) => {
    const share = most - least
    const isFollowed = share >= FOLLOWED_SHARE || (share * (graph.edgeLengthDm[edge] ?? 0)) / 10 >= FOLLOWED_M
    const isForward = last > first === (turnedDeg === 0)
    return isFollowed ? [2 * edge + Number(!isForward)] : []
  })
}
