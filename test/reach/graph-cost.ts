import { spawnSync } from 'node:child_process'
import { openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gatewayEntry, startChild } from '#sim/demo/child.ts'
import { GATEWAY_START } from '#gateway/start-flags.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { quantile } from '../oracle/quantile.ts'
import { reach5Into } from './command-line.ts'
import { digits } from './timing.ts'

const OPENS = 9
const STARTS = 60
const SETTLE_MS = 30_000
const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
/** Kilometres of road: Shandong's highway bulletin rounded up, China's of the Ministry of Transport. */
const ROAD_KM = { shandong: 300_000, china: 5_400_000 } as const

/** Milliseconds from the file to a graph: the first thing each of nine processes does, and again and again in this one. */
export function openTimes(graphFile: string) {
  const script = fileURLToPath(new URL('open-once.ts', import.meta.url))
  const { execArgv, env } = GATEWAY_START
  const once = (): number => {
    const ran = spawnSync(process.execPath, [...execArgv, '--import', 'tsx', script, graphFile], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
    if (ran.status !== 0) throw new Error(`open-once: ${ran.stderr}`)
    return Number(ran.stdout)
  }
  const again = (): number => {
    const startedMs = performance.now()
    openGraph(readFileSync(graphFile))
    return performance.now() - startedMs
  }
  const cold = Array.from({ length: OPENS }, once)
  const warm = Array.from({ length: OPENS }, again)
  return {
    how: `file read, hash and structure checked; median of ${OPENS} fresh processes that start as a gateway does and do nothing before, and of ${OPENS} opens in a warm one`,
    openMs: digits(quantile(cold, 0.5)),
    slowestMs: digits(Math.max(...cold)),
    warmMs: digits(quantile(warm, 0.5)),
  }
}

/** What the file takes per junction, and what larger countries would, with as many junctions per kilometre of road. */
export function sizeOf(graph: RoadGraph, graphFile: string) {
  const bytes = statSync(graphFile).size
  const roadKm = graph.edgeLengthDm.reduce((sum, dm) => sum + dm, 0) / 10_000
  const bytesPerJunction = bytes / graph.nodeCount
  const junctionsPerKm = graph.nodeCount / roadKm
  const wouldTake = (km: number) => ({
    roadKm: km,
    junctions: digits(km * junctionsPerKm),
    gigabytes: digits((km * junctionsPerKm * bytesPerJunction) / 1e9),
  })
  return {
    bytes,
    junctions: graph.nodeCount,
    ...{ bytesPerJunction: digits(bytesPerJunction), junctionsPerKm: digits(junctionsPerKm) },
    shandong: wouldTake(ROAD_KM.shandong),
    china: wouldTake(ROAD_KM.china),
  }
}

/** The same questions to the sources and to the bundle, which is built when it is not of these sources. */
export function besideBundle(graph: RoadGraph, graphFile: string, dir: string) {
  const built = spawnSync(process.execPath, ['tools/build.mjs', '--if-changed'], { stdio: 'ignore' })
  if (built.status !== 0) throw new Error('the build failed')
  const starts = join(dir, 'starts.txt')
  const nodes = Array.from({ length: STARTS }, (_, i) => Math.floor((i * graph.nodeCount) / STARTS))
  writeFileSync(starts, nodes.join('\n'))
  const asked = [
    ['reach', graphFile, '--starts', starts, '--seconds', '300'],
    ['reach', graphFile, '--starts', starts, '--seconds', '300', '--turns', 'off'],
    ['roads', 'edges', graphFile],
    ['roads', 'turns', graphFile],
  ]
  const [ours, theirs] = [join(dir, 'sources.out'), join(dir, 'bundle.out')]
  let same = 0
  let answerBytes = 0
  for (const args of asked) {
    reach5Into(ours, ...args)
    const out = openSync(theirs, 'w')
    spawnSync(process.execPath, ['dist/reach5.js', ...args], { stdio: ['ignore', out, 'inherit'] })
    const answer = readFileSync(ours)
    same += Number(answer.length > 0 && answer.equals(readFileSync(theirs)))
    answerBytes += answer.length
  }
  return { asked: asked.length, starts: STARTS, same, answerBytes }
}

/** Resident megabytes of the gateway as it ships, on the city with 51 grids, half a minute after its start; no fleet. */
export async function gatewayResidentMb(graphFile: string, dir: string): Promise<number> {
  const gateway = await startChild(
    gatewayEntry('dist/gateway.js'),
    () => [
      ...['--data', join(dir, 'gateway'), '--roads', graphFile, '--grid-count', '51'],
      ...['--pages-port', '0', '--enrol-port', '0', '--mqtt-port', '0'],
    ],
    { log: QUIET, logFile: openSync(join(dir, 'gateway.log'), 'a') },
  )
  try {
    await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
    const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
    const kb = /^VmRSS:\s+(\d+)/m.exec(status)?.[1]
    if (kb === undefined) throw new Error('the gateway is gone')
    return Math.round(Number(kb) / 1024)
  } finally {
    await gateway.stop()
  }
}
