import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composeAgent } from '../compose.ts'
import { parseAgentConfig } from '../config.ts'
import { openLog } from '../pino-log.ts'
import { readFlags } from '#protocols/cli/flags.ts'

const USAGE = `usage: reach5 agent --data DIR [--gnss PATH] [--gnss-baud N] [--panel PATH] [--panel-baud N]
                    [--terminal-port 5112] [--mqtt-url URL] [--log-level info]
       reach5 agent --profile station --data DIR [--kiosk-port 5113] [--desk-port 5114] [--places FILE.geojson]

  Runs the process of a patrol vehicle, or of a duty station. DIR must hold an identity (reach5 enrol redeem).
  Stops on SIGINT or SIGTERM after everything accepted lies on the disk.`

/** Where the built pages lie: beside the bundle, or below dist in a checkout. */
function pagesDir(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'pages')) && !existsSync(join(dir, 'dist')) && dirname(dir) !== dir)
    dir = dirname(dir)
  return existsSync(join(dir, 'pages')) ? join(dir, 'pages') : join(dir, 'dist', 'pages')
}

/** `reach5 agent …`: runs until told to stop; 0 after an orderly stop, 1 when it could not start, 2 on wrong use. */
export async function agent(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, [
    'data',
    'profile',
    'kiosk-port',
    'desk-port',
    'places',
    'gnss',
    'gnss-baud',
    'panel',
    'panel-baud',
    'terminal-port',
    'mqtt-url',
    'log-level',
    'backoff-max-ms',
  ])
  if (!flags.ok || 'help' in flags.value) {
    console.error(flags.ok ? USAGE : `reach5 agent: ${flags.detail}\n\n${USAGE}`)
    return flags.ok ? 0 : 2
  }
  const config = parseAgentConfig({ pages: pagesDir(), ...flags.value })
  if (!config.ok) return failed(config.code, config.detail, 2)
  try {
    mkdirSync(config.value.data, { recursive: true })
  } catch (error) {
    return failed('DIR_UNWRITABLE', `${config.value.data}: ${(error as Error).message}`, 1)
  }
  const log = openLog(config.value.logLevel)
  const composed = await composeAgent(config.value, log)
  if (!composed.ok) return failed(composed.code, composed.detail, 1)
  log.info({ event: 'agent.ready', device: composed.value.deviceId, ...composed.value.addresses })
  process.send?.({ type: 'ready', addresses: composed.value.addresses })
  await untilToldToStop()
  await composed.value.close()
  log.info({ event: 'agent.stopped' })
  if (process.connected) process.disconnect()
  return 0
}

function failed(code: string, detail: string, exit: number): number {
  console.error(`reach5 agent: ${detail} [${code}]`)
  process.send?.({ type: 'failed', code, detail })
  if (process.connected) process.disconnect()
  return exit
}

/** A signal, or the end of the parent that started us with an IPC channel. */
function untilToldToStop(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(signal, () => resolve())
  })
}
