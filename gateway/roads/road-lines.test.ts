import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ROAD_LINES_MAGIC } from '#protocols/coverage.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import { RoadWeights } from '../reach/weights.ts'
import { roadLines } from './road-lines.ts'

/*
 *   a--·--b->-c      a to b both ways with a bend, b to c one way
 */
const network = {
  source: 'drawn for this test',
  nodes: [
    { lat: 35.5, lon: 117 },
    { lat: 35.5, lon: 117.01 },
    { lat: 35.5, lon: 117.02 },
  ],
  edges: [
    {
      from: 0,
      to: 1,
      roadClass: 'tertiary',
      name: 'a',
      speedKph: 36,
      forward: true,
      backward: true,
      shape: [
        [117, 35.5],
        [117.005, 35.501],
        [117.01, 35.5],
      ],
    },
    {
      from: 1,
      to: 2,
      roadClass: 'service',
      name: '',
      speedKph: 18,
      forward: true,
      backward: false,
      shape: [
        [117.01, 35.5],
        [117.02, 35.5],
      ],
    },
  ],
} as const

describe('the roads as the coverage layer draws them', () => {
  it('are the lines, drive times and classes of the graph, edge by edge', () => {
    const graph = openGraph(packGraph(network))
    if (!graph.ok) throw new Error(graph.detail)
    const plain = gunzipSync(roadLines(new RoadWeights(graph.value)).gzip)
    const view = new DataView(plain.buffer, plain.byteOffset, plain.length)
    const u32 = (at: number): number => view.getUint32(at, true)
    expect([u32(0), u32(4), u32(8), u32(12)]).toEqual([ROAD_LINES_MAGIC, 1, 2, 5])
    expect([u32(16), u32(20), u32(24)]).toEqual([0, 3, 5])
    const pointAt = (n: number): number[] => [0, 4].map(add => view.getInt32(28 + 8 * n + add, true) / 1e7)
    expect([0, 1, 2, 3, 4].map(pointAt)).toEqual(network.edges.flatMap(edge => edge.shape.map(p => [...p])))
    const drives = 28 + 40
    const u16 = (n: number): number => view.getUint16(drives + 2 * n, true)
    // forward a-b, b-c; backward a-b, b-c: closed.
    expect([u16(0), u16(1), u16(2), u16(3)]).toEqual([
      graph.value.edgeCostDs(0),
      graph.value.edgeCostDs(1),
      graph.value.edgeCostDs(0),
      65_535,
    ])
    const classes = [...plain.subarray(drives + 8)].map(n => ROAD_CLASSES[n])
    expect(classes).toEqual(['tertiary', 'service'])
  })
})
