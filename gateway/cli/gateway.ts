import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodeOf } from '#protocols/cli/exit-code.ts'
import { readFlags } from '#protocols/cli/flags.ts'
import { composeGateway } from '../compose.ts'
import { parseGatewayConfig } from '../config.ts'
import { openLog } from '../pino-log.ts'
import { missingAtStart } from '../start-flags.ts'
import { letCollectorYield } from '../yielding-collector.ts'

const USAGE = `usage: reach5 gateway --data DIR --roads FILE.graph [--tiles FILE.tiles] [--grids FILE.geojson [--grids-crs GCJ02] | --grid-count 4] [--city FILE.geojson]
                      [--profiles FILE.json]
                      [--pages-port 5110] [--enrol-port 5111] [--mqtt-port 8883] [--mqtt-url URL] [--log-level info]
                      [--broker mqtts://HOST:8883 [--broker-ca FILE.pem]] [--busy-share measured]
                      [--utc-offset 480] [--full-track-days 30] [--track-days 90]
                      [--reporter-days 180] [--lost-child-days 7] [--consultation-days 30]

  Runs the command centre: broker, ledger, map and API. Pages listen on loopback only.
  --broker carries the devices over another MQTT broker instead of the embedded one; see reach5 broker-files.
  --busy-share 0.3 says how often a unit is busy when it is needed, for the expected coverage; else it is measured.
  --utc-offset 480 is the local time less UTC in minutes, by which hours of the day are told apart.
  --full-track-days, --track-days: every fix of a car's track is kept for the first, one a minute until the second, nothing
  after it, but for incidents. Let go every night at three; what was let go is in the audit.
  --reporter-days: name, phone and story of a visitor are let go so long after the incident was closed (without one, after the
  visit); --lost-child-days where a child was looked for. Incident, times, place and receipt number stay. --consultation-days:
  records of single questions at kiosks; how often each topic was asked stays.
  DIR is made at the first boot, with a CA and an order-signing key of its own.`

const FLAGS = [
  'data',
  'roads',
  'tiles',
  'grids',
  'grids-crs',
  'grid-count',
  'busy-share',
  'utc-offset',
  'full-track-days',
  'track-days',
  'reporter-days',
  'lost-child-days',
  'consultation-days',
  'city',
  'profiles',
  'pages-port',
  'enrol-port',
  'mqtt-port',
  'mqtt-url',
  'broker',
  'broker-ca',
  'log-level',
]

/** `reach5 gateway …`: runs until told to stop; 0 after an orderly stop, 1 when it could not start, 2 on wrong use or a wrong file. */
export async function gateway(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, FLAGS)
  if (!flags.ok || 'help' in flags.value) {
    console.error(flags.ok ? USAGE : `reach5 gateway: ${flags.detail} (reach5 gateway --help)`)
    return flags.ok ? 0 : 2
  }
  const config = parseGatewayConfig({ pages: pagesDir('map'), ...flags.value })
  if (!config.ok) return failed(config.code, config.detail, 2)
  try {
    mkdirSync(config.value.data, { recursive: true })
  } catch (error) {
    return failed('DIR_UNWRITABLE', `${config.value.data}: ${(error as Error).message}`, 1)
  }
  const log = openLog(config.value.logLevel)
  letCollectorYield()
  const composed = await composeGateway(config.value, log)
  if (!composed.ok) return failed(composed.code, composed.detail, exitCodeOf(composed.code))
  const missing = missingAtStart(process.execArgv, process.env)
  if (missing.length > 0)
    log.warn({
      event: 'gateway.started_otherwise',
      missing,
      detail: 'more memory, longer pauses; start dist/reach5',
    })
  const { addresses, close } = composed.value
  log.info({ event: 'gateway.ready', ...addresses })
  process.send?.({ type: 'ready', addresses })
  await untilToldToStop()
  await close()
  log.info({ event: 'gateway.stopped' })
  if (process.connected) process.disconnect()
  return 0
}

/** Where the map's page lies: beside the bundle, or below dist in a checkout. */
function pagesDir(page: string): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'pages')) && !existsSync(join(dir, 'dist')) && dirname(dir) !== dir)
    dir = dirname(dir)
  return existsSync(join(dir, 'pages')) ? join(dir, 'pages', page) : join(dir, 'dist', 'pages', page)
}

function failed(code: string, detail: string, exit: number): number {
  console.error(`reach5 gateway: ${detail} [${code}]`)
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
