import { Duplex } from 'node:stream'
import mqtt from 'mqtt'
import { describe, expect, it } from 'vitest'
import { publishPacket } from './publish-packet.ts'

/** What a client of the library hears of these bytes. */
function heardOf(bytes: Uint8Array): Promise<{ topic: string; payload: Uint8Array }> {
  const CONNACK = Buffer.from([0x20, 2, 0, 0])
  const line = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done()
    },
  })
  const client = new mqtt.MqttClient(() => line, { reconnectPeriod: 0 })
  return new Promise((resolve, reject) => {
    client.on('error', reject)
    client.on('connect', () => line.push(bytes))
    client.on('message', (topic, payload) => {
      client.end(true)
      resolve({ topic, payload })
    })
    line.push(CONNACK)
  })
}

describe('a PUBLISH of QoS 0', () => {
  it.each([0, 1, 92, 93, 94, 16_340, 16_350, 60_000])('carries %i bytes', async size => {
    const topic = 'reach5/1/2f/ptu-07/down/ack'
    const payload = Buffer.alloc(size, 'x')
    const heard = await heardOf(publishPacket(Buffer.from(topic), payload))
    expect(heard.topic).toBe(topic)
    expect(Buffer.compare(heard.payload, payload)).toBe(0)
  })
})
