import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Port } from '#hardware/port.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { PSEUDO_TERMINAL_HOST } from './pseudo-terminal-host.ts'

/** A serial cable of the machine's own: an agent opens `path`, the simulated device sits at `port`. */
export type PseudoTerminal = {
  /** `/dev/pts/7`, or the link that was asked for. */
  readonly path: string
  readonly port: Port
  /** The process that holds the line; SIGSTOP makes it a line that takes nothing. */
  readonly pid: number
  /** Pulls the plug: whoever has `path` open hears of it, and nothing of it is left. Also the way to dispose of it. */
  unplug(): Promise<void>
  /** The same, told exactly: resolves with the moment, in ms of the machine's monotonic clock, at which the line went. */
  pull(): Promise<number>
}

export type PseudoTerminalOptions = {
  /**
   * A name that survives an unplug, like `/dev/serial/by-id/…`: a symbolic link, made at open, removed at unplug. Open
   * again with the same link to plug back in.
   */
  readonly linkPath?: string
}

const OPEN_TIMEOUT_MS = 5000
/** Beyond this the simulator is sending into a stopped host: bytes are dropped, not kept. */
const QUEUED_BYTES_MAX = 64 * 1024

let opened = 0

/** Opens a raw pseudo-terminal. Linux; a machine without `stty` or terminals gives a fault `PORT_FAILED`. */
export async function openPseudoTerminal(
  options: PseudoTerminalOptions = {},
): Promise<Result<PseudoTerminal>> {
  const library = createRequire(import.meta.url).resolve('@lydell/node-pty')
  const host = spawn(process.execPath, ['-e', PSEUDO_TERMINAL_HOST, library])
  const exited = once(host, 'exit').catch(() => {})
  const started = await startedPath(host)
  if (!started.ok) {
    host.kill('SIGKILL')
    await exited
    return started
  }
  const path = options.linkPath ?? started.value
  const unlink = (): void => {
    if (options.linkPath !== undefined) rmSync(options.linkPath, { force: true })
  }
  try {
    unlink()
    if (options.linkPath !== undefined) symlinkSync(started.value, options.linkPath)
  } catch (error) {
    host.kill('SIGKILL')
    return fault('PORT_FAILED', String(error))
  }
  host.once('exit', unlink)
  const unplug = async (): Promise<void> => {
    unlink()
    host.kill('SIGKILL')
    await exited
  }
  const pull = async (): Promise<number> => {
    unlink()
    const words = wordsOf(host)
    host.kill('SIGUSR2')
    await exited
    return pulledAtMs(await words)
  }
  opened += 1
  return ok({ path, pid: host.pid!, port: portOf(host, path, opened, unplug), unplug, pull })
}

/** First line on stderr is the path; anything else, or an early end, is what went wrong. */
function startedPath(host: ChildProcessWithoutNullStreams): Promise<Result<string>> {
  return new Promise(resolve => {
    let words = ''
    const timer = setTimeout(
      () => resolve(fault('PORT_FAILED', `no terminal after ${OPEN_TIMEOUT_MS} ms`)),
      OPEN_TIMEOUT_MS,
    )
    const settle = (result: Result<string>): void => {
      clearTimeout(timer)
      resolve(result)
    }
    host.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(0, 2000)
      const path = /^(\/dev\/\S+)\n/.exec(words)?.[1]
      if (path !== undefined) settle(ok(path))
    })
    host.once('error', error => settle(fault('PORT_FAILED', String(error))))
    host.once('exit', () => settle(fault('PORT_FAILED', words.trim() || 'the terminal host ended')))
  })
}

/** Everything it says from now on. */
async function wordsOf({ stderr }: ChildProcessWithoutNullStreams): Promise<string> {
  let words = ''
  stderr.on('data', (text: string) => void (words += text))
  await once(stderr, 'end')
  return words
}

function pulledAtMs(words: string): number {
  const nanoseconds = /^pulled (\d+)$/m.exec(words)?.[1]
  if (nanoseconds === undefined) throw new Error(`the terminal host did not say when it pulled: ${words}`)
  return Number(nanoseconds) / 1e6
}

function portOf(
  host: ChildProcessWithoutNullStreams,
  path: string,
  generation: number,
  close: () => Promise<void>,
): Port {
  let ended: string | undefined
  const byteListeners: ((bytes: Uint8Array) => void)[] = []
  const closeListeners: ((reason: string) => void)[] = []
  const end = (reason: string): void => {
    if (ended !== undefined) return
    ended = reason
    for (const listener of closeListeners) listener(reason)
  }
  host.stdin.on('error', () => end('unplugged'))
  host.stdout.on('data', (bytes: Uint8Array) => {
    if (ended === undefined) for (const listener of byteListeners) listener(bytes)
  })
  host.once('exit', () => end('unplugged'))
  return {
    path,
    generation,
    onBytes: listener => void byteListeners.push(listener),
    onClosed: listener => (ended === undefined ? void closeListeners.push(listener) : listener(ended)),
    write: (bytes, timeoutMs) =>
      new Promise(resolve => {
        if (ended !== undefined) return resolve(fault('PORT_ABSENT', ended))
        if (host.stdin.writableLength > QUEUED_BYTES_MAX)
          return resolve(fault('PORT_TIMEOUT', 'the host is stopped'))
        const timer = setTimeout(
          resolve,
          timeoutMs,
          fault('PORT_TIMEOUT', `not written after ${timeoutMs} ms`),
        )
        host.stdin.write(bytes, error => {
          clearTimeout(timer)
          resolve(error ? fault('PORT_ABSENT', error.message) : ok(undefined))
        })
      }),
    close: () => {
      end('closed')
      return close()
    },
  }
}
