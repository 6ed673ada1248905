import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { shapeLengthM } from '#protocols/roads/pack-graph.ts'
import type { NetworkEdge, RoadNetwork } from '#protocols/roads/network.ts'

/** A stream of numbers in [0, 1) from a seed (mulberry32): the same seed draws the same city. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The graph of a network, through the file format. */
export function graphOf(network: RoadNetwork): RoadGraph {
  const graph = openGraph(packGraph(network))
  if (!graph.ok) throw new Error(`${graph.code}: ${graph.detail}`)
  return graph.value
}

/**
 * Scattered junctions joined to their nearest neighbours: roughly planar, a quarter one-way, some edges doubled with
 * another speed, some leading back to where they began, some parts not reachable at all.
 */
export function scatteredCity(seed: number, nodeCount: number): RoadNetwork {
  const random = seeded(seed)
  const nodes = Array.from({ length: nodeCount }, () => ({
    lat: 35.55 + random() * 0.1,
    lon: 116.9 + random() * 0.12,
  }))
  const edges: NetworkEdge[] = []
  nodes.forEach((node, from) => {
    const near = nodes
      .map((other, to) => ({ to, square: (other.lat - node.lat) ** 2 + (other.lon - node.lon) ** 2 }))
      .filter(({ to }) => to !== from)
      .sort((a, b) => a.square - b.square)
      .slice(0, 3 + Math.floor(random() * 2))
    for (const { to } of near) edges.push(scatteredEdge(nodes, from, to, random))
    if (random() < 0.05) edges.push(scatteredEdge(nodes, from, near[0]?.to ?? from, random))
    if (random() < 0.05) edges.push(scatteredEdge(nodes, from, from, random))
  })
  return { source: `scattered city, seed ${seed}`, nodes, edges }
}

function scatteredEdge(
  nodes: RoadNetwork['nodes'],
  from: number,
  to: number,
  random: () => number,
): NetworkEdge {
  const [a, b] = [nodes[from] ?? { lat: 0, lon: 0 }, nodes[to] ?? { lat: 0, lon: 0 }]
  const bend = [
    (a.lon + b.lon) / 2 + (random() - 0.5) * 0.002,
    (a.lat + b.lat) / 2 + (random() - 0.5) * 0.002,
  ] as const
  const kind = random()
  return {
    from,
    to,
    roadClass: 'residential',
    name: '',
    speedKph: 20 + Math.floor(random() * 6) * 10,
    forward: kind < 0.88,
    backward: kind >= 0.25 || kind >= 0.88,
    shape: [[a.lon, a.lat], bend, [b.lon, b.lat]],
  }
}

export type DrawnMap = {
  readonly graph: RoadGraph
  /** Node id of a name on the map. */
  node(name: string): number
  /** The same place as a point on an edge that can be left both ways, as a unit standing there would be. */
  place(name: string): { readonly edge: number; readonly fraction: number }
}

/** Each `-` or `|` is this long. */
export const MARK_DS = 300

/**
 * A map drawn in the test, so the answer can be checked by eye. Lower-case letters and digits are junctions, each dash or
 * bar between them 30 s of road; a `>` `<` `V` `^` among them makes the stretch one-way.
 */
export function drawnMap(drawing: string): DrawnMap {
  const rows = drawing.split('\n')
  const names: string[] = []
  const nodes: { lat: number; lon: number }[] = []
  rows.forEach((row, y) => {
    ;[...row].forEach((mark, x) => {
      if (!/[a-z0-9]/.test(mark)) return
      names.push(mark)
      nodes.push({ lat: 35.6 - y * 0.002, lon: 117 + x * 0.002 })
    })
  })
  const at = (x: number, y: number): string => rows[y]?.[x] ?? ' '
  const edges: NetworkEdge[] = []
  rows.forEach((row, y) => {
    ;[...row].forEach((mark, x) => {
      if (!names.includes(mark)) return
      edges.push(...stretch(nodes, names, x, y, 1, 0, at, '-', '>', '<'))
      edges.push(...stretch(nodes, names, x, y, 0, 1, at, '|', 'V', '^'))
    })
  })
  const graph = graphOf({ source: 'drawn in a test', nodes, edges })
  const node = (name: string): number => names.indexOf(name)
  return { graph, node, place: name => placeAt(graph, node(name)) }
}

/** The stretch that leaves (x, y) to the right or down, if one does. */
function stretch(
  nodes: RoadNetwork['nodes'],
  names: readonly string[],
  x: number,
  y: number,
  dx: number,
  dy: number,
  at: (x: number, y: number) => string,
  road: string,
  there: string,
  back: string,
): NetworkEdge[] {
  let marks = ''
  while ([road, there, back].includes(at(x + dx * (marks.length + 1), y + dy * (marks.length + 1)))) {
    marks += at(x + dx * (marks.length + 1), y + dy * (marks.length + 1))
  }
  if (marks === '') return []
  const from = names.indexOf(at(x, y))
  const to = names.indexOf(at(x + dx * (marks.length + 1), y + dy * (marks.length + 1)))
  if (to < 0) throw new Error(`a road from ${at(x, y)} ends nowhere`)
  const shape = [from, to].map(n => [nodes[n]?.lon ?? 0, nodes[n]?.lat ?? 0] as const)
  const speedKph = (shapeLengthM(shape) * 36) / (marks.length * MARK_DS)
  const [forward, backward] = [!marks.includes(back), !marks.includes(there)]
  return [{ from, to, roadClass: 'residential', name: '', speedKph, forward, backward, shape }]
}

function placeAt(graph: RoadGraph, node: number): { edge: number; fraction: number } {
  const edges = Array.from({ length: graph.edgeCount }, (_, edge) => edge)
  const own = edges.filter(edge => graph.edgeFrom[edge] === node || graph.edgeTo[edge] === node)
  const edge = own.find(e => graph.isForward(e) && graph.isBackward(e)) ?? own[0] ?? 0
  return { edge, fraction: graph.edgeFrom[edge] === node ? 0 : 1 }
}
