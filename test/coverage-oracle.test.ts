import { describe, expect, it } from 'vitest'
import { AtPlace } from '#gateway/coverage/at-place.ts'
import { demandByClass } from '#gateway/coverage/demand.ts'
import { KLabels } from '#gateway/coverage/k-labels.ts'
import { CoverageMeasure } from '#gateway/coverage/measure.ts'
import { Stretches } from '#gateway/coverage/stretches.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { coverageByHand } from './oracle/coverage.ts'
import type { OracleArea, OracleUnit } from './oracle/coverage.ts'

/** Both sides add the same metres in another order: this much of a share is rounding. */
const ROUNDING = 1e-9
const BOUNDS = { budgetDs: 3000, fillDs: 36_000 }

type Run = { rounds: number; shares: number; partial: number; pieces: number; worst: number; places: number }

/** Everything that keeps the measures of one graph, and how to place units and measure. */
function bench(graph: RoadGraph, grids: readonly Grid[]) {
  const table = new UnitsOnRoads(graph, 300)
  const labels = new KLabels(table, 4)
  const stretches = new Stretches(graph, grids, demandByClass)
  const measure = new CoverageMeasure(stretches, labels)
  const turnoutDs = new Uint32Array(300)
  const place = (units: readonly OracleUnit[]): void => {
    for (let i = 0; i < 300; i++) table.remove(`ptu-${i}`)
    units.forEach((unit, i) => {
      table.place(`ptu-${i}`, unit.edge, unit.fraction)
    })
    table.ids.forEach((id, slot) => {
      turnoutDs[slot] = units[Number(id.slice(4))]?.turnoutDs ?? 0
    })
    labels.run(turnoutDs, BOUNDS)
    measure.run(turnoutDs)
  }
  return { table, labels, stretches, measure, turnoutDs, place, at: new AtPlace(labels) }
}

const somewhere = (graph: RoadGraph, random: () => number, crowded: number | null): OracleUnit => {
  const kind = random()
  return {
    edge: crowded ?? Math.floor(random() * graph.edgeCount),
    fraction: kind < 0.17 ? 0 : kind < 0.33 ? 1 : random(),
    turnoutDs: random() < 0.5 ? 0 : random() < 0.8 ? 100 : Math.floor(random() * 4000),
  }
}

function compareShares(run: Run, ours: readonly OracleArea[], byHand: readonly OracleArea[]): void {
  expect(ours.length).toBe(byHand.length)
  ours.forEach((area, i) => {
    const other = byHand[i]
    if (other === undefined) return
    expect(Math.abs(area.roadM - other.roadM)).toBeLessThan(1e-6 * (1 + other.roadM))
    for (const name of ['circles', 'demandCircles', 'atLeast'] as const) {
      area[name].forEach((share, at) => {
        const difference = Math.abs(share - (other[name][at] ?? NaN))
        run.worst = Math.max(run.worst, difference)
        run.shares++
        if (share > 0.001 && share < 0.999) run.partial++
        if (!(difference <= ROUNDING))
          throw new Error(`area ${i} ${name}[${at}]: ${share}, by hand ${other[name][at]}`)
      })
    }
  })
}

/** `rounds` times new places for the units; every share of every grid and of the city, and times at random places. */
function compare(
  graph: RoadGraph,
  grids: readonly Grid[],
  seed: number,
  rounds: number,
  unitCount: number,
): Run {
  const random = seeded(seed)
  const tools = bench(graph, grids)
  const weights = demandByClass(graph)
  const nearest = new NearestUnits(tools.table)
  const run: Run = { rounds: 0, shares: 0, partial: 0, pieces: 0, worst: 0, places: 0 }
  for (let round = 0; round < rounds; round++) {
    const crowded = round % 5 === 4 ? Math.floor(random() * graph.edgeCount) : null
    const units = Array.from({ length: unitCount }, () =>
      somewhere(graph, random, random() < 0.3 ? crowded : null),
    )
    tools.place(units)
    const byHand = coverageByHand(
      graph,
      units,
      grids.map(grid => grid.polygon),
      edge => weights[edge] ?? 0,
    )
    compareShares(
      run,
      [...grids.keys(), grids.length].map(i => tools.measure.areaOf(i)),
      byHand.areas,
    )
    run.pieces += byHand.pieces
    run.rounds++
    for (let i = 0; i < 20; i++) {
      const place = somewhere(graph, random, i % 5 === 0 ? (units[0]?.edge ?? null) : null)
      const answers = nearest
        .nearest(place, unitCount)
        .map(({ id, etaDs }) => etaDs + (units[Number(id.slice(4))]?.turnoutDs ?? 0))
        .sort((a, b) => a - b)
      expect(tools.at.unitsWithin(place, 3000, tools.turnoutDs)).toBe(
        Math.min(4, answers.filter(ds => ds <= 3000).length),
      )
      const first = answers[0] !== undefined && answers[0] <= 30_000 ? answers[0] : undefined
      if (first !== undefined) expect(tools.at.nearest(place, tools.turnoutDs)?.etaDs).toBe(first)
      run.places++
    }
  }
  return run
}

function report(where: string, run: Run): void {
  console.info(
    `coverage = by hand on ${where}: ${run.rounds} placements, ${run.shares} shares (${run.partial} neither 0 nor 1), ` +
      `${run.pieces} pieces of road, ${run.places} places, largest difference ${run.worst.toExponential(1)}`,
  )
}

describe('coverage', () => {
  it('equals one plain Dijkstra per unit in scattered cities, turnout and one-ways included', () => {
    const graph = graphOf(scatteredCity(11, 250))
    const run = compare(graph, layGrids(graph, 7), 3, 12, 12)
    report('a scattered city', run)
    expect(run.partial).toBeGreaterThan(200)
  })
  it('equals it in 40 hamlets where units stand on one road', () => {
    const all: Run = { rounds: 0, shares: 0, partial: 0, pieces: 0, worst: 0, places: 0 }
    for (let seed = 1; seed <= 40; seed++) {
      const graph = graphOf(scatteredCity(seed, 3 + (seed % 6)))
      const run = compare(graph, layGrids(graph, 1 + (seed % 3)), seed, 10, 1 + (seed % 6))
      for (const key of ['rounds', 'shares', 'partial', 'pieces', 'places'] as const) all[key] += run[key]
      all.worst = Math.max(all.worst, run.worst)
    }
    report('40 hamlets', all)
    expect(all.partial).toBeGreaterThan(1000)
  })
})
