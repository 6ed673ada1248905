import type { ClosureCreate, ClosureView } from '#protocols/closures.ts'
import type { Position } from '#protocols/geo/polygon.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { Now } from '#protocols/time.ts'

/** One edge of a closure: `ways` 1 is from its beginning to its end, 2 the other way, 3 both; only ways cars may drive. */
export type ClosedPiece = {
  readonly edge: number
  readonly ways: 1 | 2 | 3
  /** The edge is still open the other way. */
  readonly oneWay: boolean
  /** In the direction that is closed; along the edge where both are. Finds the road again in another import. */
  readonly line: readonly Position[]
}

/** The roads somebody meant. */
export type Stretch = {
  /** Hash of the graph whose edges these are. */
  readonly graph: string
  readonly pieces: readonly ClosedPiece[]
  readonly roads: readonly string[]
  readonly lengthM: number
}

/** A closure as it lies in the ledger. */
export type Closure = Stretch & {
  readonly id: string
  /** Share of the speed that is left; 0 is closed. */
  readonly speedFactor: number
  readonly reason: string
  readonly fromUtcMs: number
  readonly untilUtcMs: number | null
  readonly createdUtcMs: number
  readonly createdBy: string
  /** `by` is null when its time was over. */
  readonly ended: { readonly utcMs: number; readonly by: string | null; readonly note: string } | null
  readonly lost: number
}

export function openClosure(
  asked: ClosureCreate,
  stretch: Stretch,
  { id, actor }: { readonly id: string; readonly actor: string },
  now: Now,
): Closure {
  return {
    ...stretch,
    id,
    speedFactor: asked.speedFactor,
    reason: asked.reason,
    fromUtcMs: asked.from === undefined ? now.utcMs : Date.parse(asked.from),
    untilUtcMs: asked.until === null ? null : Date.parse(asked.until),
    createdUtcMs: now.utcMs,
    createdBy: actor,
    ended: null,
    lost: 0,
  }
}

export function stateOf({ ended, fromUtcMs }: Closure, now: Now): ClosureView['state'] {
  if (ended !== null) return 'ended'
  return now.utcMs < fromUtcMs ? 'planned' : 'in_force'
}

/** Whether its time is over and nobody has noticed yet. */
export const isOver = ({ ended, untilUtcMs }: Closure, now: Now): boolean =>
  ended === null && untilUtcMs !== null && now.utcMs >= untilUtcMs

export function endClosure(closure: Closure, by: string | null, note: string, utcMs: number): Closure {
  return { ...closure, ended: { utcMs, by, note } }
}

export function viewOfClosure(closure: Closure, now: Now): ClosureView {
  const { id, speedFactor, reason, createdBy, ended, lost } = closure
  return {
    id,
    state: stateOf(closure, now),
    ...viewOfStretch(closure),
    speedFactor,
    reason,
    from: rfc3339(closure.fromUtcMs),
    until: closure.untilUtcMs === null ? null : rfc3339(closure.untilUtcMs),
    createdAt: rfc3339(closure.createdUtcMs),
    createdBy,
    endedAt: ended === null ? null : rfc3339(ended.utcMs),
    endedBy: ended?.by ?? null,
    note: ended?.note ?? '',
    lost,
    at: rfc3339(now.utcMs),
  }
}

export function viewOfStretch({ pieces, roads, lengthM }: Stretch) {
  return {
    roads: [...roads],
    lengthM: Math.round(lengthM * 10) / 10,
    edges: pieces.map(piece => piece.edge),
    oneWay: pieces.some(piece => piece.oneWay),
    lines: pieces.map(piece => piece.line.map(([lon, lat]): [number, number] => [lon, lat])),
  }
}

/** The drives it is about. */
export const drivesOf = ({ pieces }: Stretch): Drive[] =>
  pieces.flatMap(({ edge, ways }) => [
    ...((ways & 1) !== 0 ? [2 * edge] : []),
    ...((ways & 2) !== 0 ? [2 * edge + 1] : []),
  ])
