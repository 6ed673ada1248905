import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebSocket from 'ws'
import type { PowerConfig } from '#agent/power/power-config.ts'
import type { AlarmView, IncidentView, LedgerRow, StreamMessage, UnitView } from '#protocols/api.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { Tap, TapResult, TerminalState } from '#protocols/terminal.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { agentEntry, gatewayEntry, startChild } from '#sim/demo/child.ts'
import type { Child } from '#sim/demo/child.ts'
import type { SamplingName } from '#agent/vehicle/sampling.ts'
import { openFullVehicle } from '#sim/demo/full-vehicle.ts'
import type { FullVehicle } from '#sim/demo/full-vehicle.ts'
import { demoUnits, identityOf } from '#sim/demo/units.ts'
import { prepareWorld } from '#sim/demo/world.ts'
import { openApiOf } from '#gateway/api/openapi.ts'
import { ROUTES } from '#gateway/api/routes.ts'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import { openTcpProxy } from '#sim/link/tcp-proxy.ts'
import type { TcpProxy } from '#sim/link/tcp-proxy.ts'
import { randomOf } from '#sim/random.ts'

import { OpenApiJudge } from '../oracle/openapi-judge.ts'
import type { Answered } from '../oracle/openapi-judge.ts'
import { openMosquitto } from '../brokers/mosquitto.ts'
import type { Mosquitto } from '../brokers/mosquitto.ts'

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * The real gateway process and the real vehicle process, as they ship, in a directory of their own: real LevelDB, TLS,
 * MQTT, pseudo-terminals. Between them a link that can be cut.
 */
export type RunningHouse = {
  readonly dir: string
  readonly deviceId: string
  readonly unitId: string
  readonly gateway: Child
  readonly car: FullVehicle
  readonly link: TcpProxy
  /** Every unit view the stream has shown, in order, across reconnects. */
  readonly seen: UnitView[]
  unit(): Promise<UnitView>
  incidents(): Promise<IncidentView[]>
  alarms(): Promise<AlarmView[]>
  ledger(): Promise<LedgerRow[]>
  post<T>(path: string, body: unknown): Promise<{ readonly status: number; readonly body: T }>
  /** Any request; like every other answer here it is held against the description of the API. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answered>
  readonly judge: OpenApiJudge
  /** What answers and stream messages held that the description does not: must stay empty. */
  readonly undescribed: readonly string[]
  terminal(): Promise<TerminalState>
  tap(tap: Tap): Promise<TapResult>
  /** A place on a road, as far from the given one as the town allows. */
  farthestRoad(from: LatLon): Promise<LatLon>
  log(of: 'gateway' | 'agent'): string
  close(): Promise<void>
}

