import type { NetworkEdge, NetworkNode } from '#protocols/roads/network.ts'

export type Roads = { readonly nodes: readonly NetworkNode[]; readonly edges: readonly NetworkEdge[] }

/** What is kept and what it was in the whole, and which edges of the whole are not kept. */
export type Largest = Roads & {
  readonly keptNodes: readonly number[]
  readonly keptEdges: readonly number[]
  readonly left: readonly number[]
}

/**
 * The largest set of junctions that can all reach each other, with the edges between them, numbered in the old order.
 * What falls away could never be left or never be reached: car parks behind a gate, the stub of a one-way at the border
 * of the extract. A unit or an incident on such a stub would have no time to anywhere.
 */
export function largestComponent(roads: Roads): Largest {
  const labels = strongComponents(roads)
  const sizes = new Map<number, number>()
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1)
  let largest = -1
  for (const [label, size] of sizes) if (size > (sizes.get(largest) ?? 0)) largest = label
  const renumbered = new Int32Array(roads.nodes.length).fill(-1)
  const nodes = roads.nodes.filter((_, node) => labels[node] === largest)
  let next = 0
  labels.forEach((label, node) => {
    if (label === largest) renumbered[node] = next++
  })
  const renumberedEdges = roads.edges.map(edge => ({
    ...edge,
    from: renumbered[edge.from] ?? -1,
    to: renumbered[edge.to] ?? -1,
  }))
  const isKept = (edge: NetworkEdge): boolean => edge.from >= 0 && edge.to >= 0
  const all = renumberedEdges.map((_, edge) => edge)
  return {
    nodes,
    edges: renumberedEdges.filter(isKept),
    keptNodes: roads.nodes.flatMap((_, node) => (labels[node] === largest ? [node] : [])),
    keptEdges: all.filter(edge => isKept(renumberedEdges[edge]!)),
    left: all.filter(edge => !isKept(renumberedEdges[edge]!)),
  }
}

/**
 * A component label per node (Kosaraju and Sharir 1978, without recursion): finish order of a walk along the arcs, then
 * walks against them in the reverse of that order.
 */
function strongComponents({ nodes, edges }: Roads): Int32Array {
  const out = neighbours(nodes.length, edges, false)
  const into = neighbours(nodes.length, edges, true)
  const order: number[] = []
  const seen = new Uint8Array(nodes.length)
  for (let node = 0; node < nodes.length; node++) walk(node, out, seen, left => order.push(left))
  const labels = new Int32Array(nodes.length)
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
