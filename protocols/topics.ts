import { hash } from 'node:crypto'
import { ID_PATTERN } from './ids.ts'
import type { DeviceId } from './ids.ts'
import { LANES } from './record.ts'
import type { Lane } from './record.ts'

/*
 * reach5/1/{shard}/{deviceId}/live | hello | health | up/{lane} | up/unstored      device -> gateway
 *                            /down/{ack | order | config}                          gateway -> device
 *
 * The shard lets a county own a slice of the devices by topic alone; a device cannot choose it.
 */
export const PROTOCOL_LEVEL = 'reach5/1'

export const UP_CHANNELS = [
  'live',
  'hello',
  'health',
  'up/unstored',
  ...LANES.map(l => `up/${l}` as const),
] as const
export type UpChannel = 'live' | 'hello' | 'health' | 'up/unstored' | `up/${Lane}`

export const DOWN_CHANNELS = ['down/ack', 'down/order', 'down/config'] as const
export type DownChannel = (typeof DOWN_CHANNELS)[number]

const CHANNELS: ReadonlySet<string> = new Set([...UP_CHANNELS, ...DOWN_CHANNELS])

/** First byte of SHA-256(deviceId) in hex: `shardOf('ptu-01')` is always the same two digits. */
export const shardOf = (deviceId: DeviceId): string => hash('sha256', deviceId).slice(0, 2)

/** `topicOf('ptu-01', 'up/alarm')` is `reach5/1/{shard}/ptu-01/up/alarm`. */
export const topicOf = (deviceId: DeviceId, channel: UpChannel | DownChannel): string =>
  `${PROTOCOL_LEVEL}/${shardOf(deviceId)}/${deviceId}/${channel}`

export type ParsedTopic = { readonly deviceId: DeviceId; readonly channel: UpChannel | DownChannel }

/** Exact or nothing: wrong shard, wildcard, unknown channel or a bad id all give `undefined`. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  const match = /^reach5\/1\/([0-9a-f]{2})\/([^/]+)\/(.+)$/.exec(topic)
  if (!match) return undefined
  const [, shard, deviceId, channel] = match as unknown as [string, string, string, string]
  if (!ID_PATTERN.test(deviceId) || shardOf(deviceId) !== shard) return undefined
  return CHANNELS.has(channel) ? { deviceId, channel: channel as UpChannel | DownChannel } : undefined
}
