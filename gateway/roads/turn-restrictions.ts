import type { Drive, ForbiddenPath, NetworkEdge, NetworkNode } from '#protocols/roads/network.ts'
import { splitArcs } from '#protocols/roads/split-arcs.ts'
import { forbiddenBy } from './only-turns.ts'
import type { TurnRule } from './only-turns.ts'
import type { OsmMember, OsmRelation } from './osm-pbf-file.ts'
import type { TurnPlaceReason, TurnPlaces } from './turn-places.ts'
import { judgeTurn } from './turn-tags.ts'
import type { TurnSign, TurnTagReason } from './turn-tags.ts'

/** `deadEnd`: obeyed, it would leave a car nowhere to go in this map, which no sign means. */
export type TurnReason = TurnTagReason | TurnPlaceReason | 'deadEnd'

/** What became of all restrictions of an extract; a relation is counted once. */
export type TurnReport = {
  readonly seen: number
  /** Obeyed, by sign. */
  readonly obeyed: Partial<Record<TurnSign, number>>
  /** Of the obeyed: those that lead through other roads. */
  readonly obeyedThroughWays: number
  readonly forbiddenPaths: number
  readonly junctionCopies: number
  readonly left: readonly {
    readonly reason: TurnReason
    readonly count: number
    readonly examples: readonly number[]
  }[]
  /** Of the left: those by which times may be too short. */
  readonly notObeyed: number
}

/** A car may drive there although the sign says no; the other reasons leave nothing to obey. */
const TIMES_SHORT: readonly TurnReason[] = [
  ...(['conditional', 'unknownSign', 'incomplete', 'notJoined', 'ambiguous', 'deadEnd'] as const),
]
const EXAMPLES_MAX = 5

type Placed = TurnRule & { readonly id: number; readonly sign: TurnSign }

/** A restriction as read: what it needs of a relation. */
export type DrawnTurn = Pick<OsmRelation, 'id' | 'tags'> & { readonly members: readonly OsmMember[] }

/** Restrictions to what is forbidden on the kept roads, and the account of it. */
export function restrictTurns(
  drawn: readonly DrawnTurn[],
  places: TurnPlaces,
  roads: { readonly nodes: readonly NetworkNode[]; readonly edges: readonly NetworkEdge[] },
): { readonly forbidden: readonly ForbiddenPath[]; readonly report: TurnReport } {
  const left = new Map<number, TurnReason>()
  const rules = drawn.flatMap(relation => placedRules(relation, places, left))
  const { kept, forbidden, copies } = withoutDeadEnds(rules, roads)
  const obeyed = new Map(kept.map(rule => [rule.id, rule]))
  for (const { id } of rules) if (!obeyed.has(id)) left.set(id, 'deadEnd')
  const bySign: Partial<Record<TurnSign, number>> = {}
  for (const { sign } of obeyed.values()) bySign[sign] = (bySign[sign] ?? 0) + 1
  const reasons = [...new Set(left.values())].map(reason => {
    const ids = [...left].filter(([, why]) => why === reason).map(([id]) => id)
    return { reason, count: ids.length, examples: ids.slice(0, EXAMPLES_MAX) }
  })
  const report = {
    seen: drawn.length,
    obeyed: bySign,
    obeyedThroughWays: [...obeyed.values()].filter(({ drives }) => drives.length > 2).length,
    forbiddenPaths: forbidden.length,
    junctionCopies: copies,
    left: reasons.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
    notObeyed: [...left.values()].filter(reason => TIMES_SHORT.includes(reason)).length,
  }
  return { forbidden, report }
}

/** The rules of one relation, or why there are none in `left`. */
function placedRules(
  { id, tags, members }: DrawnTurn,
  places: TurnPlaces,
  left: Map<number, TurnReason>,
): Placed[] {
  const judged = judgeTurn(tags ?? {})
  if ('reason' in judged) {
    left.set(id, judged.reason)
    return []
  }
  const { sign } = judged
  const kind = sign.startsWith('only') ? 'only' : 'no'
  const found = places.placesOf(members)
  const rules = found.flatMap(place =>
    'drives' in place ? [{ id, sign, kind, drives: place.drives } as const] : [],
  )
  const failed = found.find(place => 'reason' in place)
  if (rules.length === 0 && failed !== undefined && 'reason' in failed) left.set(id, failed.reason)
  return rules
}

/**
 * Drops rules until every place that can be driven to can be left again, and that not only out of the map: who must drive into
 * the tunnel out of it would be nowhere near the next street. Each round drops at least one.
 */
function withoutDeadEnds(
  rules: readonly Placed[],
  roads: { readonly nodes: readonly NetworkNode[]; readonly edges: readonly NetworkEdge[] },
): {
  readonly kept: readonly Placed[]
  readonly forbidden: readonly ForbiddenPath[]
  readonly copies: number
} {
  const leavingAfter = drivesAfter(rules, roads.edges)
  const isOutOnly = (drive: Drive): boolean => roads.edges[drive >> 1]!.part === 'outOnly'
  let kept = rules
  for (;;) {
    const forbidden = forbiddenBy(kept, leavingAfter)
    const { arcs, copyPath } = splitArcs({ ...roads, forbidden })
    const left = new Set(arcs.map(({ tail }) => tail))
    const leftForGood = new Set(arcs.flatMap(({ tail, drive }) => (isOutOnly(drive) ? [] : [tail])))
    const traps = copyPath.filter(
      (path, copy) => !(isOutOnly(path.at(-1)!) ? left : leftForGood).has(roads.nodes.length + copy),
    )
    if (traps.length === 0) return { kept, forbidden, copies: copyPath.length }
    const dropped = new Set(
      kept.filter(rule => traps.some(trap => closesAfter(rule, trap))).map(({ id }) => id),
    )
    kept = kept.filter(({ id }) => !dropped.has(id))
  }
}

/** Whether the rule forbids something right after these drives. */
function closesAfter({ kind, drives }: TurnRule, path: ForbiddenPath): boolean {
  const firstLength = kind === 'no' ? drives.length - 1 : 1
  for (let length = firstLength; length < drives.length; length++) {
    const end = path.slice(-length)
    if (end.length === length && end.every((drive, i) => drive === drives[i])) return true
  }
  return false
}

/** The open drives that can follow a drive of a rule. */
function drivesAfter(
  rules: readonly TurnRule[],
  edges: readonly NetworkEdge[],
): (drive: Drive) => readonly Drive[] {
  const headOf = (drive: Drive): number => (drive & 1 ? edges[drive >> 1]!.from : edges[drive >> 1]!.to)
  const leaving = new Map<number, Drive[]>(
    rules.flatMap(({ drives }) => drives.map(drive => [headOf(drive), []])),
  )
  edges.forEach(({ from, to, forward, backward }, edge) => {
    if (forward) leaving.get(from)?.push(2 * edge)
    if (backward) leaving.get(to)?.push(2 * edge + 1)
  })
  return drive => leaving.get(headOf(drive)) ?? []
}
