import { existsSync, readFileSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { within } from '../crash/life.ts'

/** How finely the event loop is watched; the watching itself waits that long, and so it is taken off again. */
const RESOLUTION_MS = 1

/** How long the event loop of a process was held between two signals, and its longest pauses of memory. */
export type Held = {
  readonly looks: number
  /** The longest, and that of 99 of 100 looks, in milliseconds; time in which others had the processor is not in it. */
  readonly maxMs: number
  readonly p99Ms: number
  /** How often it was longer than `LONG_MS`. */
  readonly long: number
  /** Processor time of the thread itself between two looks: what no other work of the machine can change. */
  readonly ranMaxMs: number
  readonly ranP99Ms: number
  /** The longest by the clock on the wall, that time included. */
  readonly wallMaxMs: number
  /** The longest pause for the collector of garbage by the wall, by its kind as V8 names them. */
  readonly collectorMaxMs: Readonly<Record<string, number>>
}

/** What nothing may hold the event loop for (DESIGN.md). */
const LONG_MS = 10

const Measured = z.object({
  ...{ looks: z.number(), maxMs: z.number(), p99Ms: z.number(), long: z.number() },
  ...{ ranMaxMs: z.number(), ranP99Ms: z.number(), wallMaxMs: z.number() },
  collectorMaxMs: z.record(z.string(), z.number()),
})

/**
 * Code that Node loads before a process as it ships, and that watches its main thread: the first SIGUSR2 begins, the second
 * writes what was seen to a file. A timer looks at the clock and at how long the thread waited for a processor (proc(5),
 * schedstat): fleet, pages and other work share the machine, and what they take is not what the process holds. Looking wakes
 * the loop a thousand times a second, so what the process costs is measured before.
 */
const CODE = `
import { openSync, readSync, writeFileSync } from 'node:fs'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'
if (isMainThread) {
  const kinds = { [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor', [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental', [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakCallbacks' }
  const collectorMaxMs = {}
  const observer = new PerformanceObserver(list => {
    for (const { duration, detail } of list.getEntries())
      collectorMaxMs[kinds[detail.kind]] = Math.max(collectorMaxMs[kinds[detail.kind]] ?? 0, duration)
  })
  const schedstat = openSync('/proc/self/schedstat', 'r')
  const line = Buffer.alloc(128)
  const scheduled = () =>
    line.latin1Slice(0, readSync(schedstat, line, 0, line.length, 0)).split(' ').map(ns => Number(ns) / 1e6)
  const held = []
  const ran = []
  let [watching, wallMaxMs, atMs, atRanMs, atWaitedMs] = [false, 0, 0, 0, 0]
  const look = () => {
    if (!watching) return
    const [nowMs, [nowRanMs, nowWaitedMs]] = [performance.now(), scheduled()]
    const wallMs = nowMs - atMs - ${RESOLUTION_MS}
    held.push(Math.max(0, wallMs - (nowWaitedMs - atWaitedMs)))
    ran.push(nowRanMs - atRanMs)
    wallMaxMs = Math.max(wallMaxMs, wallMs)
    ;[atMs, atRanMs, atWaitedMs] = [nowMs, nowRanMs, nowWaitedMs]
    setTimeout(look, ${RESOLUTION_MS})
  }
  process.on('SIGUSR2', () => {
    watching = !watching
    if (watching) {
      observer.observe({ entryTypes: ['gc'] })
      ;[atMs, [atRanMs, atWaitedMs]] = [performance.now(), scheduled()]
      return void setTimeout(look, ${RESOLUTION_MS})
    }
    observer.disconnect()
    const rising = Float64Array.from(held).sort()
    const long = rising.filter(ms => ms > ${LONG_MS}).length
    const seen = { looks: rising.length, maxMs: rising.at(-1), p99Ms: rising[Math.floor(0.99 * rising.length)], long }
    const ranRising = Float64Array.from(ran).sort()
    const [ranMaxMs, ranP99Ms] = [ranRising.at(-1), ranRising[Math.floor(0.99 * ran.length)]]
    const all = { ...seen, ranMaxMs, ranP99Ms, wallMaxMs, collectorMaxMs }
    writeFileSync(process.env.REACH5_LOOP_PROBE, JSON.stringify(all))
  })
}`

/** What a process must be started with to be watched. */
export const probeOf = (file: string) => ({
  execArgv: ['--import', `data:text/javascript,${encodeURIComponent(CODE)}`],
  env: { REACH5_LOOP_PROBE: file },
})

/** Watches a process that was started with the probe for as long as `pass` takes. */
export async function watchLoop(pid: number, file: string, pass: () => Promise<unknown>): Promise<Held> {
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  await pass()
  process.kill(pid, 'SIGUSR2')
  if (!(await within(10_000, () => existsSync(file) && readFileSync(file, 'utf8').endsWith('}'))))
    throw new Error('the watched process does not answer')
  return Measured.parse(JSON.parse(readFileSync(file, 'utf8')))
}
