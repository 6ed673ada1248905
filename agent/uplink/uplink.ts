import type { DownChannel, UpChannel } from '#protocols/topics.ts'

/** One connection to the gateway; a new one is made after every loss (`dial`). */
export type Link = {
  /** Resolves false when the connection went before the PUBACK; QoS 0 resolves when handed over. */
  publish(channel: UpChannel, payload: string | Uint8Array, qos: 0 | 1): Promise<boolean>
  close(): Promise<void>
}

export type LinkEvents = {
  /** Connected and subscribed to every down topic. */
  readonly onConnected: (link: Link) => void
  readonly onMessage: (channel: DownChannel, payload: Uint8Array) => void
  /** Once per dial, also when it never connected; `reason` is for the log. */
  readonly onClosed: (reason: string) => void
}

/** Starts one connection attempt and returns at once; the returned function gives it up. */
export type Dial = (events: LinkEvents) => () => void
