import type { Deed } from '../bodycam/log-entry.ts'
import type { DueEnd } from '../power/power.ts'
import type { Note } from '../outbox/outbox.ts'
import type { Channel, ChannelValue, Gauge, Output, PowerPhase } from '#protocols/equipment.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Order } from '#protocols/orders.ts'
import type { ReceiverHealth } from '#protocols/receiver-health.ts'
import type { Lane, RecordDraft, WireRecord } from '#protocols/record.ts'
import type { Result } from '#protocols/result.ts'
import type { DeviceConfig } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import type { Tap, TapResult, TerminalState } from '#protocols/terminal.ts'

/** All that can happen to a vehicle. A bug report is a list of these. */
export type VehicleEvent =
  | { readonly type: 'boot'; readonly software: string; readonly store: string }
  | { readonly type: 'fix'; readonly fix: Fix }
  | { readonly type: 'gnss'; readonly state: TerminalState['gnss'] }
  | { readonly type: 'receiver'; readonly health: ReceiverHealth }
  | { readonly type: 'input'; readonly channel: Channel; readonly value: ChannelValue }
  /** A number from the car's own bus; null when it has not been told for longer than it stays true. */
  | { readonly type: 'gauge'; readonly gauge: Gauge; readonly value: number | null }
  | { readonly type: 'panel'; readonly state: TerminalState['panel'] }
  | { readonly type: 'power'; readonly phase: PowerPhase; readonly due: DueEnd | null }
  /** The log of the body-cam trigger was written up to here. */
  | { readonly type: 'trigger.logged'; readonly n: number; readonly sum: string }
  /** A paired camera on the network will not record. */
  | { readonly type: 'camera.refused'; readonly cameraId: string; readonly code: string }
  /** Opened and rightly signed for this device. */
  | { readonly type: 'order'; readonly order: Order }
  | { readonly type: 'order.rejected'; readonly code: string; readonly detail: string }
  | { readonly type: 'tap'; readonly tapRef: string; readonly tap: Tap }
  | { readonly type: 'config'; readonly config: DeviceConfig }
  /** The gateway can be reached again. */
  | { readonly type: 'link.up' }
  /** Completion of an `append` effect. */
  | { readonly type: 'appended'; readonly ref: string; readonly result: Result<readonly WireRecord[]> }
  | { readonly type: 'acked'; readonly lane: Lane; readonly upTo: number }
  | { readonly type: 'unstored.acked'; readonly id: string }
  /** Several times a second: timeouts of the body-cam, window nonces, ended orders. */
  | { readonly type: 'tick' }

/** All a vehicle can want from the world. */
export type VehicleEffect =
  | {
      readonly type: 'append'
      readonly ref: string
      readonly drafts: readonly RecordDraft[]
      readonly notes: readonly Note[]
    }
  /** The store refused an alarm: send it at once, idempotent by its id, and say that it is not stored. */
  | {
      readonly type: 'unstored'
      readonly id: string
      readonly kind: string
      readonly body: string
      readonly occurred: Now
    }
  /** The live slot changed; the uplink sends the newest one when it can. */
  | { readonly type: 'live' }
  | { readonly type: 'output'; readonly output: Output; readonly on: boolean }
  | { readonly type: 'camera'; readonly order: 'start' | 'mark'; readonly activationId: string }
  /** Tick at this moment and not only with the next: a pulse ends, a verdict falls. The newest one counts. */
  | { readonly type: 'wake'; readonly atMonoMs: number }
  /** What the body-cam trigger did, for its own log beside the store. */
  | { readonly type: 'witness'; readonly deed: Deed; readonly at: Now }
  | { readonly type: 'tapped'; readonly tapRef: string; readonly result: TapResult }
  | {
      readonly type: 'log'
      readonly level: 'debug' | 'info' | 'warn'
      readonly event: string
      readonly detail: Record<string, unknown>
    }
