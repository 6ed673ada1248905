import { constants } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { Aedes } from 'aedes'
import type { AuthenticateError, Client, PublishPacket } from 'aedes'
import type { DeviceId } from '#protocols/ids.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { parseTopic, topicOf } from '#protocols/topics.ts'
import type { DownChannel, UpChannel } from '#protocols/topics.ts'
import type { ServerCertificate } from '../identity/x509-authority.ts'
import type { Broker, BrokerEvent, RefusalCode } from './broker.ts'
import { mismatch, quoted, refusalOfConnect } from './connect-rules.ts'
import { HandshakeQueue } from './handshake-queue.ts'
import { LengthGuard } from './length-guard.ts'
import { deafEmitter } from './deaf-emitter.ts'
import type { Refused } from './refusal-audit.ts'
import { channelOf, isDown, newSession, upChannelOf } from './session.ts'
import type { Session } from './session.ts'
import { ackShortWay, takePublishShortWay } from './short-way.ts'

const HANDSHAKE_MS_MAX = 3_000
const CONNECT_MS_MAX = 3_000
/** A device that does not read for this long is let go: one frozen reader once held up everybody (FACTS.md, MQTT). */
const DRAIN_MS_MAX = 2_000
/** Agents announce 20 s. Longer would leave a half-open session unnoticed, 0 would do so for ever. */
const KEEPALIVE_S_MAX = 60
const CONNECTIONS_MAX = 20_000
/** A fleet that comes back in one moment; of fewer places (511 by default) the rest would try again after seconds. */
const BACKLOG_MAX = 4_096
/** Messages for a session that has not subscribed yet; its SUBSCRIBE follows its CONNECT at once. */
const WAITING_MAX = 32

export type BrokerParts = {
  readonly host: string
  readonly port: number
  readonly certificate: ServerCertificate
  /** The CA whose leaves may connect. */
  readonly caPem: string
  readonly log: Logger
  /** Whether this certificate still speaks for its device. */
  readonly admits: (deviceId: DeviceId, serial: string) => boolean
  /** Called in the order of the wire, session first; must not throw. */
  readonly onEvent: (event: BrokerEvent) => void
  /** A refusal of somebody with a certificate of our CA. */
  readonly onRefused?: (refused: Refused) => void
}

/**
 * MQTT 3.1.1 over mutual TLS 1.3, terminated here. Identity is the URI SAN of the certificate and nothing else; the client
 * id must say the same. Will, retain, persistent sessions and QoS 2 are refused, topics are compared exactly. Nothing is
 * subscribed inside: a device's publish goes to `onEvent`, and the broker's own fan-out is deaf. The library carries sessions;
 * a publish like one that it has carried goes past it. Fault: `PORT_IN_USE`.
 */
export async function openAedesBroker(parts: BrokerParts): Promise<Result<Broker>> {
  const devices = new DeviceBroker(parts)
  return devices.open()
}

class DeviceBroker implements Broker {
  port = 0
  private readonly parts: BrokerParts
  private readonly aedes: Aedes
  /** Accepts; `secure` is handed one connection after another, as the queue has it. */
  private readonly server
  private readonly secure
  private readonly arrivals: HandshakeQueue<Socket>
  private readonly connections = new Set<Session>()
  private readonly sessions = new Map<DeviceId, Session>()
  private held = false
  private closing = false
  private readonly refusals: Record<RefusalCode, number> = {
    CLIENT_NO_CERTIFICATE: 0,
    CLIENT_ID_MISMATCH: 0,
    CLIENT_FORBIDDEN_FEATURE: 0,
    TOPIC_REFUSED: 0,
    PACKET_TOO_LARGE: 0,
  }

