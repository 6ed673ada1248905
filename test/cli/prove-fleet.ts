import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { getPriority, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import WebSocket from 'ws'
import type { StreamMessage, UnitView } from '#protocols/api.ts'
import { EVERY_SECOND, isMoving } from '#agent/vehicle/sampling.ts'
import { loadOf } from '#sim/demo/process-load.ts'
import type { Finding } from './evidence.ts'

const UNITS = 255
const SEED = 1
const MEASURED_S = 60
const READY_WITHIN_MS = 300_000
/** A second and half of the next one: longer without a newer fix is a gap. */
const GAP_MS = 1_500
/** Once a second while it drives; the rest is a timer that was late. */
const RATE_HZ_MIN = 0.96
/** A car that drove less of the minute than this has no rate worth a word. */
const DRIVEN_MS_MIN = 10_000
/** A parked car speaks this often, and may be as late as a driving one. */
const PARKED_MS_MAX = EVERY_SECOND.parked.everyMs + GAP_MS

/** Starts the demo as a visitor does, listens as a page does, and counts newer fixes of every unit. */
export async function proveFleet(say: (words: string) => void): Promise<Finding> {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-fleet-'))
  const startedMs = performance.now()
  const demo = await openDemo(dir, say)
  try {
    const liveMs = await untilLive(demo.map, startedMs, say)
    // Everybody has just connected at once; what follows is the ordinary day.
    await pause(15_000)
    const before = { gateway: loadOf(demo.gatewayPid()), city: loadOf(demo.pid) }
    const heard = await listen(demo.map, MEASURED_S * 1_000)
    const after = { gateway: loadOf(demo.gatewayPid()), city: loadOf(demo.pid) }
    const cost = (who: 'gateway' | 'city') => ({
      cpuPercentOfOneCore: Math.round(
        (100 * ((after[who]?.cpuSeconds ?? NaN) - (before[who]?.cpuSeconds ?? NaN))) / MEASURED_S,
      ),
      residentMb: Math.round((after[who]?.residentBytes ?? NaN) / 1e6),
    })
    const evidence = {
      seed: SEED,
      units: UNITS,
      measuredSeconds: MEASURED_S,
      secondsToAllLive: Math.round(liveMs / 100) / 10,
      ...summaryOf(heard),
      gateway: cost('gateway'),
      cityAndFleet: cost('city'),
      // Other work of the machine, and how this run stood against it (-20 before all, 0 as any, 19 behind all).
      otherLoad: { loadAverageOneMinute: Math.round(10 * loadavg()[0]!) / 10, niceness: getPriority() },
    }
    const { unitsHeard, driving, parked } = evidence
    const holds =
      unitsHeard === UNITS && driving.ratesHz.min >= RATE_HZ_MIN && !(parked.longestMs > PARKED_MS_MAX)
    return { holds, evidence }
  } finally {
    await demo.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

type RunningDemo = {
  readonly map: string
  readonly pid: number | undefined
  gatewayPid(): number | undefined
  stop(): Promise<void>
}

function openDemo(dir: string, say: (words: string) => void): Promise<RunningDemo> {
  const ports = ['map', 'enrol', 'terminal', 'kiosk', 'desk', 'sim', 'mqtt'].flatMap(name => [
    `--${name}-port`,
    '0',
  ])
  const args = [
    'dist/reach5.js',
    'demo',
    '--data',
    dir,
    '--units',
    String(UNITS),
    '--seed',
    String(SEED),
    ...ports,
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (words: unknown): void => {
      said += String(words)
      const map = /map\s+(http:\S+)/.exec(said)?.[1]
      if (map === undefined || !said.includes('Ctrl-C')) return
      resolve({
        map,
        pid: child.pid,
        gatewayPid: () => gatewayOf(child.pid),
        stop: () => {
          child.kill('SIGINT')
          return ended
        },
      })
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', words => {
      say(String(words).trimEnd())
      hear(words)
    })
    child.once('exit', code => reject(new Error(`the demo ended with ${code}; build first: npm run build`)))
  })
}

/** The gateway is the child of the demo that runs `gateway.js` (proc(5)). */
function gatewayOf(demoPid: number | undefined): number | undefined {
  try {
    const children = readFileSync(`/proc/${demoPid}/task/${demoPid}/children`, 'utf8').trim().split(' ')
    return children
      .map(Number)
      .find(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('gateway.js'))
  } catch {
    return undefined
  }
}

async function untilLive(map: string, startedMs: number, say: (words: string) => void): Promise<number> {
  for (;;) {
    const { units } = (await (await fetch(`${map}/v1/units`)).json()) as { units: UnitView[] }
    const live = units.filter(unit => unit.freshness === 'live').length
    const sinceMs = performance.now() - startedMs
    if (live === UNITS) return sinceMs
    if (sinceMs > READY_WITHIN_MS)
      throw new Error(`only ${live} of ${UNITS} units are live after five minutes`)
    say(`${live} of ${UNITS} units are live`)
    await pause(2_000)
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Of one unit: when each newer fix was heard, how old it was then, and whether the car drove. */
type Heard = {
  lastFixMs: number
  readonly atMs: number[]
  readonly agesMs: number[]
  readonly drives: boolean[]
}

async function listen(map: string, forMs: number): Promise<ReadonlyMap<string, Heard>> {
  const heard = new Map<string, Heard>()
  const socket = new WebSocket(`${map.replace('http', 'ws')}/v1/stream`)
  socket.on('message', data => {
    const message = JSON.parse(String(data)) as StreamMessage
    if (message.type !== 'unit.changed' || message.data.position === null) return
    const { id, at, position } = message.data
    const fixMs = Date.parse(at) - position.ageMs
    const unit = heard.get(id) ?? { lastFixMs: -Infinity, atMs: [], agesMs: [], drives: [] }
    heard.set(id, unit)
    // The same fix shown again, with equipment or an order changed, is no newer position.
    if (fixMs - unit.lastFixMs < 300) return
    unit.lastFixMs = fixMs
    unit.atMs.push(performance.now())
    unit.agesMs.push(position.ageMs)
    unit.drives.push(isMoving(unit.drives.at(-1) ?? false, position))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  await pause(forMs)
  socket.terminate()
  return heard
}

/** The waits of one unit between two fixes that began while it drove, or while it stood. */
const waitsOf = ({ atMs, drives }: Heard, driving: boolean): number[] =>
  atMs.slice(1).flatMap((ms, k) => (drives[k] === driving ? [ms - atMs[k]!] : []))

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** A car that stands says so every 8 s by design, so only what began while it drove is held against once a second. */
function summaryOf(heard: ReadonlyMap<string, Heard>) {
  const units = [...heard.values()]
  const rising = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b)
  const driven = units.map(unit => waitsOf(unit, true)).filter(waits => sum(waits) >= DRIVEN_MS_MIN)
  const rates = rising(driven.map(waits => (1_000 * waits.length) / sum(waits)))
  const waits = { driving: rising(driven.flat()), parked: rising(units.flatMap(u => waitsOf(u, false))) }
  const ages = rising(units.flatMap(unit => unit.agesMs))
  const at = (sorted: readonly number[], share: number): number =>
    Math.round(100 * (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN)) / 100
  return {
    unitsHeard: units.length,
    fixesHeard: ages.length,
    driving: {
      units: driven.length,
      ratesHz: { min: at(rates, 0), p50: at(rates, 0.5), max: at(rates, 1) },
      gaps: {
        longerThanMs: GAP_MS,
        count: waits.driving.filter(ms => ms > GAP_MS).length,
        ofAll: waits.driving.length,
        longestMs: at(waits.driving, 1),
      },
    },
    parked: {
      waits: waits.parked.length,
      longestMs: at(waits.parked, 1),
      announcedMs: EVERY_SECOND.parked.everyMs,
    },
    ageAtGatewayMs: { p50: at(ages, 0.5), p99: at(ages, 0.99), max: at(ages, 1) },
  }
}
