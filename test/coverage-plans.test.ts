import { describe, expect, it } from 'vitest'
import { demandByClass } from '#gateway/coverage/demand.ts'
import { CoverageEngine } from '#gateway/coverage/coverage-engine.ts'
import type { CoverageUnit } from '#gateway/coverage/coverage-input.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { coverageByHand } from './oracle/coverage.ts'
import type { OracleArea } from './oracle/coverage.ts'

const ROUNDING = 1e-9

type Run = {
  orders: number
  lost: number
  nothing: number
  several: number
  relabelled: number
  worst: number
}

const unitsOf = (graph: RoadGraph, random: () => number, count: number): CoverageUnit[] =>
  Array.from({ length: count }, (_, n) => {
    const node = Math.floor(random() * graph.nodeCount)
    const place = { lat: graph.lat(node), lon: graph.lon(node) }
    return { unitId: `ptu-${n}`, callSign: `ptu-${n}`, ...place, turnoutSeconds: random() < 0.5 ? 0 : 10 }
  })

/** What coverage by hand says of the units that stay; `areas[grids.length]` is the city. */
function byHand(engine: CoverageEngine, units: readonly CoverageUnit[]): readonly OracleArea[] {
  const weights = demandByClass(engine.graph)
  const standing = units.flatMap(unit => {
    const place = engine.placeOf(unit)
    return place === undefined ? [] : [{ ...place, turnoutDs: unit.turnoutSeconds * 10 }]
  })
  const polygons = engine.grids.map(grid => grid.polygon)
  return coverageByHand(engine.graph, standing, polygons, edge => weights[edge] ?? 0).areas
}

/** Sends units away, one and several at a time, and compares what was foretold with both measures afterwards. */
function compare(graph: RoadGraph, grids: readonly Grid[], seed: number, orders: number, count: number): Run {
  const random = seeded(seed)
  const engine = new CoverageEngine(graph, grids)
  const run: Run = { orders: 0, lost: 0, nothing: 0, several: 0, relabelled: 0, worst: 0 }
  const input = { urgent: [], unknown: [], busyShare: 0 }
  for (let order = 0; order < orders; order++) {
    const units = unitsOf(graph, random, count)
    const before = engine.refresh({ ...input, tick: 2 * order, monoMs: order * 2_000, units })
    const sent = units.slice(0, order % 3 === 0 ? 1 + (order % 5) : 1).map(unit => unit.unitId)
    const told = engine.without(sent)
    const alone = engine.losses(sent.slice(0, 1))[0]
    if (sent.length === 1) expect(alone?.roadM).toBeCloseTo(told.roadM, 6)
    const stay = units.filter(unit => !sent.includes(unit.unitId))
    // Asking changed nothing: the same refresh says the same again.
    expect(engine.refresh({ ...input, tick: 2 * order, monoMs: order * 2_000, units }).city).toEqual(
      before.city,
    )
    const after = engine.refresh({
      ...input,
      tick: 2 * order + 1,
      monoMs: order * 2_000 + 1_000,
      units: stay,
    })
    const hand = byHand(engine, stay)
    const check = (foretold: number, measured: number): void => {
      const difference = Math.abs(foretold - measured)
      run.worst = Math.max(run.worst, difference)
      if (!(difference <= ROUNDING))
        throw new Error(`order ${order}: ${foretold} foretold, ${measured} measured`)
    }
    const wasLength = before.city.circles[2]
    check(wasLength - told.roadShare, after.city.circles[2])
    check(before.city.demandCircles[2] - told.demandShare, after.city.demandCircles[2])
    check(wasLength - told.roadShare, hand[grids.length]?.circles[2] ?? NaN)
    check(before.city.demandCircles[2] - told.demandShare, hand[grids.length]?.demandCircles[2] ?? NaN)
    for (const loss of told.grids) {
      const at = grids.findIndex(grid => grid.id === loss.gridId)
      check(loss.shareAfter, hand[at]?.circles[2] ?? NaN)
      expect(loss.centreUnits).toBe(Math.min(3, after.grids[at]?.centreUnits ?? NaN))
    }
    // What is not named loses nothing.
    grids.forEach((grid, at) => {
      if (told.grids.some(loss => loss.gridId === grid.id)) return
      check(before.grids[at]?.area.circles[2] ?? NaN, after.grids[at]?.area.circles[2] ?? NaN)
    })
    run.orders++
    run.several += Number(sent.length > 1)
    run.relabelled += Number(sent.length > 3)
    run[told.roadM > 0.1 ? 'lost' : 'nothing']++
  }
  return run
}

