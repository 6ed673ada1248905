import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ClosureBook } from '#gateway/closures/closure-book.ts'
import { createClosureRoads } from '#gateway/closures/closure-roads.ts'
import { drivesOf, endClosure, openClosure } from '#gateway/closures/closure.ts'
import type { Closure } from '#gateway/closures/closure.ts'
import { AtPlace } from '#gateway/coverage/at-place.ts'
import { KLabels } from '#gateway/coverage/k-labels.ts'
import { CoverageMeasure } from '#gateway/coverage/measure.ts'
import { Stretches } from '#gateway/coverage/stretches.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { reachNodes } from '#gateway/reach/reach.ts'
import { RoadConditions } from '#gateway/reach/road-conditions.ts'
import { routeBetween } from '#gateway/reach/route.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { RoadWeights } from '#gateway/reach/weights.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import type { ClosureWhere } from '#protocols/closures.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { coverageByHand } from './oracle/coverage.ts'
import { fixtureTown } from './oracle/fixture-town.ts'
import { LineGraph } from './oracle/line-graph.ts'
import { isShut } from './oracle/plain-times.ts'
import type { PlainTimes } from './oracle/plain-times.ts'
import { plantedLaws, underLaws } from './oracle/planted-turns.ts'
import { somewhere } from './reach/judge-turns.ts'

const NOW = { monoMs: 0, utcMs: 0, quality: 'ntp' } as const
const UNITS = 10
const ALL = { budgetDs: 3000, fillDs: 36_000 }

/** Closures as a dispatcher makes them: points, names, areas, edges by number, closed or slow, one way or both. */
class Roads {
  readonly graph: RoadGraph
  readonly weights: RoadWeights
  readonly book = new ClosureBook()
  private readonly find: ReturnType<typeof createClosureRoads>
  private readonly random: () => number
  private made = 0

  constructor(graph: RoadGraph, random: () => number) {
    this.graph = graph
    this.random = random
    this.weights = new RoadWeights(graph)
    const conditions = new RoadConditions()
    conditions.tell(this.weights)
    this.find = createClosureRoads(graph, new RoadSnap(graph), factors =>
      conditions.put('closures', { by: 'drive', factors }),
    )
  }

  close(): Closure {
    for (;;) {
      const where = this.where()
      const stretch = this.find.stretchOf(where)
      if (!stretch.ok) continue
      const speedFactor = [0, 0, 0.5, 0.25][Math.floor(this.random() * 4)]!
      const asked = { where, speedFactor, reason: 'x', until: null }
      const closure = openClosure(asked, stretch.value, { id: `clo-${++this.made}`, actor: 'x' }, NOW)
      this.put(closure)
      return closure
    }
  }

  put(closure: Closure): void {
    this.book.put(closure)
    const factors = this.book.settle(NOW)
    if (factors !== undefined) this.find.obey(factors)
  }

  end(closure: Closure): void {
    this.put(endClosure(closure, 'x', '', 0))
  }

  private where(): ClosureWhere {
    const { random, graph } = this
    const edge = Math.floor(random() * graph.edgeCount)
    const [[lon, lat]] = graph.edgeShape(edge) as [[number, number]]
    const towards = random() < 0.3 ? { towardsDeg: Math.floor(random() * 360) } : {}
    const directions = ['both', 'both', 'forward', 'backward'] as const
    const direction = directions[Math.floor(random() * 4)]!
    switch (Math.floor(random() * 4)) {
      case 0:
        return { kind: 'point', lat, lon, ...towards }
      case 1:
        return { kind: 'road', lat, lon, radiusM: 50 + random() * 400, ...towards }
      case 2: {
        const [w, s, e, n] = [lon - 0.002 * random(), lat - 0.002, lon + 0.002, lat + 0.002 * random()]
        return { kind: 'area', polygon: [[w, s], [e, s], [e, n], [w, n]] } // prettier-ignore
      }
      default:
        return { kind: 'edges', edges: [edge, (edge + 1) % graph.edgeCount], direction }
    }
  }
}

/** What drives take under these closures, worked out from the list of them alone. */
function plainUnder(graph: RoadGraph, closures: readonly Closure[]): PlainTimes {
  const ever = (drive: number): number => (graph.isOpen(drive) ? graph.edgeCostDs(drive >> 1) : Infinity)
  const on = new Map<number, number[]>()
  for (const closure of closures)
    for (const drive of drivesOf(closure)) on.set(drive, [...(on.get(drive) ?? []), closure.speedFactor])
  const factors = (drive: number): number[] => on.get(drive) ?? []
  return {
    enter: () => 0,
    leave: () => 0,
    run: drive => {
      const slowest = Math.min(1, ...factors(drive))
      return slowest === 0 ? Infinity : Math.round(ever(drive) / slowest)
    },
    // Who is on a closed road drives off it as fast as ever: what closed it keeps the others away.
    standing: drive => {
      const slowest = Math.min(1, ...factors(drive))
      return slowest === 0 ? ever(drive) : Math.round(ever(drive) / slowest)
    },
  }
}

