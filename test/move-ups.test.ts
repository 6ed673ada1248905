import { describe, expect, it } from 'vitest'
import { CoverageEngine } from '#gateway/coverage/coverage-engine.ts'
import type { CoverageUnit } from '#gateway/coverage/coverage-input.ts'
import { demandByClass } from '#gateway/coverage/demand.ts'
import type { MoveUpAsked, MoveUpFound } from '#gateway/coverage/move-ups.ts'
import { MOVE_UP_RULES } from '#gateway/coverage/move-ups.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { coverageByHand } from './oracle/coverage.ts'

const ROUNDING = 1e-9
const input = { urgent: [], unknown: [], busyShare: 0 }
/** Roads scattered by chance are long: whoever is ten minutes away may be moved. */
const FAR = { ...MOVE_UP_RULES, driveSecondsMax: 600 }
const none: MoveUpAsked = { idle: [], planned: [], away: [], avoid: [], wantsMore: true }

const unitsOf = (graph: RoadGraph, random: () => number, count: number): CoverageUnit[] =>
  Array.from({ length: count }, (_, n) => {
    const node = Math.floor(random() * graph.nodeCount)
    const place = { lat: graph.lat(node), lon: graph.lon(node) }
    return { unitId: `ptu-${n}`, callSign: `ptu-${n}`, ...place, turnoutSeconds: random() < 0.5 ? 0 : 10 }
  })

/** So long nobody moved that what is out of reach is cold. */
function lasting(engine: CoverageEngine, units: readonly CoverageUnit[]) {
  engine.refresh({ ...input, tick: 1, monoMs: 0, units })
  return engine.refresh({ ...input, tick: 2, monoMs: 120_000, units })
}

/** The units once this one stands by at its place. */
const moved = (units: readonly CoverageUnit[], { unitId, place }: Pick<MoveUpFound, 'unitId' | 'place'>) =>
  units.map(unit =>
    unit.unitId === unitId ? { ...unit, lat: place.lat, lon: place.lon, turnoutSeconds: 10 } : unit,
  )

function reachedByHand(engine: CoverageEngine, units: readonly CoverageUnit[]): number {
  const weights = demandByClass(engine.graph)
  const standing = units.flatMap(unit => {
    const place = engine.placeOf(unit)
    return place === undefined ? [] : [{ ...place, turnoutDs: unit.turnoutSeconds * 10 }]
  })
  const polygons = engine.grids.map(grid => grid.polygon)
  const { areas } = coverageByHand(engine.graph, standing, polygons, edge => weights[edge] ?? 0)
  return areas[engine.grids.length]?.demandCircles[2] ?? NaN
}

