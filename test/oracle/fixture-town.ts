import { osmPbf } from './osm-pbf-writer.ts'
import type { DrawnNode, DrawnRelation, DrawnRestriction, DrawnWay } from './osm-pbf-writer.ts'
import { seeded } from './cities.ts'

/*
 *      town of 20 x 16 streets, every third one-way         lake with an islet, wood
 *    +--+--+--+ ... north bank
 *  ==================================== river (a line), two bridges, one tunnel, a ferry to the island of Wu
 *    +--+--+--+ ... south bank          o roundabout where the trunk road ends
 *
 * An extract of our own with everything an importer trips over: dual carriageway, links, a roundabout, bridges, a tunnel,
 * a ferry, an island, restrictions, bollards, private roads, driveways, tracks, dead ends, loops, a road cut off by the
 * border of the extract, names in two languages, a multipolygon of several ways, and an area that does not close.
 */
const COLUMNS = 20
const ROWS = 16
const RIVER_ROW = 8
const WEST = 117
const SOUTH = 35.55
const STEP_LON = 0.004
const STEP_LAT = 0.0035

const at = (id: number, i: number, j: number, tags?: Record<string, string>): DrawnNode => ({
  id,
  lon: Math.round((WEST + i * STEP_LON) * 1e7) / 1e7,
  lat: Math.round((SOUTH + j * STEP_LAT) * 1e7) / 1e7,
  ...(tags !== undefined && { tags }),
})
const crossing = (i: number, j: number): number => 1_000 + i * 100 + j

export function fixtureTown(): Uint8Array {
  const { nodes, ways, relations } = drawn()
  return osmPbf(nodes, ways, relations)
}

/**
 * Two extracts of the town that overlap by some streets in the middle, as neighbouring counties are handed out. A way that
 * crosses the border names all its nodes, though the extract does not hold those beyond; or, `clipped`, only those it holds.
 */
export function fixtureTownHalves(clipped: boolean): {
  readonly west: Uint8Array
  readonly east: Uint8Array
} {
  const { nodes, ways, relations } = drawn()
  const half = (holds: (node: DrawnNode) => boolean): Uint8Array => {
    const held = new Set(nodes.filter(holds).map(({ id }) => id))
    const own = ways
      .filter(way => way.refs.some(ref => held.has(ref)))
      .map(way => (clipped ? { ...way, refs: way.refs.filter(ref => held.has(ref)) } : way))
    return osmPbf(nodes.filter(holds), own, relations)
  }
  const middle = WEST + (COLUMNS / 2) * STEP_LON
  return {
    west: half(({ lon }) => lon < middle + 1.6 * STEP_LON),
    east: half(({ lon }) => lon > middle - 1.6 * STEP_LON),
  }
}

