import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import mqtt from 'mqtt'
import type { IClientOptions, MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeRequest } from '#agent/provisioning/x509-request.ts'
import { openAedesBroker } from '#gateway/broker/aedes-broker.ts'
import type { Broker, BrokerEvent } from '#gateway/broker/broker.ts'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import type { Authority } from '#gateway/identity/x509-authority.ts'
import type { LogEntry, Logger } from '#protocols/log.ts'
import type { Result } from '#protocols/result.ts'
import { topicOf } from '#protocols/topics.ts'

const NOW_UTC_MS = Date.now()
const DAY_MS = 86_400_000

type Identity = { readonly key: string; readonly cert: string; readonly ca: string; readonly serial: string }

let dir: string
let authority: Authority
let stranger: Authority
let car: Identity
let otherCar: Identity
let broker: Broker
let events: BrokerEvent[]
let logged: LogEntry[]
let refusedSerials: Set<string>
let waiters: (() => void)[]
const clients: MqttClient[] = []

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.value
}

const identityBy = async (issuer: Authority, deviceId: string, nowUtcMs = NOW_UTC_MS): Promise<Identity> => {
  const { csrPem, privateKeyPem } = await makeRequest()
  const { pem, serial } = must(await issuer.signDevice(csrPem, deviceId, nowUtcMs))
  return { key: privateKeyPem, cert: pem, ca: authority.caPem, serial }
}

/** Waits for something heard or logged, never for a time. */
const until = async (seen: () => boolean): Promise<void> => {
  while (!seen()) await new Promise<void>(resolve => waiters.push(resolve))
}
const wake = (): void => {
  for (const waiter of waiters.splice(0)) waiter()
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'reach5-broker-'))
  authority = must(await openAuthority(join(dir, 'gateway'), NOW_UTC_MS))
  stranger = must(await openAuthority(join(dir, 'stranger'), NOW_UTC_MS))
  car = await identityBy(authority, 'ptu-07')
  otherCar = await identityBy(authority, 'ptu-08')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

beforeEach(async () => {
  events = []
  logged = []
  waiters = []
  refusedSerials = new Set()
  const note = (entry: LogEntry): void => {
    logged.push(entry)
    wake()
  }
  const log: Logger = { debug: note, info: note, warn: note, error: note }
  broker = must(
    await openAedesBroker({
      host: '127.0.0.1',
      port: 0,
      certificate: await authority.serverCertificate(['127.0.0.1'], NOW_UTC_MS),
      caPem: authority.caPem,
      log,
      admits: (_deviceId, serial) => !refusedSerials.has(serial),
      onEvent: event => {
        events.push(event)
        wake()
      },
    }),
  )
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true)
  await broker.close()
})

const dial = (identity: Partial<Identity>, options: IClientOptions = {}): MqttClient => {
  const { key, cert, ca = authority.caPem } = identity
  const client = mqtt.connect(`mqtts://127.0.0.1:${broker.port}`, {
    clientId: 'ptu-07',
    clean: true,
    reconnectPeriod: 0,
    protocolVersion: 4,
    keepalive: 20,
    ca,
    ...(key === undefined ? {} : { key }),
    ...(cert === undefined ? {} : { cert }),
    ...options,
  })
  client.on('error', () => undefined)
  client.on('close', wake)
  client.on('message', wake)
  clients.push(client)
  return client
}

const connected = async (identity: Identity, options: IClientOptions = {}): Promise<MqttClient> => {
  const client = dial(identity, options)
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('close', () => reject(new Error('closed before CONNACK')))
  })
  return client
}

const refusals = (): LogEntry[] => logged.filter(entry => entry.event === 'broker.refused')

/** The connection ends, with exactly this refusal logged and counted, and nothing of it was heard. */
const expectRefused = async (client: MqttClient, code: string): Promise<void> => {
  let closed = false
  client.once('close', () => (closed = true))
  await until(() => closed && refusals().length > 0)
  expect(refusals().map(entry => entry['code'])).toEqual([code])
  expect(broker.stats().refusals).toMatchObject({ [code]: 1 })
  expect(events.filter(event => event.type === 'payload')).toEqual([])
}

