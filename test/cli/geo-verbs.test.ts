import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { nearest } from '#gateway/cli/nearest.ts'
import { reach } from '#gateway/cli/reach.ts'
import { roads } from '#gateway/cli/roads.ts'
import { openTiles } from '#gateway/tiles/tiles-file.ts'
import { osmPbf } from '../oracle/osm-pbf-writer.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-cli-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())
const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

/*
 *  0 ---- 1 ---- 2      west of Greenwich, 0.01 degrees of longitude each: 835 m, 60 km/h, 50.1 s
 *         |             1-3 is one-way, away from 1
 *         3 ---- 2
 */
const at = (id: number, lat: number, lon: number) => ({ id: id + 100, lat, lon })
const town = osmPbf(
  [at(0, 41.35, -8.6), at(1, 41.35, -8.59), at(2, 41.35, -8.58), at(3, 41.345, -8.59)],
  [
    { id: 1, refs: [100, 101, 102], tags: { highway: 'primary' } },
    { id: 2, refs: [101, 103], tags: { highway: 'primary', oneway: 'yes' } },
    { id: 3, refs: [103, 102], tags: { highway: 'primary' } },
  ],
  [{ id: 1, from: 1, via: 101, to: 2 }],
)
const unit = (id: string, lon: number, lat: number) => ({
  type: 'Feature',
  id,
  geometry: { type: 'Point', coordinates: [lon, lat] },
  properties: null,
})

type Ran = { readonly code: number; readonly out: string; readonly err: string }
async function run(verb: (args: readonly string[]) => Promise<number>, ...args: string[]): Promise<Ran> {
  let out = ''
  let err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation(text => ((err += String(text)), true))
  const code = await verb(args)
  vi.restoreAllMocks()
  return { code, out, err }
}

const nothing = { value: 0, source: 'nothing is lost in this town' }
const plainProfile = { name: 'plain', like: 'patrol', turns: { mostSeconds: nothing } }
/** Length over speed, so that the drawing can be checked by eye. */
const plainly = () => [
  '--profile',
  'plain',
  '--profiles',
  file('plain.json', JSON.stringify({ format: 1, profiles: [plainProfile] })),
]

const graph = join(dir, 'town.graph')
beforeAll(async () => {
  const ran = await run(roads, 'import', file('town.osm.pbf', town), '--out', graph)
  expect(ran.code).toBe(0)
  expect(JSON.parse(ran.out)).toMatchObject({
    report: { nodes: 4, edges: 4, oneWayEdges: 1 },
    turnRestrictionsIgnored: 1,
  })
})

describe('reach5 roads', () => {
  it('prints the edges with their costs, -1 where closed', async () => {
    const { code, out } = await run(roads, 'edges', graph, ...plainly())
    expect(code).toBe(0)
    expect(out.trim().split('\n')).toEqual([
      'id,source,target,cost_ds,reverse_cost_ds',
      '0,0,1,501,501',
      '1,1,2,501,501',
      '2,1,3,334,-1',
      '3,3,2,602,602',
    ])
  })

  it('adds what a patrol loses by turning at the T, and nothing straight on', async () => {
    const { out } = await run(roads, 'edges', graph)
    const rows = out
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split(',').map(Number))
    // 1 is the T: the main road straight on costs what it did, into the side road and out of it costs a turn.
    expect(rows[0]!.slice(3).map(ds => ds - 501)).toEqual([expect.closeTo(2, -1), 0])
    expect(rows[2]![3]! - 334).toBeGreaterThan(15)
    expect(rows[2]![4]).toBe(-1)
  })

  it('prints every number of the profiles with its source', async () => {
    const { code, out } = await run(roads, 'profiles', ...plainly().slice(2))
    const rows = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, string>)
    expect(code).toBe(0)
    expect(rows.filter(({ what, profile }) => what === 'speeds.kph.primary' && profile === 'patrol')).toEqual(
      [
        {
          profile: 'patrol',
          what: 'speeds.kph.primary',
          value: '60',
          source: expect.stringContaining('OSRM'),
        },
      ],
    )
    expect(rows).toContainEqual({
      profile: 'plain',
      what: 'turns.mostSeconds',
      value: '0',
      source: nothing.source,
    })
    expect(
      rows.filter(({ source, what }) => source === '' && !['moves', 'hours'].includes(what ?? '')),
    ).toEqual([])
    expect(
      (await run(roads, 'profiles', '--profiles', file('odd.json', '{"format":1,"profiles":[{"name":"x"}]}')))
        .err,
    ).toContain('profiles.0: nothing is called "x"')
  })

  it('says how many turn restrictions are not obeyed', async () => {
    expect(await run(roads, 'turns', graph)).toEqual({
      code: 0,
      out: 'from_edge,via_node,to_edge,via_edges\n',
      err: '1 turn restrictions are not obeyed in this graph\n',
    })
  })

  it('refuses with one line: 2 for a wrong file or command, 1 where it cannot write', async () => {
    const refused = async (...args: string[]) => {
      const { code, out, err } = await run(roads, ...args)
      expect(out).toBe('')
      expect(err.trim().split('\n')).toHaveLength(1)
      return code
    }
    expect(await refused('import', join(dir, 'none.osm.pbf'), '--out', graph)).toBe(2)
    expect(await refused('import', file('bad.osm.pbf', 'no map'), '--out', join(dir, 'bad.graph'))).toBe(2)
    const cut = file('cut.osm.pbf', town.subarray(0, -5))
    expect(await refused('import', cut, '--out', join(dir, 'bad.graph'))).toBe(2)
    expect(await refused('import', file('nil.osm.pbf', ''), '--out', join(dir, 'bad.graph'))).toBe(2)
    expect(await refused('import', join(dir, 'town.osm.pbf'), '--out', join(dir, 'no/such/dir'))).toBe(1)
    expect(await refused('edges', join(dir, 'town.osm.pbf'))).toBe(2)
    const older = readFileSync(graph)
    older.writeUInt32LE(0, 8)
    expect(await refused('edges', file('older.graph', older))).toBe(2)
    expect(await refused('edges', file('cut.graph', readFileSync(graph).subarray(0, 300)))).toBe(2)
    expect(await refused()).toBe(2)
    expect(await refused('export')).toBe(2)
    expect(await refused('import', 'x.osm.pbf')).toBe(2)
    expect(await refused('edges', graph, 'more')).toBe(2)
    expect(await refused('edges', graph, '--colour', 'red')).toBe(2)
  })

  it('cuts map tiles beside the graph, or where it is told', async () => {
    expect((await openTiles(join(dir, 'town.tiles'))).ok).toBe(true)
    const elsewhere = join(dir, 'elsewhere.tiles')
    const town = join(dir, 'town.osm.pbf')
    const { out } = await run(roads, 'import', town, '--out', join(dir, 'two.graph'), '--tiles', elsewhere)
    expect(JSON.parse(out)).toMatchObject({ tiles: { file: elsewhere, tiles: expect.any(Number) as number } })
    const tiles = await openTiles(elsewhere)
    expect(tiles.ok && tiles.value.metadata.attribution).toContain('OpenStreetMap')
  })

  it('does not touch the graph it had when an import fails', async () => {
    const before = readFileSync(graph)
    await run(roads, 'import', join(dir, 'bad.osm.pbf'), '--out', graph)
    expect(readFileSync(graph)).toEqual(before)
  })
})