export type AskOptions = {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Who carries the devices' words: the gateway itself, or a real Mosquitto. */
export type HouseBroker = { readonly name: string; readonly mosquitto?: string }

export async function openRunningHouse({
  seed = 1,
  broker,
  power,
  sampling,
}: {
  readonly seed?: number
  readonly broker: HouseBroker
  /** How often the car reports; as a real one does when absent. */
  readonly sampling?: SamplingName
  /** What differs in how the battery ends the car. */
  readonly power?: Partial<PowerConfig>
}): Promise<RunningHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-house-'))
  const logs = {
    gateway: openSync(join(dir, 'gateway.log'), 'a'),
    agent: openSync(join(dir, 'agent.log'), 'a'),
  }
  const clock = openRealClock()
  const world = await prepareWorld({ seed, junctions: 400 }, join(dir, 'city'))
  if (!world.ok) throw new Error(world.detail)

  const mosquitto = broker.mosquitto === undefined ? null : await mosquittoFor(broker.mosquitto, dir)
  // The ports are free ones at first and stay the same over a restart, as an operator's would.
  let ports = ['0', '0', '0']
  const gateway = await startChild(
    gatewayEntry('dist/gateway.js'),
    () => [
      ...[
        '--data',
        join(dir, 'gateway'),
        '--roads',
        world.value.files.roads,
        '--grids',
        world.value.files.grids,
      ],
      ...['--pages-port', ports[0]!, '--enrol-port', ports[1]!, '--mqtt-port', ports[2]!],
      ...(mosquitto === null ? [] : ['--broker', `mqtts://127.0.0.1:${mosquitto.port}`]),
    ],
    { log: QUIET, logFile: logs.gateway },
  )
  const { pages = '', enrolment = '', mqtt = '' } = gateway.addresses
  ports = [pages, enrolment, mqtt].map(url => new URL(url).port)

  const [unit] = demoUnits(1, world.value.grids)
  const identity = await identityOf(unit!, join(dir, 'units'), { pages, enrolment })
  if (!identity.ok) throw new Error(identity.detail)
  const link = await openTcpProxy({ host: '127.0.0.1', port: Number(ports[2]) })
  const car = await openFullVehicle({
    unit: unit!,
    world: world.value,
    clock,
    random: randomOf(seed, unit!.unitId, 'drive'),
    dir: join(dir, 'units', unit!.deviceId),
    terminalPort: 0,
    mqttUrl: `mqtts://127.0.0.1:${link.port}`,
    recording: null,
    log: QUIET,
    logFile: logs.agent,
    entry: agentEntry('dist/agent.js'),
    backoffMaxMs: 1_500,
    ...(power && { power }),
    ...(sampling && { sampling }),
  })

  const judge = new OpenApiJudge(openApiOf(ROUTES))
  const undescribed: string[] = []
  const ask = async (method: string, path: string, options: AskOptions = {}): Promise<Answered> => {
    const answer = await fetch(pages + path, {
      method,
      headers: { ...('body' in options && { 'content-type': 'application/json' }), ...options.headers },
      ...('body' in options && { body: JSON.stringify(options.body) }),
    })
    const contentType = answer.headers.get('content-type') ?? ''
    const answered = { method, path, status: answer.status, contentType, text: await answer.text() }
    undescribed.push(...judge.judge(answered))
    return answered
  }
  const get = async <T>(path: string): Promise<T> => JSON.parse((await ask('GET', path)).text) as T

  const seen: UnitView[] = []
  const stopWatching = watch(pages, message => {
    undescribed.push(...judge.judgeMessage(message))
    if (message.type === 'unit.changed') seen.push(message.data)
    if (message.type === 'snapshot') seen.push(...message.data.units)
  })
  return {
    dir,
    deviceId: unit!.deviceId,
    unitId: unit!.unitId,
    gateway,
    car,
    link,
    seen,
    unit: () => get<UnitView>(`/v1/units/${unit!.unitId}`),
    incidents: async () => (await get<{ incidents: IncidentView[] }>('/v1/incidents')).incidents,
    alarms: async () => (await get<{ alarms: AlarmView[] }>('/v1/alarms')).alarms,
    ledger: async () => {
      const rows: LedgerRow[] = []
      for (let after: string | null = ''; after !== null;) {
        const query: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`
        type Page = { records: LedgerRow[]; next: string | null }
        const page: Page = await get<Page>(`/v1/devices/${unit!.deviceId}/records?limit=500${query}`)
        rows.push(...page.records)
        after = page.next
      }
      return rows
    },
    post: async (path, body) => {
      const { status, text } = await ask('POST', path, { body })
      return { status, body: JSON.parse(text) as never }
    },
    ask,
    judge,
    undescribed,
    terminal: async () => (await fetch(`${car.terminalUrl()}/v1/state`)).json() as Promise<TerminalState>,
    tap: async tap => {
      const answer = await fetch(`${car.terminalUrl()}/v1/taps`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(tap),
      })
      return (await answer.json()) as TapResult
    },
    farthestRoad: from => {
      const { nodes } = world.value.city.network
      const [farthest] = [...nodes].sort((a, b) => distanceM(from, b) - distanceM(from, a))
      return Promise.resolve({ lat: farthest!.lat, lon: farthest!.lon })
    },
    log: of => readFileSync(join(dir, `${of}.log`), 'utf8'),
    close: async () => {
      stopWatching()
      await car.close()
      await gateway.stop()
      await link.close()
      await mosquitto?.close()
      closeSync(logs.gateway)
      closeSync(logs.agent)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Files as an operator gets them: from the directory of a gateway that ran once, if only to make its CA. */
async function mosquittoFor(binary: string, dir: string): Promise<Mosquitto> {
  const data = join(dir, 'gateway')
  const authority = await openAuthority(data, Date.now())
  if (!authority.ok) throw new Error(authority.detail)
  return openMosquitto(binary, data, join(dir, 'broker'))
}

/** A page at the stream: reconnects as a page does. */
function watch(pages: string, hear: (message: StreamMessage) => void): () => void {
  let stopped = false
  let socket: WebSocket | undefined
  const connect = (): void => {
    if (stopped) return
    socket = new WebSocket(`${pages.replace('http', 'ws')}/v1/stream`)
    socket.on('message', data => hear(JSON.parse(String(data)) as StreamMessage))
    socket.on('error', () => {})
    socket.on('close', () => setTimeout(connect, 200))
  }
  connect()
  return () => {
    stopped = true
    socket?.terminate()
  }
}

/** For a broken build, not for a measurement: a machine shared with others may take its time. */
const NEVER_AFTER_MS = 60_000

/** Asks again until the answer is there. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false | null>,
): Promise<T> {
  const deadlineMs = Date.now() + NEVER_AFTER_MS
  let last: unknown
  while (Date.now() < deadlineMs) {
    try {
      const answer = await ask()
      if (answer) return answer
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`never came: ${what}${last ? ` (${String(last)})` : ''}`)
}
