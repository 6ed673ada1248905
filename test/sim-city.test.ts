import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointInPolygon, polygonAreaM2 } from '#protocols/geo/polygon.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import type { NetworkEdge, RoadNetwork } from '#protocols/roads/network.ts'
import { cityOn, QUFU, simulatedCity } from '#sim/city/city.ts'
import { svgOf } from '#sim/city/preview.ts'

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
const CITIES = SEEDS.map(seed => simulatedCity({ seed }))
const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** Nodes reached from node 0, plainly; `back` drives every road the wrong way. */
function reached(network: RoadNetwork, back: boolean): number {
  const arcs: number[][] = network.nodes.map(() => [])
  for (const { from, to, forward, backward } of network.edges) {
    if (back ? backward : forward) arcs[from]!.push(to)
    if (back ? forward : backward) arcs[to]!.push(from)
  }
  const seen = new Set([0])
  for (const node of seen) for (const to of arcs[node]!) seen.add(to)
  return seen.size
}

function segmentsCross(
  a: readonly number[],
  b: readonly number[],
  c: readonly number[],
  d: readonly number[],
): boolean {
  const side = (p: readonly number[], q: readonly number[], r: readonly number[]): number =>
    Math.sign((q[0]! - p[0]!) * (r[1]! - p[1]!) - (q[1]! - p[1]!) * (r[0]! - p[0]!))
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)
}

function crossings(network: RoadNetwork, line: readonly (readonly [number, number])[]): number {
  return network.edges.filter(({ shape }) =>
    shape.some(
      (p, k) => k > 0 && line.some((q, i) => i > 0 && segmentsCross(shape[k - 1]!, p, line[i - 1]!, q)),
    ),
  ).length
}