describe('reach5 reach', () => {
  it('lists junctions with deciseconds, from a node or from a place west of Greenwich', async () => {
    expect((await run(reach, graph, '--from-node', '0', '--seconds', '83.4', ...plainly())).out).toBe(
      '{"nodes":[[0,0],[1,501]]}\n',
    )
    expect((await run(reach, graph, '--from-node', '0', '--seconds', '83.5', ...plainly())).out).toContain(
      '[3,835]',
    )
    expect((await run(reach, graph, '--from', '-8.596,41.3501', '--seconds', '30.1', ...plainly())).out).toBe(
      '{"nodes":[[0,200],[1,301]]}\n',
    )
  })

  it('gives one line per start', async () => {
    const starts = file('starts.txt', '0\n# a comment\n-8.59,41.345  # node 3\n\n')
    const { code, out } = await run(reach, graph, '--starts', starts, '--seconds', '10', '--turns', 'off')
    expect(code).toBe(0)
    expect(out).toBe('{"nodes":[[0,0]]}\n{"nodes":[[3,0]]}\n')
  })

  it('draws the stretches as GeoJSON', async () => {
    const { out } = await run(reach, graph, '--from-node', '0', '--seconds', '25', '--geojson')
    // 25 s of 50.1 s: just short of the middle.
    expect(out).toMatch(/"coordinates":\[\[\[-8.6,41.35\],\[-8.59501\d*,41.35\]\]\]/)
  })

  it('refuses what it cannot answer', async () => {
    const codeOf = async (...args: string[]) => (await run(reach, graph, ...args)).code
    expect(await codeOf('--seconds', '5')).toBe(2)
    expect(await codeOf('--from-node', '0')).toBe(2)
    expect(await codeOf('--from-node', '0', '--from', '1,2', '--seconds', '5')).toBe(2)
    expect(await codeOf('--from', 'north', '--seconds', '5')).toBe(2)
    expect(await codeOf('--from-node', '0', '--seconds', 'soon')).toBe(2)
    expect(await codeOf('--from-node', '0', '--seconds', '5', '--profile', 'flying')).toBe(2)
    expect(await codeOf('--from-node', '4', '--seconds', '5')).toBe(1)
    expect(await codeOf('--from', '9.5,47.1', '--seconds', '5')).toBe(1)
    expect(await codeOf('--help')).toBe(0)
  })
})

