import { join } from 'node:path'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { openPacedClock } from './clock/paced-clock.ts'
import { openRealClock } from './clock/real-clock.ts'
import { openControlBook } from './control/knobs.ts'
import { openControlPage } from './demo/control-page.ts'
import { stationPortsOf } from './demo/flags.ts'
import type { DemoFlags } from './demo/flags.ts'
import { openFleet } from './demo/fleet.ts'
import { findPortsFree } from './demo/free-ports.ts'
import { openFullVehicle } from './demo/full-vehicle.ts'
import type { FullVehicle } from './demo/full-vehicle.ts'
import { openGatewayProcess } from './demo/gateway-process.ts'
import { Closers, openLogs } from './demo/house.ts'
import { startIncidents } from './demo/incident-source.ts'
import type { House, Say } from './demo/house.ts'
import { openStation, STATION_ID } from './demo/station.ts'
import type { DemoStation } from './demo/station.ts'
import { demoUnits, identitiesOf, identityOf } from './demo/units.ts'
import type { DemoUnit } from './demo/units.ts'
import { pluggedInOf, tellPluggedIn } from './demo/plugged-in.ts'
import { readRecording } from './demo/recording.ts'
import type { Recording } from './demo/recording.ts'
import { prepareWorld } from './demo/world.ts'
import type { World } from './demo/world.ts'
import { openTcpProxy } from './link/tcp-proxy.ts'
import { randomOf } from './random.ts'

export type Demo = {
  readonly world: World
  readonly units: readonly DemoUnit[]
  readonly addresses: {
    readonly map: string
    readonly terminal: string
    readonly kiosk: string
    readonly desk: string
    readonly enrolment: string
    readonly mqtt: string
    readonly sim: string
  }
  readonly receiver: string
  readonly gatewayPid: number | undefined
  close(): Promise<void>
}

/** The demo, put together: a world, a gateway process, one full vehicle, the fleet, a dispatcher. */
export async function composeDemo(flags: DemoFlags, say: Say): Promise<Result<Demo>> {
  const closers = new Closers()
  try {
    return ok(await build(flags, closers, say))
  } catch (error) {
    await closers.close()
    const words = (error as Error).message
    const code = /\[([A-Z_]+)\]$/.exec(words)?.[1]
    return fault(code ?? 'NOT_READY', code === undefined ? words : words.slice(0, -code.length - 3))
  }
}

async function build(flags: DemoFlags, closers: Closers, say: Say): Promise<Demo> {
  const clock = openRealClock()
  // What was typed wrongly is told before anything is drawn or started.
  const recording = must(await readRecording(flags.nmea))
  must(await findPortsFree(flags))
  const logs = openLogs(flags, closers)
  const world = must(await prepareWorld(flags, join(flags.data, 'city'), say))
  const gatewayOpening = openGatewayProcess(flags, world, logs, closers)
  // Laid while the gateway loads; every car asks for it.
  world.beatOf(world.grids[0]!)
  const { gateway, urls } = await gatewayOpening
  const pace = openPacedClock(clock)
  const book = openControlBook()
  const house: House = { flags, clock, pace, world, logs, closers, urls, book, say }

  const units = demoUnits(flags.units, world.grids)
  must(await identityOf(units[0]!, join(flags.data, 'units'), urls))
  // The car's and the station's processes load while the fleet greets the gateway.
  const [full, station] = await Promise.all([
    openVisitorsCar(house, units[0]!, recording),
    openStationOfDemo(house),
    enrolled(house, units).then(members => openFleet(house, members.slice(1))),
  ])
  const createIncident = startIncidents(house, units)
  const sim = must(await openControlPage(house, { gateway, createIncident }))
  return {
    world,
    units,
    addresses: {
      map: urls.pages,
      terminal: full.terminalUrl(),
      kiosk: station.kioskUrl(),
      desk: station.deskUrl(),
      enrolment: urls.enrolment,
      mqtt: urls.mqtt,
      sim: sim.url,
    },
    receiver: full.receiver,
    gatewayPid: gateway.pid,
    close: () => closers.close(),
  }
}

async function openStationOfDemo({ flags, world, urls, logs, closers }: House): Promise<DemoStation> {
  const station = await openStation({
    ...{ world, urls, dir: join(flags.data, 'units', STATION_ID) },
    ...stationPortsOf(flags),
    ...{ log: logs.demo, logFile: logs.files.agent },
  })
  closers.add('cars', () => station.close())
  return station
}

async function enrolled({ flags, urls, say }: House, units: readonly DemoUnit[]) {
  const step = Math.ceil(units.length / 4)
  const identities = must(
    await identitiesOf(units, join(flags.data, 'units'), urls, done => {
      if (units.length > 16 && done % step === 0 && done < units.length)
        say(`certificates: ${done} of ${units.length}`)
    }),
  )
  say(`${units.length} vehicles have their certificates`)
  return units.map((unit, i) => ({ unit, identity: identities[i]! }))
}

/** The one car with a process of its own, behind a link that can be cut: its terminal is the visitor's. */
async function openVisitorsCar(
  house: House,
  unit: DemoUnit,
  recording: Recording | null,
): Promise<FullVehicle> {
  const pluggedIn = pluggedInOf(house.flags)
  const { flags, clock, pace, world, logs, closers, urls, book } = house
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: Number(new URL(urls.mqtt).port) })
  closers.add('houses', () => proxy.close())
  const full = await openFullVehicle({
    sampling: house.flags.sampling,
    unit,
    world,
    clock,
    pace,
    random: randomOf(flags.seed, unit.unitId, 'drive'),
    dir: join(flags.data, 'units', unit.deviceId),
    terminalPort: flags['terminal-port'],
    mqttUrl: `mqtts://127.0.0.1:${proxy.port}`,
    recording,
    pluggedIn,
    onView: tellPluggedIn(pluggedIn, house.say),
    log: logs.demo,
    logFile: logs.files.agent,
  })
  closers.add('cars', () => full.close())
  book.register(unit.unitId, {
    ...full.controls,
    link: { read: () => proxy.state, turn: to => ok(proxy.set(to)) },
  })
  return full
}

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(`${result.detail} [${result.code}]`)
}
