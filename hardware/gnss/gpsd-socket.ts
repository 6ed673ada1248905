import { connect } from 'node:net'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { OpenPort, Port } from '../port.ts'
import { gpsdAddress } from './gpsd-name.ts'

const CONNECT_WITHIN_MS = 3_000
const WATCH = '?WATCH={"enable":true,"json":true};\n'

let generation = 0

/**
 * A receiver behind gpsd as a line with bytes on it: `gpsd` or `gpsd://host:port`. Asks gpsd to tell JSON; everything
 * else (opening again, silence) is the same as with a cable. Faults: `PORT_ABSENT` when no gpsd answers.
 */
export const openGpsdPort: OpenPort = path =>
  new Promise(resolve => {
    const address = gpsdAddress(path)
    if (address === undefined) return resolve(fault('PORT_FAILED', `${path} is no gpsd://host:port`))
    const socket = connect(address)
    const byteListeners: ((bytes: Uint8Array) => void)[] = []
    const closeListeners: ((reason: string) => void)[] = []
    let ended: string | undefined
    const end = (reason: string): void => {
      if (ended !== undefined) return
      ended = reason
      socket.destroy()
      resolve(fault('PORT_ABSENT', `no gpsd at ${address.host}:${address.port}: ${reason}`))
      for (const listener of closeListeners) listener(reason)
    }
    generation += 1
    const port: Port = {
      path,
      generation,
      onBytes: listener => void byteListeners.push(listener),
      onClosed: listener => (ended === undefined ? void closeListeners.push(listener) : listener(ended)),
      write: (bytes, timeoutMs) =>
        new Promise<Result<void>>(settle => {
          if (ended !== undefined) return settle(fault('PORT_ABSENT', ended))
          const timer = setTimeout(settle, timeoutMs, fault('PORT_TIMEOUT', `not sent after ${timeoutMs} ms`))
          socket.write(bytes, error => {
            clearTimeout(timer)
            settle(error ? fault('PORT_ABSENT', error.message) : ok(undefined))
          })
        }),
      close: () => {
        end('closed')
        return Promise.resolve()
      },
    }
    socket.setTimeout(CONNECT_WITHIN_MS, () => end('no answer'))
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.write(WATCH)
      resolve(ok(port))
    })
    socket.on('data', bytes => {
      for (const listener of byteListeners) listener(bytes)
    })
    socket.once('error', error => end(error.message))
    socket.once('close', () => end('gpsd ended the connection'))
  })
