import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** `<data>/sim.json`: where the simulator page of the demo that runs on this directory listens. */
const RunningFile = z.object({ v: z.literal(1), url: z.url(), pid: z.number() })
export type RunningFile = z.infer<typeof RunningFile>

const fileIn = (data: string): string => join(data, 'sim.json')

export const writeRunning = (data: string, running: Omit<RunningFile, 'v'>): void =>
  writeFileSync(fileIn(data), `${JSON.stringify({ v: 1, ...running })}\n`)

export const removeRunning = (data: string): void => rmSync(fileIn(data), { force: true })

/** Undefined when no demo was started there, or the file is not ours. */
export function readRunning(data: string): RunningFile | undefined {
  try {
    return RunningFile.safeParse(JSON.parse(readFileSync(fileIn(data), 'utf8'))).data
  } catch {
    return undefined
  }
}
