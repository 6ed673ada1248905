import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AtPlace } from '#gateway/coverage/at-place.ts'
import { areaPerMetre } from '#gateway/coverage/cell-area.ts'
import { demandByClass } from '#gateway/coverage/demand.ts'
import { KLabels } from '#gateway/coverage/k-labels.ts'
import { CoverageMeasure } from '#gateway/coverage/measure.ts'
import { Stretches } from '#gateway/coverage/stretches.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { drawnMap, graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { cellAreaByHand } from './oracle/cells.ts'
import { coverageByHand } from './oracle/coverage.ts'
import type { OracleArea, OracleUnit } from './oracle/coverage.ts'

/** Both sides add the same metres in another order: this much of a share is rounding. */
const ROUNDING = 1e-9
const BOUNDS = { budgetDs: 3000, fillDs: 36_000 }

/** How often each unit is busy, for the expected coverage. */
const BUSY = 0.37

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

const sharesOf = ({
  circles,
  demandCircles,
  atLeast,
  demandAtLeast,
  expected,
  expectedDemand,
}: OracleArea) => ({
  ...{ circles, demandCircles, atLeast, demandAtLeast },
  expected: [expected, expectedDemand],
})

function compareShares(run: Run, ours: readonly OracleArea[], byHand: readonly OracleArea[]): void {
  expect(ours.length).toBe(byHand.length)
  ours.forEach((area, i) => {
    const other = byHand[i]
    if (other === undefined) return
    expect(Math.abs(area.roadM - other.roadM)).toBeLessThan(1e-6 * (1 + other.roadM))
    for (const [name, shares] of Object.entries(sharesOf(area))) {
      const byHand = sharesOf(other)[name as keyof ReturnType<typeof sharesOf>]
      shares.forEach((share, at) => {
        const difference = Math.abs(share - (byHand[at] ?? NaN))
        run.worst = Math.max(run.worst, difference)
        run.shares++
        if (share > 0.001 && share < 0.999) run.partial++
        if (!(difference <= ROUNDING))
          throw new Error(`area ${i} ${name}[${at}]: ${share}, by hand ${byHand[at]}`)
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
      BUSY,
    )
    compareShares(
      run,
      [...grids.keys(), grids.length].map(i => tools.measure.areaOf(i, BUSY)),
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

  it('equals it on the simulated city', { timeout: 60_000 }, () => {
    const graph = graphOf(simulatedCity({ seed: 5, junctions: 1_500 }).network)
    const run = compare(graph, layGrids(graph, 11), 8, 2, 14)
    report('the simulated city', run)
    expect(run.partial).toBeGreaterThan(50)
  })

  const maps = join(process.env['REACH5_DATA'] ?? '../shared/data', 'maps')
  const extracts = [
    ['shanghai_centre', 6, 20, 9],
    ['monaco', 3, 8, 7],
    ['liechtenstein-latest', 2, 20, 5],
    ['porto_portugal', 1, 20, 51],
  ] as const
  for (const [name, rounds, unitCount, gridCount] of extracts) {
    const file = join(maps, `${name}.osm.pbf`)
    if (!existsSync(file))
      console.warn(`SKIPPED: coverage on ${name}, ${file} is not there (set REACH5_DATA)`)
    it.skipIf(!existsSync(file))(`equals it on ${name}`, { timeout: 240_000 }, async () => {
      const imported = await importPbf(file)
      if (!imported.ok) throw new Error(imported.detail)
      const graph = graphOf(imported.value.network).withoutTurns()
      const run = compare(graph, layGrids(graph, gridCount), 5, rounds, unitCount)
      report(name, run)
      expect(run.rounds).toBe(rounds)
    })
  }
})

describe('coverage by area', () => {
  it('gives every 100 m cell with a road once, in equal parts to the road in it', () => {
    let edges = 0
    for (let seed = 1; seed <= 12; seed++) {
      const graph = graphOf(scatteredCity(seed, 40))
      const { perMetre, cells } = cellAreaByHand(graph)
      const ours = areaPerMetre(graph)
      const all = ours.reduce((sum, perM, edge) => sum + (perM * (graph.edgeLengthDm[edge] ?? 0)) / 10, 0)
      expect(Math.abs(all / (cells * 10_000) - 1)).toBeLessThan(1e-6)
      perMetre.forEach((area, edge) => {
        expect(Math.abs((ours[edge] ?? NaN) - area)).toBeLessThan(1e-6 * (1 + area))
        edges++
      })
    }
    console.info(`area by cells = by hand: ${edges} edges`)
    expect(edges).toBeGreaterThan(500)
  })

  it('is covered where the road in its cells is', () => {
    const graph = graphOf(scatteredCity(4, 80))
    const grids = layGrids(graph, 3)
    const tools = bench(graph, grids)
    const random = seeded(9)
    const { perMetre } = cellAreaByHand(graph)
    let partial = 0
    for (let round = 0; round < 10; round++) {
      const units = Array.from({ length: 5 }, () => somewhere(graph, random, null))
      tools.place(units)
      const polygons = grids.map(grid => grid.polygon)
      const byHand = coverageByHand(graph, units, polygons, edge => perMetre[edge] ?? 0).areas
      byHand.forEach((area, i) =>
        area.demandAtLeast.forEach((share, k) => {
          const ours = tools.measure.areaOf(i).areaAtLeast[k] ?? NaN
          expect(Math.abs(ours - share)).toBeLessThan(1e-6)
          if (share > 0.001 && share < 0.999) partial++
        }),
      )
    }
    expect(partial).toBeGreaterThan(20)
  })
})

describe('coverage on a map that can be checked by eye', () => {
  /*
   *  each dash or bar is 30 s; u stands at a with nothing to put on, v at e and needs 10 s
   *
   *   a----------b------c      b is 300 s from a: all of a-b lies in the circle, nothing beyond it
   *              |
   *              d---->e       v may not drive back against the arrow
   */
  const map = drawnMap(`
a----------b------c
           |
           d---->e
`)
  const whole: Grid = {
    id: 'grid-1',
    name: 'all',
    polygon: [
      [
        [116, 35],
        [118, 35],
        [118, 36],
        [116, 36],
      ],
    ],
  }
  const tools = bench(map.graph, [whole])
  const edgeOf = (from: string, to: string): number =>
    Array.from({ length: map.graph.edgeCount }, (_, edge) => edge).find(
      edge => map.graph.edgeFrom[edge] === map.node(from) && map.graph.edgeTo[edge] === map.node(to),
    ) ?? -1
  const metres = (from: string, to: string): number => (map.graph.edgeLengthDm[edgeOf(from, to)] ?? 0) / 10

  it('ends where the five minutes end, in the middle of a road', () => {
    tools.place([{ edge: edgeOf('a', 'b'), fraction: 0.5, turnoutDs: 0 }])
    // From the middle of a-b: 150 s to a and to b, then 150 s of the 180 s to c, or 30 s to d and 120 s of its 150 s.
    const all = metres('a', 'b') + metres('b', 'c') + metres('b', 'd') + metres('d', 'e')
    const inTime =
      metres('a', 'b') + (metres('b', 'c') * 150) / 180 + metres('b', 'd') + (metres('d', 'e') * 120) / 150
    expect(tools.measure.areaOf(0).circles[2]).toBeCloseTo(inTime / all, 9)
    expect(tools.measure.areaOf(0).circles[0]).toBeCloseTo((metres('a', 'b') * 120) / 300 / all, 9)
    expect(tools.measure.areaOf(0).atLeast).toEqual([tools.measure.areaOf(0).circles[2], 0, 0])
  })
  it('counts a unit only where it may drive, after it got going', () => {
    tools.place([{ edge: edgeOf('d', 'e'), fraction: 0.5, turnoutDs: 100 }])
    const all = metres('a', 'b') + metres('b', 'c') + metres('b', 'd') + metres('d', 'e')
    // The one-way leads it away from everything: the 75 s of road before it and no more; 50 s of them in the first minute.
    expect(tools.measure.areaOf(0).circles[2]).toBeCloseTo(metres('d', 'e') / 2 / all, 9)
    expect(tools.measure.areaOf(0).circles[0]).toBeCloseTo((metres('d', 'e') * 50) / 150 / all, 9)
  })
  it('counts two where two come, and the city is the sum of its grids', () => {
    tools.place([
      { edge: edgeOf('a', 'b'), fraction: 1, turnoutDs: 0 },
      { edge: edgeOf('b', 'c'), fraction: 0, turnoutDs: 0 },
    ])
    expect(tools.measure.areaOf(0).atLeast).toEqual([1, 1, 0])
    expect(tools.measure.areaOf(1)).toEqual(tools.measure.areaOf(0))
  })
})

describe('roads at a border', () => {
  it('are split by length, and every metre is in exactly one grid or outside', () => {
    let roads = 0
    let split = 0
    for (let seed = 1; seed <= 30; seed++) {
      const graph = graphOf(scatteredCity(seed, 60))
      const grids = layGrids(graph, 2 + (seed % 9))
      const { edge, from, to, grid, firstOf, lengthM } = new Stretches(graph, grids, demandByClass)
      for (let e = 0; e < graph.edgeCount; e++) {
        const parts = Array.from(
          { length: (firstOf[e + 1] ?? 0) - (firstOf[e] ?? 0) },
          (_, i) => (firstOf[e] ?? 0) + i,
        )
        expect(parts.every(s => edge[s] === e)).toBe(true)
        expect(parts.map(s => from[s])).toEqual([0, ...parts.slice(0, -1).map(s => to[s])])
        expect(to[parts.at(-1) ?? -1]).toBe(1)
        const metres = parts.reduce((sum, s) => sum + (lengthM[s] ?? 0), 0)
        expect(metres).toBeCloseTo((graph.edgeLengthDm[e] ?? 0) / 10, 6)
        if (new Set(parts.map(s => grid[s])).size > 1) split++
        roads++
      }
    }
    console.info(`roads at a border: ${roads} roads, ${split} in two grids or more`)
    expect(split).toBeGreaterThan(100)
  })
})
