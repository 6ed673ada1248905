import mqtt from 'mqtt'
import type { IPublishPacket, MqttClient } from 'mqtt'
import type { DeviceId } from '#protocols/ids.ts'
import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'
import { DOWN_CHANNELS, parseTopic, PROTOCOL_LEVEL, topicOf, UP_CHANNELS } from '#protocols/topics.ts'
import type { DownChannel, UpChannel } from '#protocols/topics.ts'
import type { ServerCertificate } from '../identity/x509-authority.ts'
import type { Broker, BrokerEvent, RefusalCode } from './broker.ts'
import { forget, hear, lapse } from './heard-sessions.ts'
import type { HeardSessions } from './heard-sessions.ts'

/** Not in the alphabet of device ids, so no device can be enrolled under it. */
export const GATEWAY_CLIENT_ID = 'reach5.gateway'

const CONNECT_WITHIN_MS = 10_000
const KEEPALIVE_S = 20
const RETRY_FIRST_MS = 500
const RETRY_FACTOR = 1.6
const RETRY_MS_MAX = 10_000
const LAPSE_EVERY_MS = 1_000
/** Down messages the broker has not taken yet. Orders and acks are said again, so what is over is dropped. */
const UNTAKEN_MAX = 4_096
const PAYLOAD_BYTES_MAX = 64 * 1024

export type BrokerClientParts = {
  /** `mqtts://broker.example:8883` */
  readonly url: string
  /** Who may have signed the broker's own certificate. */
  readonly caPem: string
  /** The gateway's client certificate, made anew for every connection. */
  readonly certificate: () => Promise<ServerCertificate>
  readonly clock: Clock
  readonly log: Logger
  /** Whether this device is enrolled and not revoked. Which certificate it used is known to the broker alone. */
  readonly speaks: (deviceId: DeviceId) => boolean
  /** Called in the order of the wire; must not throw. */
  readonly onEvent: (event: BrokerEvent) => void
  /** In [0, 1): spreads gateways that lost the same broker. */
  readonly random: () => number
}

/** A broker that may be away: `connected` tells whether it is there now. */
export type BrokerClient = Broker & { readonly connected: () => boolean }

/**
 * Somebody else's MQTT broker. That a topic's device is the certificate's device is its promise (`broker-files.ts` writes
 * the rules for it); all else stays ours: delivery is promised by application acks alone. The gateway keeps a session under
 * a fixed id, so what arrives while it restarts waits at the broker; shared subscriptions are never used, they break the
 * order of a device. Resolves after the first connection, or after 10 s without one: then it goes on trying.
 */
export async function openBrokerClient(parts: BrokerClientParts): Promise<BrokerClient> {
  const client = new GatewayClient(parts)
  await client.open()
  return client
}

class GatewayClient implements BrokerClient {
  readonly port: number
  private readonly parts: BrokerClientParts
  private readonly sessions: HeardSessions = new Map()
  private client: MqttClient | null = null
  private retries = 0
  private untaken = 0
  private held = false
  private closing = false
  /** Words of the broker's we have not let go of yet; it sends no further ones meanwhile. */
  private waiting: (() => void)[] = []
  private cancelTimers: (() => void)[] = []
  private cancelRetry: () => void = () => undefined
  private readonly refusals: Record<RefusalCode, number> = {
    CLIENT_NO_CERTIFICATE: 0,
    CLIENT_ID_MISMATCH: 0,
    CLIENT_FORBIDDEN_FEATURE: 0,
    TOPIC_REFUSED: 0,
    PACKET_TOO_LARGE: 0,
  }

  constructor(parts: BrokerClientParts) {
    this.parts = parts
    this.port = Number(new URL(parts.url).port || 8883)
  }

  async open(): Promise<void> {
    this.armLapse()
    await new Promise<void>(resolve => {
      this.cancelTimers.push(this.parts.clock.after(CONNECT_WITHIN_MS, resolve))
      void this.dial(resolve)
    })
  }

  connected(): boolean {
    return this.client?.connected ?? false
  }

  publish(deviceId: DeviceId, channel: DownChannel, payload: Uint8Array): boolean {
    const { client } = this
    if (client === null || !client.connected || this.untaken >= UNTAKEN_MAX) return false
    this.untaken++
    client.publish(topicOf(deviceId, channel), Buffer.from(payload), { qos: 1 }, () => this.untaken--)
    return this.sessions.has(deviceId)
  }

  pause(): void {
    this.held = true
  }

  resume(): void {
    this.held = false
    for (const letGo of this.waiting.splice(0)) letGo()
  }

  /** Its connection belongs to the broker; ours to end is only that we listen. */
  drop(deviceId: DeviceId, reason: string): void {
    this.parts.log.warn({ event: 'broker.dropped', deviceId, reason })
    this.tell(forget(this.sessions, deviceId))
  }

