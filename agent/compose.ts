import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { lookForReceiver } from '#hardware/discovery/find-again.ts'
import { listSerialPorts } from '#hardware/discovery/serial-names.ts'
import { isGpsd } from '#hardware/gnss/gpsd-name.ts'
import { openGpio } from '#hardware/gpio/open-gpio.ts'
import { canLine, elmLine } from '#hardware/obd/obd-line.ts'
import { openObd } from '#hardware/obd/open-obd.ts'
import { openLine } from '#hardware/open-line.ts'
import { openReopeningPort } from '#hardware/reopening-port.ts'
import { toolProcesses } from '#hardware/tool-process.ts'
import type { AgentConfig } from './config.ts'
import type { Gauge } from '#protocols/equipment.ts'
import { openVoltFile } from '#hardware/supply/volt-file.ts'
import { WATCHED_ONLY } from './power/power-config.ts'
import type { PowerConfig } from './power/power-config.ts'
import type { Begun } from './power/cold-start.ts'
import type { LastEndKeeper } from './power/last-end-file.ts'
import { startInTheCold } from './power/start-in-the-cold.ts'
import type { Supply } from './power/start-in-the-cold.ts'
import { openTriggerLog } from './bodycam/log-file.ts'
import { serveDesk } from './desk/routes.ts'
import { profileOf, triggerOf } from './fittings.ts'
import type { Fittings } from './fittings.ts'
import type { OtherSource } from './inputs.ts'
import { loadFittings, saveFittings } from './fittings-file.ts'
import { serveKiosk } from './kiosk/routes.ts'
import { openLevelOutbox } from './outbox/level-outbox.ts'
import type { Outbox } from './outbox/outbox.ts'
import { loadIdentity } from './provisioning/load-identity.ts'
import { composeStation } from './station.ts'
import { readPlaces } from './station/places-file.ts'
import { systemClock } from './system-clock.ts'
import { serveTerminal } from './terminal/routes.ts'
import type { CarrierParts } from './uplink/carrier.ts'
import { mqttDial } from './uplink/mqtt-uplink.ts'
import { composeVehicle } from './vehicle.ts'
import type { VehicleParts } from './vehicle.ts'
import { SAMPLINGS } from './vehicle/sampling.ts'
import { BOOT_NOTE } from './vehicle/state.ts'

/** Speeds of a receiver as most leave the factory, and of a panel as provisioning sets it. */
const GNSS_BAUD = 9_600
const PANEL_BAUD = 38_400

/** An adapter answers every question, if only that nobody answered it. */
const ELM_SILENCE_MS_MAX = 10_000

export const SOFTWARE = 'reach5/0.1.0'

export type Agent = {
  readonly deviceId: string
  /** Pages of this computer by name: `terminal`; `kiosk` and `desk` of a station. */
  readonly addresses: Readonly<Record<string, string>>
  /** Resolves when the car's power is at its end; never for a car that is not ended by itself. */
  readonly ended: Promise<PowerEnd>
  /** Not bounded here: a disk that hangs may hold it up. */
  close(): Promise<void>
}

/** `off`: take the power away; `restart`: the ignition came back while everything closed. */
export type PowerEnd = 'off' | 'restart'

const NEVER = new Promise<never>(() => {})

type Core = Omit<CarrierParts, 'identity' | 'announcedMs' | 'live' | 'onNews' | 'onLink'> & {
  readonly identity: DeviceIdentity
  readonly mint: (bytes: number) => string
}

/**
 * The process of a vehicle or a duty station, put together: identity, clock, store, link, and what the profile adds. A
 * vehicle waits for its supply first; `stopped` ends that wait (fault `STOPPED`).
 */
export async function composeAgent(
  config: AgentConfig,
  log: Logger,
  stopped: Promise<unknown> = NEVER,
): Promise<Result<Agent>> {
  const identity = await loadIdentity(config.data)
  if (!identity.ok) return identity
  const clock = systemClock()
  const car = config.profile === 'vehicle' ? await readyCar(config, clock, log, stopped) : ok(null)
  if (!car.ok) return car
  const mint = (bytes: number): string => randomBytes(bytes).toString('hex')
  const bootId = mint(8)
  const store = await openStore(join(config.data, 'outbox'), clock, bootId, () => mint(8), log)
  if (!store.ok) return store
  const outbox = store.value
  const bootCount = Number(outbox.notes().get(BOOT_NOTE) ?? 0) + 1
  await outbox.append([], [{ key: BOOT_NOTE, value: bootCount }])
  const core: Core = {
    identity: identity.value,
    clock,
    log,
    outbox,
    dial: mqttDial(identity.value, config.mqttUrl || identity.value.mqttUrl),
    mint,
    random: Math.random,
    software: SOFTWARE,
    bootId,
    bootCount,
    backoffMaxMs: config.backoffMaxMs,
    backfillBytesPerS: config.backfillBytesPerS,
  }
  const opened =
    car.value === null ? await openStation(core, config) : await openVehicle(core, config, car.value)
  if (!opened.ok) await outbox.close()
  return opened
}

