import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/**
 * A link that can be cut: bytes pass between a device and the gateway until someone says otherwise. `reset` ends every
 * connection and refuses new ones, `freeze` leaves them open and passes nothing (half-open), as a tunnel does.
 */
export type LinkState = 'up' | 'reset' | 'frozen'

export type TcpProxy = {
  readonly port: number
  readonly state: LinkState
  set(state: LinkState): void
  /** Connections that pass bytes now, and all there ever were. */
  readonly open: number
  readonly total: number
  close(): Promise<void>
}

/** Listens on loopback and passes to `target`; port 0 lets the machine choose. */
export function openTcpProxy(
  target: { readonly host: string; readonly port: number },
  port = 0,
): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: LinkState = 'up'
  let total = 0

  const server: Server = createServer({ pauseOnConnect: true }, near => {
    if (state === 'reset') return void near.resetAndDestroy()
    const far = connect(target)
    const pair = [near, far] as const
    pairs.add(pair)
    total++
    const end = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', end)
      from.on('close', end)
      from.on('data', bytes => {
        if (!to.write(bytes)) from.pause()
      })
      to.on('drain', () => {
        if (state === 'up') from.resume()
      })
    }
    if (state === 'frozen') far.pause()
    else near.resume()
  })

  const set = (next: LinkState): void => {
    state = next
    for (const [near, far] of [...pairs]) {
      if (next === 'reset') near.resetAndDestroy()
      if (next === 'reset') far.destroy()
      for (const socket of [near, far]) {
        if (next === 'frozen') socket.pause()
        if (next === 'up') socket.resume()
      }
    }
  }

  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        get state() {
          return state
        },
        get open() {
          return pairs.size
        },
        get total() {
          return total
        },
        set,
        close: () =>
          new Promise(done => {
            set('reset')
            server.close(() => done())
          }),
      })
    })
  })
}
