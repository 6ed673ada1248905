import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { openSerialPort } from '#hardware/serial-port.ts'
import type { AgentConfig } from './config.ts'
import { openLevelOutbox } from './outbox/level-outbox.ts'
import type { Outbox } from './outbox/outbox.ts'
import { loadIdentity } from './provisioning/load-identity.ts'
import { systemClock } from './system-clock.ts'
import { serveTerminal } from './terminal/routes.ts'
import { mqttDial } from './uplink/mqtt-uplink.ts'
import { composeVehicle } from './vehicle.ts'
import { BOOT_NOTE } from './vehicle/state.ts'

export const SOFTWARE = 'reach5/0.1.0'

export type Agent = { readonly terminalUrl: string; readonly deviceId: string; close(): Promise<void> }

/** The vehicle process, put together: identity, clock, store, hardware, link, terminal. */
export async function composeAgent(config: AgentConfig, log: Logger): Promise<Result<Agent>> {
  const identity = await loadIdentity(config.data)
  if (!identity.ok) return identity
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
    openPort: openSerialPort,
    gnss: config.gnss === '' ? null : { path: config.gnss, baud: config.gnssBaud },
    panel: config.panel === '' ? null : { path: config.panel, baud: config.panelBaud },
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
