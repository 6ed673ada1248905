import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { openMemoryOutbox } from '#agent/outbox/memory-outbox.ts'
import { SOFTWARE } from '#agent/compose.ts'
import { mqttDial } from '#agent/uplink/mqtt-uplink.ts'
import { composeVehicle } from '#agent/vehicle.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Clock } from '#protocols/time.ts'
import { openRealClock } from './clock/real-clock.ts'
import { attachCarDevices } from './demo/car-devices.ts'
import { entryOf, startChild } from './demo/child.ts'

import { startDispatcher } from './demo/dispatcher.ts'
import type { DemoFlags } from './demo/flags.ts'
import { fileLog } from './demo/file-log.ts'
import { openFullVehicle } from './demo/full-vehicle.ts'
import { demoUnits, identityOf } from './demo/units.ts'
import type { DemoUnit } from './demo/units.ts'
import { VehicleBody, beatIn } from './demo/vehicle-body.ts'
import { prepareWorld } from './demo/world.ts'
import type { World } from './demo/world.ts'
import { drawIncident, openIncidents } from './incidents/incidents.ts'
import { createMemoryLine } from './line/memory-line.ts'
import { openTcpProxy } from './link/tcp-proxy.ts'
import { randomOf } from './random.ts'
import { beatOf } from './traffic/beat.ts'

const DEMO_BAUD = 38_400

export type Demo = {
  readonly world: World
  readonly units: readonly DemoUnit[]
  readonly addresses: {
    readonly map: string
    readonly terminal: string
    readonly enrolment: string
    readonly mqtt: string
  }
  readonly receiver: string
  close(): Promise<void>
}

/** What the person at the terminal is told while it starts. */
export type Say = (words: string) => void

/** The demo, put together: a world, a gateway process, one full vehicle, the fleet, a dispatcher. */
export async function composeDemo(flags: DemoFlags, say: Say): Promise<Result<Demo>> {
  const clock = openRealClock()
  const closers: Closers = { cars: [], houses: [], files: [] }
  // Cars say goodbye to a gateway that still listens; logs outlive everybody who writes them.
  const close = async (): Promise<void> => {
    for (const group of [closers.cars, closers.houses, closers.files]) {
      await Promise.all(group.splice(0).map(async run => run()))
    }
  }
  try {
    return ok(await build(flags, clock, closers, close, say))
  } catch (error) {
    await close()
    const words = (error as Error).message
    const code = /\[([A-Z_]+)\]$/.exec(words)?.[1]
    return fault(code ?? 'NOT_READY', code === undefined ? words : words.slice(0, -code.length - 3))
  }
}

type Closer = () => Promise<void> | void
type Closers = Readonly<Record<'cars' | 'houses' | 'files', Closer[]>>

async function build(
  flags: DemoFlags,
  clock: Clock,
  closers: Closers,
  close: () => Promise<void>,
  say: Say,
): Promise<Demo> {
  const logs = openLogFiles(flags)
  closers.files.push(() => logs.files.forEach(file => closeSync(file)))

  const world = must(
    await prepareWorld(flags, join(flags.data, 'city'), (done, total) => sayShare(say, done, total)),
  )
  const { network } = world.city
  say(
    `${network.nodes.length} junctions, ${network.edges.length} roads, ${world.grids.length} grids (${network.source})`,
  )
  if (world.report)
    say(`  left out: ${JSON.stringify(world.report.dropped)}; turn restrictions are counted, not yet obeyed`)

  // A gateway that is started again listens where it did before, also when the first ports were left to chance.
  let ports = [flags['map-port'], flags['enrol-port'], flags['mqtt-port']].map(String)
  const gateway = await startChild(entryOf('gateway'), () => gatewayArgs(flags, world, ports), {
    log: logs.demo,
    logFile: logs.gateway,
    onReady: ({ pages, enrolment, mqtt }) => {
      ports = [pages, enrolment, mqtt].map(url => new URL(url ?? '').port)
    },
  })
  closers.houses.push(() => gateway.stop())
  const { pages = '', enrolment = '', mqtt = '' } = gateway.addresses

  const units = demoUnits(flags.units, world.grids)
  const identities: DeviceIdentity[] = []
  for (const unit of units)
    identities.push(must(await identityOf(unit, join(flags.data, 'units'), { pages, enrolment })))
  say(`${units.length} vehicles have their certificates`)

  const [visitor, ...fleet] = units
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: Number(new URL(mqtt).port) })
  closers.houses.push(() => proxy.close())
  const full = await openFullVehicle({
    unit: visitor!,
    world,
    clock,
    random: randomOf(flags.seed, visitor!.unitId, 'drive'),
    dir: join(flags.data, 'units', visitor!.deviceId),
    terminalPort: flags['terminal-port'],
    mqttUrl: `mqtts://127.0.0.1:${proxy.port}`,
    recording: flags.nmea === undefined ? null : { name: flags.nmea, bytes: await readRecording(flags.nmea) },
    log: logs.demo,
    logFile: logs.agent,
  })
  closers.cars.push(() => full.close())
  fleet.forEach((unit, i) => {
    const car = openFleetVehicle(unit, identities[i + 1]!, mqtt, {
      world,
      clock,
      seed: flags.seed,
      log: logs.quiet,
    })
    closers.cars.push(() => car.close())
  })

  const everyMs = flags['incident-every'] * 1000
  const incidents = openIncidents({
    map: world.map,
    landmarks: world.city.landmarks,
    beat: beatOf(world.map),
    random: randomOf(flags.seed, 'city', `incidents ${clock.now().utcMs}`),
    nowMs: clock.now().monoMs,
  })
  const dispatcher = startDispatcher({
    url: pages,
    clock,
    log: logs.demo,
    next: () => drawIncident(incidents),
    everyMs,
    leave: new Set([visitor!.unitId]),
    openMax: Math.max(1, Math.floor(fleet.length * 0.7)),
  })
  closers.cars.push(() => dispatcher.stop())
  return {
    world,
    units,
    addresses: { map: pages, terminal: full.terminalUrl(), enrolment, mqtt },
    receiver: full.receiver,
    close,
  }
}

