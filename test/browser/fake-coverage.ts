import type { UnitView } from '#protocols/api.ts'
import type {
  AreaCoverage,
  CoverageColour,
  CoverageCost,
  CoverageReason,
  CoverageView,
  ForeseenView,
} from '#protocols/coverage.ts'
import { COVERAGE_BEYOND, COVERAGE_ROADS_FORMAT, COVERAGE_ROADS_MAGIC } from '#protocols/coverage.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import { simulatedCity } from '#sim/city/city.ts'

/*
 * Coverage for the fake gateway: straight lines at a steady speed instead of roads. Grids have one colour each, so that
 * every look of the page is on the screen at once.
 */
export const fakeTown = simulatedCity({ seed: 1 })
const CROW_MPS = 4

let packed: RoadGraph | undefined
export function graphOfTown(): RoadGraph {
  if (packed === undefined) {
    const graph = openGraph(packGraph(fakeTown.network))
    if (!graph.ok) throw new Error(graph.detail)
    packed = graph.value
  }
  return packed
}

/** Seconds to both ends of every edge in the bytes of `/v1/coverage/roads`. */
export function fakeRoadTimes(units: readonly UnitView[], tick: number): Buffer {
  const graph = graphOfTown()
  const at = units.flatMap(unit => (unit.position === null ? [] : [unit.position])).slice(0, 40)
  const edges = graph.edgeCount
  const bytes = Buffer.alloc(16 + 3 * edges)
  for (const [n, value] of [COVERAGE_ROADS_MAGIC, COVERAGE_ROADS_FORMAT, tick, edges].entries())
    bytes.writeUInt32LE(value, 4 * n)
  const seconds = (node: number): number[] =>
    at.map(unit => distanceM(unit, { lat: graph.lat(node), lon: graph.lon(node) }) / CROW_MPS)
  const stepOf = (times: readonly number[]): number =>
    Math.min(COVERAGE_BEYOND, Math.ceil(Math.min(...times, 9_999) / 2))
  for (let edge = 0; edge < edges; edge += 1) {
    const [from, to] = [seconds(graph.edgeFrom[edge] ?? 0), seconds(graph.edgeTo[edge] ?? 0)]
    bytes[16 + edge] = stepOf(from)
    bytes[16 + edges + edge] = stepOf(to)
    const inReach = from.filter((time, n) => (time + (to[n] ?? time)) / 2 <= 300).length
    const isUnknown = graph.lat(graph.edgeFrom[edge] ?? 0) > 35.608
    bytes[16 + 2 * edges + edge] = isUnknown ? 255 : Math.min(4, inReach)
  }
  return bytes
}

const LOOKS: readonly (readonly [CoverageColour, readonly CoverageReason[], number])[] = [
  ['green', [{ code: 'covered', value: null, limit: null }], 0.98],
  [
    'black',
    [
      { code: 'share_low', value: 0.43, limit: 0.5 },
      { code: 'cold_spot', value: 0.31, limit: 0.05 },
    ],
    0.43,
  ],
  ['unknown', [{ code: 'data_stale', value: 0.5, limit: 0.2 }], 0.71],
  ['blue', [{ code: 'thin', value: 1, limit: 2 }], 0.88],
]

const area = (share: number): AreaCoverage => ({
  roadM: 61_200,
  circles: [share * 0.3, share * 0.7, share],
  demandCircles: [share * 0.35, share * 0.8, Math.min(1, share * 1.05)],
  atLeast: [share, share * 0.6, share * 0.3],
  areaM2: 4_200_000,
  demandAtLeast: [Math.min(1, share * 1.05), share * 0.65, share * 0.33],
  areaAtLeast: [share * 0.96, share * 0.55, share * 0.26],
  expected: share * 0.87,
  expectedDemand: share * 0.9,
})

export function fakeCoverage(units: readonly UnitView[], tick: number, at: string): CoverageView {
  const share = 0.874 + Math.sin(tick / 30) * 0.02
  return {
    at,
    tick,
    tookMs: 40,
    unitsCounted: units.filter(unit => unit.freshness !== 'stale').length,
    unitsStale: units.filter(unit => unit.freshness === 'stale').length,
    demand: { basis: 'history', incidents: 1_284, hour: 10 },
    busy: { share: 0.25, basis: 'configured', measuredSeconds: 0 },
    city: area(share),
    grids: fakeTown.grids.map((grid, n) => {
      const [colour, reasons, part] = LOOKS[n % LOOKS.length]!
      const [lon = 0, lat = 0] = grid.geometry.coordinates[0]?.[0] ?? []
      return {
        gridId: grid.id,
        name: grid.properties.name,
        colour,
        sinceMs: 60_000 * (n + 1) + tick * 1_000,
        reasons: [...reasons],
        units: 3 - (n % 3),
        unitsStale: colour === 'unknown' ? 2 : 0,
        centre: { lat: lat - 0.01, lon: lon - 0.01 },
        acknowledged: false,
        area: area(part),
      }
    }),
    coldSpots: [
      {
        id: 'cold-1',
        gridIds: fakeTown.grids.slice(1, 2).map(grid => grid.id),
        centre: { lat: 35.5695, lon: 117.004 },
        roadM: 2_340,
        areaM2: 410_000,
        sinceMs: 190_000,
        demandShare: 0.021,
        fillBy: { unitId: 'ptu-3', callSign: '巡03', etaSeconds: 402 },
      },
    ],
    moveUps: fakeMoveUps(),
  }
}

