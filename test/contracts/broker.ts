import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import mqtt from 'mqtt'
import type { IClientOptions, MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeRequest } from '#agent/provisioning/x509-request.ts'
import type { Broker, BrokerEvent } from '#gateway/broker/broker.ts'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import type { Authority } from '#gateway/identity/x509-authority.ts'
import type { Logger } from '#protocols/log.ts'
import type { Result } from '#protocols/result.ts'
import { DOWN_CHANNELS, topicOf, UP_CHANNELS } from '#protocols/topics.ts'

export type BrokerBench = {
  readonly broker: Broker
  readonly port: number
  close(): Promise<void>
}
export type BrokerBenchParts = {
  readonly authority: Authority
  /** The gateway's directory; the authority lives there. */
  readonly data: string
  readonly log: Logger
  readonly speaks: (deviceId: string) => boolean
  readonly onEvent: (event: BrokerEvent) => void
}
type Identity = { readonly key: string; readonly cert: string; readonly serial: string }

/**
 * What the gateway may rely on, whoever carries the bytes: the device of an event is the one of the certificate, words
 * come once per send and in order, nobody hears another's, and reading can be paused without loss.
 */
export function describeBroker(name: string, open: (parts: BrokerBenchParts) => Promise<BrokerBench>): void {
  describe(`the devices' end of the gateway over ${name}`, () => {
    const data = mkdtempSync(join(tmpdir(), 'reach5-broker-'))
    let authority: Authority
    let cars: ReadonlyMap<string, Identity>
    let bench: BrokerBench
    let events: BrokerEvent[] = []
    let waiters: (() => void)[] = []
    const silenced = new Set<string>()
    const clients: MqttClient[] = []

    const wake = (): void => waiters.splice(0).forEach(waiter => waiter())
    const until = async (seen: () => boolean): Promise<void> => {
      while (!seen()) await new Promise<void>(resolve => waiters.push(resolve))
    }

    beforeAll(async () => {
      authority = must(await openAuthority(data, Date.now()))
      cars = new Map(
        await Promise.all(
          ['ptu-07', 'ptu-08', 'ptu-0'].map(async id => [id, await identityBy(authority, id)] as const),
        ),
      )
    })
    afterAll(() => rmSync(data, { recursive: true, force: true }))
    beforeEach(async () => {
      events = []
      waiters = []
      silenced.clear()
      const log: Logger = { debug: wake, info: wake, warn: wake, error: wake }
      const onEvent = (event: BrokerEvent): void => {
        events.push(event)
        wake()
      }
      bench = await open({ authority, data, log, speaks: id => !silenced.has(id), onEvent })
    })
    afterEach(async () => {
      for (const client of clients.splice(0)) client.end(true)
      await bench.close()
    })

    const dial = (deviceId: string, options: IClientOptions = {}): MqttClient => {
      const { key, cert } = cars.get(deviceId)!
      const client = mqtt.connect(`mqtts://127.0.0.1:${bench.port}`, {
        clientId: deviceId,
        clean: true,
        reconnectPeriod: 0,
        protocolVersion: 4,
        ca: authority.caPem,
        key,
        cert,
        ...options,
      })
      client.on('error', () => undefined)
      for (const event of ['close', 'message', 'connect'] as const) client.on(event, wake)
      clients.push(client)
      return client
    }
    const connected = async (deviceId: string, options: IClientOptions = {}): Promise<MqttClient> => {
      const client = dial(deviceId, options)
      await until(() => client.connected)
      return client
    }
    const say = (client: MqttClient, topic: string, words: string | Buffer, qos: 0 | 1 | 2 = 1): void =>
      void client.publish(topic, words, { qos }, () => undefined)
    const subscribe = (client: MqttClient, topics: string | string[]): Promise<void> =>
      new Promise(resolve => client.subscribe(topics, { qos: 1 }, () => resolve()))
    const heard = (): [string, string, string][] =>
      events.flatMap(e =>
        e.type === 'payload' ? [[e.deviceId, e.channel, Buffer.from(e.payload).toString()]] : [],
      )
    const links = (): string[] =>
      events.flatMap(e => (e.type === 'session' ? [`${e.deviceId} ${e.link}`] : []))
    /** A word of an honest device that comes after everything said before it by anybody. */
    const marker = async (n = 0): Promise<void> => {
      const client = await connected('ptu-08')
      say(client, topicOf('ptu-08', 'health'), `marker ${n}`)
      await until(() => heard().some(([, , words]) => words === `marker ${n}`))
      client.end(true)
    }
    const ofMarked = (id: string) => heard().filter(([deviceId]) => deviceId === id)

    it('carries the words of a device once, in order, under its own name, whatever the QoS', async () => {
      const client = await connected('ptu-07')
      for (let i = 0; i < 60; i++) say(client, topicOf('ptu-07', 'up/event'), String(i), i % 2 ? 1 : 0)
      await until(() => heard().length === 60)
      expect(heard().map(([, , words]) => Number(words))).toEqual(Array.from({ length: 60 }, (_, i) => i))
      expect(new Set(heard().map(([id]) => id))).toEqual(new Set(['ptu-07']))
      expect(links()).toEqual(['ptu-07 up'])
    })

    it('knows every channel of a device', async () => {
      const client = await connected('ptu-07')
      for (const channel of UP_CHANNELS) say(client, topicOf('ptu-07', channel), channel)
      await until(() => heard().length === UP_CHANNELS.length)
      expect(heard()).toEqual(UP_CHANNELS.map(channel => ['ptu-07', channel, channel]))
    })

    it('brings each device what is said to it and nothing else', async () => {
      const said: string[] = []
      for (const id of ['ptu-07', 'ptu-08']) {
        const client = await connected(id)
        client.on('message', (topic, payload) =>
          said.push(`${id} ${topic.split('/').slice(4).join('/')} ${payload}`),
        )
        await subscribe(
          client,
          DOWN_CHANNELS.map(channel => topicOf(id, channel)),
        )
        say(client, topicOf(id, 'hello'), '{}')
      }
      await until(() => heard().length === 2)
      for (let i = 0; i < 20; i++) bench.broker.publish('ptu-07', 'down/ack', Buffer.from(`ack ${i}`))
      expect(bench.broker.publish('ptu-08', 'down/order', Buffer.from('go'))).toBe(true)
      await until(() => said.length >= 21)
      expect(said.filter(words => words.startsWith('ptu-07'))).toEqual(
        Array.from({ length: 20 }, (_, i) => `ptu-07 down/ack ack ${i}`),
      )
      expect(said.filter(words => words.startsWith('ptu-08'))).toEqual(['ptu-08 down/order go'])
    })

    it('says that nobody listens under a name nobody has', () => {
      expect(bench.broker.publish('ptu-99', 'down/order', Buffer.from('go'))).toBe(false)
    })

    const forged = (): readonly (readonly [string, string])[] => [
      ["another's alarm", topicOf('ptu-08', 'up/alarm')],
      ['an order to another', topicOf('ptu-08', 'down/order')],
      ['an order to itself', topicOf('ptu-07', 'down/order')],
      ['its own words under another shard', topicOf('ptu-07', 'live').replace(/\/[0-9a-f]{2}\//, '/zz/')],
      ['a channel that is none', `${topicOf('ptu-07', 'live')}/more`],
      ['the name of which its own begins', topicOf('ptu-0', 'up/alarm')],
      ['a $SYS word', '$SYS/broker/x'],
    ]
    for (const [what, topic] of forged())
      it(`lets nobody say ${what}`, async () => {
        const listener = await connected('ptu-08')
        const got: string[] = []
        listener.on('message', (_topic, payload) => got.push(String(payload)))
        await subscribe(
          listener,
          DOWN_CHANNELS.map(channel => topicOf('ptu-08', channel)),
        )
        const client = await connected('ptu-07')
        say(client, topic, 'forged')
        await marker()
        expect(heard().filter(([, , words]) => words === 'forged')).toEqual([])
        expect(got).toEqual([])
      })

    const overheard = [
      '#',
      '+/+/+/+/+',
      'reach5/1/+/+/down/order',
      '$SYS/#',
      topicOf('ptu-08', 'down/order'),
      topicOf('ptu-08', 'live'),
    ]
    for (const filter of overheard)
      it(`lets nobody overhear ${filter.replace(/\/[0-9a-f]{2}\//, '/{shard}/')}`, async () => {
        const spy = await connected('ptu-07')
        const got: string[] = []
        spy.on('message', topic => got.push(topic))
        const ended = new Promise<void>(resolve => spy.once('close', () => resolve()))
        await Promise.race([subscribe(spy, filter), ended])
        const other = await connected('ptu-08')
        await subscribe(other, topicOf('ptu-08', 'down/order'))
        const orders: string[] = []
        other.on('message', (_topic, payload) => orders.push(String(payload)))
        say(other, topicOf('ptu-08', 'live'), '{}')
        await until(() => heard().length > 0)
        bench.broker.publish('ptu-08', 'down/order', Buffer.from('secret'))
        await until(() => orders.length === 1)
        expect(got).toEqual([])
      })

    it('lets nobody throw another out by taking its name', async () => {
      const mine = await connected('ptu-07')
      say(mine, topicOf('ptu-07', 'hello'), '{}')
      await until(() => heard().length === 1)
      const thief = dial('ptu-08', { clientId: 'ptu-07' })
      let refused = false
      thief.once('close', () => (refused = true))
      await until(() => thief.connected || refused)
      await marker()
      expect(mine.connected).toBe(true)
      say(mine, topicOf('ptu-07', 'live'), 'still here')
      await until(() => heard().some(([id, , words]) => id === 'ptu-07' && words === 'still here'))
    })

    it('hears no retained word and no packet over 64 KiB', async () => {
      const retainer = await connected('ptu-07')
      void retainer.publish(topicOf('ptu-07', 'live'), 'kept', { retain: true, qos: 1 }, () => undefined)
      await until(() => !retainer.connected)
      const talker = await connected('ptu-07')
      say(talker, topicOf('ptu-07', 'up/track'), Buffer.alloc(66_000))
      await until(() => !talker.connected)
      await marker()
      expect(ofMarked('ptu-07')).toEqual([])
    })

    it('is held back while the gateway is busy, and loses nothing', async () => {
      const client = await connected('ptu-07')
      say(client, topicOf('ptu-07', 'hello'), 'first')
      await until(() => heard().length === 1)
      bench.broker.pause()
      for (let i = 0; i < 200; i++) say(client, topicOf('ptu-07', 'up/track'), Buffer.alloc(8_000, i))
      // A second handshake meanwhile: proof that the loop turned while these words waited.
      await new Promise<void>(resolve => {
        const { key, cert } = cars.get('ptu-08')!
        const probe = tlsConnect(
          { key, cert, ca: authority.caPem, port: bench.port, host: '127.0.0.1' },
          () => {
            probe.destroy()
            resolve()
          },
        )
      })
      expect(heard().length).toBeLessThan(60)
      bench.broker.resume()
      await until(() => heard().length === 201)
      const marks = events.flatMap(e =>
        e.type === 'payload' && e.channel === 'up/track' ? [e.payload[0]] : [],
      )
      expect(marks).toEqual(Array.from({ length: 200 }, (_, i) => i))
    })

    it('ends a session when told to, and says so once', async () => {
      const client = await connected('ptu-07')
      say(client, topicOf('ptu-07', 'hello'), '{}')
      await until(() => heard().length === 1)
      silenced.add('ptu-07')
      bench.broker.drop('ptu-07', 'revoked')
      await until(() => links().includes('ptu-07 down'))
      if (client.connected) say(client, topicOf('ptu-07', 'live'), 'after')
      await marker()
      expect(links().filter(link => link.startsWith('ptu-07'))).toEqual(['ptu-07 up', 'ptu-07 down'])
      expect(heard().filter(([, , words]) => words === 'after')).toEqual([])
      expect(bench.broker.publish('ptu-07', 'down/ack', Buffer.from('x'))).toBe(false)
    })
  })
}

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.value
}

export async function identityBy(
  issuer: Authority,
  deviceId: string,
  nowUtcMs = Date.now(),
): Promise<Identity> {
  const { csrPem, privateKeyPem } = await makeRequest()
  const { pem, serial } = must(await issuer.signDevice(csrPem, deviceId, nowUtcMs))
  return { key: privateKeyPem, cert: pem, serial }
}
