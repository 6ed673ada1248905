import type { DeviceId } from '#protocols/ids.ts'
import type { DownChannel, UpChannel } from '#protocols/topics.ts'

/** What a broker hears, in the order of the wire; the device is the one its certificate names. */
export type BrokerEvent =
  | { readonly type: 'session'; readonly deviceId: DeviceId; readonly link: 'up' | 'down' }
  | {
      readonly type: 'payload'
      readonly deviceId: DeviceId
      readonly channel: UpChannel
      readonly payload: Uint8Array
    }

/** Why somebody was turned away; a word of `protocols/errors.ts`. */
export type RefusalCode =
  | 'CLIENT_NO_CERTIFICATE'
  | 'CLIENT_ID_MISMATCH'
  | 'CLIENT_FORBIDDEN_FEATURE'
  | 'TOPIC_REFUSED'
  | 'PACKET_TOO_LARGE'

/**
 * The devices' end of the gateway. It terminates sessions and carries bytes; it stores nothing, promises nothing (only an
 * application ack does) and gives no device's words to anyone but `onEvent`.
 */
export type Broker = {
  /** The TCP port in use, also when 0 was asked for. */
  readonly port: number
  /** False when the device has no session, or has not subscribed this channel and too much waits for it already. */
  publish(deviceId: DeviceId, channel: DownChannel, payload: Uint8Array): boolean
  /** Stops and starts reading from all devices; their own TCP windows hold the rest. */
  pause(): void
  resume(): void
  /** Ends a device's session at once, for a certificate that no longer counts. */
  drop(deviceId: DeviceId, reason: string): void
  /** How often each refusal happened since the start, and how many sessions there are. */
  stats(): { readonly sessions: number; readonly refusals: Readonly<Record<RefusalCode, number>> }
  close(): Promise<void>
}
