import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import type { PacedClock } from '../clock/paced-clock.ts'
import type { ControlBook } from '../control/knobs.ts'
import { fileLog } from './file-log.ts'
import type { DemoFlags } from './flags.ts'
import type { World } from './world.ts'

/** What the person at the terminal is told while it starts. */
export type Say = (words: string) => void

type Closer = () => Promise<void> | void

/**
 * Order of leaving: cars say goodbye to a gateway that still listens, houses (gateway, links, pages) follow, logs outlive
 * everybody who writes them.
 */
export class Closers {
  private readonly groups: Readonly<Record<'cars' | 'houses' | 'files', Closer[]>> = {
    cars: [],
    houses: [],
    files: [],
  }

  add(group: keyof Closers['groups'], run: Closer): void {
    this.groups[group].push(run)
  }

  async close(): Promise<void> {
    for (const group of [this.groups.cars, this.groups.houses, this.groups.files]) {
      await Promise.all(group.splice(0).map(async run => run()))
    }
  }
}

/** What every part of the demo is handed: who starts here needs `house` and answers with what it opened. */
export type House = {
  readonly flags: DemoFlags
  readonly clock: Clock
  /** Time of driving, crews and incidents: `clock`, hurried when somebody speeds the city up. */
  readonly pace: PacedClock
  readonly world: World
  readonly logs: Logs
  readonly closers: Closers
  /** The gateway's addresses. */
  readonly urls: { readonly pages: string; readonly enrolment: string; readonly mqtt: string }
  /** Whoever opens a car or a station writes down here what can be done to it. */
  readonly book: ControlBook
  readonly say: Say
}

export type Logs = {
  /** Open files for what the processes print. */
  readonly files: { readonly gateway: number; readonly agent: number; readonly demo: number }
  readonly demo: Logger
  /** For the many: warnings and worse. */
  readonly quiet: Logger
}

/** Logs go to files: the terminal of the person who started it belongs to that person. */
export function openLogs({ data, fresh }: Pick<DemoFlags, 'data' | 'fresh'>, closers: Closers): Logs {
  if (fresh) rmSync(data, { recursive: true, force: true })
  const dir = join(data, 'logs')
  try {
    makeDir(dir)
    const open = (name: string): number => {
      const file = openSync(join(dir, `${name}.log`), 'a')
      closers.add('files', () => closeSync(file))
      return file
    }
    const files = { gateway: open('gateway'), agent: open('agent'), demo: open('demo') }
    return { files, demo: fileLog(files.demo, 'info'), quiet: fileLog(files.demo, 'warn') }
  } catch (error) {
    throw new Error(`cannot write to ${data}: ${(error as Error).message} [DIR_UNWRITABLE]`)
  }
}

/** Level by level: the recursive call of Node never returns below /proc. */
function makeDir(dir: string): void {
  if (existsSync(dir)) return
  makeDir(dirname(resolve(dir)))
  mkdirSync(dir)
}