describe('move-ups', () => {
  it('gain what they say, in the same measure and by hand, and asking changes nothing', () => {
    let found = 0
    let nobody = 0
    let worst = 0
    for (let seed = 1; seed <= 14; seed++) {
      const graph =
        seed % 7 === 0
          ? graphOf(simulatedCity({ seed, junctions: 1_200 }).network)
          : graphOf(scatteredCity(seed, 60 + 10 * seed))
      const engine = new CoverageEngine(graph, layGrids(graph, 1 + (seed % 4)), { moveUps: FAR })
      const units = unitsOf(graph, seeded(seed), 3 + (seed % 5))
      const idle = units.map(unit => unit.unitId)
      const before = lasting(engine, units).city
      const told = engine.moveUps({ ...none, idle }).found
      expect(engine.refresh({ ...input, tick: 2, monoMs: 121_000, units }).city).toEqual(before)
      if (told === null) {
        nobody++
        continue
      }
      found++
      expect(told.reachedBefore).toBeCloseTo(before.demandCircles[2], 9)
      expect(told.reachedAfter - told.reachedBefore).toBeGreaterThanOrEqual(MOVE_UP_RULES.gainShareMin)
      const there = moved(units, told)
      const after = engine.refresh({ ...input, tick: 3, monoMs: 122_000, units: there }).city.demandCircles[2]
      worst = Math.max(worst, Math.abs(after - told.reachedAfter))
      expect(Math.abs(after - told.reachedAfter)).toBeLessThan(ROUNDING)
      expect(Math.abs(reachedByHand(engine, there) - after)).toBeLessThan(ROUNDING)
    }
    console.info(
      `move-ups: ${found} found, ${nobody} cities need none, largest difference ${worst.toExponential(1)}`,
    )
    expect(found).toBeGreaterThan(6)
  })

  it('of units and places nobody is left who would gain clearly more', () => {
    let better = 0
    let pairs = 0
    for (let seed = 21; seed <= 24; seed++) {
      const graph = graphOf(scatteredCity(seed, 80))
      const engine = new CoverageEngine(graph, layGrids(graph, 3), { moveUps: FAR })
      const units = unitsOf(graph, seeded(seed), 4)
      const measured = lasting(engine, units)
      const told = engine.moveUps({ ...none, idle: units.map(unit => unit.unitId) }).found
      const gain = told === null ? 0 : told.reachedAfter - told.reachedBefore
      for (const { unitId } of units) {
        for (const { centre } of measured.grids) {
          const place = { kind: 'centre', ...centre, gridId: null, name: '', road: '' } as const
          const there = moved(units, { unitId, place })
          const after = engine.refresh({ ...input, tick: 2, monoMs: 0, units: there }).city.demandCircles[2]
          pairs++
          const drive = engine.refresh({ ...input, tick: 3, monoMs: 0, units }).city.demandCircles[2]
          if (after - drive > gain + 0.06) better++
        }
      }
    }
    console.info(
      `move-ups: ${pairs} pairs of unit and centre tried, ${better} clearly better than the proposal`,
    )
    // Only the few nearest of the few best places are tried, and nobody is sent for more than ten minutes.
    expect(better).toBeLessThan(pairs / 10)
  })

  it('counts those under way where they go, and proposes neither them nor their place again', () => {
    const graph = graphOf(scatteredCity(5, 120))
    const engine = new CoverageEngine(graph, layGrids(graph, 4), { moveUps: FAR })
    const units = unitsOf(graph, seeded(8), 6)
    const idle = units.map(unit => unit.unitId)
    lasting(engine, units)
    const planned: { id: string; unitId: string; place: MoveUpFound['place']; etaSeconds: null }[] = []
    let reached = -1
    for (let round = 0; round < 4; round++) {
      const { gains, found } = engine.moveUps({ ...none, idle, planned })
      expect(gains.map(({ id }) => id)).toEqual(planned.map(({ id }) => id))
      if (found === null) break
      expect(planned.some(one => one.unitId === found.unitId)).toBe(false)
      expect(found.reachedBefore).toBeGreaterThan(reached - ROUNDING)
      reached = found.reachedAfter
      planned.push({ id: `m-${round}`, unitId: found.unitId, place: found.place, etaSeconds: null })
    }
    expect(planned.length).toBeGreaterThan(1)
    const { gains } = engine.moveUps({ ...none, idle, planned, wantsMore: false })
    const sum = gains.reduce((all, { gainShare }) => all + gainShare, 0)
    const there = planned.reduce((all, one) => moved(all, one), units as readonly CoverageUnit[])
    const before = engine.refresh({ ...input, tick: 2, monoMs: 0, units }).city.demandCircles[2]
    const after = engine.refresh({ ...input, tick: 3, monoMs: 0, units: [...there] }).city.demandCircles[2]
    expect(Math.abs(after - before - sum)).toBeLessThan(ROUNDING)
  })

  it('asks nobody to drive for longer than the city stays as it is', () => {
    let asked = 0
    for (let seed = 1; seed <= 24; seed++) {
      const graph = graphOf(scatteredCity(seed, 120))
      const engine = new CoverageEngine(graph, layGrids(graph, 4))
      const units = unitsOf(graph, seeded(seed), 6)
      lasting(engine, units)
      const { found } = engine.moveUps({ ...none, idle: units.map(unit => unit.unitId) })
      if (found === null) continue
      asked++
      // A crew gets going before it drives.
      expect(found.etaSeconds).toBeLessThanOrEqual(MOVE_UP_RULES.driveSecondsMax + 10)
    }
    console.info(`move-ups: ${asked} of 24 cities ask somebody to go`)
    expect(asked).toBeGreaterThan(0)
  })

  it('asks nobody who is not idle, and nobody to a place that was declined', () => {
    const graph = graphOf(scatteredCity(5, 120))
    const engine = new CoverageEngine(graph, layGrids(graph, 4), { moveUps: FAR })
    const units = unitsOf(graph, seeded(8), 6)
    lasting(engine, units)
    expect(engine.moveUps(none).found).toBeNull()
    const first = engine.moveUps({ ...none, idle: ['ptu-0', 'ptu-1'] }).found
    expect(['ptu-0', 'ptu-1', undefined]).toContain(first?.unitId)
    const all = units.map(unit => unit.unitId)
    const best = engine.moveUps({ ...none, idle: all }).found
    expect(best).not.toBeNull()
    const other = engine.moveUps({ ...none, idle: all, avoid: [best!.place] }).found
    expect(other?.place).not.toEqual(best?.place)
    expect(engine.moveUps({ ...none, idle: all, wantsMore: false }).found).toBeNull()
  })

  it('asks nobody to fill what somebody with other work reaches from where it is', () => {
    let asked = 0
    let spared = 0
    for (let seed = 1; seed <= 14; seed++) {
      const graph = graphOf(scatteredCity(seed, 60 + 10 * seed))
      const engine = new CoverageEngine(graph, layGrids(graph, 3), { moveUps: FAR })
      const units = unitsOf(graph, seeded(seed), 4)
      const before = lasting(engine, units).city
      const idle = units.map(unit => unit.unitId)
      const { found } = engine.moveUps({ ...none, idle })
      if (found === null) continue
      asked++
      expect(found.sureShare).toBeGreaterThanOrEqual(MOVE_UP_RULES.sureShareMin)
      const away = [{ unitId: 'ptu-away', lat: found.place.lat, lon: found.place.lon }]
      const other = engine.moveUps({ ...none, idle, away }).found
      if (other?.place.lat !== found.place.lat) spared++
      // Whoever is away was on the roads only while it was asked.
      expect(engine.refresh({ ...input, tick: 3, monoMs: 122_000, units }).city).toEqual(before)
    }
    console.info(`move-ups: ${spared} of ${asked} holes are left to whoever may come free there`)
    expect(asked).toBeGreaterThan(3)
    expect(spared).toBe(asked)
  })
})
