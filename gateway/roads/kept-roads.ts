import type { NetworkEdge, NetworkNode } from '#protocols/roads/network.ts'

export type Roads = { readonly nodes: readonly NetworkNode[]; readonly edges: readonly NetworkEdge[] }

/** What is kept and what it was in the whole, and which edges of the whole are not kept. */
export type Kept = Roads & {
  readonly keptNodes: readonly number[]
  readonly keptEdges: readonly number[]
  readonly left: readonly number[]
}

/**
 * The roads of a map that are of use to a dispatcher, numbered in the old order. The core is the largest set of junctions that
 * can all reach each other. An extract cuts roads at its border, so beside it are kept what can be reached from the core and
 * not left for it (`part: 'outOnly'`, the tunnel that comes up beyond the border: an incident in it is driven to), and what
 * leads to the core and cannot be reached (`'inOnly'`: a car there can come). What is neither falls away: islands, car parks
 * behind a gate, ways past the core.
 */
export function keptRoads(roads: Roads): Kept {
  const count = roads.nodes.length
  const [out, into] = [neighbours(count, roads.edges, false), neighbours(count, roads.edges, true)]
  const labels = strongComponents(count, out, into)
  const core = largestOf(labels)
  const inCore = labels.map(label => Number(label === core))
  const reached = spread(inCore, out)
  const leading = spread(inCore, into)
  const partOf = ({ from, to }: NetworkEdge): NetworkEdge['part'] | 'core' | 'none' => {
    if (inCore[from] === 1 && inCore[to] === 1) return 'core'
    if (reached[from] === 1 && reached[to] === 1) return 'outOnly'
    return leading[from] === 1 && leading[to] === 1 ? 'inOnly' : 'none'
  }
  const parts = roads.edges.map(partOf)
  const indices = (length: number): number[] => Array.from({ length }, (_, i) => i)
  const keptNodes = indices(count).filter(node => reached[node] === 1 || leading[node] === 1)
  const keptEdges = indices(parts.length).filter(edge => parts[edge] !== 'none')
  const renumbered = new Int32Array(count).fill(-1)
  keptNodes.forEach((node, i) => (renumbered[node] = i))
  return {
    nodes: keptNodes.map(node => roads.nodes[node]!),
    edges: keptEdges.map(edge => {
      const { from, to, ...road } = roads.edges[edge]!
      const part = parts[edge]
      return {
        ...{ from: renumbered[from]!, to: renumbered[to]!, ...road },
        ...((part === 'outOnly' || part === 'inOnly') && { part }),
      }
    }),
    keptNodes,
    keptEdges,
    left: indices(parts.length).filter(edge => parts[edge] === 'none'),
  }
}

function largestOf(labels: Int32Array): number {
  const sizes = new Map<number, number>()
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1)
  let largest = -1
  for (const [label, size] of sizes) if (size > (sizes.get(largest) ?? 0)) largest = label
  return largest
}

/** Flags of the marked nodes and of all that follow them. */
function spread(marked: Int32Array, along: Neighbours): Uint8Array {
  const seen = new Uint8Array(marked.length)
  marked.forEach((mark, node) => {
    if (mark === 1) walk(node, along, seen, () => {})
  })
  return seen
}

/**
 * A component label per node (Kosaraju and Sharir 1978, without recursion): finish order of a walk along the arcs, then
 * walks against them in the reverse of that order.
 */
function strongComponents(count: number, out: Neighbours, into: Neighbours): Int32Array {
  const order: number[] = []
  const seen = new Uint8Array(count)
  for (let node = 0; node < count; node++) walk(node, out, seen, left => order.push(left))
  const labels = new Int32Array(count)
  seen.fill(0)
  for (let i = order.length - 1; i >= 0; i--) {
    const root = order[i] ?? 0
    walk(root, into, seen, left => (labels[left] = root))
  }
  return labels
}

type Neighbours = { readonly first: Uint32Array; readonly to: Uint32Array }

function neighbours(nodeCount: number, edges: readonly NetworkEdge[], reversed: boolean): Neighbours {
  const arcs: (readonly [number, number])[] = []
  for (const { from, to, forward, backward } of edges) {
    if (forward) arcs.push(reversed ? [to, from] : [from, to])
    if (backward) arcs.push(reversed ? [from, to] : [to, from])
  }
  const first = new Uint32Array(nodeCount + 1)
  for (const [tail] of arcs) first[tail + 1] = (first[tail + 1] ?? 0) + 1
  for (let i = 1; i <= nodeCount; i++) first[i] = (first[i] ?? 0) + (first[i - 1] ?? 0)
  const next = first.slice()
  const to = new Uint32Array(arcs.length)
  for (const [tail, head] of arcs) {
    const at = next[tail] ?? 0
    to[at] = head
    next[tail] = at + 1
  }
  return { first, to }
}

/** Depth first from `root` over nodes not yet seen; `leave` is called once all that follows a node is done. */
function walk(
  root: number,
  { first, to }: Neighbours,
  seen: Uint8Array,
  leave: (node: number) => void,
): void {
  if (seen[root] === 1) return
  seen[root] = 1
  const path = [root]
  const at = [first[root] ?? 0]
  while (path.length > 0) {
    const top = path.length - 1
    const node = path[top] ?? 0
    const arc = at[top] ?? 0
    if (arc >= (first[node + 1] ?? 0)) {
      leave(node)
      path.pop()
      at.pop()
      continue
    }
    at[top] = arc + 1
    const head = to[arc] ?? 0
    if (seen[head] === 1) continue
    seen[head] = 1
    path.push(head)
    at.push(first[head] ?? 0)
  }
}
