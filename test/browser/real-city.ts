import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serveHttp } from '#gateway/api/http-server.ts'
import { createStreamHub } from '#gateway/api/stream.ts'
import { createGridLookup } from '#gateway/city/grid-lookup.ts'
import { mintOf } from '#gateway/city/surroundings.ts'
import { createCity } from '#gateway/city.ts'
import { createClosureRoads } from '#gateway/closures/closure-roads.ts'
import { createRoadReach } from '#gateway/dispatch/road-reach.ts'
import { gridsGeoJson } from '#gateway/grids/grid-geojson.ts'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import type { CityEvent, Command } from '#gateway/loop/effects.ts'
import { openPrometheus } from '#gateway/metrics/prometheus.ts'
import { RoadConditions } from '#gateway/reach/road-conditions.ts'
import { RoadWeights } from '#gateway/reach/weights.ts'
import { roadLines } from '#gateway/roads/road-lines.ts'
import { roadsGeoJson } from '#gateway/roads/roads-geojson.ts'
import { RoadSnap } from '#gateway/roads/snap.ts'
import { systemClock } from '#gateway/system-clock.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { graphOfTown } from './fake-coverage.ts'

/** A page's real counterpart, all but the devices and the disk: city, roads, searches, API and stream are the gateway's. */
export type RealCity = { readonly url: string; close(): Promise<void> }

export async function openRealCity(crews: readonly LatLon[]): Promise<RealCity> {
  const clock = systemClock()
  const graph = graphOfTown()
  const weights = new RoadWeights(graph)
  const conditions = new RoadConditions()
  conditions.tell(weights)
  const grids = layGrids(graph, 4)
  let names = 0
  const city = createCity({
    mint: mintOf(bytes => String(++names).padStart(bytes * 2, '0')),
    reach: createRoadReach(graph, weights),
    roads: createClosureRoads(graph, new RoadSnap(graph), factors =>
      conditions.put('closures', { by: 'drive', factors }),
    ),
    grids: createGridLookup(grids),
  })
  const metrics = openPrometheus()
  const hub = createStreamHub({
    clock,
    metrics,
    snapshot: () => {
      const now = clock.now()
      const [units, incidents, alarms] = [city.units(now), city.incidents(now), city.alarms(now)]
      return { units, incidents, alarms, closures: city.closures(now), coverage: null }
    },
  })
  const tell = (event: CityEvent): Result<unknown> | undefined => {
    const effects = city.handle(event, clock.now())
    hub.publish(effects.flatMap(effect => (effect.type === 'change' ? [effect.change] : [])))
    const reply = effects.find(effect => effect.type === 'reply')
    return reply?.result
  }
  const submit = (command: Command, actor: string): Promise<Result<unknown>> =>
    Promise.resolve(
      tell({ type: 'command', commandId: 'c', actor, command }) ?? fault('NOT_READY', 'no reply'),
    )
  crews.forEach((_, n) =>
    tell({
      type: 'bound',
      binding: { deviceId: `ptu-${n + 1}`, unitId: `u-${n + 1}`, callSign: `巡0${n + 1}`, homeGridId: null },
    }),
  )
  let beats = 0
  const report = (): void => {
    beats++
    crews.forEach(({ lat, lon }, n) => tell(liveOf(n + 1, beats, lat, lon)))
    tell({ type: 'tick' })
  }
  report()
  const timer = setInterval(report, 1_000)
  const absent = (): never => {
    throw new Error('not asked for here')
  }
  const lost = async () => fault('COVERAGE_LOST', 'not computed here')
  const http = await serveHttp(
    {
      ...{ clock, metrics, hub, submit, views: city, tiles: null, ready: () => true },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      pagesDir: join(fileURLToPath(new URL('../../dist/pages/', import.meta.url)), 'map'),
      recommend: async (place, options) => city.recommend(place, clock.now(), options),
      readRecords: async () => ok({ records: [], next: null }),
      devices: async () => [],
      issueCode: async () => fault('FORBIDDEN', ''),
      unseal: () => fault('SEALED_UNREADABLE', ''),
      operator: { picture: absent, codes: () => [], withdrawCode: absent, revoke: absent },
      audit: async () => ok(undefined),
      geo: {
        grids: gridsGeoJson(grids),
        roads: roadsGeoJson(graph),
        city: '{"type":"FeatureCollection","features":[]}',
        roadLines: roadLines(new RoadWeights(graph)),
      },
      coverage: { roads: lost, costs: lost, foreseen: lost, coldSpots: lost, reach: lost, reachRoads: lost },
    },
    0,
  )
  if (!http.ok) throw new Error(http.detail)
  return {
    url: `${http.value.url}/`,
    close: async () => {
      clearInterval(timer)
      hub.close()
      await http.value.close()
    },
  }
}

function liveOf(n: number, liveSeq: number, lat: number, lon: number): CityEvent {
  return {
    type: 'live',
    deviceId: `ptu-${n}`,
    latenessMs: 0,
    live: {
      ...{ v: 1, epoch: 'a'.repeat(16), bootId: 'b'.repeat(16), bootCount: 1, liveSeq },
      ...{
        sentMonoMs: liveSeq,
        sentAt: 0,
        clockQuality: 'gnss',
        window: 'c'.repeat(32),
        announcedMs: 20_000,
      },
      position: { eventId: null, ageMs: 0, lat, lon, mode: 3, speedMps: 5 },
      ...{ equipment: {}, recording: false, emergency: false, availability: 'available', assignments: [] },
      ...{ queue: { alarm: 0, event: 0, track: 0, diag: 0, bytes: 0 }, store: 'ok' },
    },
  }
}
