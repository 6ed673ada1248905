import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import { joinedRefs } from '#gateway/roads/joined-extracts.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import { packGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { graphOf, seeded } from './oracle/cities.ts'
import { arcsOf, timesFrom, timeTo } from './oracle/dijkstra.ts'
import { fixtureTown, fixtureTownHalves } from './oracle/fixture-town.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-joined-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const file = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(dir, name), bytes)
  return join(dir, name)
}
const importedOf = async (...files: string[]) => {
  const imported = await importPbf(files)
  if (!imported.ok) throw new Error(`${imported.code}: ${imported.detail}`)
  return imported.value
}

const whole = await importedOf(file('whole.osm.pbf', fixtureTown()))
const halves = fixtureTownHalves(false)
const [west, east] = [file('west.osm.pbf', halves.west), file('east.osm.pbf', halves.east)]

describe('two extracts that overlap at the border', () => {
  it('become the network that one extract of both would have given, to the byte, in either order', async () => {
    const bytes = packGraph(whole.network)
    for (const files of [
      [west, east],
      [east, west],
      [west, east, west],
    ]) {
      const joined = await importedOf(...files)
      expect(Buffer.compare(packGraph(joined.network), bytes)).toBe(0)
      expect(joined.report.left).toEqual(whole.report.left)
      expect(joined.report.turns).toEqual(whole.report.turns)
      expect(joined.ground.places).toHaveLength(whole.ground.places.length)
      expect(joined.ground.features).toHaveLength(whole.ground.features.length)
    }
    expect((await importedOf(west)).network.edges.length).toBeLessThan(whole.network.edges.length)
  })

  it('are put together where both cut a way off', async () => {
    const clipped = fixtureTownHalves(true)
    const files = [file('cut-west.osm.pbf', clipped.west), file('cut-east.osm.pbf', clipped.east)]
    const joined = await importedOf(...files)
    expect(Buffer.compare(packGraph(joined.network), packGraph(whole.network))).toBe(0)
  })

  it('answer near the border as the whole does, where one of them alone does not', async () => {
    const graphs = {
      joined: graphOf((await importedOf(east, west)).network),
      alone: graphOf((await importedOf(west)).network),
    }
    const oracle = graphOf(whole.network)
    const arcs = arcsOf(oracle)
    const random = seeded(5)
    const places = Array.from({ length: 60 }, () => ({
      lat: 35.55 + random() * 0.055,
      lon: 117.02 + random() * 0.04,
    }))
    const wholeSnap = new RoadSnap(oracle)
    let [answers, differing] = [0, 0]
    for (let i = 0; i < 30; i++) {
      const [unit, incident] = [places[i]!, places[i + 30]!]
      const [at, to] = [unit, incident].map(place => wholeSnap.snap(place.lat, place.lon, 300)!)
      const plain = timeTo(oracle, timesFrom(oracle, arcs, at!), at!, to!)
      const etaOn = (graph: RoadGraph): number | undefined => {
        const snap = new RoadSnap(graph)
        const [here, there] = [unit, incident].map(place => snap.snap(place.lat, place.lon, 300))
        if (here === undefined || there === undefined) return undefined
        const table = new UnitsOnRoads(graph, 1)
        table.place('ptu-1', here.edge, here.fraction)
        return new NearestUnits(table).nearest(there, 1)[0]?.etaDs
      }
      const turning = etaOn(oracle)
      expect(etaOn(graphs.joined)).toBe(turning)
      // The plain search knows no forbidden turns: they only make a way longer.
      expect(turning ?? Infinity).toBeGreaterThanOrEqual(plain)
      answers++
      if (etaOn(graphs.alone) !== turning) differing++
    }
    console.info(
      `border: ${answers} answers as on the whole, ${differing} of them other on one extract alone`,
    )
    expect(differing).toBeGreaterThan(5)
  })

  it('name the one that is broken', async () => {
    const broken = file('broken.osm.pbf', halves.east.slice(0, 200))
    expect(await importPbf([west, broken])).toMatchObject({ ok: false, code: 'OSM_BROKEN' })
    expect(await importPbf([west, join(dir, 'none.osm.pbf')])).toMatchObject({ code: 'OSM_MISSING' })
  })
})

describe('a way of two extracts', () => {
  it('is the longer one, or both end to end', () => {
    expect(joinedRefs([1, 2, 3], [2, 3])).toEqual([1, 2, 3])
    expect(joinedRefs([1, 2, 3], [2, 3, 4])).toEqual([1, 2, 3, 4])
    expect(joinedRefs([5, 6], [3, 4, 5])).toEqual([3, 4, 5, 6])
    expect(joinedRefs([1, 2, 3], [7, 8])).toEqual([1, 2, 3])
  })
})
