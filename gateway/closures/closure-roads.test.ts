import { describe, expect, it } from 'vitest'
import type { ClosureWhere } from '#protocols/closures.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import type { NetworkEdge, RoadNetwork } from '#protocols/roads/network.ts'
import { RoadSnap } from '../roads/snap.ts'
import { drivesOf, openClosure } from './closure.ts'
import { createClosureRoads } from './closure-roads.ts'

/*
 * Letters are junctions 0.001 degrees apart (91 m east-west at 35.6, 111 m north-south), named roads between them:
 *
 *     a --Fair-- b --Fair-- c --Fair-- d --Mill-- e        b and e have a way down, c is where a speed limit ends
 *                |                                |
 *                f ==East one-way==> g --- l      h
 *                i <=East one-way=== j            22 m south: the other carriageway
 *                |                   |
 *                k                   m
 */
const points: Record<string, [number, number]> = {
  ...{ a: [0, 0], b: [1, 0], c: [2, 0], d: [3, 0], e: [4, 0], f: [1, -1], g: [2, -1], h: [4, -1] },
  ...{ i: [1, -1.2], j: [2, -1.2], k: [1, -2], l: [3, -1], m: [2, -2] },
}
const names = Object.keys(points)
const lonLat = (name: string): [number, number] => {
  const [x, y] = points[name]!
  return [117 + x * 0.001, 35.6 + y * 0.001]
}

function road(way: string, name: string, oneWay = false): NetworkEdge {
  const [from, to] = [...way] as [string, string]
  return {
    ...{ from: names.indexOf(from), to: names.indexOf(to), roadClass: 'residential', name },
    ...{ speedKph: 36, forward: true, backward: !oneWay, shape: [lonLat(from), lonLat(to)] },
  }
}

const ROADS = [
  ...[road('ab', 'Fair'), road('bc', 'Fair'), road('cd', 'Fair'), road('de', 'Mill')],
  ...[road('bf', ''), road('fg', 'East', true), road('ji', 'East', true), road('eh', '')],
  ...[road('fi', ''), road('gj', '')],
  ...[road('ik', ''), road('gl', ''), road('jm', '')],
]

function townOf(edges: readonly NetworkEdge[]) {
  const nodes = names.map(name => ({ lon: lonLat(name)[0], lat: lonLat(name)[1] }))
  const network: RoadNetwork = { source: 'drawn in a test', nodes, edges }
  const graph = openGraph(packGraph(network))
  if (!graph.ok) throw new Error(graph.detail)
  return createClosureRoads(graph.value, new RoadSnap(graph.value))
}

const roads = townOf(ROADS)
/** `bc`: driven from b to c; both ways give two. */
const drivesNamed = (drives: readonly number[], edges: readonly NetworkEdge[] = ROADS): string[] =>
  drives
    .map(drive => {
      const { from, to } = edges[drive >> 1]!
      return (drive & 1) === 0 ? `${names[from]}${names[to]}` : `${names[to]}${names[from]}`
    })
    .sort()
const closed = (where: ClosureWhere): string[] | string => {
  const stretch = roads.stretchOf(where)
  return stretch.ok ? drivesNamed(drivesOf(stretch.value)) : stretch.code
}
const middleOf = (a: string, b: string, north = 0) => ({
  lon: (lonLat(a)[0] + lonLat(b)[0]) / 2,
  lat: (lonLat(a)[1] + lonLat(b)[1]) / 2 + north,
})

describe('the road at a point', () => {
  it('goes on to the junctions on either side, through where only a tag changes', () => {
    const where = { kind: 'point', ...middleOf('b', 'c') } as const
    expect(closed(where)).toEqual(['bc', 'cb', 'cd', 'dc', 'de', 'ed', 'eh', 'he'])
  })

  it('is closed one way where a bearing is given', () => {
    expect(closed({ kind: 'point', ...middleOf('c', 'd'), towardsDeg: 80 })).toEqual(['bc', 'cd', 'de', 'eh'])
    expect(closed({ kind: 'point', ...middleOf('c', 'd'), towardsDeg: 280 })).toEqual([
      'cb',
      'dc',
      'ed',
      'he',
    ])
  })

  it('takes both carriageways of a divided road, and one where a bearing is given', () => {
    expect(closed({ kind: 'point', ...middleOf('f', 'g') })).toEqual(['fg', 'ji'])
    expect(closed({ kind: 'point', ...middleOf('f', 'g'), towardsDeg: 90 })).toEqual(['fg'])
    expect(closed({ kind: 'point', ...middleOf('f', 'g'), towardsDeg: 270 })).toEqual(['ji'])
  })

  it('is refused where there is none', () => {
    expect(closed({ kind: 'point', lat: 35.61, lon: 117 })).toBe('PLACE_OFF_ROAD')
  })
})

