import type { TLSSocket } from 'node:tls'
import mqtt from 'mqtt'
import type { DeviceIdentity } from '#protocols/enrolment.ts'
import { DOWN_CHANNELS, parseTopic, topicOf } from '#protocols/topics.ts'
import type { DownChannel, UpChannel } from '#protocols/topics.ts'
import type { Dial, Link } from './uplink.ts'

const CONNECT_WITHIN_MS = 10_000
const KEEPALIVE_S = 20
/** What somebody waits for by the second. */
const URGENT: readonly UpChannel[] = ['up/alarm', 'up/unstored']

/**
 * MQTT 3.1.1 over TLS 1.3 with the device's certificate. mqtt.js would resend a refused publish for ever after its own
 * reconnect, so every connection is a new client with `reconnectPeriod: 0`; the queue is our outbox, not the library's.
 */
export function mqttDial(identity: DeviceIdentity, mqttUrl: string = identity.mqttUrl): Dial {
  return events => {
    // Passed through to tls.connect; the library's own type does not name them.
    const tls = { minVersion: 'TLSv1.3' }
    const client = mqtt.connect(mqttUrl, {
      ...tls,
      clientId: identity.deviceId,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_WITHIN_MS,
      keepalive: KEEPALIVE_S,
      queueQoSZero: false,
      protocolVersion: 4,
      key: identity.privateKey,
      cert: identity.certificate,
      ca: identity.ca,
      rejectUnauthorized: true,
    })
    let over = false
    const finish = (reason: string): void => {
      if (over) return
      over = true
      client.end(true)
      events.onClosed(reason)
    }
    client.on('error', error => finish(error.message))
    client.on('close', () => finish('closed'))
    client.on('offline', () => finish('offline'))
    client.on('message', (topic, payload) => {
      const parsed = parseTopic(topic)
      if (!over && parsed) events.onMessage(parsed.channel as DownChannel, payload)
    })
    client.on('connect', () => {
      // An alarm behind a batch would wait until the far end has acknowledged that: a round trip, or 40 ms of its patience.
      ;(client.stream as TLSSocket).setNoDelay(true)
      const topics = DOWN_CHANNELS.map(channel => topicOf(identity.deviceId, channel))
      client.subscribe(topics, { qos: 1 }, (error, granted) => {
        if (over) return
        if (error || granted?.some(g => g.qos > 2))
          return finish(`subscribe refused: ${error?.message ?? 'by the broker'}`)
        events.onConnected(linkOf(client, identity.deviceId))
      })
    })
    return () => finish('given up')
  }
}

function linkOf(client: mqtt.MqttClient, deviceId: string): Link {
  return {
    publish: (channel, payload, qos) =>
      new Promise(resolve => {
        if (!client.connected) return resolve(false)
        client.publish(topicOf(deviceId, channel), Buffer.from(payload), { qos }, error => resolve(!error))
        if (URGENT.includes(channel)) writeNow(client.stream as TLSSocket)
      }),
    close: () => new Promise(resolve => client.end(false, {}, () => resolve())),
  }
}

/**
 * The library holds a packet until the promises of this turn are settled, and among those may be a batch of the backlog that is
 * read and packed: 20 ms.
 */
function writeNow(stream: TLSSocket): void {
  while (stream.writableCorked > 0) stream.uncork()
}