  constructor(parts: BrokerParts) {
    this.parts = parts
    this.aedes = new Aedes({
      mq: deafEmitter(),
      connectTimeout: CONNECT_MS_MAX,
      drainTimeout: DRAIN_MS_MAX,
      keepaliveLimit: KEEPALIVE_S_MAX,
      maxTopicLevels: 8,
      preConnect: (client, packet, done) => {
        // Decided here where the packet is seen, said in `authenticate` where a return code can be.
        const session = sessionOf(client)
        const present = (deviceId: DeviceId) => this.sessions.get(deviceId)?.certificate
        session.refusal ??= refusalOfConnect(packet, session.certificate, parts.admits, present)
        if (session.refusal === null) session.deviceId = packet.clientId
        done(null, true)
      },
      authenticate: (client, _user, _password, done) => this.authenticate(sessionOf(client), client, done),
      authorizePublish: (client, packet, done) => done(this.takePublish(client, packet)),
      authorizeSubscribe: (client, subscription, done) =>
        this.maySubscribe(sessionOf(client), subscription.topic)
          ? done(null, subscription)
          : done(new Error('TOPIC_REFUSED')),
    })
    // Nothing is published inside: past its PUBACK a payload would be looked up in a table of subscribers, copied and given to
    // nobody. Later, not at once, for the parser stands in the middle of a chunk.
    this.aedes.publish = (_packet: unknown, client: unknown, done?: (error?: Error) => void): void => {
      const then = typeof client === 'function' ? client : done
      if (typeof then === 'function') process.nextTick(then)
    }
    this.secure = createTlsServer(
      {
        key: parts.certificate.key,
        cert: parts.certificate.cert,
        ca: parts.caPem,
        minVersion: 'TLSv1.3',
        requestCert: true,
        // Judged in `onSecure`, where a refusal can be named and logged; the library would only close.
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_MS_MAX,
        // A resumed session would skip the check of the certificate.
        secureOptions: constants.SSL_OP_NO_TICKET,
      },
      socket => {
        this.arrivals.secured(socket)
        this.onSecure(socket)
      },
    )
    this.arrivals = new HandshakeQueue({
      begin: socket => this.secure.emit('connection', socket),
      soon: run => setImmediate(run),
      closeIdle: (socket, ms) => socket.setTimeout(ms, ms > 0 ? () => socket.destroy() : undefined),
    })
    this.server = createTcpServer({ pauseOnConnect: true }, socket => this.arrivals.arrive(socket))
    this.server.maxConnections = CONNECTIONS_MAX
    this.secure.on('tlsClientError', error =>
      parts.log.debug({ event: 'broker.handshake', detail: error.message }),
    )
    this.aedes.on('client', client => this.onRegistered(sessionOf(client), client))
    this.aedes.on('subscribe', (subscriptions, client) => {
      for (const { topic } of subscriptions) this.onSubscribed(sessionOf(client), topic)
    })
    this.aedes.on('unsubscribe', (topics, client) => {
      for (const topic of topics) sessionOf(client).subscribed.delete(channelOf(topic) as DownChannel)
    })
    for (const event of ['clientError', 'connectionError'] as const)
      this.aedes.on(event, (client: Client, error: Error) =>
        parts.log.debug({ event: 'broker.closed', deviceId: client.id, detail: error.message }),
      )
  }

  async open(): Promise<Result<Broker>> {
    await this.aedes.listen()
    const { host, port } = this.parts
    const opened = await new Promise<Result<void>>(resolve => {
      this.server.once('error', error => resolve(fault('PORT_IN_USE', `${host}:${port}: ${error.message}`)))
      this.server.listen({ port, host, backlog: BACKLOG_MAX }, () => resolve(ok(undefined)))
    })
    if (!opened.ok) {
      await this.close()
      return opened
    }
    this.port = (this.server.address() as AddressInfo).port
    return ok(this)
  }

  publish(deviceId: DeviceId, channel: DownChannel, payload: Uint8Array): boolean {
    const session = this.sessions.get(deviceId)
    if (session === undefined) return false
    if (session.subscribed.has(channel))
      return (
        (channel === 'down/ack' && ackShortWay(session, payload)) || this.deliver(session, channel, payload)
      )
    if (session.waiting.length >= WAITING_MAX) return false
    session.waiting.push({ channel, payload })
    return true
  }

  pause(): void {
    this.hold(true)
  }

  resume(): void {
    this.hold(false)
  }

  drop(deviceId: DeviceId, reason: string): void {
    const session = this.sessions.get(deviceId)
    if (session === undefined) return
    this.parts.log.warn({ event: 'broker.dropped', deviceId, reason })
    session.guard.destroy()
  }

  stats() {
    return { sessions: this.sessions.size, refusals: { ...this.refusals } }
  }

  async close(): Promise<void> {
    this.closing = true
    this.arrivals.close()
    for (const { guard } of this.connections) guard.destroy()
    await Promise.all([
      new Promise<void>(resolve => this.server.close(() => resolve())),
      new Promise<void>(resolve => this.aedes.close(() => resolve())),
    ])
  }

  private hold(held: boolean): void {
    this.held = held
    for (const { guard } of this.connections) guard.hold(held)
  }

  /** A handshake is done. Without a certificate of our CA nothing of MQTT is even read. */
  private onSecure(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate()
    const address = socket.remoteAddress ?? 'unknown'
    socket.on('error', () => undefined)
    // An ack is small and alone; waiting for company costs 40 ms.
    socket.setNoDelay(true)
    if (!socket.authorized || certificate === undefined || this.closing) {
      const why = certificate === undefined ? 'none presented' : String(socket.authorizationError)
      this.refuse('CLIENT_NO_CERTIFICATE', { address, detail: why })
      socket.destroy()
      return
    }
    const isPresent = (one: Session): boolean => this.sessions.get(one.deviceId!) === one
    const take = ({ deviceId }: Session, channel: UpChannel, payload: Buffer): void =>
      this.parts.onEvent({ type: 'payload', deviceId: deviceId!, channel, payload })
    const guard = new LengthGuard(
      socket,
      () =>
        this.refuse(
          'PACKET_TOO_LARGE',
          { address, deviceId: session.deviceId, san: certificate.subjectAltName },
          session,
        ),
      (chunk, at) => takePublishShortWay(session, chunk, at, isPresent, take),
    )
    const session: Session = newSession(guard, certificate, address)
    guard.hold(this.held)
    this.connections.add(session)
    guard.on('close', () => this.onClosed(session))
    this.aedes.handle(guard, session as unknown as IncomingMessage)
  }

