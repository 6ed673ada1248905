import { describe, expect, it } from 'vitest'
import { CLOSED, FREE_FLOW } from '#gateway/reach/conditions.ts'
import type { Conditions } from '#gateway/reach/conditions.ts'
import { freeTimes } from '#gateway/reach/drive-times.ts'
import type { DriveTimes } from '#gateway/reach/drive-times.ts'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { reachNodes } from '#gateway/reach/reach.ts'
import { routeBetween } from '#gateway/reach/route.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { CLOSED_DS, RoadWeights } from '#gateway/reach/weights.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { drawnMap, graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { arcsOf, timesFrom, timeTo } from './oracle/dijkstra.ts'
import { fromArrays } from './oracle/plain-times.ts'
import { underLaws, plantedLaws } from './oracle/planted-turns.ts'
import { somewhere } from './reach/judge-turns.ts'

const network = scatteredCity(23, 500)
const graph = graphOf(network)

/** Times lost at both ends of drives, some of them none, and a factor for every hour. */
function slowedTimes(roads: RoadGraph, random: () => number): DriveTimes {
  const lost = () =>
    Uint16Array.from({ length: 2 * roads.edgeCount }, () => (random() < 0.4 ? 0 : Math.floor(random() * 200)))
  return { ...freeTimes(roads), enterDs: lost(), leaveDs: lost(), hourFactor: (_, hour) => 1 + hour / 100 }
}

function someConditions(roads: RoadGraph, random: () => number): Conditions {
  const drives = (count: number, factorOf: () => number) =>
    new Map(
      Array.from({ length: count }, () => [Math.floor(random() * 2 * roads.edgeCount), factorOf()] as const),
    )
  return {
    hourOfWeek: random() < 0.3 ? null : Math.floor(random() * 168),
    layers: [
      { by: 'drive', factors: drives(80, () => CLOSED) },
      { by: 'class', factors: { residential: 0.8 + random() } },
      { by: 'drive', factors: drives(200, () => 0.3 + 4 * random()) },
    ],
  }
}

const plainOf = (weights: RoadWeights) =>
  fromArrays(weights.enterDs, weights.runDs, weights.leaveDs, CLOSED_DS, drive =>
    weights.standingRunDs(drive),
  )

