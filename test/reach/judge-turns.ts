import { NearestUnits } from '#gateway/reach/nearest.ts'
import type { Target } from '#gateway/reach/nearest.ts'
import { reachNodes } from '#gateway/reach/reach.ts'
import { routeBetween } from '#gateway/reach/route.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { PATROL } from '#gateway/profiles/built-in.ts'
import { profileTimes } from '#gateway/profiles/profile-times.ts'
import { CLOSED_DS, RoadWeights } from '#gateway/reach/weights.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { graphOf, seeded } from '../oracle/cities.ts'
import { LineGraph } from '../oracle/line-graph.ts'
import type { TurnLaw } from '../oracle/line-graph.ts'
import { fromArrays } from '../oracle/plain-times.ts'
import { underLaws } from '../oracle/planted-turns.ts'
import { differences } from './reached-sets.ts'

export type Place = { readonly edge: number; readonly fraction: number }

/** What was compared, and every difference that was found. */
export type TurnsRun = {
  starts: number
  /** Junctions reached. */
  rows: number
  /** Junctions reached later than without restrictions. */
  slower: number
  /** Times of units to places. */
  answers: number
  routes: number
  readonly differing: string[]
}

export const freshRun = (): TurnsRun => ({
  starts: 0,
  rows: 0,
  slower: 0,
  answers: 0,
  routes: 0,
  differing: [],
})

/** A third of the places are the ends of roads, where off-by-one lives. */
export const somewhere = (graph: RoadGraph, random: () => number): Place => {
  const kind = random()
  return {
    edge: Math.floor(random() * graph.edgeCount),
    fraction: kind < 0.17 ? 0 : kind < 0.33 ? 1 : random(),
  }
}

/**
 * Reached sets, nearest units and routes against the line graph, from junctions and from the middle of roads; and, with
 * turns off, against the network that never had a restriction. `farthestDs` bounds every search.
 */
export function judgeTurns(
  network: RoadNetwork,
  laws: readonly TurnLaw[],
  seed: number,
  starts: number,
  run: TurnsRun,
  farthestDs = Infinity,
): void {
  const random = seeded(seed)
  const graph = graphOf(underLaws(network, laws))
  const plain = graphOf(network)
  // What a patrol takes, delays at junctions and all; on every third seed length over speed.
  const driving = (roads: RoadGraph): RoadWeights =>
    seed % 3 !== 0 ? new RoadWeights(roads, profileTimes(roads, PATROL)) : new RoadWeights(roads)
  const weights = driving(graph)
  const told = fromArrays(weights.enterDs, weights.runDs, weights.leaveDs, CLOSED_DS)
  const oracle = new LineGraph(plain, laws, told)
  const free = graph.withoutTurns()
  const searches = {
    obeying: new RoadSearch(graph, weights),
    free: new RoadSearch(free, driving(free)),
    plain: new RoadSearch(plain, driving(plain)),
  }
  for (let i = 0; i < starts; i++) {
    const start = i % 3 === 0 ? { node: Math.floor(random() * graph.nodeCount) } : somewhere(graph, random)
    const budgetDs = i % 4 === 0 ? farthestDs : Math.floor(random() * Math.min(4000, farthestDs))
    const times = oracle.timesFrom(start, farthestDs)
    const expected = [...times.nodes].flatMap((ds, node) =>
      ds < Infinity && ds <= budgetDs ? [[node, ds] as const] : [],
    )
    const where = `from ${JSON.stringify(start)} within ${budgetDs} ds, `
    note(run, `${where}junction `, differences(reachNodes(searches.obeying, start, budgetDs), expected))
    const without = reachNodes(searches.free, start, budgetDs)
    note(
      run,
      `${where}turns off, junction `,
      differences(without, reachNodes(searches.plain, start, budgetDs)),
    )
    run.starts++
    run.rows += expected.length
    const least = new Map(without)
    for (const [node, ds] of expected) if (ds > least.get(node)!) run.slower++
  }
  judgeUnits(weights, oracle, random, run, farthestDs)
}

const UNITS = 12

function judgeUnits(
  weights: RoadWeights,
  oracle: LineGraph,
  random: () => number,
  run: TurnsRun,
  budgetDs: number,
): void {
  const { graph } = weights
  const table = new UnitsOnRoads(graph, 20)
  const units = Array.from({ length: UNITS }, (_, i) => ({ id: `u${i}`, place: somewhere(graph, random) }))
  for (const { id, place } of units) table.place(id, place.edge, place.fraction)
  const times = units.map(({ place }) => oracle.timesFrom(place, budgetDs))
  const search = new RoadSearch(graph, weights)
  const nearest = new NearestUnits(table, search)
  for (let i = 0; i < UNITS; i++) {
    const near = units[Math.floor(random() * units.length)]!.place.edge
    const place = { ...somewhere(graph, random), ...(i % 4 === 0 && { edge: near }) }
    const target: Target = i % 5 === 0 ? { node: Math.floor(random() * graph.nodeCount) } : place
    const expected = units
      .map((unit, u) => ({ id: unit.id, etaDs: oracle.timeTo(times[u]!, unit.place, target) }))
      .filter(({ etaDs }) => etaDs < Infinity && etaDs <= budgetDs)
      .sort((a, b) => a.etaDs - b.etaDs || (a.id < b.id ? -1 : 1))
    for (const k of [5, UNITS]) {
      const [ours, theirs] = [nearest.nearest(target, k, { budgetDs }), expected.slice(0, k)]
      if (
        JSON.stringify(ours.map(({ id, etaDs }) => [id, etaDs])) !==
        JSON.stringify(theirs.map(one => [one.id, one.etaDs]))
      )
        note(run, `nearest ${k} to ${JSON.stringify(target)}: `, [JSON.stringify({ ours, theirs })])
    }
    run.answers += expected.length
    if ('node' in target) continue
    for (const [u, unit] of units.entries()) {
      const etaDs = routeBetween(search, unit.place, target, budgetDs)?.etaDs ?? Infinity
      const plainDs = oracle.timeTo(times[u]!, unit.place, target)
      if (etaDs !== (plainDs <= budgetDs ? plainDs : Infinity))
        note(run, `route of ${JSON.stringify([unit.place, target])}: `, [`${etaDs} ds, theirs ${plainDs}`])
      run.routes++
    }
  }
}

const NOTED_MAX = 20

function note(run: TurnsRun, where: string, found: readonly string[]): void {
  for (const words of found) if (run.differing.length < NOTED_MAX) run.differing.push(`${where}${words}`)
}
