import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openGraph, packGraph, partialCostDs } from './graph.ts'
import type { RoadGraph } from './graph.ts'
import { GRAPH_VERSION, sealGraph } from './graph-layout.ts'
import type { NetworkEdge, RoadNetwork } from './network.ts'

/*
 *  0 ---- 1 ---> 2      0-1 both ways, 1-2 one way, and a loop at 2; about 900 m and 60 s each
 *                (loop)
 */
const nodes = [
  { lat: 35.6, lon: 117 },
  { lat: 35.6, lon: 117.01 },
  { lat: 35.6, lon: 117.02 },
]
const edge = (from: number, to: number, over: Partial<NetworkEdge> = {}): NetworkEdge => ({
  from,
  to,
  roadClass: 'residential',
  name: '神道路',
  speedKph: 54,
  forward: true,
  backward: true,
  shape: [from, to].map(n => [nodes[n]?.lon ?? 0, nodes[n]?.lat ?? 0] as const),
  ...over,
})
const loopShape = [
  [117.02, 35.6],
  [117.021, 35.601],
  [117.02, 35.6],
] as const
const network: RoadNetwork = {
  source: 'drawn in a test',
  nodes,
  edges: [
    edge(0, 1),
    edge(1, 2, { backward: false, name: '' }),
    edge(2, 2, { shape: loopShape, roadClass: 'service' }),
  ],
}

function opened(bytes: Uint8Array): RoadGraph {
  const graph = openGraph(bytes)
  if (!graph.ok) throw new Error(`${graph.code} ${graph.detail}`)
  return graph.value
}
const codeOf = (bytes: Uint8Array): string => {
  const result = openGraph(bytes)
  return result.ok ? 'opened' : result.code
}

describe('road graph file', () => {
  it('gives back what was packed', () => {
    const graph = opened(packGraph(network))
    expect([graph.nodeCount, graph.edgeCount, graph.arcCount]).toEqual([3, 3, 5])
    expect([graph.lat(1), graph.lon(1)]).toEqual([35.6, 117.01])
    expect([...graph.arcFirst]).toEqual([0, 1, 3, 5])
    expect([...graph.arcTo]).toEqual([1, 0, 2, 2, 2])
    expect([...graph.arcDrive]).toEqual([0, 1, 2, 4, 5])
    expect([...graph.backFirst]).toEqual([0, 1, 2, 5])
    expect([...graph.backFrom]).toEqual([1, 0, 1, 2, 2])
    expect([graph.isForward(1), graph.isBackward(1)]).toEqual([true, false])
    expect([graph.edgeClass(0), graph.edgeClass(2)]).toEqual(['residential', 'service'])
    expect([graph.edgeName(0), graph.edgeName(1)]).toEqual(['神道路', ''])
    expect(graph.edgeShape(2)).toEqual(loopShape)
    expect(graph.edgeLengthDm[0]).toBe(9041)
    expect(graph.edgeCostDs(0)).toBe(603)
    expect(graph.metadata.attribution).toBe('drawn in a test')
    expect(graph.metadata.bbox.east).toBe(117.021)
  })

  it('packs the same network to the same bytes, with the hash as its name', () => {
    const bytes = packGraph(network)
    expect(Buffer.compare(bytes, packGraph(network))).toBe(0)
    expect(opened(bytes).hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('opens from an odd place in a larger buffer, and an empty network', () => {
    const bytes = packGraph(network)
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(opened(shifted.subarray(1)).arcCount).toBe(5)
    expect(opened(packGraph({ source: 'nothing', nodes: [], edges: [] })).nodeCount).toBe(0)
  })

  it('refuses other files, an unknown version and a cut', () => {
    const bytes = packGraph(network)
    expect(codeOf(new Uint8Array())).toBe('GRAPH_MAGIC')
    expect(codeOf(new TextEncoder().encode('<osm version="0.6">'))).toBe('GRAPH_MAGIC')
    expect(codeOf(bytes.subarray(0, 40))).toBe('GRAPH_TRUNCATED')
    expect(codeOf(bytes.subarray(0, bytes.length - 1))).toBe('GRAPH_TRUNCATED')
    const newer = bytes.slice()
    newer[8] = GRAPH_VERSION + 1
    expect(openGraph(newer)).toMatchObject({
      code: 'GRAPH_VERSION',
      detail: expect.stringContaining(`format ${GRAPH_VERSION + 1}`),
    })
  })

  it('refuses a file with any one bit flipped', () => {
    const bytes = packGraph(network)
    let cases = 0
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice()
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
      expect(codeOf(flipped)).toMatch(/^GRAPH_/)
      cases++
    }
    console.info(`bit flips: ${cases} cases`)
    expect(cases).toBe(bytes.length)
  })

  it('never throws and never opens numbers that point outside, even under a right hash', () => {
    const bytes = packGraph(network)
    let cases = 0
    let refused = 0
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, delta) => {
        const altered = bytes.slice()
        altered[at] = (altered[at] ?? 0) ^ delta
        sealGraph(altered)
        const graph = openGraph(altered)
        if (graph.ok) for (const to of graph.value.arcTo) expect(to).toBeLessThan(graph.value.nodeCount)
        else refused++
        cases++
      }),
      { seed: 21, numRuns: 2000 },
    )
    console.info(`altered and sealed again: ${cases} cases, ${refused} refused`)
    expect(refused).toBeGreaterThan(0)
  })

  it('splits the cost of an edge so that part and rest add up', () => {
    expect(partialCostDs(15, 0.5)).toBe(8)
    expect([partialCostDs(603, 0), partialCostDs(603, 1)]).toEqual([0, 603])
  })

  it('throws on a network that contradicts itself', () => {
    expect(() => packGraph({ ...network, edges: [edge(0, 1, { to: 9 })] })).toThrow('edge 0 ends at no node')
    expect(() => packGraph({ ...network, edges: [edge(0, 1, { speedKph: 0 })] })).toThrow('no speed')
  })
})