type Run = { closures: number; shut: number; answers: number; changed: number; routes: number; rows: number }
const freshRun = (): Run => ({ closures: 0, shut: 0, answers: 0, changed: 0, routes: 0, rows: 0 })

/** Everything that answers, against the line graph, with closures planted, ended one by one, and all open again. */
function judge(graph: RoadGraph, laws: number[][], seed: number, run: Run, farthestDs = Infinity): void {
  const random = seeded(seed)
  const roads = new Roads(graph, random)
  const table = new UnitsOnRoads(graph, 20)
  const search = new RoadSearch(graph, roads.weights)
  const nearest = new NearestUnits(table, search)
  const units = Array.from({ length: UNITS }, (_, i) => ({ id: `u${i}`, place: somewhere(graph, random) }))
  for (const { id, place } of units) table.place(id, place.edge, place.fraction)
  const places = Array.from({ length: 8 }, () => somewhere(graph, random))
  const answers = () => ({
    near: places.map(place => nearest.nearest(place, UNITS, { budgetDs: farthestDs })),
    reached: reachNodes(search, units[0]!.place, Math.min(3000, farthestDs)),
    times: [...roads.weights.arcDs, ...roads.weights.backDs],
  })
  const open = answers()
  const made: Closure[] = []
  const compare = (): void => {
    const lasting = roads.book.all().filter(({ ended }) => ended === null)
    const plain = plainUnder(graph, lasting)
    const oracle = new LineGraph(graph, laws.map(drives => ({ kind: 'no', drives })), plain) // prettier-ignore
    const times = units.map(({ place }) => oracle.timesFrom(place, farthestDs))
    const newest = lasting[lasting.length - 1]?.pieces[0]
    const here = [...places, ...(newest === undefined ? [] : [{ edge: newest.edge, fraction: random() }])]
    for (const place of here) {
      const etas = units.map(({ id, place: at }, u) => ({ id, etaDs: oracle.timeTo(times[u]!, at, place) }))
      const expected = etas
        .filter(({ etaDs }) => etaDs < Infinity && etaDs <= farthestDs)
        .sort((a, b) => a.etaDs - b.etaDs || (a.id < b.id ? -1 : 1))
      expect(nearest.nearest(place, UNITS, { budgetDs: farthestDs })).toEqual(expected)
      run.answers += expected.length
      if (isShut(plain, place.edge)) run.shut++
      for (const [u, { place: at }] of units.slice(0, 3).entries()) {
        const inTime = etas[u]!.etaDs <= farthestDs ? etas[u]!.etaDs : Infinity
        expect(routeBetween(search, at, place, farthestDs)?.etaDs ?? Infinity).toBe(inTime)
        run.routes++
      }
    }
    const reached = [...times[0]!.nodes].flatMap((ds, node) =>
      ds <= Math.min(3000, farthestDs) ? [[node, ds] as const] : [],
    )
    expect(reachNodes(search, units[0]!.place, Math.min(3000, farthestDs))).toEqual(reached)
    run.rows += reached.length
  }
  for (let i = 0; i < 5; i++) {
    made.push(roads.close())
    compare()
  }
  if (JSON.stringify(answers().near) !== JSON.stringify(open.near)) run.changed++
  roads.end(made[2]!)
  compare()
  for (const closure of made) if (closure !== made[2]) roads.end(closure)
  expect(answers()).toEqual(open)
  run.closures += made.length
}

const told = (where: string, run: Run): void => {
  console.info(`closures = line graph on ${where}: ${JSON.stringify(run)}`)
  expect(run.answers).toBeGreaterThan(0)
}