describe('weights', () => {
  it('lead every search to what a plain Dijkstra finds, whatever is lost, slowed or closed', () => {
    const random = seeded(31)
    const weights = new RoadWeights(graph, slowedTimes(graph, random))
    const search = new RoadSearch(graph, weights)
    const table = new UnitsOnRoads(graph, 20)
    const nearest = new NearestUnits(table, search)
    const counts = { reached: 0, answers: 0, routes: 0 }
    for (let round = 0; round < 25; round++) {
      weights.lay(someConditions(graph, random))
      const plain = plainOf(weights)
      const arcs = arcsOf(graph, plain)
      const start =
        round % 3 === 0 ? { node: Math.floor(random() * graph.nodeCount) } : somewhere(graph, random)
      const budgetDs = Math.floor(random() * 20_000)
      const expected = timesFrom(graph, arcs, start, plain)
        .map((ds, node) => [node, ds] as const)
        .filter(([, ds]) => ds <= budgetDs)
      expect(reachNodes(search, start, budgetDs)).toEqual(expected)
      counts.reached += expected.length
      const units = Array.from({ length: 12 }, (_, i) => ({ id: `u${i}`, place: somewhere(graph, random) }))
      for (const { id, place } of units) table.place(id, place.edge, place.fraction)
      const times = units.map(({ place }) => timesFrom(graph, arcs, place, plain))
      for (let i = 0; i < 12; i++) {
        const near = units[i]!.place.edge
        const target = { ...somewhere(graph, random), ...(i % 3 === 0 && { edge: near }) }
        const etas = units.map(({ id, place }, u) => ({
          id,
          etaDs: timeTo(graph, times[u]!, place, target, plain),
        }))
        const byEta = etas
          .filter(({ etaDs }) => etaDs < Infinity)
          .sort((a, b) => a.etaDs - b.etaDs || (a.id < b.id ? -1 : 1))
        expect(nearest.nearest(target, 12)).toEqual(byEta)
        counts.answers += byEta.length
        for (const [u, { place }] of units.entries()) {
          expect(routeBetween(search, place, target)?.etaDs ?? Infinity).toBe(etas[u]!.etaDs)
          counts.routes++
        }
      }
    }
    console.info(`weights = plain Dijkstra: ${JSON.stringify(counts)}`)
    expect(counts.reached).toBeGreaterThan(1000)
    expect(counts.answers).toBeGreaterThan(1000)
  })

  it('closing a drive is as if it had been closed when the roads were drawn', () => {
    const random = seeded(32)
    let junctions = 0
    for (let round = 0; round < 30; round++) {
      const shut = new Set(Array.from({ length: 40 }, () => Math.floor(random() * 2 * graph.edgeCount)))
      const without = graphOf({
        ...network,
        edges: network.edges.map((edge, i) => ({
          ...edge,
          forward: edge.forward && !shut.has(2 * i),
          backward: edge.backward && !shut.has(2 * i + 1),
        })),
      })
      const weights = new RoadWeights(graph)
      const layers = [{ by: 'drive', factors: new Map([...shut].map(drive => [drive, CLOSED])) }] as const
      weights.lay({ hourOfWeek: null, layers }, shut)
      // Who stands on a closed road may leave it, which a road that was never open would not let anybody do.
      const start = { node: Math.floor(random() * graph.nodeCount) }
      const expected = reachNodes(new RoadSearch(without), start, 3000)
      expect(reachNodes(new RoadSearch(graph, weights), start, 3000)).toEqual(expected)
      junctions += expected.length
    }
    console.info(`closed = never open: 30 closures, ${junctions} junctions`)
    expect(junctions).toBeGreaterThan(300)
  })

  it('laid in part and laid whole are the same, copies of junctions included, and free flow comes back', () => {
    const random = seeded(33)
    const split = graphOf(underLaws(network, plantedLaws(network, 120, random)))
    expect(split.searchCount).toBeGreaterThan(split.nodeCount)
    const times = slowedTimes(split, random)
    const untouched = new RoadWeights(split, times)
    const inPart = new RoadWeights(split, times)
    for (let round = 0; round < 20; round++) {
      const factors = new Map(
        Array.from({ length: 30 }, () => [
          Math.floor(random() * 2 * split.edgeCount),
          random() < 0.5 ? CLOSED : 2,
        ]),
      )
      const conditions: Conditions = { hourOfWeek: null, layers: [{ by: 'drive', factors }] }
      inPart.lay(conditions, factors.keys())
      const whole = new RoadWeights(split, times, conditions)
      for (const name of ['enterDs', 'runDs', 'leaveDs', 'arcDs', 'backDs'] as const)
        expect(inPart[name], name).toEqual(whole[name])
      inPart.lay(FREE_FLOW, factors.keys())
      expect(inPart.arcDs).toEqual(untouched.arcDs)
      expect(inPart.backDs).toEqual(untouched.backDs)
    }
  })

  it('a part of a drive and the rest of it are the whole, at every fraction', () => {
    const random = seeded(34)
    const weights = new RoadWeights(graph, slowedTimes(graph, random), { hourOfWeek: 80, layers: [] })
    let parts = 0
    for (let i = 0; i < 2000; i++) {
      const drive = Math.floor(random() * 2 * graph.edgeCount)
      if (!weights.isOpen(drive)) continue
      const { fraction } = somewhere(graph, random)
      expect(weights.intoDs(drive, fraction) + weights.outDs(drive, fraction)).toBe(weights.wholeDs(drive))
      parts++
    }
    console.info(`part + rest = whole: ${parts} places`)
    expect(parts).toBeGreaterThan(500)
  })

  it('a road ten times slower than any before is still driven in its time', () => {
    const map = drawnMap('a--b--c')
    const weights = new RoadWeights(map.graph)
    const search = new RoadSearch(map.graph, weights)
    const reached = () => reachNodes(search, { node: map.node('a') }, 10 ** 6)
    expect(reached().map(([, ds]) => ds)).toEqual([0, 600, 1200])
    weights.lay({ hourOfWeek: null, layers: [{ by: 'class', factors: { residential: 100 } }] })
    expect(reached().map(([, ds]) => ds)).toEqual([0, 60_000, 120_000])
  })
})
