/** Handshakes begun and not finished: enough for a second of them over a mobile network. */
const UNDER_WAY_MAX = 256
/** Begun in one turn of the event loop: some 20 ms of work, then whoever is connected already is heard. */
const BEGUN_PER_TURN = 4
/** A device gives up after 10 s; one that waits as long as this is sent away unheard, and comes back when its turn may come. */
const WAIT_MS_MAX = 8_000

/** Who is at the other end; no two open connections to one port have the same. */
type Peer = { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined }
/** A connection of which nothing was read. */
export type Arrival = Peer & {
  on(event: 'error', run: () => void): unknown
  once(event: 'close', run: () => void): unknown
  destroy(): unknown
}

export type QueueHands<S extends Arrival> = {
  readonly begin: (socket: S) => void
  /** Runs it in the next turn of the event loop, after what is due in this one. */
  readonly soon: (run: () => void) => void
  /** Closes the connection when nothing happens on it for so long; 0 takes that back. */
  readonly closeIdle: (socket: S, ms: number) => void
}

const nameOf = ({ remoteAddress, remotePort }: Peer): string => `${remoteAddress} ${remotePort}`

/**
 * Admission when a whole fleet comes back at once: connections wait here unread, oldest first, until it is their turn for a
 * handshake. What is connected already goes on being heard between two of them.
 *
 *     accepted -> waits -> handshake under way -> secure, or closed
 */
export class HandshakeQueue<S extends Arrival> {
  private readonly waiting = new Set<S>()
  private readonly underWay = new Map<string, S>()
  private readonly hands: QueueHands<S>
  private armed = false

  constructor(hands: QueueHands<S>) {
    this.hands = hands
  }

  arrive(socket: S): void {
    const name = nameOf(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.waiting.delete(socket)
      this.finish(name, socket)
    })
    this.hands.closeIdle(socket, WAIT_MS_MAX)
    this.waiting.add(socket)
    this.arm()
  }

  /** The handshake with this peer is done. */
  secured(peer: Peer): void {
    const name = nameOf(peer)
    const socket = this.underWay.get(name)
    if (socket !== undefined) this.finish(name, socket)
  }

  close(): void {
    for (const socket of [...this.waiting, ...this.underWay.values()]) socket.destroy()
  }

  private finish(name: string, socket: S): void {
    if (this.underWay.get(name) !== socket) return
    this.underWay.delete(name)
    this.arm()
  }

  private arm(): void {
    if (this.armed || this.waiting.size === 0 || this.underWay.size >= UNDER_WAY_MAX) return
    this.armed = true
    this.hands.soon(() => this.beginSome())
  }

  private beginSome(): void {
    this.armed = false
    let left = Math.min(BEGUN_PER_TURN, UNDER_WAY_MAX - this.underWay.size)
    for (const socket of this.waiting) {
      if (left-- <= 0) break
      this.waiting.delete(socket)
      this.underWay.set(nameOf(socket), socket)
      this.hands.closeIdle(socket, 0)
      this.hands.begin(socket)
    }
    this.arm()
  }
}
