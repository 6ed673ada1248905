import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import { packGraph } from '#protocols/roads/graph.ts'
import { seeded } from './oracle/cities.ts'
import { blob, osmData, osmPbf } from './oracle/osm-pbf-writer.ts'
import type { DrawnNode, DrawnRestriction, DrawnWay } from './oracle/osm-pbf-writer.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-roads-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function fileOf(bytes: Uint8Array, name = 'drawn.osm.pbf'): string {
  const file = join(dir, name)
  writeFileSync(file, bytes)
  return file
}

async function imported(
  nodes: readonly DrawnNode[],
  ways: readonly DrawnWay[],
  restrictions: readonly DrawnRestriction[] = [],
) {
  const result = await importPbf(fileOf(osmPbf(nodes, ways, restrictions)))
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`)
  return result.value
}
const codeOf = async (bytes: Uint8Array): Promise<string> => {
  const result = await importPbf(fileOf(bytes, 'broken.osm.pbf'))
  return result.ok ? 'imported' : result.code
}

/*
 *   11---12---13        11, 12 ... are OSM node ids, 1 km apart
 *   |     |    |
 *   21---22---23---24   24 is a dead end
 */
const nodes: DrawnNode[] = [11, 12, 13, 21, 22, 23, 24].map(id => ({
  id,
  lat: 35.6 - Math.floor(id / 10) * 0.009,
  lon: 117 + (id % 10) * 0.011,
}))
const street = { highway: 'residential' }
const ways: DrawnWay[] = [
  { id: 1, refs: [11, 12, 13], tags: { ...street, name: 'Shendao Lu', 'name:zh': '神道路' } },
  { id: 2, refs: [21, 22, 23, 24], tags: { highway: 'primary', maxspeed: '70', name: '大同路' } },
  { id: 3, refs: [11, 21], tags: street },
  { id: 4, refs: [12, 22], tags: street },
  { id: 5, refs: [13, 23], tags: street },
]
const withTags = (id: number, tags: Record<string, string>): DrawnWay[] =>
  ways.map(way => (way.id === id ? { ...way, tags: { ...street, ...tags } } : way))

describe('import of an OSM extract', () => {
  it('cuts ways where they meet and names roads in Chinese first', async () => {
    const { network, report } = await imported(nodes, ways)
    expect(network.nodes).toHaveLength(7)
    expect(network.edges.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [3, 4],
      [4, 5],
      [5, 6],
      [0, 3],
      [1, 4],
      [2, 5],
    ])
    expect(network.edges[0]).toMatchObject({ name: '神道路', speedKph: 30, forward: true, backward: true })
    expect(network.edges[2]).toMatchObject({ name: '大同路', speedKph: 70, roadClass: 'primary' })
    expect(report).toMatchObject({ nodes: 7, edges: 8, oneWayEdges: 0, turns: { seen: 0 } })
    expect(network.source).toContain('OpenStreetMap')
  })

  it('keeps the bends of a road between junctions', async () => {
    const bend = { id: 99, lat: 35.585, lon: 117.015 }
    const { network } = await imported(
      [...nodes, bend],
      [...ways.slice(0, 2), { id: 3, refs: [11, 99, 99, 21], tags: street }],
    )
    expect(network.edges.find(edge => edge.name === '' && edge.shape.length === 3)?.shape[1]).toEqual([
      117.015, 35.585,
    ])
  })

  it('obeys one-way streets both ways round, roundabouts and motorways', async () => {
    const oneWay = async (tags: Record<string, string>) => {
      const { network } = await imported(nodes, withTags(4, tags))
      const edge = network.edges.find(e => e.from === 1 && e.to === 4)
      return [edge?.forward, edge?.backward]
    }
    expect(await oneWay({ oneway: 'yes' })).toEqual([true, false])
    expect(await oneWay({ oneway: '-1' })).toEqual([false, true])
    expect(await oneWay({ oneway: 'no' })).toEqual([true, true])
    expect(await oneWay({ junction: 'roundabout' })).toEqual([true, false])
    expect(await oneWay({ highway: 'motorway' })).toEqual([true, false])
    expect(await oneWay({ highway: 'motorway', oneway: 'no' })).toEqual([true, true])
  })

  it('leaves out what a car may not drive, and says how much of it', async () => {
    // Without way 4 nobody meets at 12 and 22: eight edges become five.
    const edgesWith = async (tags: Record<string, string>) =>
      (await imported(nodes, withTags(4, tags))).report
    expect(await edgesWith({ access: 'no' })).toMatchObject({ edges: 5, ways: { noAccess: 1, drivable: 4 } })
    expect(await edgesWith({ access: 'private' })).toMatchObject({ edges: 5 })
    expect(await edgesWith({ motor_vehicle: 'no' })).toMatchObject({ edges: 5 })
    expect(await edgesWith({ access: 'no', motor_vehicle: 'yes' })).toMatchObject({ edges: 8 })
    expect(await edgesWith({ highway: 'footway' })).toMatchObject({ edges: 5, ways: { notRoad: 1 } })
    expect(await edgesWith({ highway: 'service' })).toMatchObject({ edges: 8 })
    expect(await edgesWith({ highway: 'service', service: 'driveway' })).toMatchObject({
      ways: { driveway: 1 },
    })
    expect(await edgesWith({ area: 'yes' })).toMatchObject({ edges: 5, ways: { area: 1 } })
    expect(await edgesWith({ oneway: 'reversible' })).toMatchObject({ edges: 5, ways: { reversible: 1 } })
  })

  it('keeps what can be entered but not left as such, and drops islands', async () => {
    const island = [91, 92].map(id => ({ id, lat: 36, lon: 117 + id / 1000 }))
    const trap = ways.map(way => (way.id === 2 ? { ...way, refs: [21, 22, 23] } : way))
    const { network, report } = await imported(
      [...nodes, ...island],
      [
        ...trap,
        { id: 8, refs: [23, 24], tags: { ...street, oneway: 'yes' } },
        { id: 9, refs: [91, 92], tags: street },
      ],
    )
    expect(network.nodes).toHaveLength(7)
    expect(network.edges.filter(({ part }) => part !== undefined)).toMatchObject([{ part: 'outOnly' }])
    expect(report.border).toMatchObject({ outOnly: { ways: 1, examples: [8] }, inOnly: { ways: 0 } })
    expect(report.dropped).toMatchObject({ disconnectedNodes: 2, disconnectedEdges: 1 })
  })

  it('does not drive through a bollard, only up to it from both sides', async () => {
    const bollard = { id: 77, lat: 35.586, lon: 117.022, tags: { barrier: 'bollard' } }
    const { network, report } = await imported(
      [...nodes, bollard],
      withTags(4, {}).map(way => (way.id === 4 ? { ...way, refs: [12, 77, 22] } : way)),
    )
    expect(report.dropped.blockedNodes).toBe(1)
    expect(network.nodes).toHaveLength(9)
    expect(network.edges.some(edge => edge.from === 1 && edge.to === 4)).toBe(false)
  })

  it('cuts a road where the extract ends', async () => {
    const { report, network } = await imported(nodes, [
      ...ways,
      { id: 6, refs: [24, 404, 405], tags: street },
    ])
    expect(report.dropped.missingNodes).toBe(2)
    expect(network.edges).toHaveLength(8)
  })

  it('gives the same ids whatever the order in the file', async () => {
    const one = packGraph((await imported(nodes, ways)).network)
    const other = packGraph((await imported([...nodes].reverse(), [...ways].reverse())).network)
    expect(Buffer.compare(one, other)).toBe(0)
  })
})

describe('a file that is no good', () => {
  it('is refused by name: absent, a directory, other bytes, cut off, without roads, a history file', async () => {
    expect(await importPbf(join(dir, 'absent.osm.pbf'))).toMatchObject({ ok: false, code: 'OSM_MISSING' })
    expect(await importPbf(dir)).toMatchObject({ ok: false, code: 'OSM_MISSING' })
    expect(await codeOf(new Uint8Array())).toBe('OSM_BROKEN')
    expect(await codeOf(new TextEncoder().encode('<?xml version="1.0"?><osm/>'))).toBe('OSM_BROKEN')
    expect(await codeOf(osmPbf(nodes, ways).subarray(0, -5))).toBe('OSM_BROKEN')
    expect(await codeOf(osmPbf(nodes, []))).toBe('OSM_NO_ROADS')
    expect(await codeOf(osmPbf(nodes, ways, [], 'HistoricalInformation'))).toBe('OSM_UNSUPPORTED')
    expect(await codeOf(Uint8Array.from(blob('OSMHeader', [])))).toBe('OSM_BROKEN')
  })

  it('does not wait for a block of 4 GB', async () => {
    expect(await codeOf(Uint8Array.from([255, 255, 255, 255, ...new Array<number>(100).fill(0)]))).toBe(
      'OSM_BROKEN',
    )
  })

  it('never ends the process, whatever byte is wrong', async () => {
    const good = osmPbf(nodes, ways)
    const random = seeded(41)
    const codes: Record<string, number> = {}
    for (let i = 0; i < 200; i++) {
      const bytes = good.slice(0, random() < 0.2 ? Math.floor(random() * good.length) : good.length)
      for (let flips = 0; flips < 1 + (i % 3); flips++) {
        const at = Math.floor(random() * bytes.length)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      }
      const code = await codeOf(bytes)
      codes[code] = (codes[code] ?? 0) + 1
    }
    console.info(`altered extracts: 200 cases, ${JSON.stringify(codes)}`)
    expect(Object.values(codes).reduce((a, b) => a + b, 0)).toBe(200)
    expect(codes['OSM_BROKEN']).toBeGreaterThan(100)
  })

  it('survives wrong bytes inside the blocks, too: refused, or a network that packs', async () => {
    const random = seeded(42)
    const good = osmData(nodes, ways, [{ id: 1, from: 4, via: 22, to: 2 }])
    const codes: Record<string, number> = {}
    for (let i = 0; i < 300; i++) {
      const content =
        i % 3 === 0
          ? good.map(() => Math.floor(random() * 256)).slice(0, 5 + Math.floor(random() * 200))
          : [...good]
      const at = Math.floor(random() * content.length)
      content[at] = (content[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      const file = fileOf(
        Uint8Array.from([...blob('OSMHeader', []), ...blob('OSMData', content)]),
        'odd.osm.pbf',
      )
      const result = await importPbf(file)
      const code = result.ok ? 'imported' : result.code
      if (result.ok) packGraph(result.value.network)
      codes[code] = (codes[code] ?? 0) + 1
    }
    console.info(`damaged blocks: 300 cases, ${JSON.stringify(codes)}`)
    expect(codes['OSM_BROKEN']).toBeGreaterThan(50)
    expect(codes['imported']).toBeGreaterThan(50)
  })
})

describe('real extracts', () => {
  const maps = join(process.env['REACH5_DATA'] ?? '../shared/data', 'maps')
  const extracts = {
    shanghai_centre: 400,
    monaco: 1900,
    'liechtenstein-latest': 3000,
    porto_portugal: 55_000,
  }
  for (const [name, junctions] of Object.entries(extracts)) {
    const file = join(maps, `${name}.osm.pbf`)
    if (!existsSync(file)) console.warn(`SKIPPED: import of ${name}, ${file} is not there (set REACH5_DATA)`)
    it.skipIf(!existsSync(file))(`imports ${name} the same way twice`, { timeout: 60_000 }, async () => {
      const [one, other] = [await importPbf(file), await importPbf(file)]
      if (!one.ok || !other.ok) throw new Error('not imported')
      expect(one.value.report.nodes).toBeGreaterThan(junctions)
      expect(Buffer.compare(packGraph(one.value.network), packGraph(other.value.network))).toBe(0)
      console.info(`${name}: ${JSON.stringify(one.value.report)}`)
    })
  }
})
