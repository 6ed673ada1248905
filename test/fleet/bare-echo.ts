import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { putFirst } from '../storm/fleet.ts'

export type BareEcho = {
  /** Milliseconds until what was sent is on the disk and back. */
  echo(): Promise<number>
  close(): void
}

/** About what an alarm is on its way. */
const BYTES = 400
/** For somebody who is gone, not for a measurement. */
const NEVER_AFTER_MS = 60_000
const inTime = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(NEVER_AFTER_MS) })

/**
 * Opens it on a file of its own, which it makes; rejects, as each echo does, when nobody answers within a minute.
 *
 * Somebody who does as little as anybody can who keeps what he hears before he answers: one process more, one loopback
 * connection, one write, one sync. What he waits for is the machine.
 */
export async function openBareEcho(file: string, priority: number): Promise<BareEcho> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/fleet/bare-echo-process.ts'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
  putFirst(child.pid!, priority)
  try {
    child.send(file)
    const [port] = (await once(child, 'message', inTime())) as [number]
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect', inTime())
    return echoOver(socket, child)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

function echoOver(socket: Socket, child: ChildProcess): BareEcho {
  const bytes = Buffer.alloc(BYTES, 'x')
  return {
    echo: async () => {
      const sentMs = performance.now()
      let missing = BYTES
      socket.write(bytes)
      while (missing > 0) missing -= ((await once(socket, 'data', inTime())) as [Buffer])[0].length
      return performance.now() - sentMs
    },
    close: () => {
      socket.destroy()
      child.kill('SIGKILL')
    },
  }
}