type ReadyCar = {
  readonly fittings: Fittings
  readonly power: PowerConfig
  readonly begun: Begun
  readonly lastEnd: LastEndKeeper
}

/** What is fitted, once the supply is good enough to load anything. Fault `STOPPED` when somebody stopped the wait. */
async function readyCar(
  config: AgentConfig,
  clock: Clock,
  log: Logger,
  stopped: Promise<unknown>,
): Promise<Result<ReadyCar>> {
  const fittings = await loadFittings(config.data)
  if (!fittings.ok) return fittings
  const power = fittings.value.power ?? WATCHED_ONLY
  const started = await startInTheCold(
    config.data,
    power,
    supplyOf(clock, fittings.value),
    clock,
    log,
    stopped,
  )
  return started === null
    ? fault('STOPPED', 'stopped while it waited for the voltage')
    : ok({ fittings: fittings.value, power, ...started })
}

/** Receiver and panel as fitted, and the crew's terminal. */
async function openVehicle(
  core: Core,
  config: AgentConfig,
  { fittings, power, begun, lastEnd }: ReadyCar,
): Promise<Result<Agent>> {
  let onEnd = (_how: PowerEnd): void => {}
  const ended = new Promise<PowerEnd>(resolve => (onEnd = resolve))
  const meter = meterOf(core.clock, fittings)
  const triggerLog = openTriggerLog({
    ...core,
    dir: join(config.data, 'bodycam'),
    onEnded: head => vehicle.runtime.feed({ type: 'trigger.logged', ...head }),
  })
  const vehicle = composeVehicle({
    ...core,
    openPort: openLine,
    sampling: SAMPLINGS[config.sampling],
    ...linesOf(config, fittings),
    ...receiverOf(core, config, fittings),
    sources: sourcesOf(core, fittings),
    rules: fittings.rules ?? [],
    witness: triggerLog.write,
    trigger: triggerOf(fittings),
    power: {
      ...{ config: power, begun, lastEnd },
      ...(meter && { onBattery: meter }),
      onEnd: how => {
        core.log.info({ event: 'power.end', how })
        onEnd(how)
      },
    },
    ...(fittings.camera && { camera: fittings.camera }),
  })
  const pagesDir = join(config.pages, 'terminal')
  const terminal = await serveTerminal(vehicle.runtime, { port: config.terminalPort, pagesDir })
  if (!terminal.ok) {
    await vehicle.close()
    await triggerLog.close()
    return terminal
  }
  const { url, close } = terminal.value
  const closers = [close, () => vehicle.close(), triggerLog.close, () => lastEnd.inOrder()]
  return ok(agentOf(core, { terminal: url }, closers, ended))
}

/** The visitors' kiosk and the duty officer's desk, each on a port of its own. */
async function openStation(core: Core, config: AgentConfig): Promise<Result<Agent>> {
  const { station: place, sealKey, deviceId } = core.identity
  if (!place || !sealKey) return fault('STATION_ABSENT', `${deviceId} was not enrolled as a station`)
  const places = await readPlaces(config.places, place)
  if (!places.ok) return places
  const station = composeStation({ ...core, place, places: places.value, sealTo: [sealKey] })
  const closers = [() => station.close()]
  const kiosk = await serveKiosk(station, { port: config.kioskPort, pagesDir: join(config.pages, 'kiosk') })
  if (kiosk.ok) closers.unshift(kiosk.value.close)
  const desk = kiosk.ok
    ? await serveDesk(station, { port: config.deskPort, pagesDir: join(config.pages, 'desk') })
    : kiosk
  if (kiosk.ok && desk.ok) {
    const addresses = { kiosk: kiosk.value.url, desk: desk.value.url }
    return ok(agentOf(core, addresses, [desk.value.close, ...closers]))
  }
  for (const close of closers) await close()
  return kiosk.ok ? (desk as Fault) : kiosk
}

