import { describe, expect, it } from 'vitest'
import { reachNodes, reachShapes } from '#gateway/reach/reach.ts'
import { routeBetween } from '#gateway/reach/route.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { partOfShape } from '#gateway/roads/shape.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { drawnMap, graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { arcsOf, timesFrom, timeTo } from './oracle/dijkstra.ts'

const graph = graphOf(scatteredCity(17, 700))
const arcs = arcsOf(graph)
const somewhere = (random: () => number) => ({
  edge: Math.floor(random() * graph.edgeCount),
  fraction: random() < 0.2 ? Math.round(random()) : random(),
})

describe('reach', () => {
  it('holds exactly the junctions a plain Dijkstra reaches in time, to the decisecond', () => {
    const random = seeded(3)
    const search = new RoadSearch(graph)
    let rows = 0
    for (let i = 0; i < 150; i++) {
      const start = i % 3 === 0 ? { node: Math.floor(random() * graph.nodeCount) } : somewhere(random)
      const budgetDs = Math.floor(random() * 4000)
      const plain = timesFrom(graph, arcs, start)
        .map((ds, node) => [node, ds] as const)
        .filter(([, ds]) => ds <= budgetDs)
      expect(reachNodes(search, start, budgetDs)).toEqual(plain)
      rows += plain.length
    }
    console.info(`reach = plain Dijkstra: 150 starts, ${rows} junctions`)
    expect(rows).toBeGreaterThan(5000)
  })

  it('takes as long there as it takes from there against the arcs', () => {
    const random = seeded(4)
    const [out, back] = [new RoadSearch(graph), new RoadSearch(graph)]
    let pairs = 0
    for (let i = 0; i < 300; i++) {
      const [a, b] = [Math.floor(random() * graph.nodeCount), Math.floor(random() * graph.nodeCount)]
      out.begin('out', Infinity)
      out.startAtNode(a)
      out.run()
      back.begin('back', Infinity)
      back.startAtNode(b)
      back.run()
      expect(out.costDs(b)).toBe(back.costDs(a))
      if (out.costDs(b) >= 0) pairs++
    }
    console.info(`out = back: 300 pairs, ${pairs} with a road between`)
    expect(pairs).toBeGreaterThan(50)
  })

  it('holds a junction at its very time and not a decisecond before', () => {
    const random = seeded(5)
    const search = new RoadSearch(graph)
    let cases = 0
    for (let i = 0; i < 60; i++) {
      const start = somewhere(random)
      const far = reachNodes(search, start, 6000)
      const chosen = far[Math.floor(random() * far.length)]
      if (chosen === undefined || chosen[1] === 0) continue
      const has = (budgetDs: number): boolean =>
        reachNodes(search, start, budgetDs).some(([node]) => node === chosen[0])
      expect([has(chosen[1] - 1), has(chosen[1]), has(chosen[1] + 1)]).toEqual([false, true, true])
      cases++
    }
    console.info(`budget -1/0/+1: ${cases} cases`)
    expect(cases).toBeGreaterThan(40)
  })

  it('is not changed by the searches before it', () => {
    const random = seeded(6)
    const used = new RoadSearch(graph)
    for (let i = 0; i < 200; i++) {
      const [start, budgetDs] = [somewhere(random), Math.floor(random() * 3000)]
      // A search left half-way, as nearest leaves it, must not leak into the next.
      used.begin(i % 2 === 0 ? 'back' : 'out', 5000)
      used.startAtNode(Math.floor(random() * graph.nodeCount))
      for (let steps = Math.floor(random() * 30); steps > 0; steps--) used.next()
      expect(reachNodes(used, start, budgetDs)).toEqual(reachNodes(new RoadSearch(graph), start, budgetDs))
    }
  })
})

describe('reach on a map that can be checked by eye', () => {
  /*
   *  Each dash or bar is 30 s. From s in 120 s: a and b, not c (150 s); d only over the one-way from b (150 s).
   */
  const map = drawnMap(`
s--a--b-c
|     |
|     V
e--<--d`)
  const names = (budgetDs: number): string[] => {
    const reached = reachNodes(new RoadSearch(map.graph), { node: map.node('s') }, budgetDs)
    return 'sabcde'.split('').filter(name => reached.some(([node]) => node === map.node(name)))
  }

  it('reaches what the drawing says', () => {
    expect(names(1199)).toEqual(['s', 'a', 'e'])
    expect(names(1200)).toEqual(['s', 'a', 'b', 'e'])
    expect(names(1500)).toEqual(['s', 'a', 'b', 'c', 'e'])
    expect(names(1800)).toEqual(['s', 'a', 'b', 'c', 'd', 'e'])
  })

  it('draws lines that end where the time ends', () => {
    const search = new RoadSearch(map.graph)
    const start = { node: map.node('s') }
    reachNodes(search, start, 900)
    const lines = reachShapes(search, start, 900)
    const dashM = 0.002 * 111_195 * Math.cos((35.6 * Math.PI) / 180)
    const east = Math.max(...lines.flat().map(([lon]) => lon))
    expect(lines).toHaveLength(3)
    expect(distanceM({ lat: 35.6, lon: 117 }, { lat: 35.6, lon: east })).toBeGreaterThan(2.9 * dashM)
  })
})

describe('route', () => {
  const lengthM = (line: readonly (readonly [number, number])[]): number =>
    line.slice(1).reduce((sum, [lon, lat], i) => {
      const [fromLon, fromLat] = line[i] ?? [lon, lat]
      return sum + distanceM({ lat, lon }, { lat: fromLat, lon: fromLon })
    }, 0)

  it('takes the time nearest promises, starts at the unit and ends at the place', () => {
    const random = seeded(8)
    const search = new RoadSearch(graph)
    let cases = 0
    for (let i = 0; i < 400; i++) {
      const [unit, place] = [somewhere(random), i % 8 === 0 ? undefined : somewhere(random)]
      const to = place ?? { edge: unit.edge, fraction: random() }
      const plainDs = timeTo(graph, timesFrom(graph, arcs, unit), unit, to)
      const route = routeBetween(search, unit, to)
      expect(route?.etaDs ?? Infinity).toBe(plainDs)
      if (route === undefined) continue
      expect(route.line[0]).toEqual(pointOf(graph, unit))
      expect(route.line[route.line.length - 1]).toEqual(pointOf(graph, to))
      // 20 to 70 km/h, half a decisecond of rounding per edge.
      expect(lengthM(route.line)).toBeLessThan((plainDs / 10 + 10) * (70 / 3.6))
      expect(routeBetween(search, unit, to, plainDs)?.etaDs).toBe(plainDs)
      if (plainDs > 0) expect(routeBetween(search, unit, to, plainDs - 1)).toBeUndefined()
      cases++
    }
    console.info(`routes: 400 pairs, ${cases} with a road between`)
    expect(cases).toBeGreaterThan(50)
  })
})

/** The place on the edge's line, by the same cut the route uses. */
function pointOf(roads: RoadGraph, { edge, fraction }: { edge: number; fraction: number }) {
  return partOfShape(roads.edgeShape(edge), fraction, fraction)[0]
}
