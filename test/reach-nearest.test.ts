import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import type { Target } from '#gateway/reach/nearest.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { drawnMap, graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { fixtureTown } from './oracle/fixture-town.ts'
import { arcsOf, timesFrom, timeTo } from './oracle/dijkstra.ts'

type Place = { readonly edge: number; readonly fraction: number }
type Placed = { readonly id: string; readonly place: Place }
type Run = {
  readonly incidents: number
  readonly answers: number
  readonly sameEdge: number
  readonly ties: number
}

/** A third of all places lie at the very end of an edge, where off-by-one mistakes live. */
function somewhere(graph: RoadGraph, random: () => number): Place {
  const kind = random()
  return {
    edge: Math.floor(random() * graph.edgeCount),
    fraction: kind < 0.17 ? 0 : kind < 0.33 ? 1 : random(),
  }
}

/** The plain answer: every unit's time, sorted by time and then by id. */
function byHand(graph: RoadGraph, units: readonly Placed[], times: readonly number[][], target: Target) {
  return units
    .map(({ id, place }, i) => ({ id, etaDs: timeTo(graph, times[i] ?? [], place, target) }))
    .filter(({ etaDs }) => etaDs < Infinity)
    .sort((a, b) => a.etaDs - b.etaDs || (a.id < b.id ? -1 : 1))
}

/** `rounds` times new places for the units, `incidents` per round, each answer compared with the plain one. */
function compare(graph: RoadGraph, seed: number, rounds: number, incidents: number, unitCount: number): Run {
  const random = seeded(seed)
  const arcs = arcsOf(graph)
  const table = new UnitsOnRoads(graph, 300)
  const nearest = new NearestUnits(table)
  const run = { incidents: 0, answers: 0, sameEdge: 0, ties: 0 }
  for (let round = 0; round < rounds; round++) {
    const units: Placed[] = Array.from({ length: unitCount }, (_, i) => ({
      id: `ptu-${i}`,
      place: somewhere(graph, random),
    }))
    for (const { id, place } of units) table.place(id, place.edge, place.fraction)
    const times = units.map(({ place }) => timesFrom(graph, arcs, place))
    for (let i = 0; i < incidents; i++) {
      const neighbour = units[Math.floor(random() * unitCount)]?.place.edge ?? 0
      const place = somewhere(graph, random)
      const target: Target =
        i % 10 === 0
          ? { node: Math.floor(random() * graph.nodeCount) }
          : i % 4 === 0
            ? { ...place, edge: neighbour }
            : place
      const k = i % 7 === 0 ? unitCount : 5
      const expected = byHand(graph, units, times, target)
      expect(nearest.nearest(target, k)).toEqual(expected.slice(0, k))
      const budgetDs = expected[2]?.etaDs ?? 100
      const inTime = expected.filter(({ etaDs }) => etaDs <= budgetDs)
      expect(nearest.nearest(target, unitCount, { budgetDs })).toEqual(inTime)
      run.incidents++
      run.answers += Math.min(k, expected.length)
      if ('edge' in target && units.some(unit => unit.place.edge === target.edge)) run.sameEdge++
      if (expected.some((unit, at) => at > 0 && unit.etaDs === expected[at - 1]?.etaDs)) run.ties++
    }
  }
  return run
}

function report(where: string, run: Run): void {
  console.info(
    `nearest = plain Dijkstra on ${where}: ${run.incidents} incidents, ${run.answers} answers, ` +
      `${run.sameEdge} with a unit on the incident's own edge, ${run.ties} with equal times`,
  )
}

describe('nearest units', () => {
  it('equals a plain Dijkstra for 1,000 random incidents in a scattered city', () => {
    const run = compare(graphOf(scatteredCity(7, 900)), 71, 10, 100, 40)
    report('a scattered city', run)
    expect(run.incidents).toBe(1000)
    expect(run.sameEdge).toBeGreaterThan(100)
    expect(run.ties).toBeGreaterThan(10)
  })

  it('equals a plain Dijkstra in 40 hamlets where nearly everything is on the same edge', () => {
    let incidents = 0
    for (let seed = 1; seed <= 40; seed++) {
      incidents += compare(graphOf(scatteredCity(seed, 3 + (seed % 5))), seed, 2, 25, 12).incidents
    }
    console.info(`hamlets: ${incidents} incidents`)
    expect(incidents).toBe(2000)
  })

  it('equals a plain Dijkstra on the fixture town, read from its extract', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'reach5-nearest-'))
    writeFileSync(join(dir, 'town.osm.pbf'), fixtureTown())
    const imported = await importPbf(join(dir, 'town.osm.pbf'))
    rmSync(dir, { recursive: true, force: true })
    if (!imported.ok) throw new Error(imported.detail)
    const run = compare(graphOf(imported.value.network).withoutTurns(), 19, 10, 60, 40)
    report('the fixture town', run)
    expect(run.incidents).toBe(600)
    expect(run.sameEdge).toBeGreaterThan(20)
  })

  const maps = join(process.env['REACH5_DATA'] ?? '../shared/data', 'maps')
  const extracts = [
    ['shanghai_centre', 10, 100],
    ['monaco', 10, 100],
    ['liechtenstein-latest', 10, 100],
    ['porto_portugal', 1, 20],
  ] as const
  for (const [name, rounds, incidents] of extracts) {
    const file = join(maps, `${name}.osm.pbf`)
    if (!existsSync(file)) console.warn(`SKIPPED: nearest on ${name}, ${file} is not there (set REACH5_DATA)`)
    it.skipIf(!existsSync(file))(`equals a plain Dijkstra on ${name}`, { timeout: 120_000 }, async () => {
      const imported = await importPbf(file)
      if (!imported.ok) throw new Error(imported.detail)
      const run = compare(graphOf(imported.value.network).withoutTurns(), 5, rounds, incidents, 30)
      report(name, run)
      expect(run.incidents).toBe(rounds * incidents)
    })
  }
})

