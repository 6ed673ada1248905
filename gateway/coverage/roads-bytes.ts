import {
  COVERAGE_BEYOND,
  COVERAGE_ROADS_FORMAT,
  COVERAGE_ROADS_MAGIC,
  COVERAGE_STEP_SECONDS,
} from '#protocols/coverage.ts'
import type { AtPlace } from './at-place.ts'
import type { KLabels } from './k-labels.ts'
import { PROMISE_DS } from './measure.ts'
import type { Gone } from './road-spans.ts'
import type { Stretches } from './stretches.ts'

export const ROADS_HEADER_BYTES = 16
const STEP_DS = COVERAGE_STEP_SECONDS * 10
const MIDDLE = 0.5

/**
 * The labels as the map colours them (`protocols/coverage.ts`); `unknown[grid]` is 1 where the data is not trusted,
 * and those `gone` are left out.
 */
export function coverageRoads(
  stretches: Stretches,
  labels: KLabels,
  at: AtPlace,
  turnoutDs: Uint32Array,
  tick: number,
  unknown: Uint8Array,
  gone: Gone = null,
): Uint8Array {
  const { graph } = stretches
  const bytes = roadsHeader(graph.edgeCount, tick)
  const edges = graph.edgeCount
  const isAllUnknown = unknown.every(flag => flag === 1)
  for (let edge = 0; edge < edges; edge++) {
    const isShut = labels.weights.isShut(edge)
    for (let end = 0; end < 2; end++) {
      const drive = 2 * edge + end
      const onItDs = labels.nearestDs(drive, gone) + labels.weights.enterDs[drive]!
      // The map would colour a closed road from its ends.
      bytes[ROADS_HEADER_BYTES + end * edges + edge] = isShut ? COVERAGE_BEYOND : stepsOf(onItDs)
    }
    const grid = gridOfMiddle(stretches, edge)
    const isUnknown = grid < 0 ? isAllUnknown : unknown[grid] === 1
    bytes[ROADS_HEADER_BYTES + 2 * edges + edge] = isUnknown
      ? COVERAGE_BEYOND
      : at.unitsOn({ edge, fraction: MIDDLE }, PROMISE_DS, turnoutDs, gone)
  }
  return bytes
}

/** Header, and every time and count still `COVERAGE_BEYOND`. */
export function roadsHeader(edges: number, tick: number): Uint8Array {
  const bytes = new Uint8Array(ROADS_HEADER_BYTES + 3 * edges).fill(COVERAGE_BEYOND)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of [COVERAGE_ROADS_MAGIC, COVERAGE_ROADS_FORMAT, tick, edges].entries())
    view.setUint32(4 * i, value, true)
  return bytes
}

/** Steps of 2 s, rounded up. */
export const stepsOf = (ds: number): number => Math.min(COVERAGE_BEYOND, Math.ceil(ds / STEP_DS))

function gridOfMiddle({ firstOf, to, grid }: Stretches, edge: number): number {
  let s = firstOf[edge]!
  while (s < firstOf[edge + 1]! - 1 && to[s]! < MIDDLE) s++
  return grid[s]!
}
