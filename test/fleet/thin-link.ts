import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** Both ways of a link take this often what their rate allows. */
const EVERY_MS = 20
/** What lies in the pipe at most; beyond it the sender waits, as on a real modem. */
const QUEUED_BYTES_MAX = 32 * 1024

export type ThinLink = {
  readonly port: number
  /** Bytes carried towards the gateway and back. */
  readonly bytes: { up: number; down: number }
  /** A cut link refuses and ends every connection. */
  set(isUp: boolean): void
  close(): Promise<void>
}

/** A link of so many bits a second each way, on loopback. */
export function openThinLink(target: { readonly port: number }, bitsPerS: number): Promise<ThinLink> {
  const pairs = new Set<readonly [Socket, Socket]>()
  const bytes = { up: 0, down: 0 }
  let isUp = true
  const server = createServer(near => {
    if (!isUp) return void near.resetAndDestroy()
    const far = connect({ host: '127.0.0.1', port: target.port })
    const pair = [near, far] as const
    pairs.add(pair)
    const stops = [
      pace(near, far, bitsPerS, n => (bytes.up += n)),
      pace(far, near, bitsPerS, n => (bytes.down += n)),
    ]
    const end = (): void => {
      pairs.delete(pair)
      stops.forEach(stop => stop())
      near.destroy()
      far.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end)
  })
  const set = (next: boolean): void => {
    isUp = next
    if (!next) for (const [near] of [...pairs]) near.resetAndDestroy()
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        bytes,
        set,
        close: () =>
          new Promise(done => {
            set(false)
            server.close(() => done())
          }),
      }),
    )
  })
}

function pace(from: Socket, to: Socket, bitsPerS: number, count: (bytes: number) => void): () => void {
  let queue = Buffer.alloc(0)
  let lastMs = performance.now()
  let owed = 0
  from.on('data', (chunk: Buffer) => {
    queue = Buffer.concat([queue, chunk])
    if (queue.length > QUEUED_BYTES_MAX) from.pause()
  })
  const timer = setInterval(() => {
    const nowMs = performance.now()
    owed = Math.min(owed + ((nowMs - lastMs) * bitsPerS) / 8_000, bitsPerS / 8)
    lastMs = nowMs
    const size = Math.min(queue.length, Math.floor(owed))
    if (size > 0) {
      owed -= size
      to.write(queue.subarray(0, size))
      queue = queue.subarray(size)
      count(size)
    }
    if (queue.length <= QUEUED_BYTES_MAX) from.resume()
  }, EVERY_MS)
  return () => clearInterval(timer)
}
