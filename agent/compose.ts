import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { openLine } from '#hardware/open-line.ts'
import type { AgentConfig } from './config.ts'
import { profileOf } from './fittings.ts'
import type { Fittings } from './fittings.ts'
import { loadFittings } from './fittings-file.ts'
import { openLevelOutbox } from './outbox/level-outbox.ts'
import type { Outbox } from './outbox/outbox.ts'
import { loadIdentity } from './provisioning/load-identity.ts'
import { systemClock } from './system-clock.ts'
import { serveTerminal } from './terminal/routes.ts'
import { mqttDial } from './uplink/mqtt-uplink.ts'
import { composeVehicle } from './vehicle.ts'
import type { VehicleParts } from './vehicle.ts'
import { BOOT_NOTE } from './vehicle/state.ts'

/** Speeds of a receiver as most leave the factory, and of a panel as provisioning sets it. */
const GNSS_BAUD = 9_600
const PANEL_BAUD = 38_400

export const SOFTWARE = 'reach5/0.1.0'

export type Agent = { readonly terminalUrl: string; readonly deviceId: string; close(): Promise<void> }

/** The vehicle process, put together: identity, clock, store, hardware, link, terminal. */
export async function composeAgent(config: AgentConfig, log: Logger): Promise<Result<Agent>> {
  const identity = await loadIdentity(config.data)
  if (!identity.ok) return identity
  const fittings = await loadFittings(config.data)
  if (!fittings.ok) return fittings
  const clock = systemClock()
  const mint = (bytes: number): string => randomBytes(bytes).toString('hex')
  const bootId = mint(8)
  const store = await openStore(join(config.data, 'outbox'), clock, bootId, () => mint(8), log)
  if (!store.ok) return store
  const outbox = store.value
  const bootCount = Number(outbox.notes().get(BOOT_NOTE) ?? 0) + 1
  await outbox.append([], [{ key: BOOT_NOTE, value: bootCount }])
  const vehicle = composeVehicle({
    identity: identity.value,
    clock,
    log,
    outbox,
    openPort: openLine,
    ...linesOf(config, fittings.value),
    dial: mqttDial(identity.value, config.mqttUrl || identity.value.mqttUrl),
    mint,
    random: Math.random,
    software: SOFTWARE,
    bootId,
    bootCount,
    backoffMaxMs: config.backoffMaxMs,
  })
  const terminal = await serveTerminal(vehicle.runtime, { port: config.terminalPort, pagesDir: config.pages })
  if (!terminal.ok) {
    await vehicle.close()
    return fault(terminal.code, terminal.detail)
  }
  return ok({
    terminalUrl: terminal.value.url,
    deviceId: identity.value.deviceId,
    close: async () => {
      await terminal.value.close()
      await vehicle.close()
    },
  })
}

/** What the technician left fitted; what a flag says instead. An unknown module keeps its line and the factory's wiring. */
function linesOf(config: AgentConfig, fittings: Fittings): Pick<VehicleParts, 'gnss' | 'panel'> {
  const gnss = config.gnss || fittings.gnss?.path
  const panel = config.panel || fittings.panel?.path
  const profile = fittings.panel === null ? undefined : profileOf(fittings.panel)
  return {
    gnss: gnss ? { path: gnss, baud: config.gnssBaud ?? fittings.gnss?.baud ?? GNSS_BAUD } : null,
    panel: panel
      ? {
          path: panel,
          baud: config.panelBaud ?? fittings.panel?.baud ?? PANEL_BAUD,
          ...(profile && { profile }),
        }
      : null,
  }
}

/** A store held by another process or written by a newer version is a clear refusal, not a stack. */
async function openStore(
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