describe('reach5 nearest', () => {
  const fleet = {
    type: 'FeatureCollection',
    features: [unit('ptu-1', -8.6, 41.35), unit('ptu-2', -8.58, 41.35), unit('ptu-3', 9.5, 47.1)],
  }

  it('names the units in order of time and those without a road', async () => {
    const units = file('units.geojson', JSON.stringify(fleet))
    const { code, out } = await run(
      nearest,
      graph,
      '--units',
      units,
      '--at-node',
      '3',
      '-k',
      '5',
      ...plainly(),
    )
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      units: [
        { id: 'ptu-2', etaDs: 602 },
        { id: 'ptu-1', etaDs: 835 },
      ],
      offRoad: ['ptu-3'],
    })
    const one = await run(nearest, graph, '--units', units, '--at', '-8.596,41.35', '-k', '1', ...plainly())
    expect(JSON.parse(one.out)).toMatchObject({ units: [{ id: 'ptu-1', etaDs: 200 }] })
  })

  it('answers no when nobody can come', async () => {
    const far = file('far.geojson', JSON.stringify({ ...fleet, features: [unit('ptu-3', 9.5, 47.1)] }))
    const { code, out } = await run(nearest, graph, '--units', far, '--at-node', '3')
    expect([code, JSON.parse(out)]).toEqual([1, { units: [], offRoad: ['ptu-3'] }])
  })

  it('refuses units it cannot read, naming the place in the file', async () => {
    const ran = async (units: unknown) =>
      run(nearest, graph, '--units', file('odd.geojson', JSON.stringify(units)), '--at-node', '3')
    expect(await ran([])).toMatchObject({ code: 2 })
    const nameless = await ran({ ...fleet, features: [{ ...unit('x', 0, 0), id: undefined }] })
    expect(nameless.err).toContain('features.0 has no id')
    expect((await ran({ ...fleet, features: [unit('x', 0, 91)] })).err).toContain(
      'features.0.geometry.coordinates',
    )
    expect((await ran({ ...fleet, features: [unit('x', 0, 0), unit('x', 0, 0)] })).err).toContain(
      'features.1',
    )
    expect((await run(nearest, graph, '--at-node', '3')).code).toBe(2)
  })
})

describe('--closures', () => {
  const closed = (name: string, ...closures: object[]): string =>
    file(name, JSON.stringify({ closures: closures.map(one => ({ reason: 'flood', ...one })) }))
  const edge = (id: number, direction = 'both') => ({ where: { kind: 'edges', edges: [id], direction } })
  const fleet = {
    type: 'FeatureCollection',
    features: [unit('ptu-1', -8.6, 41.35), unit('ptu-2', -8.58, 41.35)],
  }

  it('closes and slows roads for this question alone', async () => {
    const reached = async (...args: string[]) =>
      (await run(reach, graph, '--from-node', '0', '--seconds', '500', ...plainly(), ...args)).out.trim()
    expect(await reached()).toBe('{"nodes":[[0,0],[1,501],[2,1002],[3,835]]}')
    expect(await reached('--closures', closed('a.json', edge(2)))).toBe(
      '{"nodes":[[0,0],[1,501],[2,1002],[3,1604]]}',
    )
    expect(await reached('--closures', closed('b.json', { ...edge(0), speedFactor: 0.5 }))).toContain(
      '[1,1002]',
    )
    const units = file('two.geojson', JSON.stringify(fleet))
    const near = async (...args: string[]) =>
      JSON.parse(
        (await run(nearest, graph, '--units', units, '--at-node', '3', ...plainly(), ...args)).out,
      ) as {
        units: { id: string }[]
      }
    expect((await near()).units.map(({ id }) => id)).toEqual(['ptu-2', 'ptu-1'])
    // The road at a point goes on to the next junction, here around the whole block.
    const point = { where: { kind: 'point', lon: -8.585, lat: 41.3475 } }
    expect((await near('--closures', closed('g.json', point))).units).toEqual([])
    expect((await near('--closures', closed('c.json', edge(3)))).units.map(({ id }) => id)).toEqual([
      'ptu-1',
      'ptu-2',
    ])
  })

  it('leaves out what is not in force now, and says so', async () => {
    const past = closed(
      'past.json',
      { ...edge(0), until: '2020-01-01T00:00:00Z' },
      { ...edge(0), from: '2100-01-01T00:00:00Z' },
    )
    const { out, err } = await run(
      reach,
      graph,
      '--from-node',
      '0',
      '--seconds',
      '51',
      ...plainly(),
      '--closures',
      past,
    )
    expect(out).toContain('[1,501]')
    expect(err).toContain('2 of 2 closures are not in force now')
  })

  it('names the closure and the field that do not fit', async () => {
    const refused = async (name: string) => {
      const { code, err } = await run(reach, graph, '--from-node', '0', '--seconds', '9', '--closures', name)
      expect(code).toBe(2)
      return err
    }
    expect(await refused(join(dir, 'none.json'))).toContain('FILE_ABSENT')
    expect(await refused(file('text.json', 'closed'))).toContain('CLOSURES_INVALID')
    expect(await refused(closed('d.json', edge(0), { ...edge(0), speedFactor: 2 }))).toContain(
      'closures.1.speedFactor',
    )
    expect(await refused(closed('e.json', edge(99)))).toContain('closures.0: CLOSURE_EDGE_UNKNOWN edge 99')
    const far = { where: { kind: 'point', lon: 9.5, lat: 47.1 } }
    expect(await refused(closed('f.json', far))).toContain('closures.0: PLACE_OFF_ROAD')
  })
})
