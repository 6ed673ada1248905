import type { X509Certificate } from 'node:crypto'
import type { DeviceId } from '#protocols/ids.ts'
import { DOWN_CHANNELS, parseTopic, UP_CHANNELS } from '#protocols/topics.ts'
import type { DownChannel, UpChannel } from '#protocols/topics.ts'
import type { LengthGuard } from './length-guard.ts'
import type { ConnectRefusal } from './connect-rules.ts'

/** Sends a packet and keeps watch over how long it takes. */
export type SessionClient = { publish(packet: object, done: () => void): void }

/** One connection: what its certificate says, and what it asked for in CONNECT. */
export type Session = {
  readonly guard: LengthGuard
  readonly certificate: X509Certificate
  readonly address: string
  refusal: ConnectRefusal | null
  deviceId: DeviceId | null
  /** What the library has of it. */
  client: SessionClient | null
  readonly subscribed: Set<DownChannel>
  /** Topics that were judged to be this device's own to publish to: a handful, said thousands of times. */
  readonly spoken: Map<string, UpChannel>
  /** Publishes that were left to the library and not taken from it yet; what comes behind them must not overtake. */
  inLibrary: number
  /** Where its acks go. */
  ackTopic: Uint8Array | null
  waiting: { readonly channel: DownChannel; readonly payload: Uint8Array }[]
}

export const newSession = (guard: LengthGuard, certificate: X509Certificate, address: string): Session => ({
  guard,
  certificate,
  address,
  refusal: null,
  deviceId: null,
  client: null,
  subscribed: new Set(),
  spoken: new Map(),
  inLibrary: 0,
  ackTopic: null,
  waiting: [],
})

/** The channel, where a device may publish to this topic at all. */
export function upChannelOf({ spoken, deviceId }: Session, topic: string): UpChannel | undefined {
  const known = spoken.get(topic)
  if (known !== undefined) return known
  const parsed = parseTopic(topic)
  if (deviceId === null || parsed?.deviceId !== deviceId || !isUp(parsed.channel)) return undefined
  spoken.set(topic, parsed.channel)
  return parsed.channel
}

/** The channel of a topic, whoever's it is. */
export const channelOf = (topic: string) => parseTopic(topic)?.channel

const isUp = (channel: string): channel is UpChannel => (UP_CHANNELS as readonly string[]).includes(channel)

/** Whether it is one on which devices are spoken to. */
export const isDown = (channel: string): channel is DownChannel =>
  (DOWN_CHANNELS as readonly string[]).includes(channel)
