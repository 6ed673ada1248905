import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFlags } from '#protocols/cli/flags.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import { composeAgent } from '../compose.ts'
import { parseAgentConfig } from '../config.ts'
import type { AgentConfig } from '../config.ts'
import { EXIT } from '../exit.ts'
import { openLog } from '../pino-log.ts'
import { composeTechnician } from '../provisioning/compose.ts'
import { isEnrolled } from '../provisioning/load-identity.ts'

/** A disk that hangs must not keep the power on: the outbox bears the loss of a process. */
const CLOSE_MS_MAX = 8_000

const USAGE = `usage: reach5 agent --data DIR [--gnss PATH|gpsd|gpsd://host:port] [--gnss-baud N]
                    [--panel PATH] [--panel-baud N] [--terminal-port 5112] [--mqtt-url URL] [--log-level info]
                    [--sampling adaptive|every-second]
       reach5 agent --profile station --data DIR [--kiosk-port 5113] [--desk-port 5114] [--places FILE.geojson]

  Runs the process of a patrol vehicle, or of a duty station. Ports are those a technician found (fittings.json in DIR) unless a flag says otherwise;
  a port that is not there is waited for. Without an identity in DIR it serves the technician's page instead
  (--technician-port 5116) and goes on as the agent when that visit ends.
  Stops on SIGINT or SIGTERM after everything accepted lies on the disk: exit 0. Where fittings.json has "power" it also ends by itself:
  exit ${EXIT.off} when the car is off and its power may be taken, ${EXIT.restart} when the ignition came back meanwhile and it wants to be started again.`

const TECHNICIAN_USAGE = `usage: reach5 technician --data DIR [--port 5116] [--ports PATH,PATH…] [--enrol-url https://HOST:5111]
                         [--terminal-port 5112]

  The page that puts a vehicle computer into service: identity, ports, signal, inputs, end-to-end proof, report.
  Without --ports it looks at every serial line of this computer. On loopback only.`

const FLAGS = [
  ...[
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
  ],
  ...['sampling', 'backoff-max-ms', 'technician-port', 'ports', 'enrol-url'],
]

/** `reach5 agent …`: runs until told to stop or until the car is off; 0 after an orderly stop, 1 when it could not start, 2 on wrong use, `EXIT` for the rest. */
export const agent = (args: readonly string[]): Promise<number> =>
  run({ name: 'agent', usage: USAGE, args, visitFirst: dir => !isEnrolled(dir) })

/** `reach5 technician …`: the visit first, also on a computer that has an identity. */
export const technician = (args: readonly string[]): Promise<number> =>
  run({
    name: 'technician',
    usage: TECHNICIAN_USAGE,
    args: args.map(arg => arg.replace(/^--port(?==|$)/, '--technician-port')),
    visitFirst: () => true,
  })

/** Where the built pages lie: beside the bundle, or below dist in a checkout. */
export function pagesDir(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'pages')) && !existsSync(join(dir, 'dist')) && dirname(dir) !== dir)
    dir = dirname(dir)
  return existsSync(join(dir, 'pages')) ? join(dir, 'pages') : join(dir, 'dist', 'pages')
}

type Verb = {
  readonly name: string
  readonly usage: string
  readonly args: readonly string[]
  readonly visitFirst: (dir: string) => boolean
}

async function run({ name, usage, args, visitFirst }: Verb): Promise<number> {
  const flags = readFlags(args, FLAGS)
  if (!flags.ok || 'help' in flags.value) {
    console.error(flags.ok ? usage : `reach5 ${name}: ${flags.detail} (reach5 ${name} --help)`)
    return flags.ok ? 0 : 2
  }
  const config = configOf(flags.value)
  if (!config.ok) return failed(name, config, config.code === 'CONFIG_INVALID' ? 2 : 1)
  const log = openLog(config.value.logLevel)
  const stopped = untilToldToStop()
  if (visitFirst(config.value.data)) {
    const visited = await visit(config.value, log, stopped)
    if (!visited.ok) return failed(name, visited, 1)
    if (visited.value === 'stop') return ended()
  }
  const composed = await composeAgent(config.value, log, stopped)
  if (!composed.ok) return composed.code === 'STOPPED' ? ended() : failed(name, composed, EXIT.failed)
  log.info({ event: 'agent.ready', device: composed.value.deviceId, ...composed.value.addresses })
  process.send?.({ type: 'ready', addresses: composed.value.addresses })
  const why = await Promise.race([stopped.then(() => 'stopped' as const), composed.value.ended])
  const closed = await within(CLOSE_MS_MAX, composed.value.close())
  if (closed) log.info({ event: 'agent.stopped', why })
  else log.error({ event: 'agent.close_overdue', why, afterMs: CLOSE_MS_MAX })
  return ended(EXIT[why])
}

/** Whether it was done in time; what is not goes on until the process is gone. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>(resolve => (timer = setTimeout(() => resolve(false), ms)))
  const done = await Promise.race([work.then(() => true), late])
  clearTimeout(timer)
  return done
}

export function configOf(flags: Readonly<Record<string, string>>): Result<AgentConfig> {
  const config = parseAgentConfig({ pages: pagesDir(), ...flags })
  if (!config.ok) return config
  try {
    mkdirSync(config.value.data, { recursive: true, mode: 0o700 })
    return config
  } catch (error) {
    return fault('DIR_UNWRITABLE', `${config.value.data}: ${(error as Error).message}`)
  }
}

/** The technician's page, until a person lets the agent take over or somebody stops the process. */
async function visit(
  config: AgentConfig,
  log: Logger,
  stopped: Promise<'stop'>,
): Promise<Result<'stop' | 'start'>> {
  const opened = await composeTechnician(config, log)
  if (!opened.ok) return opened
  const { url, started, close } = opened.value
  log.info({ event: 'technician.ready', url })
  if (!isEnrolled(config.data))
    console.error(`This computer has no identity yet. Open ${url} and type the code the operator gave you.`)
  process.send?.({ type: 'ready', addresses: { technician: url } })
  const why = await Promise.race([stopped, started.then(() => 'start' as const)])
  await close()
  return ok(why)
}

function failed(name: string, { code, detail }: Fault, exit: number): number {
  console.error(`reach5 ${name}: ${detail} [${code}]`)
  process.send?.({ type: 'failed', code, detail })
  if (process.connected) process.disconnect()
  return exit
}

function ended(exit: number = EXIT.stopped): number {
  if (process.connected) process.disconnect()
  return exit
}

/** A signal, or the end of the parent that started us with an IPC channel. */
function untilToldToStop(): Promise<'stop'> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const)
      process.once(signal, () => resolve('stop'))
  })
}
