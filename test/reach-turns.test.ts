import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AtPlace } from '#gateway/coverage/at-place.ts'
import { KLabels } from '#gateway/coverage/k-labels.ts'
import { reachNodes } from '#gateway/reach/reach.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import { graphOf, scatteredCity, seeded } from './oracle/cities.ts'
import { fixtureTown } from './oracle/fixture-town.ts'
import { LineGraph } from './oracle/line-graph.ts'
import { plantedLaws, underLaws } from './oracle/planted-turns.ts'
import { freshRun, judgeTurns, somewhere } from './reach/judge-turns.ts'
import type { TurnsRun } from './reach/judge-turns.ts'

const report = (where: string, laws: number, run: TurnsRun): void => {
  expect(run.differing).toEqual([])
  console.info(
    `with turns = line graph on ${where}: ${laws} restrictions, ${run.starts} starts, ${run.rows} junctions ` +
      `(${run.slower} later than without), ${run.answers} times of units, ${run.routes} routes`,
  )
}

describe('reach with turn restrictions', () => {
  it('equals the line graph in scattered cities with any restrictions planted', () => {
    const run = freshRun()
    let laws = 0
    for (let seed = 1; seed <= 24; seed++) {
      const network = scatteredCity(seed, 20 + 15 * (seed % 8))
      const planted = plantedLaws(network, [5, 40, 150, 300][seed % 4]!, seeded(900 + seed))
      judgeTurns(network, planted, seed, 24, run)
      laws += planted.length
    }
    report('24 scattered cities', laws, run)
    expect(run.slower).toBeGreaterThan(300)
  })

  it('equals it in 60 hamlets where restrictions meet themselves', () => {
    const run = freshRun()
    let laws = 0
    for (let seed = 1; seed <= 60; seed++) {
      const network = scatteredCity(seed, 3 + (seed % 5))
      const planted = plantedLaws(network, 1 + (seed % 12), seeded(500 + seed))
      judgeTurns(network, planted, seed, 12, run)
      laws += planted.length
    }
    report('60 hamlets', laws, run)
    expect(run.slower).toBeGreaterThan(40)
  })

  it('never brings anybody anywhere sooner than with one restriction less', () => {
    let [cases, times, later] = [0, 0, 0]
    for (let seed = 1; seed <= 20; seed++) {
      const network = scatteredCity(seed, 30 + 3 * seed)
      const random = seeded(40 + seed)
      // An `only` that begins like another adds a way on, so it may shorten: those are left out here.
      const laws = plantedLaws(network, 60, random).filter(({ kind }) => kind === 'no')
      let before = graphOf(network)
      for (let count = 6; count <= laws.length; count += 6) {
        const after = graphOf(underLaws(network, laws.slice(0, count)))
        const [searchBefore, searchAfter] = [new RoadSearch(before), new RoadSearch(after)]
        for (let i = 0; i < 6; i++) {
          const start = somewhere(after, random)
          const was = new Map(reachNodes(searchBefore, start, Infinity))
          for (const [node, ds] of reachNodes(searchAfter, start, Infinity)) {
            expect(ds).toBeGreaterThanOrEqual(was.get(node) ?? Infinity)
            times++
            if (ds > was.get(node)!) later++
          }
          cases++
        }
        before = after
      }
    }
    console.info(`more restrictions: ${cases} starts, ${times} times, ${later} of them later, none sooner`)
    expect(later).toBeGreaterThan(500)
  })

  it('gives coverage the same times: who is first at a place, and how many come in time', () => {
    let [places, within] = [0, 0]
    for (let seed = 1; seed <= 12; seed++) {
      const network = scatteredCity(seed, 60)
      const random = seeded(70 + seed)
      const laws = plantedLaws(network, 120, random)
      const graph = graphOf(underLaws(network, laws))
      const oracle = new LineGraph(graph, laws)
      const table = new UnitsOnRoads(graph, 16)
      const units = Array.from({ length: 9 }, () => ({ place: somewhere(graph, random) }))
      units.forEach(({ place }, i) => table.place(`u${i}`, place.edge, place.fraction))
      const times = units.map(({ place }) => oracle.timesFrom(place))
      const turnoutDs = Uint32Array.from({ length: 16 }, () => Math.floor(random() * 600))
      const labels = new KLabels(table, 4)
      labels.run(turnoutDs, { budgetDs: 3000, fillDs: 36_000 })
      const at = new AtPlace(labels)
      for (let i = 0; i < 60; i++) {
        const place = somewhere(graph, random)
        const etas = units.map((unit, u) => turnoutDs[u]! + oracle.timeTo(times[u]!, unit.place, place))
        const first = Math.min(...etas.filter(ds => ds <= 36_000), Infinity)
        expect(at.nearest(place, turnoutDs)?.etaDs ?? Infinity).toBe(first)
        const inTime = etas.filter(ds => ds <= 3000).length
        expect(at.unitsWithin(place, 3000, turnoutDs)).toBe(Math.min(4, inTime))
        places++
        within += inTime
      }
    }
    console.info(`coverage with turns = line graph: ${places} places, ${within} units in time`)
    expect(within).toBeGreaterThan(500)
  })

  /** What an import forbids, and as much again planted on top. */
  const onImported = async (
    file: string,
    name: string,
    starts: number,
    farthestDs: number,
  ): Promise<TurnsRun> => {
    const imported = await importPbf(file)
    if (!imported.ok) throw new Error(imported.detail)
    const { network } = imported.value
    const own = (network.forbidden ?? []).map(drives => ({ kind: 'no', drives }) as const)
    const planted = [...own, ...plantedLaws(network, 100 + own.length, seeded(6))]
    const [asMapped, more] = [freshRun(), freshRun()]
    const { forbidden: _, ...plain } = network
    judgeTurns(plain, own, 7, starts, asMapped, farthestDs)
    report(name, own.length, asMapped)
    judgeTurns(plain, planted, 8, starts, more, farthestDs)
    report(`${name}, more planted`, planted.length, more)
    return more
  }

  it('equals it on the fixture town, read from its extract', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'reach5-turns-'))
    writeFileSync(join(dir, 'town.osm.pbf'), fixtureTown())
    const run = await onImported(join(dir, 'town.osm.pbf'), 'the fixture town', 24, Infinity)
    rmSync(dir, { recursive: true, force: true })
    expect(run.slower).toBeGreaterThan(20)
  })

  const maps = join(process.env['REACH5_DATA'] ?? '../shared/data', 'maps')
  const extracts = [
    ['shanghai_centre', 12, Infinity],
    ['monaco', 8, 6000],
    ['liechtenstein-latest', 8, 6000],
    ['porto_portugal', 6, 3000],
  ] as const
  for (const [name, starts, farthestDs] of extracts) {
    const file = join(maps, `${name}.osm.pbf`)
    if (!existsSync(file)) console.warn(`SKIPPED: turns on ${name}, ${file} is not there (set REACH5_DATA)`)
    it.skipIf(!existsSync(file))(`equals it on ${name}`, { timeout: 120_000 }, async () => {
      const run = await onImported(file, name, starts, farthestDs)
      expect(run.rows).toBeGreaterThan(100)
    })
  }
})