/** One proposal and one on its way. */
export function fakeMoveUps(): CoverageView['moveUps'] {
  const [first, second] = fakeTown.grids
  const common = { reachedBefore: 0.874, sinceMs: 41_000 }
  return [
    {
      ...common,
      id: 'mov-1',
      unitId: 'ptu-7',
      callSign: '巡07',
      state: 'accepted',
      orderId: 'ord-mov-1',
      place: { kind: 'centre', lat: 35.592, lon: 117.0, gridId: first!.id, name: '', road: '大同路' },
      text: `${first!.properties.name} 大同路`,
      gainShare: 0.021,
      reachedAfter: 0.895,
      etaSeconds: 210,
      leaves: { roadM: 0, demandShare: 0, gridIds: [] },
    },
    {
      ...common,
      id: 'mov-2',
      unitId: 'ptu-8',
      callSign: '巡08',
      state: 'proposed',
      orderId: null,
      place: {
        kind: 'cold_spot',
        lat: 35.5695,
        lon: 117.004,
        gridId: second!.id,
        name: '',
        road: '静轩东路',
      },
      text: `${second!.properties.name} 静轩东路`,
      gainShare: 0.034,
      reachedAfter: 0.908,
      etaSeconds: 185,
      leaves: { roadM: 1_240, demandShare: 0.006, gridIds: [first!.id] },
    },
  ]
}

/** A few streets in the south-east of the town. */
export function fakeColdSpots(): unknown {
  const near = fakeTown.network.edges.filter(
    edge =>
      distanceM({ lat: edge.shape[0]![1], lon: edge.shape[0]![0] }, { lat: 35.5695, lon: 117.004 }) < 350,
  )
  const view = fakeCoverage([], 1, '2026-11-24T00:00:00.000Z').coldSpots[0]
  return {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        geometry: { type: 'MultiLineString', coordinates: near.map(edge => edge.shape) },
        properties: view,
      },
    ],
  }
}

/** Two of three units cost something; the road around the unit stands for what it alone reaches. */
export function fakeCost(unit: UnitView): CoverageCost {
  const n = Number(unit.id.replace(/\D/g, ''))
  const [first] = fakeTown.grids
  if (n % 3 === 0) return { roadM: 0, areaM2: 0, roadShare: 0, demandShare: 0, grids: [] }
  return {
    roadM: 700 * n,
    areaM2: 90_000 * n,
    roadShare: 0.006 * n,
    demandShare: 0.004 * n,
    grids: [
      {
        gridId: first!.id,
        name: first!.properties.name,
        roadM: 700 * n,
        shareBefore: 0.96,
        shareAfter: 0.96 - 0.03 * n,
        colourBefore: 'green',
        colourAfter: n % 2 === 0 ? 'red' : 'blue',
      },
    ],
  }
}

export function fakeForeseen(units: readonly UnitView[]): ForeseenView {
  const costs = units.map(fakeCost)
  const sum = (of: (cost: CoverageCost) => number): number => costs.reduce((all, cost) => all + of(cost), 0)
  const at = units[0]?.position ?? { lat: 0, lon: 0 }
  const lines = fakeTown.network.edges
    .filter(edge => units.some(({ position }) => position !== null && isNear(edge.shape[0]!, position)))
    .map(edge => edge.shape.map(([lon, lat]): [number, number] => [lon, lat]))
  const isNothing = sum(cost => cost.roadM) === 0
  return {
    unitIds: units.map(unit => unit.id),
    roadM: sum(cost => cost.roadM),
    areaM2: sum(cost => cost.areaM2),
    roadShare: sum(cost => cost.roadShare),
    demandShare: sum(cost => cost.demandShare),
    grids: costs.flatMap(cost => cost.grids).slice(0, 1),
    lines: isNothing ? [] : lines,
    coldSpots: isNothing
      ? []
      : [
          {
            id: 'foreseen-1',
            gridIds: [],
            centre: { lat: at.lat, lon: at.lon },
            roadM: sum(cost => cost.roadM),
            areaM2: sum(cost => cost.areaM2),
            sinceMs: 0,
            demandShare: sum(cost => cost.demandShare),
            fillBy: { unitId: 'ptu-2', callSign: '巡02', etaSeconds: 141 },
          },
        ],
  }
}

const isNear = ([lon, lat]: readonly [number, number], at: { lat: number; lon: number }): boolean =>
  distanceM({ lat, lon }, at) < 450