describe('closures planted at random', () => {
  it('change the next answer as a plain search says, overlapping and ended in any order, and leave no trace', () => {
    const run = freshRun()
    for (let seed = 1; seed <= 16; seed++) {
      const network = scatteredCity(seed, 20 + 10 * (seed % 7))
      const laws = plantedLaws(network, 30, seeded(60 + seed)).filter(({ kind }) => kind === 'no')
      const drives = laws.map(law => [...law.drives])
      judge(graphOf(underLaws(network, laws)), drives, seed, run)
    }
    told('16 scattered cities with forbidden turns', run)
    expect(run.changed).toBeGreaterThan(12)
    expect(run.shut).toBeGreaterThan(20)
  })

  it('do so in the fixture town', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'reach5-closures-'))
    const file = join(dir, 'town.osm.pbf')
    writeFileSync(file, fixtureTown())
    const run = freshRun()
    for (const seed of [1, 2]) await onImported(file, seed, run)
    rmSync(dir, { recursive: true })
    told('the fixture town', run)
  })

  const maps = join(process.env['REACH5_DATA'] ?? '../shared/data', 'maps')
  for (const name of ['shanghai_centre', 'monaco']) {
    const file = join(maps, `${name}.osm.pbf`)
    const present = existsSync(file)
    if (!present) console.warn(`SKIPPED: closures on ${name}, ${file} is not there (set REACH5_DATA)`)
    it.skipIf(!present)(`do so on ${name}`, async () => {
      const run = freshRun()
      await onImported(file, 3, run, 3000)
      told(name, run)
    })
  }

  async function onImported(file: string, seed: number, run: Run, farthestDs = Infinity): Promise<void> {
    const imported = await importPbf(file)
    if (!imported.ok) throw new Error(imported.detail)
    const { network } = imported.value
    const laws = (network.forbidden ?? []).map(drives => [...drives])
    judge(graphOf(network), laws, seed, run, farthestDs)
  }
})

describe('coverage under closures', () => {
  it('is what one plain search per unit finds on the changed roads, and what it was once they are open', () => {
    const run = { cities: 0, shares: 0, changed: 0, atPlaces: 0 }
    for (let seed = 1; seed <= 12; seed++) {
      const random = seeded(seed)
      const graph = graphOf(scatteredCity(seed, 60))
      const roads = new Roads(graph, random)
      const grids = layGrids(graph, 4)
      const table = new UnitsOnRoads(graph, 20)
      const labels = new KLabels(table, 4, roads.weights)
      const measure = new CoverageMeasure(new Stretches(graph, grids, () => new Float64Array(graph.edgeCount).fill(1)), labels) // prettier-ignore
      const turnoutDs = new Uint32Array(20)
      const units = Array.from({ length: 4 }, (_, i) => {
        turnoutDs[i] = Math.floor(random() * 1000)
        return { ...somewhere(graph, random), turnoutDs: turnoutDs[i] }
      })
      units.forEach((unit, i) => table.place(`u${i}`, unit.edge, unit.fraction))
      const measured = () => {
        labels.run(turnoutDs, ALL)
        measure.run(turnoutDs)
        return grids.concat(grids[0]!).map((_, area) => measure.areaOf(area))
      }
      const open = measured()
      const closures = Array.from({ length: 4 }, () => roads.close())
      const closed = measured()
      const polygons = grids.map(({ polygon }) => polygon)
      const plain = plainUnder(graph, closures)
      const byHand = coverageByHand(graph, units, polygons, () => 1, 0, plain).areas
      closed.forEach((area, i) => {
        for (const name of ['circles', 'atLeast'] as const)
          area[name].forEach((share, n) => {
            expect(share).toBeCloseTo(byHand[i]![name][n]!, 9)
            run.shares++
          })
      })
      if (JSON.stringify(closed) !== JSON.stringify(open)) run.changed++
      run.atPlaces += judgePlaces(graph, labels, turnoutDs, units, plain, random)
      for (const closure of closures) roads.end(closure)
      expect(measured()).toEqual(open)
      run.cities++
    }
    console.info(`coverage under closures = by hand: ${JSON.stringify(run)}`)
    expect(run.changed).toBeGreaterThan(8)
  })

  /** Who is first at a place and how many come in time, on closed roads too. */
  function judgePlaces(
    graph: RoadGraph,
    labels: KLabels,
    turnoutDs: Uint32Array,
    units: readonly { edge: number; fraction: number }[],
    plain: PlainTimes,
    random: () => number,
  ): number {
    const at = new AtPlace(labels)
    const oracle = new LineGraph(graph, [], plain)
    const times = units.map(unit => oracle.timesFrom(unit))
    const shut = Array.from({ length: graph.edgeCount }, (_, edge) => edge).filter(edge =>
      isShut(plain, edge),
    )
    const places = [
      ...Array.from({ length: 20 }, () => somewhere(graph, random)),
      ...shut.slice(0, 10).map(edge => ({ edge, fraction: random() })),
    ]
    for (const place of places) {
      const etas = units.map((unit, u) => turnoutDs[u]! + oracle.timeTo(times[u]!, unit, place))
      const first = Math.min(...etas.filter(ds => ds <= ALL.fillDs), Infinity)
      expect(at.nearest(place, turnoutDs)?.etaDs ?? Infinity).toBe(first)
      expect(at.unitsWithin(place, 3000, turnoutDs)).toBe(etas.filter(ds => ds <= 3000).length)
    }
    return places.length
  }
})
