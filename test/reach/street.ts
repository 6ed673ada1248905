import { openCoverageThread } from '#gateway/coverage/coverage-thread.ts'
import { GridMap } from '#gateway/grids/membership.ts'
import { parseGrids } from '#gateway/grids/grid-geojson.ts'
import { NearestUnits } from '#gateway/reach/nearest.ts'
import { RoadSearch } from '#gateway/reach/search.ts'
import { UnitsOnRoads } from '#gateway/reach/units-on-roads.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import { systemClock } from '#gateway/system-clock.ts'
import { NO_GRID } from '#protocols/geo/membership.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import { packGraph } from '#protocols/roads/pack-graph.ts'
import type { City } from '#sim/city/city.ts'
import { placesBesideRoads } from './places.ts'
import { digits } from './timing.ts'

const SECONDS = 20
/** A graph, its grids and code that runs for the first time. */
const WARM_UP_S = 8
const SNAP_M = 60
const QUESTIONS_PER_S = 10
const STEP_DEG = 1.5e-4
const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** What the reach of a whole city on the street costs, its coverage thread included; how long it holds a gateway: `gateway-day.ts`. */
export type Street = {
  readonly units: number
  readonly seconds: number
  readonly refreshes: number
  /** Processor time of all threads in percent of one core. */
  readonly corePercent: number
}

/**
 * Every unit moves once a second at its own moment: its road is found, it is hung there, its grid is judged. The coverage
 * thread refreshes once a second, and ten times a second somebody asks who is nearest.
 */
export async function onTheStreet(city: City, count: number, random: () => number): Promise<Street> {
  const bytes = packGraph(city.network)
  const opened = openGraph(bytes)
  const parsed = parseGrids(JSON.stringify({ type: 'FeatureCollection', crs: 'WGS84', features: city.grids }))
  if (!opened.ok || !parsed.ok) throw new Error('the city does not open')
  const graph = opened.value
  const { grids } = parsed.value
  const [snap, map] = [new RoadSnap(graph), new GridMap(grids)]
  const table = new UnitsOnRoads(graph, count)
  const nearest = new NearestUnits(table, new RoadSearch(graph))
  const units = placesBesideRoads(graph, count, random).map((place, i) => ({
    ...{ place, unitId: `unit-${i}`, callSign: `${i}`, turnoutSeconds: 30 },
    member: map.move(NO_GRID, place, 0),
  }))
  const step = (): number => (random() - 0.5) * STEP_DEG
  const moveOne = (unit: (typeof units)[number]): void => {
    unit.place = { lat: unit.place.lat + step(), lon: unit.place.lon + step() }
    const at = snap.snap(unit.place.lat, unit.place.lon, SNAP_M)
    if (at !== undefined) table.place(unit.unitId, at.edge, at.fraction)
    unit.member = map.move(unit.member, unit.place, performance.now())
  }
  const ask = ({ lat, lon }: LatLon): void => {
    const at = snap.snap(lat, lon, SNAP_M)
    if (at !== undefined) nearest.nearest(at, 5)
  }
  units.forEach(moveOne)
  let refreshes = 0
  const thread = openCoverageThread({
    ...{ clock: systemClock(), log: QUIET, edges: graph.edgeCount },
    data: { graph: bytes, grids, spotPrefix: 'cold', standby: [] },
    read: () => ({
      duty: {
        unitsStale: 0,
        busy: { share: 0.25, basis: 'configured', measuredSeconds: 0 },
        grids: grids.map(({ id: gridId }) => ({ gridId, units: 1, unitsStale: 0, staleShare: 0 })),
      },
      input: {
        ...{ urgent: [], unknown: [], busyShare: 0.25 },
        units: units.map(({ place, unitId, callSign, turnoutSeconds }) => ({
          ...{ ...place, unitId, callSign, turnoutSeconds },
        })),
      },
    }),
    onRefresh: () => refreshes++,
  })
  let turn = 0
  const moving = setInterval(() => {
    // As many as are due by now: a timer comes late under load and must not drive slower for it.
    const due = Math.floor(((performance.now() - beganMs) / 1000) * count)
    while (turn < due) moveOne(units[turn++ % count]!)
  }, 4)
  const asking = setInterval(() => ask(units[Math.floor(random() * count)]!.place), 1000 / QUESTIONS_PER_S)
  const beganMs = performance.now()
  try {
    await pass(WARM_UP_S)
    const before = { cpu: process.cpuUsage(), ms: performance.now(), refreshes }
    await pass(SECONDS)
    const { user, system } = process.cpuUsage(before.cpu)
    const wallMs = performance.now() - before.ms
    const made = refreshes - before.refreshes
    return {
      units: count,
      seconds: SECONDS,
      refreshes: made,
      corePercent: digits((user + system) / 10 / wallMs),
    }
  } finally {
    clearInterval(moving)
    clearInterval(asking)
    await thread.close()
  }
}

const pass = (seconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, seconds * 1000))