  stats() {
    return { sessions: this.sessions.size, refusals: { ...this.refusals } }
  }

  async close(): Promise<void> {
    this.closing = true
    this.cancelRetry()
    for (const cancel of this.cancelTimers.splice(0)) cancel()
    const { client } = this
    this.client = null
    if (client !== null) await new Promise<void>(resolve => client.end(true, {}, () => resolve()))
  }

  /** One connection; after its end another client is made, for the library would resend refused words for ever. */
  private async dial(onFirst: () => void = () => undefined): Promise<void> {
    const { url, caPem: ca, log } = this.parts
    const certificate = await this.parts.certificate()
    if (this.closing) return
    // Passed through to tls.connect; the library's own type does not name it.
    const tls = { minVersion: 'TLSv1.3' }
    const client = mqtt.connect(url, {
      ...tls,
      ...certificate,
      ca,
      clientId: GATEWAY_CLIENT_ID,
      clean: false,
      reconnectPeriod: 0,
      resubscribe: false,
      connectTimeout: CONNECT_WITHIN_MS,
      keepalive: KEEPALIVE_S,
      protocolVersion: 4,
      rejectUnauthorized: true,
    })
    this.client = client
    let reason = 'closed'
    client.handleMessage = (packet, done) => this.take(packet, done)
    client.on('error', error => {
      reason = error.message || String((error as NodeJS.ErrnoException).code)
    })
    client.once('close', () => this.onLost(client, reason))
    client.once('connect', () => {
      const topics = UP_CHANNELS.map(channel => `${PROTOCOL_LEVEL}/+/+/${channel}`)
      client.subscribe(topics, { qos: 1 }, (error, granted) => {
        if (error || granted?.some(({ qos }) => qos > 1)) {
          reason = `subscription refused: ${error?.message ?? 'by the rules of the broker'}`
          client.end(true)
          return
        }
        this.retries = 0
        log.info({ event: 'broker.connected', url })
        onFirst()
      })
    })
  }

  private onLost(client: MqttClient, reason: string): void {
    if (this.closing || this.client !== client) return
    this.client = null
    this.untaken = 0
    this.waiting = []
    client.end(true)
    const plainMs = Math.min(RETRY_MS_MAX, RETRY_FIRST_MS * RETRY_FACTOR ** Math.min(this.retries++, 20))
    const againMs = Math.round(plainMs * (0.7 + 0.6 * this.parts.random()))
    this.parts.log.warn({ event: 'broker.lost', url: this.parts.url, reason, againMs })
    this.cancelRetry = this.parts.clock.after(againMs, () => void this.dial())
  }

  private take(packet: IPublishPacket, done: () => void): void {
    const parsed = parseTopic(packet.topic)
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    const refusal = this.refusalOf(packet, parsed?.deviceId, payload)
    if (refusal !== null) {
      this.refusals[refusal]++
      this.parts.log.warn({ event: 'broker.refused', code: refusal, topic: packet.topic.slice(0, 120) })
    } else if (parsed !== undefined) {
      const word = { channel: parsed.channel as UpChannel, payload }
      this.tell(hear(this.sessions, parsed.deviceId, word, this.parts.clock.now().monoMs))
      this.parts.onEvent({ type: 'payload', deviceId: parsed.deviceId, ...word })
    }
    if (this.held) this.waiting.push(done)
    else done()
  }

  private refusalOf(
    packet: IPublishPacket,
    deviceId: DeviceId | undefined,
    payload: Uint8Array,
  ): RefusalCode | null {
    const channel = parseTopic(packet.topic)?.channel
    // A wrong shard, mostly: the rules of a broker can compare a level with a name, not with its hash.
    if (deviceId === undefined || (DOWN_CHANNELS as readonly string[]).includes(channel ?? ''))
      return 'TOPIC_REFUSED'
    // A word of yesterday is not to be told at every connect.
    if (packet.retain) return 'CLIENT_FORBIDDEN_FEATURE'
    if (payload.length > PAYLOAD_BYTES_MAX) return 'PACKET_TOO_LARGE'
    return this.parts.speaks(deviceId) ? null : 'CLIENT_NO_CERTIFICATE'
  }

  private tell(events: readonly BrokerEvent[]): void {
    for (const event of events) {
      if (event.type === 'session')
        this.parts.log.info({ event: 'broker.session', deviceId: event.deviceId, link: event.link })
      this.parts.onEvent(event)
    }
  }

  private armLapse(): void {
    this.cancelTimers[0] = this.parts.clock.after(LAPSE_EVERY_MS, () => {
      // Nobody is silent while it is we who do not listen.
      if (!this.held) this.tell(lapse(this.sessions, this.parts.clock.now().monoMs))
      if (!this.closing) this.armLapse()
    })
  }
}
