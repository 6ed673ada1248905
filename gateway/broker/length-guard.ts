import { Duplex } from 'node:stream'

/** No MQTT packet is longer, its header included; a parser would otherwise buffer what the header merely declares. */
export const PACKET_BYTES_MAX = 64 * 1024

/**
 * Follows packet borders in a stream of bytes without keeping any of them.
 *
 *     byte 0      type and flags
 *     byte 1..4   remaining length, 7 bits each, low first; bit 7 = another byte follows
 *     rest        that many bytes
 */
export class PacketLengths {
  private skip = 0
  private headerBytes = 0
  private length = 0

  /** False as soon as a header declares too long a packet, or a length of more than four bytes. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      at = this.next(chunk, at)
      if (at < 0) return false
    }
    return true
  }

  /** Whether the byte that comes next begins a packet. */
  get atBorder(): boolean {
    return this.skip === 0 && this.headerBytes === 0
  }

  /** From `at` to where this packet ends, or the chunk; -1 for a packet that is too long. */
  next(chunk: Uint8Array, at: number): number {
    let end = at
    while (this.skip === 0 && end < chunk.length) {
      if (!this.header(chunk[end++]!)) return -1
      // A packet of a header alone.
      if (this.skip === 0 && this.headerBytes === 0) return end
    }
    const taken = Math.min(this.skip, chunk.length - end)
    this.skip -= taken
    return end + taken
  }

  private header(byte: number): boolean {
    if (this.headerBytes++ === 0) {
      this.length = 0
      return true
    }
    this.length += (byte & 0x7f) * 128 ** (this.headerBytes - 2)
    const more = byte >= 0x80
    if (this.length + this.headerBytes > PACKET_BYTES_MAX || (more && this.headerBytes > 4)) return false
    if (more) return true
    this.skip = this.length
    this.headerBytes = 0
    return true
  }
}

/** Looks at a packet that begins at `at`; where it ends when it was taken here, `at` when the parser is to have it. */
export type TakePacket = (chunk: Buffer, at: number) => number

/**
 * Stands between a socket and the MQTT parser: counts lengths before the parser sees them, lets somebody take whole packets
 * past it, and can stop reading. What is written in one turn of the event loop leaves together, with the socket's own back
 * pressure, so a device that does not read is noticed.
 */
export class LengthGuard extends Duplex {
  private readonly socket: Duplex
  private readonly takePacket: TakePacket
  private readonly onTooLarge: () => void
  private readonly lengths = new PacketLengths()
  private held = false
  private wanted = false
  private gathering = false

  constructor(socket: Duplex, onTooLarge: () => void, takePacket: TakePacket) {
    super({ allowHalfOpen: false })
    this.socket = socket
    this.takePacket = takePacket
    this.onTooLarge = onTooLarge
    socket.on('data', (chunk: Buffer) => this.onData(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', error => this.destroy(error))
    socket.on('close', () => this.destroy())
    socket.pause()
  }

  private onData(chunk: Buffer): void {
    let [at, from] = [0, 0]
    while (at < chunk.length) {
      const end = this.lengths.atBorder ? this.takePacket(chunk, at) : at
      if (end > at) {
        if (at > from) this.pass(chunk.subarray(from, at))
        at = from = end
        continue
      }
      at = this.lengths.next(chunk, at)
      if (at >= 0) continue
      this.onTooLarge()
      this.destroy()
      return
    }
    if (at > from) this.pass(chunk.subarray(from, at))
  }

  private pass(chunk: Buffer): void {
    if (this.push(chunk)) return
    this.wanted = false
    this.socket.pause()
  }

  /** Writes, and lets go of it when everything of this turn is written: a record of TLS costs more than what is in it. */
  send(bytes: Uint8Array): void {
    if (!this.gathering) {
      this.gathering = true
      this.cork()
      setImmediate(() => {
        this.gathering = false
        this.uncork()
      })
    }
    this.write(bytes)
  }

  /** Stops and starts reading from the socket, whatever the parser wants. */
  hold(held: boolean): void {
    this.held = held
    if (held) this.socket.pause()
    else if (this.wanted) this.socket.resume()
  }

  override _read(): void {
    this.wanted = true
    if (!this.held) this.socket.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, encoding, done)
  }

  /** A packet is written in pieces; together they are one record of TLS and one call of the system. */
  override _writev(
    pieces: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.socket.write(Buffer.concat(pieces.map(piece => piece.chunk)), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.socket.destroy()
    done(error)
  }
}
