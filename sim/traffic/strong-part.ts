/**
 * Strongly connected parts of a directed graph (Tarjan 1972, without recursion: a city is deeper than the stack).
 * `arcs[n]` lists where one may drive from node n; the answer numbers the part of every node.
 */
export function strongPartsOf(arcs: readonly (readonly number[])[]): Int32Array {
  const count = arcs.length
  const index = new Int32Array(count).fill(-1)
  const low = new Int32Array(count)
  const part = new Int32Array(count).fill(-1)
  const nextArc = new Int32Array(count)
  const open: number[] = []
  let [seen, parts] = [0, 0]
  for (let root = 0; root < count; root += 1) {
    if (index[root] !== -1) continue
    const path = [root]
    while (path.length > 0) {
      const node = path[path.length - 1]!
      if (index[node] === -1) {
        index[node] = low[node] = seen
        seen += 1
        open.push(node)
      }
      const to = arcs[node]![nextArc[node]!]
      if (to !== undefined) {
        nextArc[node]! += 1
        if (index[to] === -1) path.push(to)
        else if (part[to] === -1) low[node] = Math.min(low[node]!, index[to]!)
        continue
      }
      path.pop()
      const parent = path[path.length - 1]
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!)
      if (low[node] !== index[node]) continue
      for (let last = -1; last !== node;) {
        last = open.pop()!
        part[last] = parts
      }
      parts += 1
    }
  }
  return part
}

/** The number of the part with the most nodes; -1 when there are no nodes. */
export function largestPart(parts: Int32Array): number {
  const sizes = new Map<number, number>()
  for (const part of parts) sizes.set(part, (sizes.get(part) ?? 0) + 1)
  let best = -1
  for (const [part, size] of sizes) if (size > (sizes.get(best) ?? 0)) best = part
  return best
}
