import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { nearest } from '#gateway/cli/nearest.ts'
import { reach } from '#gateway/cli/reach.ts'
import { roads } from '#gateway/cli/roads.ts'
import { importPbf } from '#gateway/roads/import-pbf.ts'
import { osmPbf } from './oracle/osm-pbf-writer.ts'
import type { DrawnNode, DrawnRelation, DrawnWay } from './oracle/osm-pbf-writer.ts'

const dir = mkdtempSync(join(tmpdir(), 'reach5-turns-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/*
 *        13
 *        |3            ways 1 to 5, 835 m each, 50.1 s; way 6 joins 12 and 14 to the south
 *   11---12---14---15  junctions in the graph: 0 is 11, 1 is 12, 2 is 13, 3 is 14, 4 is 15, 5 is 16
 *     1  | 2  |  4
 *        |    |5
 *        16---+   6 leads from 12 to 16, 5 from 16 to 14
 */
const at = (id: number, x: number, y: number): DrawnNode => ({
  id,
  lat: 41.35 + 0.0075 * y,
  lon: -8.6 + 0.01 * x,
})
const nodes = [at(11, 0, 0), at(12, 1, 0), at(13, 1, 1), at(14, 2, 0), at(15, 3, 0), at(16, 1, -1)]
const road = { highway: 'primary' }
const ways: DrawnWay[] = [
  { id: 1, refs: [11, 12], tags: road },
  { id: 2, refs: [12, 14], tags: road },
  { id: 3, refs: [12, 13], tags: road },
  { id: 4, refs: [14, 15], tags: road },
  { id: 5, refs: [16, 14], tags: road },
  { id: 6, refs: [12, 16], tags: road },
]
type Member = DrawnRelation['members'][number]
const way = (role: string, ref: number): Member => ({ type: 'way', ref, role })
const node = (ref: number): Member => ({ type: 'node', ref, role: 'via' })
const turn = (tags: Record<string, string>, ...members: Member[]): Omit<DrawnRelation, 'id'> => ({
  tags: { type: 'restriction', ...tags },
  members,
})
const noLeft = { restriction: 'no_left_turn' }
const leftInto3 = [way('from', 1), node(12), way('to', 3)]

async function imported(turns: readonly Omit<DrawnRelation, 'id'>[], drawn = ways) {
  const file = join(dir, 'town.osm.pbf')
  writeFileSync(
    file,
    osmPbf(
      nodes,
      drawn,
      turns.map((relation, i) => ({ id: i + 1, ...relation })),
    ),
  )
  const result = await importPbf(file)
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`)
  return { forbidden: result.value.network.forbidden, turns: result.value.report.turns }
}
const reasonOf = async (relation: Omit<DrawnRelation, 'id'>, drawn = ways): Promise<string> => {
  const { turns, forbidden } = await imported([relation], drawn)
  expect(turns.seen).toBe(1)
  expect((forbidden ?? []).length > 0).toBe(turns.left.length === 0)
  return turns.left[0]?.reason ?? `obeyed ${JSON.stringify(turns.obeyed)}`
}

describe('turn restrictions of an extract', () => {
  it('forbid a turn over a node, and through other roads', async () => {
    expect((await imported([turn(noLeft, ...leftInto3)])).forbidden).toEqual([[0, 4]])
    const through = turn({ restriction: 'no_straight_on' }, way('from', 1), way('via', 2), way('to', 4))
    const two = turn({ restriction: 'no_u_turn' }, way('from', 1), way('via', 6), way('via', 5), way('to', 4))
    const { forbidden, turns } = await imported([through, two])
    expect(forbidden).toEqual([
      [0, 2, 6],
      [0, 10, 8, 6],
    ])
    expect(turns).toMatchObject({ obeyedThroughWays: 2, forbiddenPaths: 2, junctionCopies: 4, notObeyed: 0 })
  })

  it('leave one way on with only_, the way back included, or two where two signs say so', async () => {
    const straight = turn({ restriction: 'only_straight_on' }, way('from', 1), node(12), way('to', 2))
    expect((await imported([straight])).forbidden).toEqual([
      [0, 1],
      [0, 4],
      [0, 10],
    ])
    const left = turn({ restriction: 'only_left_turn' }, ...leftInto3)
    expect((await imported([straight, left])).forbidden).toEqual([
      [0, 1],
      [0, 10],
    ])
    const through = turn({ restriction: 'only_straight_on' }, way('from', 1), way('via', 2), way('to', 4))
    expect((await imported([through])).forbidden).toEqual([
      [0, 1],
      [0, 4],
      [0, 10],
      [0, 2, 3],
      [0, 2, 9],
    ])
  })

  it('hold for every from of a no_entry and every to of a no_exit', async () => {
    const entry = turn({ restriction: 'no_entry' }, way('from', 1), way('from', 6), node(12), way('to', 3))
    expect((await imported([entry])).forbidden).toEqual([
      [0, 4],
      [11, 4],
    ])
    const exit = turn({ restriction: 'no_exit' }, way('from', 1), node(12), way('to', 3), way('to', 2))
    expect((await imported([exit])).turns.obeyed).toEqual({ no_exit: 1 })
  })

  it('count for a car by their most special tag, or are reported with the reason', async () => {
    const tagged = (tags: Record<string, string>): Promise<string> => reasonOf(turn(tags, ...leftInto3))
    expect(await tagged({ 'restriction:motorcar': 'no_left_turn' })).toBe('obeyed {"no_left_turn":1}')
    expect(await tagged({ ...noLeft, except: 'psv;bicycle' })).toBe('obeyed {"no_left_turn":1}')
    expect(await tagged({ ...noLeft, except: 'emergency' })).toBe('obeyed {"no_left_turn":1}')
    expect(await tagged({ ...noLeft, except: 'psv; motorcar' })).toBe('exempt')
    expect(await tagged({ ...noLeft, 'restriction:motor_vehicle': 'none' })).toBe('exempt')
    expect(await tagged({ 'restriction:hgv': 'no_left_turn' })).toBe('otherVehicle')
    expect(await tagged({ 'restriction:conditional': 'no_left_turn @ (07:00-09:00)' })).toBe('conditional')
    expect(await tagged({ ...noLeft, day_on: 'Monday', hour_on: '7:00' })).toBe('conditional')
    expect(await tagged({ restriction: 'no_right_turn_on_red' })).toBe('unknownSign')
  })

  it('that lie nowhere, or in two places, are reported with the reason', async () => {
    const oneway = (id: number): DrawnWay[] =>
      ways.map(drawn => (drawn.id === id ? { ...drawn, tags: { ...road, oneway: '-1' } } : drawn))
    expect(await reasonOf(turn(noLeft, way('from', 1), way('to', 3)))).toBe('incomplete')
    expect(await reasonOf(turn(noLeft, way('from', 1), node(12), node(14), way('to', 3)))).toBe('incomplete')
    expect(await reasonOf(turn(noLeft, way('from', 99), node(12), way('to', 3)))).toBe('notInGraph')
    expect(await reasonOf(turn(noLeft, way('from', 1), way('via', 99), way('to', 3)))).toBe('notInGraph')
    expect(await reasonOf(turn(noLeft, way('from', 1), node(14), way('to', 3)))).toBe('notJoined')
    expect(await reasonOf(turn(noLeft, way('from', 3), way('via', 4), way('to', 1)))).toBe('notJoined')
    expect(await reasonOf(turn(noLeft, way('from', 1), node(12), way('to', 2)), oneway(2))).toBe('closed')
    const through = turn(noLeft, way('from', 1), way('via', 2), way('to', 4))
    expect(await reasonOf(through, oneway(2))).toBe('closed')
    const long = [...ways.slice(1), { id: 1, refs: [11, 12, 13], tags: road }].filter(({ id }) => id !== 3)
    expect(await reasonOf(turn(noLeft, way('from', 1), node(12), way('to', 2)), long)).toBe('ambiguous')
  })

  it('that leave a car nowhere to go are not obeyed', async () => {
    const back = turn({ restriction: 'no_u_turn' }, way('from', 3), node(13), way('to', 3))
    expect(await reasonOf(back)).toBe('deadEnd')
    const from5 = [2, 4].map(to =>
      turn({ restriction: 'no_left_turn' }, way('from', 5), node(14), way('to', to)),
    )
    const both = await imported([
      ...from5,
      turn({ restriction: 'no_u_turn' }, way('from', 5), node(14), way('to', 5)),
    ])
    expect(both.turns.left).toEqual([{ reason: 'deadEnd', count: 3, examples: [1, 2, 3] }])
    expect(both.forbidden).toEqual([])
  })
})

describe('the verbs with turns', () => {
  const run = async (
    verb: (args: readonly string[]) => Promise<number>,
    ...args: string[]
  ): Promise<string> => {
    let out = ''
    vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
    const code = await verb(args)
    vi.restoreAllMocks()
    expect(code).toBe(0)
    return out
  }
  const graph = join(dir, 'town.graph')

  it('print what is forbidden, obey it, and do not with --turns off', async () => {
    await imported([
      turn(noLeft, ...leftInto3),
      turn({ restriction: 'no_straight_on' }, way('from', 1), way('via', 2), way('to', 4)),
    ])
    await run(roads, 'import', join(dir, 'town.osm.pbf'), '--out', graph)
    expect(await run(roads, 'turns', graph)).toBe('from_edge,via_node,to_edge,via_edges\n0,1,2,\n0,1,3,1\n')
    expect((await run(roads, 'edges', graph)).trim().split('\n')).toHaveLength(7)
    // What a turn takes is asked of other tests; here only the roads count.
    const profiles = join(dir, 'profiles.json')
    const mostSeconds = { value: 0, source: 'this test' }
    writeFileSync(
      profiles,
      JSON.stringify({ format: 1, profiles: [{ name: 'patrol', turns: { mostSeconds } }] }),
    )
    const plain = ['--profiles', profiles, '--profile', 'patrol']
    const at11 = ['--from', '-8.6,41.35', '--seconds', '600', ...plain]
    const off = JSON.parse(await run(reach, graph, ...at11, '--turns', 'off')) as { nodes: number[][] }
    const on = JSON.parse(await run(reach, graph, ...at11)) as { nodes: number[][] }
    expect(off.nodes.map(([, ds]) => ds)).toEqual([0, 501, 1001, 1002, 1503, 1001])
    // To 13 over 16, where it turns round; to 15 over 16 and way 5.
    const way5Ds = Number(/^4,\d+,\d+,(\d+)/m.exec(await run(roads, 'edges', graph, ...plain))?.[1])
    expect(on.nodes.map(([, ds]) => ds)).toEqual([0, 501, 2001, 1002, 1001 + way5Ds + 501, 1001])
    const units = join(dir, 'units.geojson')
    const geometry = { type: 'Point', coordinates: [-8.6, 41.35] }
    const features = [{ type: 'Feature', id: 'ptu-1', geometry, properties: null }]
    writeFileSync(units, JSON.stringify({ type: 'FeatureCollection', features }))
    const etaDs = async (...more: string[]): Promise<number> => {
      const answer = await run(nearest, graph, '--units', units, '--at-node', '2', ...plain, ...more)
      return (JSON.parse(answer) as { units: { etaDs: number }[] }).units[0]!.etaDs
    }
    expect(await etaDs('--turns', 'off')).toBe(off.nodes[2]![1])
    expect(await etaDs()).toBe(on.nodes[2]![1])
  })
})