function drawn() {
  const random = seeded(1946)
  const nodes: DrawnNode[] = []
  const ways: DrawnWay[] = []
  const relations: (DrawnRestriction | DrawnRelation)[] = []
  const wobble = (): number => (random() - 0.5) * 0.3
  for (let i = 0; i < COLUMNS; i++)
    for (let j = 0; j < ROWS; j++) nodes.push(at(crossing(i, j), i + wobble(), j + wobble()))

  // East-west streets; those of every third row are one-way, in turns.
  for (let j = 0; j < ROWS; j++) {
    const refs = Array.from({ length: COLUMNS }, (_, i) => crossing(i, j))
    const oneway: Record<string, string> = j % 3 === 2 ? { oneway: j % 2 === 0 ? 'yes' : '-1' } : {}
    const highway = j % 5 === 0 ? 'secondary' : 'residential'
    ways.push({ id: 10 + j, refs, tags: { highway, name: `Street ${j}`, 'name:zh': `第${j}街`, ...oneway } })
  }
  // North-south roads, broken at the river but for two bridges and a tunnel.
  for (let i = 0; i < COLUMNS; i++) {
    const column = (from: number, to: number): number[] =>
      Array.from({ length: to - from + 1 }, (_, k) => crossing(i, from + k))
    const tags = {
      highway: i % 6 === 0 ? 'primary' : 'unclassified',
      name: `Road ${i}`,
      maxspeed: i % 4 === 0 ? '60' : '40',
    }
    ways.push({ id: 100 + i, refs: column(0, RIVER_ROW - 1), tags })
    ways.push({ id: 130 + i, refs: column(RIVER_ROW, ROWS - 1), tags })
    const structure = { 6: 'bridge', 12: 'bridge', 18: 'tunnel' }[i]
    if (structure !== undefined)
      ways.push({
        id: 160 + i,
        refs: column(RIVER_ROW - 1, RIVER_ROW),
        tags: { ...tags, [structure]: 'yes' },
      })
  }

  // A trunk road of two carriageways along the south, with links into town and a roundabout at its end.
  const lane = (first: number, j: number): number[] =>
    Array.from({ length: COLUMNS }, (_, i) => {
      nodes.push(at(first + i, i, j))
      return first + i
    })
  const eastward = lane(5_000, -1)
  const westward = lane(5_100, -0.8).reverse()
  const trunk = { highway: 'trunk', ref: 'G327', oneway: 'yes', maxspeed: '80' }
  ways.push({ id: 200, refs: eastward, tags: trunk }, { id: 201, refs: westward, tags: trunk })
  for (const i of [3, 9, 15]) {
    const link = { highway: 'trunk_link', oneway: 'yes' }
    ways.push({ id: 210 + i, refs: [5_000 + i, crossing(i, 0)], tags: link })
    ways.push({ id: 230 + i, refs: [crossing(i, 0), 5_100 + i], tags: link })
  }
  const ringNodes = [0, 1, 2, 3, 4, 5].map(k => {
    const turn = (2 * Math.PI * k) / 6
    nodes.push(at(5_200 + k, COLUMNS + 0.6 + 0.3 * Math.cos(turn), -0.9 + 0.3 * Math.sin(turn)))
    return 5_200 + k
  })
  ways.push({
    id: 250,
    refs: [...ringNodes, ringNodes[0]!],
    tags: { highway: 'trunk', junction: 'roundabout' },
  })
  ways.push({ id: 251, refs: [5_000 + COLUMNS - 1, 5_204], tags: { highway: 'trunk', oneway: 'yes' } })
  ways.push({ id: 252, refs: [5_202, 5_100 + COLUMNS - 1], tags: { highway: 'trunk', oneway: 'yes' } })
  ways.push({ id: 253, refs: [5_200, crossing(COLUMNS - 1, 1)], tags: { highway: 'tertiary' } })
  // At the western end one must turn back.
  ways.push({ id: 254, refs: [5_100, 5_000], tags: { highway: 'trunk_link', oneway: 'yes' } })

  // The island: streets that nothing but a ferry leads to.
  for (let k = 0; k < 4; k++) nodes.push(at(6_000 + k, 22 + (k % 2), 10 + Math.floor(k / 2)))
  ways.push({
    id: 300,
    refs: [6_000, 6_001, 6_003, 6_002, 6_000],
    tags: { highway: 'residential', name: 'Wu Island' },
  })
  ways.push({ id: 301, refs: [crossing(COLUMNS - 1, 10), 6_000], tags: { route: 'ferry' } })

  // What a car may not use, or may not pass.
  nodes.push(at(6_100, 4.5, 4, { barrier: 'bollard' }), at(6_101, 4.9, 4.5), at(6_102, 25, 5))
  ways.push({ id: 310, refs: [crossing(4, 4), 6_100, 6_101, crossing(5, 5)], tags: { highway: 'service' } })
  ways.push({
    id: 311,
    refs: [crossing(2, 2), crossing(3, 3)],
    tags: { highway: 'residential', access: 'private' },
  })
  ways.push({
    id: 312,
    refs: [crossing(2, 3), crossing(3, 4)],
    tags: { highway: 'service', service: 'driveway' },
  })
  ways.push({ id: 313, refs: [crossing(5, 2), crossing(6, 3)], tags: { highway: 'footway' } })
  ways.push({ id: 314, refs: [crossing(COLUMNS - 1, 5), 6_102, 999_999], tags: { highway: 'tertiary' } })
  ways.push({ id: 315, refs: [6_101, 6_100, crossing(4, 4), 6_101], tags: { highway: 'living_street' } })

  relations.push({ id: 1, from: 103, via: crossing(3, 5), to: 15 })
  relations.push({ id: 2, from: 109, via: crossing(9, 3), to: 13 })
  const turn = (id: number, tags: Record<string, string>, from: number, via: number, to: number): void => {
    const members = [
      { type: 'way' as const, ref: from, role: 'from' },
      { type: via < 1_000 ? ('way' as const) : ('node' as const), ref: via, role: 'via' },
      { type: 'way' as const, ref: to, role: 'to' },
    ]
    relations.push({ id, tags: { type: 'restriction', ...tags }, members })
  }
  turn(3, { restriction: 'no_u_turn' }, 105, crossing(5, RIVER_ROW - 1), 105)
  turn(4, { restriction: 'only_straight_on' }, 112, crossing(12, RIVER_ROW - 1), 172)
  turn(5, { restriction: 'no_straight_on' }, 106, 166, 136)
  turn(6, { 'restriction:hgv': 'no_straight_on' }, 118, 178, 148)
  drawGround(nodes, ways, relations)
  return { nodes, ways, relations }
}

