import { describe, expect, it } from 'vitest'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import type { Target } from '#gateway/reach/nearest.ts'
import { reachNodes } from '#gateway/reach/reach.ts'
import { routeBetween } from '#gateway/reach/route.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { LineGraph } from './oracle/line-graph.ts'
import type { TurnLaw } from './oracle/line-graph.ts'
import { plantedLaws, underLaws } from './oracle/planted-turns.ts'

type Place = { readonly edge: number; readonly fraction: number }
type Run = { starts: number; rows: number; slower: number; answers: number; routes: number }

const somewhere = (graph: RoadGraph, random: () => number): Place => {
  const kind = random()
  return {
    edge: Math.floor(random() * graph.edgeCount),
    fraction: kind < 0.17 ? 0 : kind < 0.33 ? 1 : random(),
  }
}

/** Reached sets, nearest units and routes against the line graph, from junctions and from the middle of roads. */
function compare(
  network: RoadNetwork,
  laws: readonly TurnLaw[],
  seed: number,
  starts: number,
  run: Run,
): void {
  const random = seeded(seed)
  const graph = graphOf(underLaws(network, laws))
  const plain = graphOf(network)
  const oracle = new LineGraph(plain, laws)
  const [search, free] = [new RoadSearch(graph), new RoadSearch(graph.withoutTurns())]
  for (let i = 0; i < starts; i++) {
    const start = i % 3 === 0 ? { node: Math.floor(random() * graph.nodeCount) } : somewhere(graph, random)
    const budgetDs = i % 4 === 0 ? Infinity : Math.floor(random() * 4000)
    const times = oracle.timesFrom(start)
    const expected = [...times.nodes].flatMap((ds, node) =>
      ds < Infinity && ds <= budgetDs ? [[node, ds] as const] : [],
    )
    expect(reachNodes(search, start, budgetDs)).toEqual(expected)
    const without = reachNodes(free, start, budgetDs)
    expect(without).toEqual(reachNodes(new RoadSearch(plain), start, budgetDs))
    run.starts++
    run.rows += expected.length
    const least = new Map(without)
    for (const [node, ds] of expected) if (ds > least.get(node)!) run.slower++
  }
  nearestToo(graph, oracle, random, run)
}

function nearestToo(graph: RoadGraph, oracle: LineGraph, random: () => number, run: Run): void {
  const table = new UnitsOnRoads(graph, 20)
  const units = Array.from({ length: 12 }, (_, i) => ({ id: `u${i}`, place: somewhere(graph, random) }))
  for (const { id, place } of units) table.place(id, place.edge, place.fraction)
  const times = units.map(({ place }) => oracle.timesFrom(place))
  const nearest = new NearestUnits(table)
  const search = new RoadSearch(graph)
  for (let i = 0; i < 12; i++) {
    const near = units[Math.floor(random() * units.length)]!.place.edge
    const place = { ...somewhere(graph, random), ...(i % 4 === 0 && { edge: near }) }
    const target: Target = i % 5 === 0 ? { node: Math.floor(random() * graph.nodeCount) } : place
    const expected = units
      .map((unit, u) => ({ id: unit.id, etaDs: oracle.timeTo(times[u]!, unit.place, target) }))
      .filter(({ etaDs }) => etaDs < Infinity)
      .sort((a, b) => a.etaDs - b.etaDs || (a.id < b.id ? -1 : 1))
    expect(nearest.nearest(target, 5)).toEqual(expected.slice(0, 5))
    expect(nearest.nearest(target, 12)).toEqual(expected)
    run.answers += expected.length
    if ('node' in target) continue
    for (const [u, unit] of units.entries()) {
      const route = routeBetween(search, unit.place, target)
      expect(route?.etaDs ?? Infinity).toBe(oracle.timeTo(times[u]!, unit.place, target))
      run.routes++
    }
  }
}

const report = (where: string, laws: number, run: Run): void =>
  console.info(
    `with turns = line graph on ${where}: ${laws} restrictions, ${run.starts} starts, ${run.rows} junctions ` +
      `(${run.slower} later than without), ${run.answers} times of units, ${run.routes} routes`,
  )
const fresh = (): Run => ({ starts: 0, rows: 0, slower: 0, answers: 0, routes: 0 })

describe('reach with turn restrictions', () => {
  it('equals the line graph in scattered cities with any restrictions planted', () => {
    const run = fresh()
    let laws = 0
    for (let seed = 1; seed <= 24; seed++) {
      const network = scatteredCity(seed, 20 + 15 * (seed % 8))
      const planted = plantedLaws(network, [5, 40, 150, 300][seed % 4]!, seeded(900 + seed))
      compare(network, planted, seed, 24, run)
      laws += planted.length
    }
    report('24 scattered cities', laws, run)
    expect(run.slower).toBeGreaterThan(300)
  })

  it('equals it in 60 hamlets where restrictions meet themselves', () => {
    const run = fresh()
    let laws = 0
    for (let seed = 1; seed <= 60; seed++) {
      const network = scatteredCity(seed, 3 + (seed % 5))
      const planted = plantedLaws(network, 1 + (seed % 12), seeded(500 + seed))
      compare(network, planted, seed, 12, run)
      laws += planted.length
    }
    report('60 hamlets', laws, run)
    expect(run.slower).toBeGreaterThan(40)
  })
})
