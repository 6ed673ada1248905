import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { mqttDial } from './mqtt-uplink.ts'
import type { Link } from './uplink.ts'

/*
 * A broker in a thread of its own, so that it hears while this one is busy: it says yes to a connection, a subscription and
 * a record, and raises the flag of a channel once a packet with that name is there.
 */
const BROKER = `
const { parentPort, workerData } = require('node:worker_threads')
const { flags, channels, key, cert } = workerData
const answers = {
  1: () => [0x20, 2, 0, 0],
  3: packet => [0x40, 2, ...packet.subarray(4 + packet[3], 6 + packet[3])],
  8: packet => [0x90, 5, packet[2], packet[3], 1, 1, 1],
}
const server = require('node:tls').createServer({ key, cert }, socket => {
  socket.on('error', () => {})
  socket.on('data', data => {
    // Each of them is short: one byte says how long.
    for (let packet = data; packet.length > 0; packet = packet.subarray(2 + packet[1])) {
      const answer = answers[packet[0] >> 4]
      if (answer) socket.write(Buffer.from(answer(packet)))
    }
    channels.forEach((channel, i) => {
      if (data.includes(channel)) (Atomics.store(flags, i, 1), Atomics.notify(flags, i))
    })
  })
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`
const CHANNELS = ['up/alarm', 'up/unstored', 'up/track'] as const

const dir = mkdtempSync(join(tmpdir(), 'reach5-uplink-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function connect(): Promise<{ link: Link; flags: Int32Array; end: () => Promise<void> }> {
  const authority = await openAuthority(dir, Date.now())
  if (!authority.ok) throw new Error(authority.detail)
  const { key, cert } = await authority.value.serverCertificate(['127.0.0.1', 'localhost'], Date.now())
  const device = await authority.value.clientCertificate('ptu-01', Date.now())
  const flags = new Int32Array(new SharedArrayBuffer(4 * CHANNELS.length))
  const broker = new Worker(BROKER, { eval: true, workerData: { flags, channels: CHANNELS, key, cert } })
  const [port] = (await once(broker, 'message')) as [number]
  const identity = {
    ...{ deviceId: 'ptu-01', ca: authority.value.caPem, privateKey: device.key, certificate: device.cert },
  } as DeviceIdentity
  const link = await new Promise<Link>((resolve, reject) => {
    mqttDial(
      identity,
      `mqtts://localhost:${port}`,
    )({
      onConnected: resolve,
      onMessage: () => {},
      onClosed: reason => reject(new Error(reason)),
    })
  })
  return { link, flags, end: async () => void (await broker.terminate()) }
}

/** Publishes, and keeps the thread busy in that same turn until the broker has it or five seconds are over. */
async function arrivesInTheTurn(
  { link, flags }: { link: Link; flags: Int32Array },
  i: number,
): Promise<boolean> {
  // As in the agent, where a record leaves once its store has answered.
  await Promise.resolve()
  const published = link.publish(CHANNELS[i]!, '{}', 1)
  const arrived = Atomics.wait(flags, i, 0, 5_000) !== 'timed-out'
  return (await published) && arrived
}

describe('the uplink', () => {
  it('lets an alarm go before what else is done in the turn, whether a batch was before it or nothing', async () => {
    const connected = await connect()
    try {
      expect(await arrivesInTheTurn(connected, CHANNELS.indexOf('up/alarm'))).toBe(true)
      void connected.link.publish('up/track', 'a batch', 1)
      expect(await arrivesInTheTurn(connected, CHANNELS.indexOf('up/unstored'))).toBe(true)
      expect(Atomics.load(connected.flags, CHANNELS.indexOf('up/track'))).toBe(1)
    } finally {
      await connected.end()
    }
  })
})
