import { connect } from 'node:tls'
import type { SecureContext, TLSSocket } from 'node:tls'
import { DOWN_CHANNELS, topicOf } from '#protocols/topics.ts'
import type { UpChannel } from '#protocols/topics.ts'

const KEEPALIVE_S = 20
const CONNACK = 2
const PUBLISH = 3
const SUBACK = 9

/** One connection of one device; nothing of it outlives its end. */
export type ThinDevice = {
  publish(channel: UpChannel, payload: string): void
  end(): void
}

/**
 * A device as far as a broker can tell: mutual TLS 1.3, CONNECT, SUBSCRIBE, PUBLISH, and PUBACK for what it is told; in a
 * tenth of the memory of a client library, so that thousands fit beside what they measure. MQTT 3.1.1.
 */
export function dialThin(
  parts: {
    readonly deviceId: string
    readonly port: number
    readonly secureContext: SecureContext
    readonly giveUpMs: number
  },
  on: { readonly connected: () => void; readonly closed: () => void },
): ThinDevice {
  const { deviceId, port, secureContext, giveUpMs } = parts
  // Judging the gateway's certificate is work of thousands of other computers, not of the one that is measured.
  const socket = connect({ host: '127.0.0.1', port, secureContext, rejectUnauthorized: false })
  const giveUp = setTimeout(() => socket.destroy(), giveUpMs)
  socket.setNoDelay(true)
  socket.once('secureConnect', () => socket.write(connectPacket(deviceId)))
  socket.on('error', () => {})
  socket.once('close', () => {
    clearTimeout(giveUp)
    on.closed()
  })
  readPackets(socket, (type, body, flags) => {
    if (type === CONNACK) {
      if (body[1] === 0) socket.write(subscribePacket(deviceId))
      else socket.destroy()
    } else if (type === SUBACK) {
      clearTimeout(giveUp)
      on.connected()
    } else if (type === PUBLISH && (flags & 0x06) !== 0) {
      const id = 2 + body.readUInt16BE(0)
      socket.write(Buffer.from([0x40, 2, body[id]!, body[id + 1]!]))
    }
  })
  return {
    publish: (channel, payload) => {
      socket.write(packet(0x30, [text(topicOf(deviceId, channel)), Buffer.from(payload)]))
    },
    end: () => socket.destroy(),
  }
}

const text = (words: string): Buffer => {
  const bytes = Buffer.from(words)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function packet(head: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const header = [head]
  for (let left = body.length; ; left >>= 7) {
    header.push(left > 127 ? (left & 127) | 128 : left)
    if (left < 128) break
  }
  return Buffer.concat([Buffer.from(header), body])
}

const CLEAN_SESSION = 2
const connectPacket = (deviceId: string): Buffer =>
  packet(0x10, [text('MQTT'), Buffer.from([4, CLEAN_SESSION, 0, KEEPALIVE_S]), text(deviceId)])

const subscribePacket = (deviceId: string): Buffer =>
  packet(0x82, [
    Buffer.from([0, 1]),
    ...DOWN_CHANNELS.flatMap(channel => [text(topicOf(deviceId, channel)), Buffer.from([1])]),
  ])

function readPackets(socket: TLSSocket, hear: (type: number, body: Buffer, flags: number) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      let [length, at] = [0, 1]
      while (at < rest.length && at < 5) {
        length += (rest[at]! & 127) * 128 ** (at - 1)
        if (rest[at++]! < 128) break
      }
      if (at < 2 || rest[at - 1]! >= 128 || rest.length < at + length) return
      hear(rest[0]! >> 4, rest.subarray(at, at + length), rest[0]! & 15)
      rest = rest.subarray(at + length)
    }
  })
}