function report(where: string, run: Run): void {
  console.info(
    `foretold = measured = by hand on ${where}: ${run.orders} orders, ${run.several} of several units ` +
      `(${run.relabelled} of more than three), ${run.lost} uncover something, largest difference ${run.worst.toExponential(1)}`,
  )
}

describe('what sending units uncovers', () => {
  it('is what is measured after they left, in scattered cities', () => {
    const all: Run = { orders: 0, lost: 0, nothing: 0, several: 0, relabelled: 0, worst: 0 }
    for (let seed = 1; seed <= 6; seed++) {
      const graph = graphOf(scatteredCity(seed, 40 + 15 * seed))
      const run = compare(graph, layGrids(graph, 1 + (seed % 4)), seed, 10, 6 + seed)
      for (const key of ['orders', 'lost', 'nothing', 'several', 'relabelled'] as const) all[key] += run[key]
      all.worst = Math.max(all.worst, run.worst)
    }
    report('scattered cities', all)
    expect(all.lost).toBeGreaterThan(30)
    expect(all.relabelled).toBeGreaterThan(4)
  })

  it('is what is measured after they left, in the simulated city', () => {
    const graph = graphOf(simulatedCity({ seed: 5, junctions: 1_500 }).network)
    const run = compare(graph, layGrids(graph, 7), 3, 4, 4)
    report('the simulated city', run)
    expect(run.lost).toBeGreaterThan(1)
  })

  it('is drawn as road that is reached before and not after, and makes the holes that are measured then', () => {
    const graph = graphOf(simulatedCity({ seed: 6, junctions: 1_500 }).network)
    const grids = layGrids(graph, 4)
    const rules = { coldAfterMs: 0, roadMMin: 200, spotsMax: 200 }
    const input = { urgent: [], unknown: [], busyShare: 0 }
    const random = seeded(4)
    let holes = 0
    let filled = 0
    for (let round = 0; round < 6; round++) {
      const engine = new CoverageEngine(graph, grids, { coldSpots: rules })
      const units = unitsOf(graph, random, 3)
      engine.refresh({ ...input, tick: 1, monoMs: 0, units })
      const { coldSpots, lines, roadM } = engine.without(['ptu-0'])
      if (roadM > 1) expect(lines.length).toBeGreaterThan(0)
      const later = new CoverageEngine(graph, grids, { coldSpots: rules })
      const stay = units.slice(1)
      const measured = later.refresh({ ...input, tick: 1, monoMs: 0, units: stay }).coldSpots
      for (const spot of coldSpots) {
        const same = measured.find(other => Math.abs(other.roadM - spot.roadM) < 1e-6)
        expect(same, `a hole of ${spot.roadM} m`).toBeDefined()
        expect(spot.demandShare).toBeCloseTo(same?.demandShare ?? NaN, 9)
        expect(spot.fillBy?.etaSeconds).toBe(same?.fillBy?.etaSeconds)
        holes++
        filled += Number(spot.fillBy !== null)
      }
    }
    console.info(`foreseen holes found again: ${holes}, ${filled} with somebody to fill them`)
    expect(holes).toBeGreaterThan(3)
  })

  it('is nothing for a unit that is not counted', () => {
    const graph = graphOf(scatteredCity(3, 60))
    const engine = new CoverageEngine(graph, layGrids(graph, 2))
    const units = unitsOf(graph, seeded(1), 4)
    engine.refresh({ tick: 1, monoMs: 0, units, urgent: [], unknown: [], busyShare: 0 })
    expect(engine.losses(['ptu-99'])).toEqual([])
    expect(engine.without(['ptu-99'])).toMatchObject({ roadM: 0, grids: [], lines: [], coldSpots: [] })
  })
})