  private authenticate(
    session: Session,
    client: Client,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    session.client = client
    if (session.refusal === null && session.deviceId === client.id) return done(null, true)
    const { code, returnCode, detail } = session.refusal ?? mismatch(quoted(client.id))
    this.refuse(code, { address: session.address, detail }, session)
    done(Object.assign(new Error(code), { returnCode }), false)
  }

  private onRegistered(session: Session, client: Client): void {
    const deviceId = session.deviceId!
    const before = this.sessions.get(deviceId)
    this.sessions.set(deviceId, session)
    session.client = client
    if (before !== undefined) {
      this.parts.log.info({ event: 'broker.taken_over', deviceId, address: session.address })
      this.parts.onEvent({ type: 'session', deviceId, link: 'down' })
      before.guard.destroy()
    }
    this.parts.log.info({ event: 'broker.session', deviceId, link: 'up', address: session.address })
    this.parts.onEvent({ type: 'session', deviceId, link: 'up' })
  }

  private onClosed(session: Session): void {
    this.connections.delete(session)
    const { deviceId } = session
    if (deviceId === null || this.sessions.get(deviceId) !== session) return
    this.sessions.delete(deviceId)
    this.parts.log.info({ event: 'broker.session', deviceId, link: 'down' })
    this.parts.onEvent({ type: 'session', deviceId, link: 'down' })
  }

  /**
   * A device's words are taken here, at parse time, and so in the order of the wire. An error closes the connection: a
   * client that publishes what it may not is broken, and would send the same again for ever.
   */
  private takePublish(client: Client | null, packet: PublishPacket): Error | null {
    // The broker's own $SYS messages; the emitter behind it is deaf.
    if (client === null) return null
    const session = sessionOf(client)
    session.inLibrary--
    const { deviceId } = session
    const channel = upChannelOf(session, packet.topic)
    if (deviceId === null || channel === undefined)
      return this.refuse('TOPIC_REFUSED', { deviceId, detail: `publish ${quoted(packet.topic)}` }, session)
    if (packet.retain || packet.qos === 2)
      return this.refuse(
        'CLIENT_FORBIDDEN_FEATURE',
        { deviceId, detail: packet.retain ? 'retain' : 'QoS 2' },
        session,
      )
    // A predecessor that was taken over has nothing more to say.
    if (this.sessions.get(deviceId) !== session) return new Error('taken over')
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    this.parts.onEvent({ type: 'payload', deviceId, channel, payload })
    return null
  }

  private maySubscribe(session: Session, topic: string): boolean {
    const parsed = parseTopic(topic)
    if (parsed !== undefined && parsed.deviceId === session.deviceId && isDown(parsed.channel)) return true
    this.refuse(
      'TOPIC_REFUSED',
      { deviceId: session.deviceId, detail: `subscribe ${quoted(topic)}` },
      session,
    )
    return false
  }

  private onSubscribed(session: Session, topic: string): void {
    const channel = channelOf(topic) as DownChannel
    session.subscribed.add(channel)
    const due = session.waiting.filter(w => w.channel === channel)
    session.waiting = session.waiting.filter(w => w.channel !== channel)
    for (const { payload } of due) this.deliver(session, channel, payload)
  }

  /** Straight to the client, past every subscription table: there is only one possible reader of a down topic. */
  private deliver(session: Session, channel: DownChannel, payload: Uint8Array): boolean {
    const topic = topicOf(session.deviceId!, channel)
    const packet = {
      cmd: 'publish',
      topic,
      payload: Buffer.from(payload),
      // An ack that is lost is lost with its connection, and the next one begins with where every lane stands.
      qos: channel === 'down/ack' ? 0 : 1,
      retain: false,
      dup: false,
    } as const
    session.client?.publish(packet, () => undefined)
    return session.client !== null
  }

  private refuse(
    code: RefusalCode,
    detail: Readonly<Record<string, unknown>>,
    session?: Pick<Session, 'certificate' | 'address'>,
  ): Error {
    this.refusals[code]++
    this.parts.log.warn({ event: 'broker.refused', code, ...detail })
    if (session !== undefined) {
      const { certificate, address } = session
      this.parts.onRefused?.({ code, san: certificate.subjectAltName, address })
    }
    return new Error(code)
  }
}

/** The library carries our session through as the request of the connection. */
const sessionOf = (client: Client): Session => client.req as unknown as Session