const agentOf = (
  { identity }: Core,
  addresses: Agent['addresses'],
  closers: readonly (() => Promise<void>)[],
  ended: Agent['ended'] = NEVER,
): Agent => ({
  deviceId: identity.deviceId,
  ...{ addresses, ended },
  close: async () => {
    for (const close of closers) await close()
  },
})

/** What the technician left fitted; what a flag says instead. An unknown module keeps its line and the factory's wiring. */
function linesOf(config: AgentConfig, fittings: Fittings): Pick<VehicleParts, 'gnss' | 'panel'> {
  const gnss = config.gnss || fittings.gnss?.path
  const panel = config.panel || fittings.panel?.path
  const profile = fittings.panel === null ? undefined : profileOf(fittings.panel)
  return {
    gnss: gnss
      ? {
          path: gnss,
          baud: config.gnssBaud ?? fittings.gnss?.baud ?? GNSS_BAUD,
          isProved: config.gnssBaud === undefined && fittings.gnss?.path === gnss,
        }
      : null,
    panel: panel
      ? {
          path: panel,
          baud: config.panelBaud ?? fittings.panel?.baud ?? PANEL_BAUD,
          ...(profile && { profile }),
          others: (fittings.modules ?? []).map(profileOf).filter(row => row !== undefined),
        }
      : null,
  }
}

/** The computer's own meter, where it has one. */
const meterOf = (clock: Clock, { power }: Fittings): Supply | undefined => {
  const meter = power?.meter
  return meter && (hear => openVoltFile(meter, clock, hear))
}

/** Who tells the volts before anything is loaded: the meter, or else the car's bus; undefined where neither is fitted. */
function supplyOf(clock: Clock, fittings: Fittings): Supply | undefined {
  const bus = sourcesOf({ clock }, { ...fittings, gpio: undefined })[0]
  const fromBus: Supply | undefined =
    bus &&
    (hear => {
      const onGauge = (gauge: Gauge, value: number | null): void => {
        if (gauge === 'batteryVolts') hear(value)
      }
      const source = bus.open({ onInput: () => {}, onState: () => {}, onGauge })
      return () => source.close()
    })
  return meterOf(clock, fittings) ?? fromBus
}

/** The car's own bus and the lines of this computer, through the programs that know them. */
function sourcesOf({ clock }: Pick<Core, 'clock'>, { can, gpio }: Fittings): readonly OtherSource[] {
  const sources: OtherSource[] = []
  if (can) {
    const line =
      can.kind === 'socketcan'
        ? canLine(toolProcesses, can.interface)
        : elmLine(() => {
            const { path, baud } = can
            return openReopeningPort(openLine, path, { baud, silenceMsMax: ELM_SILENCE_MS_MAX }, clock)
          })
    sources.push({
      name: 'can',
      channels: can.ignition ? ['ignition'] : [],
      open: listener => openObd(line, can, clock, listener),
    })
  }
  if (gpio)
    sources.push({
      name: gpio.chip,
      channels: gpio.inputs.map(({ channel }) => channel),
      open: listener => openGpio(toolProcesses, gpio, clock, listener),
    })
  return sources
}

/** The receiver with its way back when it is lost, and its speed kept when it was found by listening. */
function receiverOf(
  { clock }: Core,
  config: AgentConfig,
  fittings: Fittings,
): Pick<VehicleParts, 'gnss' | 'onReceiverFound'> {
  const { gnss, panel } = linesOf(config, fittings)
  if (gnss === null) return { gnss }
  const list = config.ports === '' ? listSerialPorts() : () => Promise.resolve(config.ports.split(','))
  const known = [gnss.path, ...(panel ? [panel.path] : [])]
  return {
    // A receiver behind gpsd is gpsd's to find.
    gnss: isGpsd(gnss.path)
      ? gnss
      : { ...gnss, lookElsewhere: lookForReceiver(openLine, list, clock, known) },
    onReceiverFound: ({ path, baud }) => {
      // Only the speed: which port is the receiver's is a technician's word.
      if (path === fittings.gnss?.path) void saveFittings(config.data, { ...fittings, gnss: { path, baud } })
    },
  }
}

/** A store held by another process or written by a newer version is a clear refusal, not a stack. */
export async function openStore(
  dir: string,
  clock: Clock,
  bootId: string,
  mintEpoch: () => string,
  log: Logger,
): Promise<Result<Outbox>> {
  try {
    return ok(await openLevelOutbox(dir, clock, { bootId, mintEpoch, report: entry => log.warn(entry) }))
  } catch (error) {
    return fault('OUTBOX_UNOPENABLE', (error as Error).message)
  }
}