describe('a road by its name', () => {
  it('is taken as far as its name and the radius go', () => {
    const here = { kind: 'road', ...middleOf('a', 'b') } as const
    expect(closed({ ...here, radiusM: 5_000 })).toEqual(['ab', 'ba', 'bc', 'cb', 'cd', 'dc'])
    expect(closed({ ...here, radiusM: 60 })).toEqual(['ab', 'ba', 'bc', 'cb'])
    expect(closed({ ...here, radiusM: 60, towardsDeg: 90 })).toEqual(['ab', 'bc'])
  })

  it('is refused where it has none', () => {
    expect(closed({ kind: 'road', ...middleOf('b', 'f'), radiusM: 100 })).toBe('CLOSURE_NO_NAME')
  })
})

describe('roads by number, line and area', () => {
  it('takes edges as they are numbered', () => {
    expect(closed({ kind: 'edges', edges: [0], direction: 'both' })).toEqual(['ab', 'ba'])
    expect(closed({ kind: 'edges', edges: [0], direction: 'backward' })).toEqual(['ba'])
    expect(closed({ kind: 'edges', edges: [99], direction: 'both' })).toBe('CLOSURE_EDGE_UNKNOWN')
    expect(closed({ kind: 'edges', edges: [5], direction: 'backward' })).toBe('CLOSURE_NO_WAY')
  })

  it('follows a line and leaves open what it crosses', () => {
    const line = [lonLat('a'), lonLat('d')].map(([lon, lat]): [number, number] => [lon, lat + 0.0001])
    expect(closed({ kind: 'line', line, direction: 'forward' })).toEqual(['ab', 'bc', 'cd'])
    expect(closed({ kind: 'line', line, direction: 'backward' })).toEqual(['ba', 'cb', 'dc'])
    expect(closed({ kind: 'line', line, direction: 'both' })).toHaveLength(6)
    const far = line.map(([lon, lat]): [number, number] => [lon, lat + 0.01])
    expect(closed({ kind: 'line', line: far, direction: 'both' })).toBe('CLOSURE_NO_ROAD')
  })

  it('takes the carriageway that runs with the line', () => {
    const line = [lonLat('f'), lonLat('g')].map(([lon, lat]): [number, number] => [lon, lat - 0.0001])
    expect(closed({ kind: 'line', line, direction: 'forward' })).toEqual(['fg'])
    expect(closed({ kind: 'line', line, direction: 'backward' })).toEqual(['ji'])
    expect(closed({ kind: 'line', line, direction: 'both' })).toEqual(['fg', 'ji'])
  })

  it('takes every road that touches an area, a road that only crosses it too', () => {
    const [west, south] = [117.0012, 35.5985]
    const box = (east: number, north: number): [number, number][] => [
      ...([
        [west, south],
        [east, south],
        [east, north],
        [west, north],
      ] as [number, number][]),
    ]
    expect(closed({ kind: 'area', polygon: box(117.0018, 35.5995) })).toEqual(['fg', 'ji'])
    expect(closed({ kind: 'area', polygon: box(117.0013, 35.5986) })).toBe('CLOSURE_NO_ROAD')
  })
})

describe('another import', () => {
  const now = { monoMs: 0, utcMs: 0, quality: 'ntp' } as const
  const asked = { speedFactor: 0, reason: 'flood', until: null } as const
  const closureOf = (where: ClosureWhere) => {
    const stretch = roads.stretchOf(where)
    if (!stretch.ok) throw new Error(stretch.detail)
    return openClosure({ ...asked, where }, stretch.value, { id: 'clo-1', actor: 'local' }, now)
  }

  it('finds the road again under another number, turned round', () => {
    const turned = [road('eh', ''), road('gf', 'East'), road('cb', 'Fair'), road('ba', 'Fair')]
    const again = townOf(turned).again(
      closureOf({ kind: 'line', line: [lonLat('a'), lonLat('c')], direction: 'forward' }),
    )
    expect(drivesNamed(drivesOf(again), turned)).toEqual(['ab', 'bc'])
    expect(again.lost).toBe(0)
  })

  it('counts what is gone, and closes nothing instead', () => {
    const again = townOf([road('eh', ''), road('ab', 'Fair')]).again(
      closureOf({ kind: 'edges', edges: [0, 3], direction: 'both' }),
    )
    expect(again.lost).toBe(1)
    expect(drivesNamed(drivesOf(again), [road('eh', ''), road('ab', 'Fair')])).toEqual(['ab', 'ba'])
  })
})
