import type { Drive, ForbiddenPath } from './network.ts'

/** Where drives lead and what leaves a junction, in edge order; only open ones. */
export type Drives = {
  readonly headOf: (drive: Drive) => number
  readonly leaving: (junction: number) => readonly Drive[]
}

/** An arc of the split graph: `tail` and `head` are nodes, a junction itself or one of its copies. */
export type SplitArc = { readonly tail: number; readonly head: number; readonly drive: Drive }

export type SplitJunctions = {
  /** Junction of each copy, rising; copy i is node `junctions + i`. */
  readonly copyJunction: readonly number[]
  /** The drives that lead into each copy: a beginning of one or more forbidden paths. */
  readonly copyPath: readonly ForbiddenPath[]
  /** Node reached by a drive when nothing was driven before it. */
  readonly nodeAfter: (drive: Drive) => number
  /** Arcs that leave the copies. */
  readonly copyArcs: readonly SplitArc[]
}

/** A beginning of forbidden paths that was driven; the empty one is the root and stands for every junction itself. */
type Beginning = {
  readonly path: ForbiddenPath
  readonly next: Map<Drive, Beginning>
  /** Drives that would complete a forbidden path. */
  readonly closed: Set<Drive>
  /** The longest other beginning that this one ends with. */
  shorter: Beginning | undefined
  node: number
}

/**
 * Copies junctions so that a search from node to node never drives a forbidden path: whoever has driven a beginning of
 * one stands on a copy that knows it (the automaton of A. Aho and M. Corasick 1975, whose words are drives). There is one
 * copy per beginning, so what nothing forbids is never copied, and the least cost over a junction's copies is exact.
 */
export function splitJunctions(
  junctions: number,
  drives: Drives,
  forbidden: readonly ForbiddenPath[],
): SplitJunctions {
  const root = beginningOf([])
  const all: Beginning[] = []
  for (const path of forbidden) plant(root, path, all)
  // Shorter ones first: the longest end of a beginning is found from that of the beginning before it.
  for (const one of [...all].sort((a, b) => a.path.length - b.path.length))
    one.shorter = longestEnd(root, one.path)
  const junctionOf = ({ path }: Beginning): number => drives.headOf(path[path.length - 1]!)
  const copies = all
    .map((one, i) => ({ one, i, junction: junctionOf(one) }))
    .sort((a, b) => a.junction - b.junction || a.i - b.i)
  copies.forEach(({ one }, i) => (one.node = junctions + i))
  const nodeFrom = (from: Beginning, drive: Drive): number => {
    const then = follow(from, drive)
    return then.path.length === 0 ? drives.headOf(drive) : then.node
  }
  return {
    copyJunction: copies.map(({ junction }) => junction),
    copyPath: copies.map(({ one }) => one.path),
    nodeAfter: drive => nodeFrom(root, drive),
    copyArcs: copies.flatMap(({ one, junction }) =>
      drives
        .leaving(junction)
        .filter(drive => isOpen(one, drive))
        .map(drive => ({ tail: one.node, head: nodeFrom(one, drive), drive })),
    ),
  }
}

const beginningOf = (path: ForbiddenPath): Beginning => ({
  path,
  next: new Map(),
  closed: new Set(),
  shorter: undefined,
  node: -1,
})

function plant(root: Beginning, path: ForbiddenPath, all: Beginning[]): void {
  let at = root
  for (let length = 1; length < path.length; length++) {
    const drive = path[length - 1]!
    const known = at.next.get(drive)
    const next = known ?? beginningOf(path.slice(0, length))
    if (known === undefined) {
      at.next.set(drive, next)
      all.push(next)
    }
    at = next
  }
  at.closed.add(path[path.length - 1]!)
}

/** The longest beginning, other than the path itself, with which the path ends; the root when there is none. */
function longestEnd(root: Beginning, path: ForbiddenPath): Beginning {
  for (let from = 1; from < path.length; from++) {
    let at: Beginning | undefined = root
    for (let i = from; i < path.length && at !== undefined; i++) at = at.next.get(path[i]!)
    if (at !== undefined) return at
  }
  return root
}

/** The longest beginning that has been driven once `drive` follows `from`. */
function follow(from: Beginning, drive: Drive): Beginning {
  for (let at: Beginning | undefined = from; at !== undefined; at = at.shorter) {
    const next = at.next.get(drive)
    if (next !== undefined) return next
    if (at.shorter === undefined) return at
  }
  return from
}

/** No forbidden path, however long or short, would be completed. */
function isOpen(from: Beginning, drive: Drive): boolean {
  for (let at: Beginning | undefined = from; at !== undefined; at = at.shorter)
    if (at.closed.has(drive)) return false
  return true
}
