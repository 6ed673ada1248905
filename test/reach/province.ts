import type { NetworkEdge, RoadNetwork } from '#protocols/roads/network.ts'

/** Degrees of longitude from one city to the next, so that none touches another. */
const APART_DEG = 2

/** `count` copies of a city in a row, each joined to the next by one road both ways: a province to measure size on. */
export function provinceOf(city: RoadNetwork, count: number): RoadNetwork {
  const size = city.nodes.length
  const copies = Array.from({ length: count }, (_, i) => i)
  const nodes = copies.flatMap(i => city.nodes.map(({ lat, lon }) => ({ lat, lon: lon + i * APART_DEG })))
  const edges = copies.flatMap(i =>
    city.edges.map(edge => ({
      ...edge,
      from: edge.from + i * size,
      to: edge.to + i * size,
      shape: edge.shape.map(([lon, lat]) => [lon + i * APART_DEG, lat] as const),
    })),
  )
  const joints = copies.slice(1).map((i): NetworkEdge => {
    const [from, to] = [(i - 1) * size, i * size]
    const [a, b] = [nodes[from]!, nodes[to]!]
    return {
      ...{ from, to, roadClass: 'trunk', name: '', speedKph: 80, forward: true, backward: true },
      shape: [
        [a.lon, a.lat],
        [b.lon, b.lat],
      ],
    }
  })
  return { source: `${city.source}, ${count} times`, nodes, edges: [...edges, ...joints] }
}
