import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UnitView } from '#protocols/api.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import { packGraph } from '#protocols/roads/pack-graph.ts'
import type { City } from '#sim/city/city.ts'
import { gatewayEntry, startChild } from '#sim/demo/child.ts'
import { loadOf } from '#sim/demo/process-load.ts'
import { sleep, within } from '../crash/life.ts'
import { startCrowd } from '../fleet/crowd.ts'
import { enrolFleet, sure } from '../fleet/enrolled.ts'
import { watchStream } from '../fleet/stream-watch.ts'
import { probeOf, watchLoop } from './loop-probe.ts'
import type { Held } from './loop-probe.ts'
import { placesBesideRoads } from './places.ts'
import { digits } from './timing.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const ALL_LIVE_WITHIN_MS = 300_000
/** Everybody has just connected, and code runs for the first time. */
const SETTLE_MS = 20_000
const MEASURED_MS = 30_000
const PAGES = 3
/** Of all pages together: who is nearest, with what sending each of them uncovers. */
const QUESTIONS_PER_S = 10
/** New incidents, each with its recommendation. */
const INCIDENT_EVERY_MS = 2_000

/** What the gateway that ships did in half a minute of an ordinary busy day, and how long its event loop was held. */
export type GatewayDay = {
  readonly units: number
  readonly pages: number
  readonly seconds: number
  readonly flags: readonly string[]
  readonly streamMessages: number
  readonly questions: number
  readonly incidents: number
  readonly cpuPercent: number
  readonly residentMb: number
  readonly held: Held
}

/**
 * The gateway as it ships, in the flags of the demo, on a whole city: cars with certificates report once a second over MQTT
 * and TLS, pages listen at its stream and ask who is nearest and what the coverage is, incidents come in and are recommended
 * for. All that is asked comes from this process and the crowd's.
 */
export async function gatewayDay(
  city: City,
  count: number,
  dir: string,
  random: () => number,
): Promise<GatewayDay> {
  const data = join(dir, 'day')
  mkdirSync(data)
  const files = { roads: join(dir, 'day.graph'), grids: join(dir, 'day.geojson'), held: join(dir, 'held') }
  const bytes = packGraph(city.network)
  const graph = sure(openGraph(bytes))
  writeFileSync(files.roads, bytes)
  writeFileSync(
    files.grids,
    JSON.stringify({ type: 'FeatureCollection', crs: 'WGS84', features: city.grids }),
  )
  const identities = await enrolFleet(data, count)
  const places = placesBesideRoads(graph, count, random)
  const shipped = gatewayEntry('dist/gateway.js')
  const probe = probeOf(files.held)
  const gateway = await startChild(
    {
      ...shipped,
      execArgv: [...shipped.execArgv, ...probe.execArgv],
      env: { ...shipped.env, ...probe.env },
    },
    () => [
      ...['--data', data, '--roads', files.roads, '--grids', files.grids],
      ...['--pages-port', '0', '--enrol-port', '0', '--mqtt-port', '0'],
    ],
    { log: QUIET, logFile: openSync(join(dir, 'day.log'), 'a') },
  )
  const { pages = '', mqtt = '' } = gateway.addresses
  const pid = gateway.pid!
  const crowd = startCrowd(
    {
      ...{ identities, mqttUrl: mqtt, backlog: 0, backfillBytesPerS: 4_000, backoffMaxMs: 5_000 },
      ...{ reportEveryMs: 1_000, homes: places },
    },
    1,
  )
  const tally = { messages: 0, questions: 0, incidents: 0 }
  const watching = Array.from({ length: PAGES }, () => watchStream(pages, () => void tally.messages++))
  const load = askAlways(pages, places, tally)
  try {
    if (!(await within(ALL_LIVE_WITHIN_MS, async () => (await liveUnits(pages)) === count)))
      throw new Error(`${await liveUnits(pages)} of ${count} cars are live after five minutes`)
    await sleep(SETTLE_MS)
    const [before, told] = [loadOf(pid)!, { ...tally }]
    await sleep(MEASURED_MS)
    const after = loadOf(pid)!
    const seen = {
      streamMessages: tally.messages - told.messages,
      questions: tally.questions - told.questions,
      incidents: tally.incidents - told.incidents,
    }
    const held = await watchLoop(pid, files.held, () => sleep(MEASURED_MS))
    return {
      ...{ units: count, pages: PAGES, seconds: MEASURED_MS / 1_000, flags: shipped.execArgv, ...seen },
      cpuPercent: digits((100 * (after.cpuSeconds - before.cpuSeconds)) / (MEASURED_MS / 1_000)),
      residentMb: Math.round(after.residentBytes / 1e6),
      held: rounded(held),
    }
  } finally {
    load.stop()
    for (const stop of watching) stop()
    crowd.close()
    await gateway.stop()
  }
}

const rounded = ({ looks, long, collectorMaxMs, ...times }: Held): Held => {
  const each = <T extends Readonly<Record<string, number>>>(values: T): T =>
    Object.fromEntries(Object.entries(values).map(([name, ms]) => [name, digits(ms)])) as T
  return { looks, long, ...each(times), collectorMaxMs: each(collectorMaxMs) }
}

async function liveUnits(pages: string): Promise<number> {
  const { units } = (await (await fetch(`${pages}/v1/units`)).json()) as { units: UnitView[] }
  return units.filter(unit => unit.freshness === 'live').length
}

/** Questions of pages, one after the other of each kind, as long as it is not stopped. */
function askAlways(
  pages: string,
  places: readonly LatLon[],
  tally: { questions: number; incidents: number },
): { stop(): void } {
  let turn = 0
  const next = (): LatLon => places[turn++ % places.length]!
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(pages + path, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.headers.get('content-type')?.includes('json') ? answer.json() : answer.arrayBuffer()
  }
  const nearest = async (): Promise<void> => {
    const { lat, lon } = next()
    await ask(`/v1/nearest?lat=${lat}&lon=${lon}&n=5`)
    tally.questions++
  }
  const incident = async (): Promise<void> => {
    const { lat, lon } = next()
    const made = (await ask('/v1/incidents', { place: { lat, lon, text: '' }, class: 'dispute' })) as {
      readonly id: string
    }
    await ask(`/v1/incidents/${made.id}/recommendations`, {})
    tally.incidents++
  }
  // A question that came to nothing is not counted, and the numbers say so.
  const every = (ms: number, work: () => Promise<unknown>) =>
    setInterval(() => void work().catch(() => {}), ms)
  const timers = [
    every(1_000 / QUESTIONS_PER_S, nearest),
    every(INCIDENT_EVERY_MS, incident),
    every(1_000, () => ask('/v1/coverage')),
    every(2_000, () => ask('/v1/units')),
  ]
  return { stop: () => timers.forEach(timer => clearInterval(timer)) }
}
