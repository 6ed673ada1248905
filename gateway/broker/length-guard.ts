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
      if (this.skip > 0) {
        const taken = Math.min(this.skip, chunk.length - at)
        this.skip -= taken
        at += taken
      } else if (!this.header(chunk[at++]!)) return false
    }
    return true
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

/**
 * Stands between a socket and the MQTT parser: counts lengths before the parser sees them, and can stop reading. What is
 * written passes through with the socket's own back pressure, so a device that does not read is noticed.
 */
export class LengthGuard extends Duplex {
  private readonly socket: Duplex
  private readonly lengths = new PacketLengths()
  private held = false
  private wanted = false

  constructor(socket: Duplex, onTooLarge: () => void) {
    super({ allowHalfOpen: false })
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      if (!this.lengths.accepts(chunk)) {
        onTooLarge()
        this.destroy()
      } else if (!this.push(chunk)) {
        this.wanted = false
        socket.pause()
      }
    })
    socket.on('end', () => this.push(null))
    socket.on('error', error => this.destroy(error))
    socket.on('close', () => this.destroy())
    socket.pause()
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
