import { read } from 'node:fs'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { SerialPort } from 'serialport'
import { fault, ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { OpenPort, Port } from './port.ts'
import { reusePollers } from './serial-pollers.ts'
import type { PollerModule } from './serial-pollers.ts'

/*
 * The only door to serial lines. What the library leaves to its user, all seen on a bench:
 *  - an `error` event nobody listens to ends the process (a close with queued writes makes one);
 *  - an unplug is noticed only while somebody reads, so a `data` listener is there from the first moment;
 *  - `write` after an unplug never calls back, so every write carries its own timeout;
 *  - events of an old line arrive after the new one is open, so every open has a generation;
 *  - an unplug that meets a read in progress makes every later read return zero bytes at once, and the library reads
 *    again for ever, silent and busy (3 of 25 unplugs): here zero bytes mean that the line is gone;
 *  - every open leaves a native poller behind (`serial-pollers.ts`).
 */
const library = createRequire(createRequire(import.meta.url).resolve('serialport'))
reusePollers(library('@serialport/bindings-cpp/dist/poller.js') as PollerModule)

/** Bytes the driver may owe the line before a write is refused: no car part is ever sent more than this at once. */
const QUEUED_BYTES_MAX = 4096
/** A stuck driver may never finish closing; whoever waits goes on without it. */
const CLOSE_TIMEOUT_MS = 1000
/** Long enough for every reset circuit on the other side. */
const DTR_AWAY_MS = 100

/** Opens 8N1 with an exclusive lock. Faults: `PORT_ABSENT`, `PORT_BUSY`, `PORT_DENIED`, `PORT_FAILED`. */
export const openSerialPort: OpenPort = (path, { baud }) =>
  new Promise(resolve => {
    try {
      const line = new SerialPort({ path, baudRate: baud, lock: true, autoOpen: false })
      line.on('error', () => {}) // what went wrong also arrives as a refused write or as `close`
      line.open(error => {
        if (error !== null) return resolve(openFault(error.message))
        resolve(ok(portOf(line, path)))
      })
    } catch (error) {
      resolve(fault('PORT_FAILED', String(error)))
    }
  })

const generations = new Map<string, number>()

function portOf(line: SerialPort, path: string): Port {
  const generation = (generations.get(path) ?? 0) + 1
  generations.set(path, generation)
  const owed = new Set<(result: Result<void>) => void>()
  const byteListeners: ((bytes: Uint8Array) => void)[] = []
  const closeListeners: ((reason: string) => void)[] = []
  let ended: string | undefined

  const end = (reason: string): void => {
    if (ended !== undefined) return
    ended = reason
    for (const settle of owed) settle(fault('PORT_ABSENT', reason))
    for (const listener of closeListeners) listener(reason)
  }

  // Closing takes its time in the driver; that the line is gone is known now.
  endAtZeroBytes(line, () => end('unplugged'))
  line.on('data', (bytes: Uint8Array) => {
    if (ended === undefined) for (const listener of byteListeners) listener(bytes)
  })
  line.on('close', (error: (Error & { disconnected?: boolean }) | null) =>
    end(error?.disconnected === true ? 'unplugged' : (error?.message ?? 'closed')),
  )

  return {
    path,
    generation,
    onBytes: listener => void byteListeners.push(listener),
    onClosed: listener => (ended === undefined ? void closeListeners.push(listener) : listener(ended)),
    write: (bytes, timeoutMs) =>
      new Promise(resolve => {
        if (ended !== undefined) return resolve(fault('PORT_ABSENT', ended))
        if (line.writableLength + bytes.length > QUEUED_BYTES_MAX)
          return resolve(fault('PORT_TIMEOUT', `${line.writableLength} bytes already wait for the line`))
        const settle = (result: Result<void>): void => {
          clearTimeout(timer)
          if (owed.delete(settle)) resolve(result)
        }
        const timer = setTimeout(
          settle,
          timeoutMs,
          fault('PORT_TIMEOUT', `not written after ${timeoutMs} ms`),
        )
        owed.add(settle)
        line.write(Buffer.from(bytes), undefined, error =>
          settle(error ? fault('PORT_FAILED', error.message) : ok(undefined)),
        )
      }),
    reset: timeoutMs =>
      new Promise(resolve => {
        const timer = setTimeout(resolve, timeoutMs, fault('PORT_TIMEOUT', `no reset in ${timeoutMs} ms`))
        const settle = (error: Error | null | undefined): void => {
          clearTimeout(timer)
          resolve(error ? fault('PORT_FAILED', error.message) : ok(undefined))
        }
        if (ended !== undefined || !line.isOpen) return settle(new Error(ended ?? 'closed'))
        line.set({ dtr: false, rts: true }, error => {
          if (error) return settle(error)
          setTimeout(
            () => (line.isOpen ? line.set({ dtr: true, rts: true }, settle) : settle(null)),
            DTR_AWAY_MS,
          )
        })
      }),
    close: () => {
      end('closed')
      if (!line.isOpen && !line.closing) return Promise.resolve()
      return new Promise(resolve => {
        const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
        line.once('close', () => {
          clearTimeout(timer)
          resolve()
        })
        if (!line.closing) line.close()
      })
    },
  }
}

/**
 * Replaces the read of the library's Unix binding before the first one starts. The line is opened raw with VMIN 1 and
 * non-blocking, so `read(2)` says EAGAIN when there is nothing and zero only after a hang-up; `onGone` hears of that first.
 */
function endAtZeroBytes(line: SerialPort, onGone: () => void): void {
  const binding = line.port
  if (binding === undefined || !('poller' in binding)) return
  const closed = (): Error => Object.assign(new Error('closed'), { canceled: true })
  const readable = (): Promise<void> =>
    new Promise((resolve, reject) => {
      // The line may have been closed during the read, and waiting on a destroyed poller is a segmentation fault.
      if (binding.fd === null) return reject(closed())
      binding.poller.once('readable', (error: Error | null) => (error === null ? resolve() : reject(error)))
    })
  const gone = (error: Error): Error => {
    onGone()
    return error
  }
  binding.read = async (buffer, offset, length) => {
    for (;;) {
      if (binding.fd === null) throw closed()
      try {
        const { bytesRead } = await readBytes(binding.fd, buffer, offset, length, null)
        if (bytesRead > 0) return { buffer, bytesRead }
      } catch (error) {
        if (!/^(EAGAIN|EWOULDBLOCK|EINTR)$/.test((error as NodeJS.ErrnoException).code ?? ''))
          throw gone(error as Error)
        await readable()
        continue
      }
      throw gone(new Error('the line hung up'))
    }
  }
}

const readBytes = promisify(read)

/** The driver reports in words of its own around the system's; these are the ones a technician can act on. */
function openFault(words: string): Fault {
  if (/no such (file|device)|not a directory/i.test(words)) return fault('PORT_ABSENT', words)
  if (/cannot lock|busy|temporarily unavailable/i.test(words)) return fault('PORT_BUSY', words)
  if (/permission|not permitted|access denied/i.test(words)) return fault('PORT_DENIED', words)
  return fault('PORT_FAILED', words)
}
