import { Duplex } from 'node:stream'
import fc from 'fast-check'
import mqtt from 'mqtt'
import { describe, expect, it } from 'vitest'
import { pubackPacket, publishPacket, seePublish } from './publish-packet.ts'

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

/** PUBLISH of QoS 1, as a client sends it. */
function publishOf(topic: string, packetId: number, payload: Uint8Array, first = 0x32): Buffer {
  const id = Buffer.from([packetId >> 8, packetId & 0xff])
  const packet = publishPacket(Buffer.from(topic), Buffer.concat([id, payload]))
  packet[0] = first
  return packet
}

describe('a PUBLISH of QoS 1', () => {
  it('is seen wherever it lies, with its topic, number and payload', () => {
    let cases = 0
    const bytes = fc.uint8Array({ maxLength: 400 })
    const ids = fc.integer({ min: 1, max: 65_535 })
    fc.assert(
      fc.property(bytes, bytes, bytes, ids, fc.boolean(), (before, payload, after, id, again) => {
        cases++
        const topic = 'reach5/1/2f/ptu-07/up/track'
        const packet = publishOf(topic, id, payload, again ? 0x3a : 0x32)
        const chunk = Buffer.concat([before, packet, after])
        const seen = seePublish(chunk, before.length)!
        expect(chunk.toString('latin1', seen.topicFrom, seen.topicTo)).toBe(topic)
        expect(seen.packetId).toBe(id)
        expect(seen.end).toBe(before.length + packet.length)
        expect(Buffer.compare(chunk.subarray(seen.topicTo + 2, seen.end), payload)).toBe(0)
        // Whatever is not here yet is left to whoever keeps it.
        expect(seePublish(chunk.subarray(0, seen.end - 1), before.length)).toBeUndefined()
      }),
      { seed: 5, numRuns: 500 },
    )
    console.info(`publish packets: ${cases}`)
    expect(cases).toBeGreaterThan(0)
  })

  it('is no other packet, no retained one, none of another QoS and none without a number', () => {
    for (let first = 0; first < 256; first++)
      if (first !== 0x32 && first !== 0x3a)
        expect(seePublish(publishOf('a', 1, Buffer.alloc(9), first), 0)).toBeUndefined()
    expect(seePublish(publishOf('a', 0, Buffer.alloc(9)), 0)).toBeUndefined()
  })

  it('is never made of lengths that do not agree, whatever the bytes', () => {
    let seen = 0
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 64 }), fc.nat(66), (bytes, length) => {
        const chunk = Buffer.from(bytes)
        chunk.set([0x32, length, 0], 0)
        const found = seePublish(chunk, 0)
        if (found === undefined) return
        seen++
        expect(found.topicTo + 2).toBeLessThanOrEqual(found.end)
        expect(found.end).toBeLessThanOrEqual(chunk.length)
      }),
      { seed: 5, numRuns: 5_000 },
    )
    console.info(`publish packets of any bytes: ${seen}`)
    expect(seen).toBeGreaterThan(0)
  })

  it('is answered with its number', () => {
    expect([...pubackPacket(0x1234)]).toEqual([0x40, 2, 0x12, 0x34])
  })
})
