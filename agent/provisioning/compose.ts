import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from '#protocols/log.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { listSerialPorts } from '#hardware/discovery/serial-names.ts'
import { openLine, tapped } from '#hardware/open-line.ts'
import { toolProcesses } from '#hardware/tool-process.ts'
import { SOFTWARE, openStore } from '../compose.ts'
import type { AgentConfig } from '../config.ts'
import { openSelfTest } from '../selftest/self-test.ts'
import type { SelfTest } from '../selftest/self-test.ts'
import { systemClock } from '../system-clock.ts'
import { mqttDial } from '../uplink/mqtt-uplink.ts'
import { serveTechnician } from './routes.ts'

export type Technician = {
  readonly url: string
  /** Resolves when a person asked for the agent to take over. */
  readonly started: Promise<void>
  close(): Promise<void>
}

/**
 * A technician's visit on this computer, put together: its clock, its ports, its store, its way to the gateway. `hear`
 * listens to every line along with it.
 */
export function composeVisit(
  config: AgentConfig,
  log: Logger,
  hear?: (path: string, bytes: Uint8Array) => void,
): Promise<Result<SelfTest>> {
  const clock = systemClock()
  const mint = (bytes: number): string => randomBytes(bytes).toString('hex')
  const { data, mqttUrl } = config
  const ports = config.ports === '' ? undefined : config.ports.split(',')
  return openSelfTest({
    dir: data,
    clock,
    log,
    software: SOFTWARE,
    mint,
    openPort: hear === undefined ? openLine : tapped(openLine, hear),
    listPorts: ports === undefined ? listSerialPorts() : () => Promise.resolve(ports),
    tools: toolProcesses,
    enrolUrl: config.enrolUrl,
    terminalPort: config.terminalPort,
    dial: identity => mqttDial(identity, mqttUrl || identity.mqttUrl),
    openOutbox: bootId => openStore(join(data, 'outbox'), clock, bootId, () => mint(8), log),
  })
}

/** The visit with its page. */
export async function composeTechnician(config: AgentConfig, log: Logger): Promise<Result<Technician>> {
  const visit = await composeVisit(config, log)
  if (!visit.ok) return visit
  let start = (): void => {}
  const started = new Promise<void>(resolve => (start = resolve))
  const server = await serveTechnician(visit.value, {
    port: config.technicianPort,
    pagesDir: join(config.pages, 'technician'),
    onStart: () => start(),
  })
  if (!server.ok) {
    await visit.value.close()
    return server
  }
  return ok({
    url: server.value.url,
    started,
    close: async () => {
      await server.value.close()
      await visit.value.close()
    },
  })
}
