import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GATEWAY_START } from '#gateway/start-flags.ts'
import type { Logger } from '#protocols/log.ts'

/** What a child says over its IPC channel, and what ends it. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly addresses: Readonly<Record<string, string>> }
  | { readonly type: 'failed'; readonly code: string; readonly detail: string }

export type Child = {
  /** Addresses of the newest start. */
  readonly addresses: Readonly<Record<string, string>>
  readonly pid: number | undefined
  /** Asks it to end, and makes it end. */
  stop(): Promise<void>
  /** As a power cut would; it is started again. */
  kill(): void
  /** The same, but it stays dark until `restore`. */
  cut(): void
  restore(): void
  readonly isCut: boolean
}

const RESTART_MS = { first: 500, max: 10_000 }
const STOP_WITHIN_MS = 1_200

/** What to run: a source file through tsx, or a file of the bundle as it is. */
export type Entry = {
  readonly execArgv: readonly string[]
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * A car's computer has little memory, and an agent makes little garbage and no great sums: small young generation, code kept
 * small, one helper thread, one arena of malloc for all threads. Measured: 84 MB after a minute instead of 90.
 */
export const agentEntry = (file: string): Entry => ({
  execArgv: ['--max-semi-space-size=2', '--optimize-for-size', '--v8-pool-size=1'],
  file,
  env: { MALLOC_ARENA_MAX: '1' },
})

/** As `reach5 gateway` starts it. */
export const gatewayEntry = (file: string): Entry => ({ ...GATEWAY_START, file })

/** Finds `agent/main.ts` beside this file's room in a checkout, `agent.js` in the bundle. */
export function entryOf(room: 'agent' | 'gateway'): Entry {
  const here = fileURLToPath(import.meta.url)
  if (here.endsWith('.ts')) {
    const source = join(dirname(here), '..', '..', room, 'main.ts')
    const { execArgv, ...start } = room === 'agent' ? { execArgv: [], file: source } : gatewayEntry(source)
    return { ...start, execArgv: [...execArgv, '--import', 'tsx'] }
  }
  const file = join(dirname(here), `${room}.js`)
  return room === 'agent' ? agentEntry(file) : gatewayEntry(file)
}

/**
 * Starts a process of ours and keeps it running: it says `ready` with its addresses, is started again with back-off when
 * it dies, and leaves by itself when this process is gone (its IPC channel closes). Rejects when the first start fails.
 */
export function startChild(
  entry: Entry,
  args: () => readonly string[],
  options: {
    readonly log: Logger
    readonly logFile: number
    readonly onReady?: (addresses: Child['addresses']) => void
    /** An exit code by which it asks for its power to be taken: it stays dark until `restore`. */
    readonly offCode?: number
  },
): Promise<Child> {
  const { execArgv, file, env = {} } = entry
  let child: ChildProcess | undefined
  let stopping = false
  let waitMs = RESTART_MS.first
  let addresses: Child['addresses'] = {}
  let restart: NodeJS.Timeout | undefined
  let cut = false

  return new Promise((resolve, reject) => {
    let resolved = false
    const handle: Child = {
      get addresses() {
        return addresses
      },
      get pid() {
        return child?.pid
      },
      kill: () => child?.kill('SIGKILL'),
      cut: () => {
        cut = true
        clearTimeout(restart)
        child?.kill('SIGKILL')
      },
      restore: () => {
        if (!cut || stopping) return
        cut = false
        waitMs = RESTART_MS.first
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) start()
      },
      get isCut() {
        return cut
      },
      stop: () => {
        stopping = true
        clearTimeout(restart)
        const running = child
        if (!running || running.exitCode !== null || running.signalCode !== null) return Promise.resolve()
        return new Promise(done => {
          const force = setTimeout(() => running.kill('SIGKILL'), STOP_WITHIN_MS)
          running.once('exit', () => {
            clearTimeout(force)
            done()
          })
          running.kill('SIGTERM')
        })
      },
    }
    const start = (): void => {
      const started = spawn(process.execPath, [...execArgv, file, ...args()], {
        stdio: ['ignore', options.logFile, options.logFile, 'ipc'],
        env: { ...process.env, ...env },
      })
      child = started
      started.on('message', message => {
        const said = message as ChildMessage
        if (said.type === 'failed' && !resolved) return reject(new Error(`${said.detail} [${said.code}]`))
        if (said.type !== 'ready') return
        waitMs = RESTART_MS.first
        addresses = said.addresses
        options.onReady?.(addresses)
        if (!resolved) resolve(handle)
        resolved = true
      })
      started.on('exit', (code, signal) => {
        if (stopping || cut) return
        if (code !== null && code === options.offCode) return void (cut = true)
        if (!resolved) return reject(new Error(`${file} ended at once (${signal ?? code}); see its log`))
        options.log.warn({ event: 'child.ended', file, code, signal, restartMs: waitMs })
        restart = setTimeout(start, waitMs)
        waitMs = Math.min(RESTART_MS.max, waitMs * 2)
      })
    }
    start()
  })
}