describe('who may connect', () => {
  it('lets a device in whose certificate names it, and says when it leaves', async () => {
    const client = await connected(car)
    await until(() => events.length === 1)
    client.end()
    await until(() => events.length === 2)
    expect(events).toEqual([
      { type: 'session', deviceId: 'ptu-07', link: 'up' },
      { type: 'session', deviceId: 'ptu-07', link: 'down' },
    ])
    expect(refusals()).toEqual([])
  })

  it('refuses a client without a certificate', async () => {
    await expectRefused(dial({}), 'CLIENT_NO_CERTIFICATE')
  })

  it('refuses a certificate of another CA', async () => {
    const foreign = await identityBy(stranger, 'ptu-07')
    await expectRefused(dial({ ...foreign, ca: authority.caPem }), 'CLIENT_NO_CERTIFICATE')
  })

  it('refuses a certificate over its time', async () => {
    const expired = await identityBy(authority, 'ptu-07', NOW_UTC_MS - 31 * DAY_MS)
    await expectRefused(dial(expired), 'CLIENT_NO_CERTIFICATE')
  })

  it("refuses the gateway's own server certificate as a device's", async () => {
    const server = await authority.serverCertificate(['ptu-07'], NOW_UTC_MS)
    await expectRefused(dial({ key: server.key, cert: server.cert }), 'CLIENT_NO_CERTIFICATE')
  })

  it('refuses a certificate that no longer counts', async () => {
    refusedSerials.add(car.serial)
    await expectRefused(dial(car), 'CLIENT_NO_CERTIFICATE')
  })

  it("refuses another's id", async () => {
    await expectRefused(dial(car, { clientId: 'ptu-08' }), 'CLIENT_ID_MISMATCH')
  })

  for (const clientId of ['+', '#', '', 'ptu-07/..', 'PTU-07', 'ptu‐07', 'constructor', '__proto__'])
    it(`refuses the client id ${JSON.stringify(clientId)}`, async () => {
      await expectRefused(dial(car, { clientId }), 'CLIENT_ID_MISMATCH')
    })

  it('refuses TLS below 1.3', async () => {
    const old = tlsConnect({ ...car, port: broker.port, host: '127.0.0.1', maxVersion: 'TLSv1.2' })
    await new Promise(resolve => old.once('error', resolve))
    await until(() => logged.some(entry => entry.event === 'broker.handshake'))
    expect(broker.stats().sessions).toBe(0)
  })

  it('refuses a will', async () => {
    const topic = topicOf('ptu-07', 'live')
    const will = { topic, payload: Buffer.from('gone'), qos: 0, retain: false } as const
    await expectRefused(dial(car, { will }), 'CLIENT_FORBIDDEN_FEATURE')
  })

  it('refuses a persistent session', async () => {
    await expectRefused(dial(car, { clean: false }), 'CLIENT_FORBIDDEN_FEATURE')
  })

  it('hands a session over to the newest connection of the same certificate', async () => {
    const first = await connected(car)
    const second = await connected(car)
    await until(() => events.length === 3 && !first.connected)
    expect(events.map(event => event.type === 'session' && event.link)).toEqual(['up', 'down', 'up'])
    expect(second.connected).toBe(true)
    second.publish(topicOf('ptu-07', 'live'), 'x')
    await until(() => events.length === 4)
    expect(broker.stats().sessions).toBe(1)
  })

  it('hands a session over to a successor of its certificate, and never back to the predecessor', async () => {
    const renewed = await identityBy(authority, 'ptu-07', NOW_UTC_MS + DAY_MS)
    await connected(car)
    const second = await connected(renewed)
    await expectRefused(dial(car), 'CLIENT_NO_CERTIFICATE')
    expect(second.connected).toBe(true)
  })

  it('ends a live session at once when told to', async () => {
    const client = await connected(car)
    broker.drop('ptu-07', 'revoked')
    await until(() => events.at(-1)?.type === 'session' && !client.connected)
    expect(broker.stats().sessions).toBe(0)
  })
})

