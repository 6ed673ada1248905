import { shapeLengthM } from '#protocols/roads/pack-graph.ts'
import type { NetworkEdge, NetworkNode, RoadClass } from '#protocols/roads/network.ts'
import { driveControls } from './drive-controls.ts'
import type { NodeControl } from './drive-controls.ts'

/** A drivable way, its tags already understood. */
export type Way = {
  readonly id: number
  readonly refs: readonly number[]
  readonly roadClass: RoadClass
  readonly name: string
  readonly speedKph: number
  readonly speedByClass?: boolean
  readonly forward: boolean
  readonly backward: boolean
  readonly structure?: 'bridge' | 'tunnel'
}

/**
 * Where a node lies, degrees, or undefined when the extract was cut before it; `isBlocked` when no car gets past it, and what
 * it makes drivers do.
 */
export type NodeLookup = {
  at(id: number): NetworkNode | undefined
  isBlocked(id: number): boolean
  controlAt(id: number): NodeControl | undefined
}

export type SplitResult = {
  readonly nodes: readonly NetworkNode[]
  readonly edges: readonly NetworkEdge[]
  /** OSM way of each edge. */
  readonly wayIds: readonly number[]
  /** OSM node of each junction; the dead ends at blocked nodes have none and come last. */
  readonly nodeIds: readonly number[]
  /** Node references the extract does not hold: roads are cut there. */
  readonly missingNodes: number
  readonly blockedNodes: number
  /** Ways that hold a stretch beyond EDGE_LENGTH_M_MAX. */
  readonly tooLong: readonly number[]
}

/** No road runs this far without a junction; a longer stretch is a broken coordinate. */
export const EDGE_LENGTH_M_MAX = 100_000

/**
 * Cuts ways into edges at every node they share. Nodes are numbered by OSM id, edges by way and place along it, so the
 * same extract always gives the same ids. A blocked node becomes one dead end per way that touches it.
 */
export function splitWays(ways: readonly Way[], lookup: NodeLookup): SplitResult {
  const uses = countUses(ways)
  const pieces: { readonly way: Way; readonly refs: readonly number[] }[] = []
  const missing = new Set<number>()
  for (const way of [...ways].sort((a, b) => a.id - b.id)) {
    for (const refs of presentRuns(way.refs, lookup, missing)) {
      for (const piece of cutAt(refs, ref => (uses.get(ref) ?? 0) > 1 || lookup.isBlocked(ref))) {
        pieces.push({ way, refs: piece })
      }
    }
  }
  const { nodes, nodeIds, indexOf, deadEnd, blockedNodes } = numberNodes(pieces, lookup)
  const edges: NetworkEdge[] = []
  const wayIds: number[] = []
  const tooLong: number[] = []
  for (const { way, refs } of pieces) {
    const shape = refs.map(ref => {
      const node = lookup.at(ref)
      return [node?.lon ?? 0, node?.lat ?? 0] as const
    })
    if (shapeLengthM(shape) > EDGE_LENGTH_M_MAX) {
      tooLong.push(way.id)
      continue
    }
    const end = (ref: number): number => (lookup.isBlocked(ref) ? deadEnd(ref) : indexOf(ref))
    const { id, refs: _, ...road } = way
    const [from, to] = [end(refs[0] ?? 0), end(refs[refs.length - 1] ?? 0)]
    const controls = driveControls(refs, ref => lookup.controlAt(ref))
    edges.push({ from, to, ...road, ...(controls.some(byte => byte > 0) && { controls }), shape })
    wayIds.push(id)
  }
  return { nodes, edges, wayIds, nodeIds, missingNodes: missing.size, blockedNodes, tooLong }
}

/** How often a node is used; an end of a way counts twice, so it is always a junction. */
function countUses(ways: readonly Way[]): Map<number, number> {
  const uses = new Map<number, number>()
  for (const { refs } of ways) {
    refs.forEach((ref, i) => {
      if (i > 0 && refs[i - 1] === ref) return
      const isEnd = i === 0 || i === refs.length - 1
      uses.set(ref, (uses.get(ref) ?? 0) + (isEnd ? 2 : 1))
    })
  }
  return uses
}

/** The stretches of a way that the extract holds, repeated nodes dropped, each of two nodes or more. */
function presentRuns(refs: readonly number[], lookup: NodeLookup, missing: Set<number>): number[][] {
  const runs: number[][] = []
  let run: number[] = []
  for (const ref of refs) {
    if (lookup.at(ref) === undefined) {
      missing.add(ref)
      runs.push(run)
      run = []
    } else if (run[run.length - 1] !== ref) run.push(ref)
  }
  runs.push(run)
  return runs.filter(found => found.length > 1)
}

/** `cutAt([1, 2, 3], ref => ref === 2)` is `[[1, 2], [2, 3]]`. */
function cutAt(refs: readonly number[], isCut: (ref: number) => boolean): number[][] {
  const pieces: number[][] = []
  let start = 0
  for (let i = 1; i < refs.length; i++) {
    if (i < refs.length - 1 && !isCut(refs[i] ?? 0)) continue
    pieces.push(refs.slice(start, i + 1))
    start = i
  }
  return pieces
}

function numberNodes(pieces: readonly { readonly refs: readonly number[] }[], lookup: NodeLookup) {
  const ends = pieces.flatMap(({ refs }) => [refs[0] ?? 0, refs[refs.length - 1] ?? 0])
  const open = [...new Set(ends.filter(ref => !lookup.isBlocked(ref)))].sort((a, b) => a - b)
  const index = new Map(open.map((ref, i) => [ref, i]))
  const placeOf = (ref: number): NetworkNode => {
    const { lat, lon } = lookup.at(ref) ?? { lat: 0, lon: 0 }
    return { lat, lon }
  }
  const nodes = open.map(placeOf)
  return {
    nodes,
    nodeIds: open,
    indexOf: (ref: number): number => index.get(ref) ?? 0,
    deadEnd: (ref: number): number => nodes.push(placeOf(ref)) - 1,
    blockedNodes: new Set(ends.filter(ref => lookup.isBlocked(ref))).size,
  }
}
