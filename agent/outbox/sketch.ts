import { parseBody } from '#protocols/bodies.ts'
import type { BodyOf } from '#protocols/bodies.ts'
import { localPlane } from '#protocols/geo/local.ts'
import type { RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Stamp } from './group-plan.ts'

export type SketchPoint = BodyOf<'track.sketch'>['points'][number]

/** Of so many positions one is kept, those that the shape of the drive needs most. */
const ONE_OF = 8
/** What one record holds, far below `BODY_BYTES_MAX`. */
const POINTS_MAX = 400
const TOLERANCE_FIRST_M = 10

/**
 * What remains of positions that must go: the points without which the drive would be drawn wrong, as one record. The
 * coarsest tolerance that keeps few enough is found by doubling. Null when these records hold no drive.
 */
export function sketchOf(records: readonly WireRecord[], { now, bootId }: Stamp): RecordDraft | null {
  // A sketch lies behind positions that are newer than what it tells of.
  const points = records.flatMap(pointsOf).toSorted((a, b) => a[0] - b[0])
  const most = Math.min(POINTS_MAX, Math.floor(points.length / ONE_OF))
  if (most < 2) return null
  let toleranceM = TOLERANCE_FIRST_M
  let kept = simplified(points, toleranceM)
  while (kept.length > most) kept = simplified(points, (toleranceM *= 2))
  const body: BodyOf<'track.sketch'> = { of: points.length, toleranceM, points: [...kept] }
  return {
    lane: 'track',
    kind: 'track.sketch',
    occurredAt: now.utcMs,
    monoMs: now.monoMs,
    bootId,
    clockQuality: now.quality,
    body: JSON.stringify(body),
  }
}

/** A position is one point, an older sketch all of its own: it is thinned once more. */
function pointsOf(record: WireRecord): readonly SketchPoint[] {
  const parsed = parseBody(record.kind, record.body)
  if (!parsed.ok) return []
  if (parsed.value.kind === 'track.sketch') return parsed.value.body.points
  if (parsed.value.kind !== 'position') return []
  const { lat, lon } = parsed.value.body
  return [[record.occurredAt, round(lat), round(lon)]]
}

/** 1e-6 degrees are 0.1 m. */
const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6

/**
 * Douglas-Peucker on time: a point stays when at its moment the straight drive between its neighbours would have been
 * further than `toleranceM` away, so a stop stays a stop (Meratnia and de By, 2004, "TD-TR").
 */
export function simplified(points: readonly SketchPoint[], toleranceM: number): readonly SketchPoint[] {
  const keep = new Set([0, points.length - 1])
  const spans: [number, number][] = [[0, points.length - 1]]
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span
    const { index, errorM } = worstOf(points, from, to)
    if (errorM <= toleranceM) continue
    keep.add(index)
    spans.push([from, index], [index, to])
  }
  return points.filter((_, i) => keep.has(i))
}

function worstOf(
  points: readonly SketchPoint[],
  from: number,
  to: number,
): { readonly index: number; readonly errorM: number } {
  const [fromMs, lat, lon] = points[from]!
  const plane = localPlane({ lat, lon })
  const [toMs, toLat, toLon] = points[to]!
  const end = plane.toMetres({ lat: toLat, lon: toLon })
  let worst = { index: from, errorM: 0 }
  for (let i = from + 1; i < to; i++) {
    const [atMs, pointLat, pointLon] = points[i]!
    const share = toMs > fromMs ? Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs))) : 0
    const { x, y } = plane.toMetres({ lat: pointLat, lon: pointLon })
    const errorM = Math.hypot(x - end.x * share, y - end.y * share)
    if (errorM > worst.errorM) worst = { index: i, errorM }
  }
  return worst
}