function drawGround(
  nodes: DrawnNode[],
  ways: DrawnWay[],
  relations: (DrawnRestriction | DrawnRelation)[],
): void {
  const line = (first: number, points: readonly (readonly [number, number])[]): number[] =>
    points.map(([i, j], k) => {
      nodes.push(at(first + k, i, j))
      return first + k
    })
  const river = line(
    7_000,
    Array.from({ length: 24 }, (_, i) => [i - 1, RIVER_ROW - 0.5] as const),
  )
  ways.push({ id: 400, refs: river, tags: { waterway: 'river', 'name:zh': '泗河', width: '60' } })
  const rail = line(7_100, [
    [-1, 3.5],
    [10, 3.4],
    [24, 3.6],
  ])
  ways.push({ id: 401, refs: rail, tags: { railway: 'rail', name: '兖石铁路' } })
  const wood = line(7_200, [
    [1, 17],
    [4, 17],
    [4, 19],
    [1, 19],
  ])
  ways.push({ id: 402, refs: [...wood, wood[0]!], tags: { landuse: 'forest', name: 'North Wood' } })
  // The lake's shore is two ways without a tag; its islet is one.
  const shore = line(7_300, [
    [8, 17],
    [12, 17],
    [12, 20],
    [8, 20],
  ])
  const islet = line(7_400, [
    [9.5, 18],
    [10.5, 18],
    [10, 19],
  ])
  ways.push({ id: 403, refs: [shore[0]!, shore[1]!, shore[2]!], tags: {} })
  ways.push({ id: 404, refs: [shore[0]!, shore[3]!, shore[2]!], tags: {} })
  ways.push({ id: 405, refs: [...islet, islet[0]!], tags: {} })
  relations.push({
    id: 50,
    tags: { type: 'multipolygon', natural: 'water', name: '南池' },
    members: [
      { type: 'way', ref: 403, role: 'outer' },
      { type: 'way', ref: 404, role: 'outer' },
      { type: 'way', ref: 405, role: 'inner' },
    ],
  })
  relations.push({
    id: 51,
    tags: { type: 'multipolygon', leisure: 'park' },
    members: [{ type: 'way', ref: 403, role: 'outer' }],
  })
  nodes.push(at(7_500, 5.2, 6.1, { amenity: 'hospital', name: 'First Hospital', 'name:zh': '第一医院' }))
  nodes.push(
    at(7_501, 10, 10, { place: 'suburb', name: '鼓楼' }),
    at(7_502, 3, 12, { amenity: 'police', name: '西关派出所' }),
  )
  nodes.push(at(7_503, 3, 12.5, { amenity: 'police' }))
}