describe('what a device may say', () => {
  it('its own words arrive once, in the order they were sent, whatever the QoS', async () => {
    const client = await connected(car)
    for (let i = 0; i < 50; i++)
      client.publish(topicOf('ptu-07', i % 2 ? 'live' : 'up/event'), String(i), { qos: i % 2 ? 0 : 1 })
    await until(() => events.length === 51)
    const heard = events.flatMap(e => (e.type === 'payload' ? [Number(Buffer.from(e.payload))] : []))
    expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  const foreign: readonly (readonly [string, string])[] = [
    ["another's", topicOf('ptu-08', 'up/alarm')],
    ['its own down', topicOf('ptu-07', 'down/order')],
    ['one of another shard', topicOf('ptu-07', 'live').replace(/\/[0-9a-f]{2}\//, '/zz/')],
    ['an unknown', `${topicOf('ptu-07', 'live')}/more`],
    ['a $SYS', '$SYS/x/heartbeat'],
  ]
  for (const [name, topic] of foreign)
    it(`refuses a publish on ${name} topic`, async () => {
      const client = await connected(car)
      client.publish(topic, 'x', { qos: 1 })
      await expectRefused(client, 'TOPIC_REFUSED')
    })

  it('refuses a retained message', async () => {
    const client = await connected(car)
    client.publish(topicOf('ptu-07', 'live'), 'x', { retain: true })
    await expectRefused(client, 'CLIENT_FORBIDDEN_FEATURE')
  })

  it('refuses QoS 2, which nobody needs', async () => {
    const client = await connected(car)
    client.publish(topicOf('ptu-07', 'live'), 'x', { qos: 2 })
    await expectRefused(client, 'CLIENT_FORBIDDEN_FEATURE')
  })

  it('refuses a packet over 64 KiB', async () => {
    const client = await connected(car)
    client.publish(topicOf('ptu-07', 'up/track'), Buffer.alloc(64 * 1024))
    await expectRefused(client, 'PACKET_TOO_LARGE')
  })

  it('closes on the mere announcement of 268 MB, before CONNECT, and serves the next', async () => {
    const socket = tlsConnect({ ...car, port: broker.port, host: '127.0.0.1' }, () => {
      socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
    })
    socket.on('error', () => undefined)
    await new Promise(resolve => socket.once('close', resolve))
    expect(refusals().map(entry => entry['code'])).toEqual(['PACKET_TOO_LARGE'])
    await connected(car)
  })

  it('is held back while the gateway is busy, and nothing of it is lost', async () => {
    const client = await connected(car)
    broker.pause()
    for (let i = 0; i < 200; i++) client.publish(topicOf('ptu-07', 'up/track'), Buffer.alloc(8_000))
    // A second device connects meanwhile: proof that the loop turned, while the first one's words waited.
    await new Promise<void>(resolve => {
      const probe = tlsConnect({ ...otherCar, port: broker.port, host: '127.0.0.1' }, () => {
        probe.destroy()
        resolve()
      })
    })
    expect(events.filter(event => event.type === 'payload').length).toBeLessThan(20)
    broker.resume()
    await until(() => events.filter(event => event.type === 'payload').length === 200)
  })
})

describe('what a device says all the time', () => {
  it('keeps its session, however short the silence it announced, without a ping', async () => {
    const client = await connected(car, { keepalive: 2, reschedulePings: true })
    for (let n = 0; n < 10; n++) {
      await client.publishAsync(topicOf('ptu-07', 'live'), `${n}`, { qos: 1 })
      await new Promise(resolve => setTimeout(resolve, 400))
    }
    const said = events.flatMap(event => (event.type === 'payload' ? [String(event.payload)] : []))
    expect(said).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(broker.stats().sessions).toBe(1)
  })

  it('is refused like anything else when it is another topic, after a thousand that were right', async () => {
    const client = await connected(car)
    const right = topicOf('ptu-07', 'up/track')
    for (let n = 0; n < 1_000; n++) client.publish(right, `${n}`, { qos: 1 })
    let closed = false
    client.once('close', () => (closed = true))
    client.publish(topicOf('ptu-08', 'up/track'), 'not mine', { qos: 1 })
    await until(() => closed && refusals().length > 0)
    expect(refusals().map(entry => entry['code'])).toEqual(['TOPIC_REFUSED'])
    const said = events.flatMap(event => (event.type === 'payload' ? [String(event.payload)] : []))
    expect(said).toEqual(Array.from({ length: 1_000 }, (_, n) => `${n}`))
  })
})

describe('what a device may hear', () => {
  const subscribe = (client: MqttClient, topic: string): Promise<number> =>
    new Promise(resolve =>
      client.subscribe(topic, { qos: 1 }, (error, granted) =>
        resolve(error ? 128 : (granted?.[0]?.qos ?? 128)),
      ),
    )

  const hidden = [
    topicOf('ptu-08', 'down/order'),
    topicOf('ptu-07', 'live'),
    'reach5/1/+/+/down/order',
    topicOf('ptu-07', 'down/order').replace('down/order', 'down/+'),
    '#',
    '$SYS/#',
  ]
  for (const topic of hidden)
    it(`refuses a subscription of ${topic.replace(/\/[0-9a-f]{2}\//, '/{shard}/')}`, async () => {
      const client = await connected(car)
      const ended = new Promise<number>(resolve => client.once('close', () => resolve(128)))
      expect(await Promise.race([subscribe(client, topic), ended])).toBe(128)
      await until(() => refusals().length > 0)
      expect(refusals().map(entry => entry['code'])).toEqual(['TOPIC_REFUSED'])
    })

  it('is what the gateway says to it, also what was said before it subscribed, and nothing else', async () => {
    const mine = await connected(car)
    const others = await connected(otherCar, { clientId: 'ptu-08' })
    const heard: string[] = []
    for (const client of [mine, others])
      client.on('message', (topic, payload) => {
        heard.push(`${topic.split('/')[3]} ${payload.toString()}`)
        wake()
      })
    expect(broker.publish('ptu-07', 'down/ack', Buffer.from('early'))).toBe(true)
    expect(broker.publish('ptu-99', 'down/ack', Buffer.from('nobody'))).toBe(false)
    expect(await subscribe(mine, topicOf('ptu-07', 'down/ack'))).toBe(1)
    expect(await subscribe(others, topicOf('ptu-08', 'down/ack'))).toBe(1)
    others.publish(topicOf('ptu-08', 'live'), 'for the gateway alone', { qos: 1 })
    broker.publish('ptu-07', 'down/ack', Buffer.from('one'))
    broker.publish('ptu-08', 'down/ack', Buffer.from('two'))
    broker.publish('ptu-07', 'down/ack', Buffer.from('three'))
    await until(() => heard.length >= 4)
    expect(heard.toSorted()).toEqual(['ptu-07 early', 'ptu-07 one', 'ptu-07 three', 'ptu-08 two'].toSorted())
  })
})
