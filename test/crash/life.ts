import { spawn } from 'node:child_process'
import type { ChildMessage } from '#sim/demo/child.ts'

/** One life of a process, from its start to whatever ended it. */
export type Life = {
  readonly pid: number
  /** Its addresses, once it said that it is ready, and how long that took; null when it ended before. */
  readonly ready: Promise<{ readonly addresses: Addresses; readonly afterMs: number } | null>
  readonly ended: Promise<void>
  /** Takes it away in the middle of whatever it does, with everything it started. */
  kill(): Promise<void>
  /** Asks it to end in order; takes it away when it does not. */
  stop(): Promise<void>
}

export type Addresses = Readonly<Record<string, string>>

export type LifeOptions = {
  /** Open file for what it prints; it must not lie on the disk that is broken. */
  readonly logFile: number
  /** A program that runs it, such as strace with its arguments. */
  readonly under?: readonly string[]
  /** Flags of the engine. */
  readonly execArgv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const STOP_WITHIN_MS = 5_000

/** Starts a file of the bundle, as it ships, in a process group of its own. */
export function startLife(file: string, args: readonly string[], options: LifeOptions): Life {
  const { under = [], execArgv = [] } = options
  const [program, ...words] = [...under, process.execPath, ...execArgv, file, ...args] as [
    string,
    ...string[],
  ]
  const startedMs = performance.now()
  const child = spawn(program, words, {
    stdio: ['ignore', options.logFile, options.logFile, 'ipc'],
    env: { ...process.env, ...options.env },
    detached: true,
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const ready = new Promise<Awaited<Life['ready']>>(resolve => {
    child.on('message', message => {
      const said = message as ChildMessage
      if (said.type === 'ready')
        resolve({ addresses: said.addresses, afterMs: performance.now() - startedMs })
    })
    void ended.then(() => resolve(null))
  })
  const signal = (name: NodeJS.Signals): void => {
    try {
      // The group, so that what runs under a tracer does not outlive it.
      process.kill(-child.pid!, name)
    } catch {
      // Gone already.
    }
  }
  const kill = (): Promise<void> => {
    signal('SIGKILL')
    return ended
  }
  return {
    pid: child.pid!,
    ready,
    ended,
    kill,
    stop: async () => {
      const force = setTimeout(() => signal('SIGKILL'), STOP_WITHIN_MS)
      signal('SIGTERM')
      await ended
      clearTimeout(force)
    },
  }
}

export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Asks until the answer is yes; false when that never comes. */
export async function within(ms: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadlineMs = performance.now() + ms
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) return false
    await sleep(25)
  }
  return true
}
