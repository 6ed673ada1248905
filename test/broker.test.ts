import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import type { IClientOptions, MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAedesBroker } from '#gateway/broker/aedes-broker.ts'
import type { BrokerEvent } from '#gateway/broker/broker.ts'
import { GATEWAY_CLIENT_ID, openBrokerClient } from '#gateway/broker/mqtt-broker-client.ts'
import type { BrokerClient } from '#gateway/broker/mqtt-broker-client.ts'
import { writeRevocationFile } from '#gateway/identity/revocation-file.ts'
import { openAuthority } from '#gateway/identity/x509-authority.ts'
import type { Authority } from '#gateway/identity/x509-authority.ts'
import type { LogEntry, Logger } from '#protocols/log.ts'
import { topicOf } from '#protocols/topics.ts'
import { openRealClock } from '#sim/clock/real-clock.ts'
import { findMosquitto, openMosquitto } from './brokers/mosquitto.ts'
import type { Mosquitto } from './brokers/mosquitto.ts'
import { describeBroker, identityBy, must } from './contracts/broker.ts'
import type { BrokerBenchParts } from './contracts/broker.ts'

const mosquitto = findMosquitto()

describeBroker('the embedded broker', async ({ authority, log, speaks, onEvent }) => {
  const broker = must(
    await openAedesBroker({
      host: '127.0.0.1',
      port: 0,
      certificate: await authority.serverCertificate(['127.0.0.1'], Date.now()),
      caPem: authority.caPem,
      log,
      admits: speaks,
      onEvent,
    }),
  )
  return { broker, port: broker.port, close: () => broker.close() }
})

if (mosquitto === null) describe('over Mosquitto', () => it.skip('needs mosquitto on PATH', () => undefined))
else {
  describeBroker('Mosquitto with the files we render', async parts => {
    const server = await openMosquitto(mosquitto, parts.data, join(parts.data, 'broker'))
    const broker = await gatewayAt(server, parts)
    return {
      broker,
      port: server.port,
      close: async () => {
        await broker.close()
        await server.close()
      },
    }
  })

  describe('Mosquitto as it is run', () => {
    const data = mkdtempSync(join(tmpdir(), 'reach5-mosquitto-'))
    let authority: Authority
    let server: Mosquitto
    const logged: LogEntry[] = []
    const heard: string[] = []
    let gateway: BrokerClient
    const opened: (() => Promise<void>)[] = []
    const parts = () => ({
      authority,
      log: logTo(logged),
      speaks: () => true,
      onEvent: (event: BrokerEvent) => {
        if (event.type === 'payload') heard.push(Buffer.from(event.payload).toString())
      },
    })
    beforeAll(async () => {
      authority = must(await openAuthority(data, Date.now()))
      server = await openMosquitto(mosquitto, data, join(data, 'broker'))
      gateway = await gatewayAt(server, parts())
    })
    afterAll(async () => {
      for (const close of opened) await close()
      await gateway.close()
      await server.close()
      rmSync(data, { recursive: true, force: true })
    })
    /** Resolves true when connected, false when refused. */
    const dial = (options: IClientOptions): Promise<MqttClient | null> =>
      new Promise(resolve => {
        const client = mqtt.connect(`mqtts://127.0.0.1:${server.port}`, {
          clean: true,
          reconnectPeriod: 0,
          protocolVersion: 4,
          ca: authority.caPem,
          ...options,
        })
        opened.push(() => client.endAsync(true))
        client.on('error', () => undefined)
        client.once('connect', () => resolve(client))
        client.once('close', () => resolve(null))
      })
    const until = async (seen: () => boolean): Promise<void> => {
      while (!seen()) await new Promise(resolve => setTimeout(resolve, 20))
    }

    it('lets in nobody without a client certificate of our CA in its time', async () => {
      const stranger = must(await openAuthority(join(data, 'stranger'), Date.now()))
      const ours = await authority.serverCertificate(['ptu-07'], Date.now())
      expect(await dial({ clientId: 'ptu-07' })).toBeNull()
      expect(await dial({ ...(await identityBy(stranger, 'ptu-07')) })).toBeNull()
      expect(
        await dial({ ...(await identityBy(authority, 'ptu-07', Date.now() - 31 * 86_400_000)) }),
      ).toBeNull()
      expect(await dial({ key: ours.key, cert: ours.cert })).toBeNull()
      expect(
        await dial({ ...(await identityBy(authority, 'ptu-07')), maxVersion: 'TLSv1.2' } as IClientOptions),
      ).toBeNull()
      expect(await dial({ ...(await identityBy(authority, 'ptu-07')) })).not.toBeNull()
    })

    it('refuses a revoked certificate from the next reload on', async () => {
      const { serial, ...car } = await identityBy(authority, 'ptu-31')
      expect(await dial(car)).not.toBeNull()
      const list = await authority.revocationList(
        [{ serial, notAfterMs: Date.now() + 86_400_000 }],
        Date.now(),
      )
      writeRevocationFile(data, list)
      writeFileSync(join(server.dir, 'revoked.pem'), list)
      server.reload()
      let left = 200
      while ((await dial({ ...car, clientId: 'ptu-31' })) !== null && left-- > 0)
        await new Promise(r => setTimeout(r, 20))
      expect(left).toBeGreaterThan(0)
      expect(await dial({ ...(await identityBy(authority, 'ptu-32')) })).not.toBeNull()
    })

    it('keeps what a device says while the gateway restarts', async () => {
      const car = (await dial(await identityBy(authority, 'ptu-33')))!
      await gateway.close()
      await car.publishAsync(topicOf('ptu-33', 'up/alarm'), 'pressed meanwhile', { qos: 1 })
      gateway = await gatewayAt(server, parts())
      await until(() => heard.includes('pressed meanwhile'))
    })

    it('is found again after it died, and the gateway says so in its log', { timeout: 40_000 }, async () => {
      const [lost, found] = ['broker.lost', 'broker.connected'].map(
        name => () => logged.filter(e => e.event === name).length,
      )
      const before = { lost: lost!(), found: found!() }
      await server.kill()
      await until(() => lost!() > before.lost)
      expect(gateway.publish('ptu-34', 'down/ack', Buffer.from('x'))).toBe(false)
      await server.start()
      await until(() => found!() > before.found)
      const car = (await dial(await identityBy(authority, 'ptu-34')))!
      await car.publishAsync(topicOf('ptu-34', 'up/event'), 'after the restart', { qos: 1 })
      await until(() => heard.includes('after the restart'))
    })
  })
}

const logTo = (logged: LogEntry[]): Logger => {
  const note = (entry: LogEntry): void => void logged.push(entry)
  return { debug: note, info: note, warn: note, error: note }
}

const gatewayAt = (
  server: Mosquitto,
  { authority, log, speaks, onEvent }: Omit<BrokerBenchParts, 'data'>,
): Promise<BrokerClient> =>
  openBrokerClient({
    url: `mqtts://127.0.0.1:${server.port}`,
    caPem: authority.caPem,
    certificate: () => authority.clientCertificate(GATEWAY_CLIENT_ID, Date.now()),
    clock: openRealClock(),
    log,
    speaks,
    onEvent,
    random: Math.random,
  })