/** A unit that lives in this process: the same vehicle code, lines and store of memory, its own certificate and link. */
function openFleetVehicle(
  unit: DemoUnit,
  identity: DeviceIdentity,
  mqttUrl: string,
  { world, clock, seed, log }: { world: World; clock: Clock; seed: number; log: Logger },
): { close(): Promise<void> } {
  const mint = (bytes: number): string => randomBytes(bytes).toString('hex')
  const lines = {
    gnss: createMemoryLine(clock, { path: 'gnss' }),
    panel: createMemoryLine(clock, { path: 'panel' }),
  }
  const bootId = mint(8)
  const vehicle = composeVehicle({
    identity,
    clock,
    log,
    outbox: openMemoryOutbox(clock, { bootId, mintEpoch: () => mint(8), health: 'ok' }),
    openPort: (path, options) => (path === 'gnss' ? lines.gnss : lines.panel).open(path, options),
    gnss: { path: 'gnss', baud: DEMO_BAUD },
    panel: { path: 'panel', baud: DEMO_BAUD },
    dial: mqttDial(identity, mqttUrl),
    mint,
    random: Math.random,
    software: SOFTWARE,
    bootId,
    bootCount: 1,
    backoffMaxMs: 5_000,
  })
  const random = randomOf(seed, unit.unitId, 'drive')
  const body = new VehicleBody(
    { map: world.map, beat: beatIn(world.map, unit.grid.polygon), clock, random },
    {
      tap: tap => vehicle.runtime.tap(tap),
      lights: on => devices.setChannel('lightbar', on),
      taps: true,
      parked: false,
    },
  )
  const devices = attachCarDevices(
    { gnss: lines.gnss.peer, panel: lines.panel.peer },
    () => body.truth(),
    clock,
    random,
  )
  vehicle.runtime.onView(view => body.see(view))
  return {
    close: async () => {
      devices.stop()
      body.stop()
      await vehicle.close()
    },
  }
}

function gatewayArgs(flags: DemoFlags, world: World, [map, enrol, mqtt]: readonly string[]): string[] {
  return [
    ...['--data', join(flags.data, 'gateway'), '--roads', world.files.roads],
    ...['--grids', world.files.grids, '--city', world.files.city],
    ...['--pages-port', map ?? '0', '--enrol-port', enrol ?? '0', '--mqtt-port', mqtt ?? '0'],
  ]
}

/** Logs go to files: the terminal of the person who started it belongs to that person. */
function openLogFiles(flags: DemoFlags) {
  if (flags.fresh) rmSync(flags.data, { recursive: true, force: true })
  const dir = join(flags.data, 'logs')
  try {
    makeDir(dir)
    const files = ['gateway', 'agent', 'demo'].map(name => openSync(join(dir, `${name}.log`), 'a'))
    const [gateway, agent, demo] = files as [number, number, number]
    return { files, gateway, agent, demo: fileLog(demo, 'info'), quiet: fileLog(demo, 'warn') }
  } catch (error) {
    throw new Error(`cannot write to ${flags.data}: ${(error as Error).message} [DIR_UNWRITABLE]`)
  }
}

/** Level by level: the recursive call of Node never returns below /proc. */
function makeDir(dir: string): void {
  if (existsSync(dir)) return
  makeDir(dirname(resolve(dir)))
  mkdirSync(dir)
}

async function readRecording(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new Error(`--nmea ${file}: ${(error as Error).message} [FILE_ABSENT]`)
  }
}

function sayShare(say: Say, done: number, total: number): void {
  const percent = Math.floor((100 * done) / Math.max(1, total))
  if (percent % 25 === 0) say(`reading roads: ${percent} %`)
}

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(`${result.detail} [${result.code}]`)
}