describe('the simulated city', () => {
  it('has about 2,000 junctions within 6 x 6 km around Qufu, for every seed', () => {
    for (const city of CITIES) {
      const { nodes } = city.network
      expect(nodes.length).toBeGreaterThanOrEqual(1_800)
      expect(nodes.length).toBeLessThanOrEqual(2_300)
      const farM = Math.max(...nodes.map(node => distanceM(node, QUFU)))
      expect(farM).toBeGreaterThan(2_500)
      expect(farM).toBeLessThan(3_200 * Math.SQRT2)
    }
    console.info(`junctions: ${CITIES.map(city => city.network.nodes.length).join(' ')}`)
  })

  it('is one strongly connected whole: from any junction to any other by legal ways', () => {
    for (const { network } of CITIES) {
      expect(reached(network, false)).toBe(network.nodes.length)
      expect(reached(network, true)).toBe(network.nodes.length)
    }
  })

  it('has edges that begin and end at their junctions, open at least one way, none without length, none double', () => {
    let edges = 0
    const bad: NetworkEdge[] = []
    for (const { network } of CITIES) {
      const seen = new Set<string>()
      for (const edge of network.edges) {
        edges += 1
        const [first, last] = [edge.shape[0]!, edge.shape.at(-1)!]
        const [from, to] = [network.nodes[edge.from]!, network.nodes[edge.to]!]
        const joined =
          first[0] === from.lon && first[1] === from.lat && last[0] === to.lon && last[1] === to.lat
        if (!joined || edge.from === edge.to || (!edge.forward && !edge.backward) || edge.speedKph < 20)
          bad.push(edge)
        const steps = edge.shape.slice(1).map(([lon, lat], k) => {
          const [lonBefore, latBefore] = edge.shape[k]!
          return distanceM({ lon: lonBefore, lat: latBefore }, { lon, lat })
        })
        if (Math.min(...steps) < 0.3 || seen.has(JSON.stringify(edge.shape))) bad.push(edge)
        seen.add(JSON.stringify(edge.shape))
      }
    }
    console.info(`edges checked: ${edges}`)
    expect(bad).toEqual([])
    expect(edges).toBeGreaterThan(20_000)
  })

  it('is the same for the same seed and another for another', () => {
    for (const [k, seed] of SEEDS.slice(0, 3).entries())
      expect(hashOf(simulatedCity({ seed }))).toBe(hashOf(CITIES[k]))
    expect(new Set(CITIES.map(city => hashOf(city))).size).toBe(CITIES.length)
    // A change of the city is a decision: seed 1 is in screenshots and scenarios.
    expect(hashOf(CITIES[0]!.network).slice(0, 16)).toBe('d30288b91176c013')
  })

  it('has a river with 4-6 bridges, a railway with few crossings, one-ways, dead ends and every rank of street', () => {
    for (const city of CITIES) {
      const { network } = city
      const bridges = crossings(network, city.waters[0]!.geometry.coordinates)
      const rail = crossings(network, city.railways[0]!.geometry.coordinates)
      expect(bridges).toBeGreaterThanOrEqual(4)
      expect(bridges).toBeLessThanOrEqual(6)
      expect(rail).toBeGreaterThanOrEqual(3)
      expect(rail).toBeLessThanOrEqual(8)
      const oneWays = network.edges.filter(edge => edge.forward !== edge.backward).length
      expect(oneWays / network.edges.length).toBeGreaterThan(0.02)
      expect(oneWays / network.edges.length).toBeLessThan(0.25)
      const legs = new Map<number, number>()
      for (const { from, to } of network.edges)
        for (const n of [from, to]) legs.set(n, (legs.get(n) ?? 0) + 1)
      const deadEnds = [...legs.values()].filter(count => count === 1).length
      expect(deadEnds / network.nodes.length).toBeGreaterThan(0.03)
      expect(deadEnds / network.nodes.length).toBeLessThan(0.25)
      const classes = new Set(network.edges.map(edge => edge.roadClass))
      for (const roadClass of [
        'trunk',
        'primary',
        'secondary',
        'tertiary',
        'residential',
        'living_street',
        'service',
      ]) {
        expect(classes).toContain(roadClass)
      }
    }
  })

  it('names its streets in Chinese: the drum tower street, ring roads, and most others', () => {
    for (const { network } of CITIES) {
      const names = new Set(network.edges.map(edge => edge.name))
      for (const name of ['鼓楼大街', '大成路', '东环路', '北环路', '滨河北路']) expect(names).toContain(name)
      for (const name of names) if (name !== '') expect(name).toMatch(/^(\d{3})?\p{Script=Han}{2,7}$/u)
      const named = network.edges.filter(edge => edge.name !== '').length
      expect(named / network.edges.length).toBeGreaterThan(0.75)
    }
  })

  it('is parted into four grids without gap or overlap, every junction in exactly one', () => {
    let points = 0
    for (const city of CITIES) {
      const polygons = city.grids.map(grid => grid.geometry.coordinates)
      expect(city.grids.map(grid => grid.id)).toEqual(['grid-1', 'grid-2', 'grid-3', 'grid-4'])
      for (const grid of city.grids) {
        expect(grid.properties.squadron).toMatch(/网格中队$/)
        const ring = grid.geometry.coordinates[0]!
        expect(ring[0]).toEqual(ring.at(-1))
      }
      const holders = (lat: number, lon: number): number =>
        polygons.filter(p => pointInPolygon(p, lat, lon)).length
      for (const { lat, lon } of city.network.nodes) expect(holders(lat, lon)).toBe(1)
      points += city.network.nodes.length
      fc.assert(
        fc.property(
          fc.double({ min: -1, max: 1, noNaN: true }),
          fc.double({ min: -1, max: 1, noNaN: true }),
          (u, v) => {
            points += 1
            // 3 km either way: within the outer border, wherever the border sways.
            expect(holders(QUFU.lat + v * 0.0265, QUFU.lon + u * 0.0325)).toBe(1)
          },
        ),
        { seed: 11, numRuns: 500 },
      )
      const areas = polygons.map(polygonAreaM2)
      const total = areas.reduce((a, b) => a + b, 0)
      expect(total / 1e6).toBeGreaterThan(38)
      expect(total / 1e6).toBeLessThan(47)
      for (const area of areas) expect(area / total).toBeGreaterThan(0.08)
    }
    console.info(`points placed in grids: ${points}`)
    expect(points).toBeGreaterThan(20_000)
  })

  it('has a duty station and a police station per grid and landmarks with names of their own', () => {
    for (const city of CITIES) {
      expect(city.posts.filter(place => place.kind === 'post')).toHaveLength(4)
      expect(city.posts.filter(place => place.kind === 'station')).toHaveLength(4)
      const names = city.landmarks.map(place => place.name)
      expect(names.length).toBeGreaterThanOrEqual(25)
      expect(new Set(names).size).toBe(names.length)
      for (const place of city.landmarks) {
        const { lat, lon } = city.network.nodes[place.node]!
        expect([place.lat, place.lon]).toEqual([lat, lon])
      }
    }
  })

  it('grows with the junctions asked for', () => {
    for (const junctions of [600, 6_000]) {
      const { network, grids } = simulatedCity({ seed: 1, junctions })
      expect(Math.abs(network.nodes.length - junctions) / junctions).toBeLessThan(0.06)
      expect(reached(network, false)).toBe(network.nodes.length)
      expect(grids).toHaveLength(4)
    }
  })

  it('packs into a graph file with every junction and stretch, its positions to the last digit', () => {
    const { network } = CITIES[0]!
    const graph = openGraph(packGraph(network))
    if (!graph.ok) throw new Error(graph.code)
    expect([graph.value.nodeCount, graph.value.edgeCount]).toEqual([
      network.nodes.length,
      network.edges.length,
    ])
    const moved = network.nodes.filter(
      ({ lat, lon }, n) => graph.value.latE7[n]! / 1e7 !== lat || graph.value.lonE7[n]! / 1e7 !== lon,
    )
    expect(moved).toEqual([])
  })

  it('can be drawn', () => {
    const svg = svgOf(CITIES[0]!, 3_400)
    expect(svg).toContain('鼓楼大街')
    expect(svg).not.toContain('NaN')
  })
})

describe('a city on a real network', () => {
  it('invents no road, no grid and no landmark, only posts at junctions one can reach', () => {
    const { network } = CITIES[0]!
    // An island of two junctions far away must not attract a post.
    const [a, b] = [network.nodes.length, network.nodes.length + 1]
    const island: RoadNetwork = {
      source: '© OpenStreetMap contributors',
      nodes: [...network.nodes, { lat: 36, lon: 118 }, { lat: 36.001, lon: 118 }],
      edges: [
        ...network.edges,
        {
          from: a,
          to: b,
          roadClass: 'primary',
          name: '孤岛路',
          speedKph: 50,
          forward: true,
          backward: true,
          shape: [
            [118, 36],
            [118, 36.001],
          ],
        },
      ],
    }
    const city = cityOn(island, 1)
    expect(city.network).toBe(island)
    expect([city.grids, city.landmarks, city.waters, city.railways]).toEqual([[], [], [], []])
    expect(city.posts).toHaveLength(8)
    expect(city.posts.every(post => post.node < a)).toBe(true)
    expect(distanceM(city.centre, QUFU)).toBeLessThan(500)
  })
})
