import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { agentEntry } from '#sim/demo/child.ts'

/** After so many hours of a car's day: what lives, counted after a full collection, and what happened until then. */
export type HourOfMemory = {
  readonly hour: number
  readonly heapBytes: number
  readonly residentBytes: number
  readonly fixes: number
  readonly edges: number
  readonly orders: number
  readonly links: number
  readonly published: number
  readonly records: number
}

/** A day (or so) of the vehicle runtime in a process of its own, its memory after each hour; with a planted leak if asked for. */
export async function memoryOfDay(hours: number, leakBytesPerS = 0): Promise<readonly HourOfMemory[]> {
  const file = fileURLToPath(new URL('./day-process.ts', import.meta.url))
  const { execArgv, env } = agentEntry('')
  const child = fork(file, [String(hours), String(leakBytesPerS)], {
    execArgv: ['--expose-gc', ...execArgv, '--import', 'tsx'],
    env: { ...process.env, ...env },
  })
  const told: HourOfMemory[] = []
  child.on('message', (hour: HourOfMemory) => told.push(hour))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0 || told.length !== Math.floor(hours) + 1)
    throw new Error(`the day ended with ${code} after ${told.length - 1} hours`)
  return told
}

/** Least squares over the hours after the first, in MB an hour. */
export function slopeMbPerHour(day: readonly HourOfMemory[], of: (hour: HourOfMemory) => number): number {
  const points = day.filter(({ hour }) => hour >= 1).map(hour => ({ x: hour.hour, y: of(hour) / 1e6 }))
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length
  const [meanX, meanY] = [mean(points.map(p => p.x)), mean(points.map(p => p.y))]
  const rise = points.reduce((sum, p) => sum + (p.x - meanX) * (p.y - meanY), 0)
  return rise / points.reduce((sum, p) => sum + (p.x - meanX) ** 2, 0)
}
