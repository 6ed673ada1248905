import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IncidentView, UnitView } from '#protocols/api.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { loadOf } from '#sim/demo/process-load.ts'
import { mortalGateway, openTown } from '../crash/gateway.ts'
import type { MortalGateway } from '../crash/gateway.ts'
import { sleep, within } from '../crash/life.ts'
import type { Life } from '../crash/life.ts'
import { enrolFleet } from '../fleet/enrolled.ts'
import { quantile } from '../oracle/quantile.ts'
import { putFirst, startFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { monotonicMs } from './fleet-words.ts'
import { delaysOf, openPage } from './page.ts'

const ALL_LIVE_WITHIN_MS = 120_000
const PROBE_EVERY_MS = 250
/** What was sent last is looked for this long. */
const GRACE_MS = 3_000

/** A gateway and a fleet of connected devices, with a directory of their own. */
export type StormHouse = {
  readonly gateway: MortalGateway
  readonly identities: readonly DeviceIdentity[]
  readonly unitIds: readonly string[]
  readonly fleet: Fleet
  readonly logFile: string
  life(): Life
  /** Kills the gateway, waits until every device knows, and starts it again. */
  crash(): Promise<void>
  mqttPort(): number
  close(): Promise<void>
}

export async function openStormHouse(devices: number, priority: number): Promise<StormHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-storm-'))
  const logFile = join(dir, 'gateway.log')
  const log = openSync(logFile, 'a')
  const identities = await enrolFleet(join(dir, 'gateway'), devices)
  const file = join(dir, 'identities.json')
  writeFileSync(file, JSON.stringify(identities))
  const gateway = mortalGateway(join(dir, 'gateway'), await openTown(dir), log)
  const fleet = await startFleet(file, priority)
  let life = await start(gateway, priority)
  const mqttPort = (): number => Number(new URL(gateway.mqtt).port)
  return {
    ...{ gateway, identities, fleet, logFile, mqttPort },
    unitIds: identities.map(identity => identity.unitId),
    life: () => life,
    crash: async () => {
      const lost = fleet.lost()
      fleet.tell({ type: 'hold' })
      await life.kill()
      await lost
      life = await start(gateway, priority)
    },
    close: async () => {
      fleet.close()
      await life.stop()
      closeSync(log)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function start(gateway: MortalGateway, priority: number): Promise<Life> {
  const life = await gateway.start()
  putFirst(life.pid, priority)
  return life
}

export type Storm = {
  readonly devices: number
  readonly allLive: boolean
  /** From the gateway's word that it is ready to the last device's new word on the page. */
  readonly allLiveS: number
  readonly halfLiveS: number
  readonly cpuSeconds: { readonly gateway: number; readonly fleet: number }
  readonly failedDials: number
  readonly unitsLiveByApi: number
  /** From the moment a device sent its live slot to the page. */
  readonly stream: Delays
  /** From a dispatcher's new incident to the page. */
  readonly incidents: Delays
}
type Delays = {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Everybody dials in the moment the gateway is there; what a page at its stream sees until the last one is live. */
export async function storm(house: StormHouse): Promise<Storm> {
  const { gateway, fleet, unitIds } = house
  const before = await fleet.report()
  const cpuBefore = cpuOf(house)
  const fromMs = monotonicMs()
  const page = await openPage(gateway.pages, '?compact=1')
  fleet.tell({ type: 'dial', port: house.mqttPort() })
  const probes = probeIncidents(gateway.pages)
  const newly = (): number =>
    unitIds.filter((id, i) => (page.seen.get(id)?.at(-1)?.word ?? 0) > before.sentMs[i]!.length).length
  let halfMs = Infinity
  const allLive = await within(ALL_LIVE_WITHIN_MS, () => {
    const live = newly()
    if (live >= unitIds.length / 2 && halfMs === Infinity) halfMs = monotonicMs()
    return live === unitIds.length
  })
  const toMs = monotonicMs()
  const cpu = cpuOf(house)
  const posted = await probes.stop()
  await sleep(GRACE_MS)
  const after = await fleet.report()
  page.close()
  return {
    devices: unitIds.length,
    allLive,
    allLiveS: seconds(toMs - fromMs),
    halfLiveS: seconds(halfMs - fromMs),
    cpuSeconds: {
      gateway: Math.round(10 * (cpu.gateway - cpuBefore.gateway)) / 10,
      fleet: Math.round(10 * (cpu.fleet - cpuBefore.fleet)) / 10,
    },
    failedDials: after.failedDials - before.failedDials,
    unitsLiveByApi: await unitsLive(gateway.pages),
    stream: delays(delaysOf(page, after.sentMs, unitIds, { fromMs, toMs })),
    incidents: delays(posted.map(({ id, atMs }) => (page.incidents.get(id) ?? Infinity) - atMs)),
  }
}

/** Connects the whole fleet without looking at the clock. */
export async function connectAll(house: StormHouse): Promise<void> {
  house.fleet.tell({ type: 'dial', port: house.mqttPort() })
  const all = await within(
    ALL_LIVE_WITHIN_MS,
    async () => (await unitsLive(house.gateway.pages)) === house.unitIds.length,
  )
  if (!all) throw new Error('the fleet never came to be live; see the log of the gateway')
}

async function unitsLive(pages: string): Promise<number> {
  const { units } = (await (await fetch(`${pages}/v1/units`)).json()) as { units: UnitView[] }
  return units.filter(unit => unit.freshness === 'live' && unit.link === 'up').length
}

/** A dispatcher who reports an incident several times a second, and when. */
function probeIncidents(pages: string) {
  const posted: { readonly id: string; readonly atMs: number }[] = []
  const asked: Promise<void>[] = []
  const probe = async (): Promise<void> => {
    const atMs = monotonicMs()
    const answer = await fetch(`${pages}/v1/incidents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ place: { lat: 35.59, lon: 116.99, text: '' }, class: 'dispute' }),
    })
    if (answer.status !== 201) throw new Error(`a new incident was answered with ${answer.status}`)
    posted.push({ id: ((await answer.json()) as IncidentView).id, atMs })
  }
  const timer = setInterval(() => void asked.push(probe()), PROBE_EVERY_MS)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(asked)
      return posted
    },
  }
}

const cpuOf = ({ life, fleet }: StormHouse) => ({
  gateway: loadOf(life().pid)?.cpuSeconds ?? NaN,
  fleet: loadOf(fleet.pid)?.cpuSeconds ?? NaN,
})

const seconds = (ms: number): number => Math.round(ms / 10) / 100

const delays = (values: readonly number[]): Delays => ({
  count: values.length,
  p50Ms: Math.round(quantile(values, 0.5)),
  p99Ms: Math.round(quantile(values, 0.99)),
  maxMs: Math.round(quantile(values, 1)),
})