describe('nearest on a map that can be checked by eye', () => {
  /*
   *  s station, 1 2 crews, each dash or bar 30 s
   *  nearest to a: crew 2 (120 s), then crew 1 (150 s)
   */
  const town = drawnMap(`
s---a--b---1
    |
    c---2`)

  const crews = (map: ReturnType<typeof drawnMap>, ...names: string[]): NearestUnits => {
    const units = new UnitsOnRoads(map.graph, 8)
    for (const name of names) {
      const { edge, fraction } = map.place(name)
      units.place(name, edge, fraction)
    }
    return new NearestUnits(units)
  }

  it('sends crew 2 to a, then crew 1', () => {
    expect(crews(town, '1', '2').nearest({ node: town.node('a') }, 5)).toEqual([
      { id: '2', etaDs: 1200 },
      { id: '1', etaDs: 1500 },
    ])
  })

  it('asks before it counts a unit: a busy crew leaves its place to the next', () => {
    const free = (id: string): boolean => id !== '2'
    expect(crews(town, '1', '2').nearest({ node: town.node('a') }, 1, { accept: free })).toEqual([
      { id: '1', etaDs: 1500 },
    ])
  })

  it('leaves out who cannot be there in time, to the decisecond', () => {
    const nearest = crews(town, '1', '2')
    const to = { node: town.node('a') }
    expect(nearest.nearest(to, 5, { budgetDs: 1199 })).toEqual([])
    expect(nearest.nearest(to, 5, { budgetDs: 1200 }).map(u => u.id)).toEqual(['2'])
    expect(nearest.nearest(to, 5, { budgetDs: 1500 }).map(u => u.id)).toEqual(['2', '1'])
  })

  it('drives round when the street is one-way', () => {
    const block = drawnMap(`
1->-a
|   |
b---c`)
    expect(crews(block, '1').nearest({ node: block.node('a') }, 1)).toEqual([{ id: '1', etaDs: 900 }])
    const facing = drawnMap(`
1-<-a
|   |
b---c`)
    expect(crews(facing, '1').nearest({ node: facing.node('a') }, 1)).toEqual([{ id: '1', etaDs: 1500 }])
  })

  it('lets a unit just past the place on a one-way drive round, one just before it arrive at once', () => {
    const ring = drawnMap(`
a->>-b
|    |
c----d`)
    const oneWay =
      Array.from({ length: ring.graph.edgeCount }, (_, e) => e).find(e => !ring.graph.isBackward(e)) ?? 0
    const units = new UnitsOnRoads(ring.graph, 8)
    units.place('past', oneWay, 0.75)
    units.place('before', oneWay, 0.25)
    expect(new NearestUnits(units).nearest({ edge: oneWay, fraction: 0.5 }, 2)).toEqual([
      { id: 'before', etaDs: 300 },
      { id: 'past', etaDs: 300 + 300 + 1200 + 300 + 600 },
    ])
  })

  it('forgets a unit that left the roads and follows one that moved', () => {
    const units = new UnitsOnRoads(town.graph, 2)
    const nearest = new NearestUnits(units)
    const at = (name: string) => town.place(name)
    expect(units.place('x', at('1').edge, at('1').fraction)).toBe(true)
    expect(units.place('y', at('2').edge, at('2').fraction)).toBe(true)
    expect(units.place('z', at('s').edge, at('s').fraction)).toBe(false)
    expect(units.remove('y')).toBe(true)
    expect(units.remove('y')).toBe(false)
    expect(units.place('x', at('b').edge, at('b').fraction)).toBe(true)
    expect(nearest.nearest({ node: town.node('a') }, 5)).toEqual([{ id: 'x', etaDs: 600 }])
    expect(units.place('z', at('s').edge, at('s').fraction)).toBe(true)
    expect(nearest.nearest({ node: town.node('a') }, 5).map(u => u.id)).toEqual(['x', 'z'])
  })
})
