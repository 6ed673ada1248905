import type { Availability, Position } from '#protocols/bodies.ts'
import type { Channel, EquipmentState, Gauge, Output, PowerPhase } from '#protocols/equipment.ts'
import type { Fix } from '#protocols/fix.ts'
import type { Place } from '#protocols/incident.ts'
import type { DispatchOrder } from '#protocols/orders.ts'
import type { ReceiverHealth } from '#protocols/receiver-health.ts'
import type { TerminalOrder, TerminalState } from '#protocols/terminal.ts'
import { NO_GRID } from '#protocols/geo/membership.ts'
import type { Membership } from '#protocols/geo/membership.ts'
import type { DeviceConfig, NearbyGrids } from '#protocols/session.ts'
import type { Now } from '#protocols/time.ts'
import { DEFAULT_TRIGGER } from '../bodycam/trigger-config.ts'
import type { TriggerConfig } from '../bodycam/trigger-config.ts'
import { restoreTrigger } from '../bodycam/trigger-state.ts'
import type { TriggerState } from '../bodycam/trigger-state.ts'
import type { DueEnd } from '../power/power.ts'
import { NO_NONCES } from './nonces.ts'
import type { Nonces } from './nonces.ts'
import { NO_ANTENNA_TOLD } from './receiver.ts'
import type { ToldAntenna } from './receiver.ts'
import { SENSING_NOTE, restoreSensings } from './sensing.ts'
import type { Sensing, Sensings } from './sensing.ts'
import { ADAPTIVE, NOTHING_SAMPLED } from './sampling.ts'
import type { Sampling, SamplingState } from './sampling.ts'

export type OrderStep = TerminalOrder['step']

/** One dispatch order as this car holds it; kept in the outbox's notes, so it survives a power cut. */
export type HeldOrder = {
  readonly order: DispatchOrder
  readonly step: OrderStep
  /** The step whose record is synced; behind `step` while one is being written. */
  readonly storedStep: OrderStep
  /** Newest revision of the incident heard; an order of an older one gives way. */
  readonly revision: number
  readonly note: string
  /** UTC of receipt and of the newest step, for ages across a restart. */
  readonly receivedUtcMs: number
  readonly changedUtcMs: number
}

/** A place to stand by, until the car is there. Kept in the notes, so it survives a power cut. */
export type MoveUp = {
  readonly orderId: string
  readonly place: Place
  readonly receivedUtcMs: number
}

/** A panic from press to acknowledgement. */
export type PanicState = {
  readonly pressed: Now
  /** 32 hex digits in the record and in what goes out unstored, so that both are one alarm. */
  readonly pressId: string
  /** Null until stored; `unstored/…` when the store could not take it. */
  readonly eventId: string | null
  readonly seq: number | null
  readonly delivered: boolean
  readonly acknowledged: boolean
}

/** Everything a vehicle knows about itself. Changed by `core.ts` alone. */
export type VehicleState = {
  readonly deviceId: string
  readonly unitId: string
  readonly bootId: string
  readonly bootCount: number
  config: DeviceConfig
  availability: Availability
  fix: { readonly fix: Fix; readonly at: Now } | null
  /** The newest fix with a place, reported or not. */
  placed: { readonly position: Position; readonly at: Now } | null
  /** Newest position that entered lane `track`, as the live slot shows it. */
  sampled: { readonly position: Position; readonly at: Now; readonly eventId: string | null } | null
  readonly rules: Sampling
  sampling: SamplingState
  gnss: TerminalState['gnss']
  /** What the receiver says beside its fixes; null while it said nothing yet. */
  receiver: ReceiverHealth | null
  antennaTold: ToldAntenna
  panel: TerminalState['panel']
  /** Null where nobody watches over it. */
  power: PowerPhase | null
  /** When the car goes down if nothing changes; null while nothing counts down. */
  powerDue: DueEnd | null
  /** Starts in a row before this one that ended in a low voltage. */
  readonly brownouts: number
  readonly fittedChannels: readonly Channel[]
  /** As read since this boot; a channel not read yet is absent. */
  equipment: EquipmentState
  readonly equipmentBeforeBoot: EquipmentState
  /** As the car's own bus tells them; null or absent where it does not. */
  gauges: Readonly<Partial<Record<Gauge, number | null>>>
  /** The piece of the city's map of grids this car carries, and where on it the car is. */
  nearby: NearbyGrids | null
  membership: Membership
  /** The panic button was down when it was last read clearly. */
  panicHeld: boolean
  trigger: TriggerState
  readonly triggerConfig: TriggerConfig
  orders: readonly HeldOrder[]
  /** What the car found out about them by itself. */
  sensings: Sensings
  /** Where the centre asks it to stand by; null when nowhere. */
  moveUp: MoveUp | null
  nonces: Nonces
  /** When an order was last answered, anew or again. */
  lastReceiptMonoMs: number
  panic: PanicState | null
  windows: readonly { readonly nonce: string; readonly madeMonoMs: number }[]
  /** Drafts handed to the outbox whose completion has not come back yet. */
  pending: Map<string, PendingAppend>
  nextRef: number
  rejectedSinceRecord: number
  lastRejectedRecordMonoMs: number
}

/** What to do when an append completes; plain data, so a state can be printed and replayed. */
export type PendingAppend =
  | { readonly then: 'sampled'; readonly position: Position; readonly at: Now }
  | {
      readonly then: 'tapped'
      /** The tap and whoever bounced on the same button meanwhile: all are answered by the one write. */
      readonly tapRefs: string[]
      readonly orderId: string
      readonly step: OrderStep
    }
  | {
      readonly then: 'panic'
      readonly tapRef: string | null
      readonly pressId: string
      readonly body: string
      readonly pressed: Now
    }
  | {
      readonly then: 'sensed'
      readonly orderId: string
      readonly step: OrderStep | null
      /** What to go back to when the store refuses. */
      readonly before: Sensing
    }
  | {
      readonly then: 'crash'
      readonly crashId: string
      readonly body: string
      readonly occurred: Now
    }
  | {
      readonly then: 'receipt'
      readonly nonce: string
      readonly actuate: { readonly output: Output; readonly on: boolean } | null
    }
  | { readonly then: 'nothing' }

export type VehicleIdentity = {
  readonly deviceId: string
  readonly unitId: string
  readonly callSign: string
  readonly bootId: string
  readonly bootCount: number
}

/** Keys of the notes kept beside the records. */
export const ORDERS_NOTE = 'orders'
export const NONCES_NOTE = 'nonces'
export const BOOT_NOTE = 'boot'
export const EQUIPMENT_NOTE = 'equipment'
export const TRIGGER_NOTE = 'trigger'
export const GRIDS_NOTE = 'grids'
export const MOVE_UP_NOTE = 'moveUp'
export const GRID_NOTE = 'grid'

/** A fresh state, or the one the notes remember. */
export function initialState(
  identity: VehicleIdentity,
  notes: ReadonlyMap<string, unknown>,
  fitted: {
    readonly trigger?: TriggerConfig
    readonly sampling?: Sampling
    readonly channels?: readonly Channel[]
    readonly brownouts?: number
  } = {},
): VehicleState {
  return {
    deviceId: identity.deviceId,
    unitId: identity.unitId,
    bootId: identity.bootId,
    bootCount: identity.bootCount,
    config: { v: 1, unitId: identity.unitId, callSign: identity.callSign, gridName: null },
    availability: 'available',
    fix: null,
    placed: null,
    sampled: null,
    rules: fitted.sampling ?? ADAPTIVE,
    sampling: NOTHING_SAMPLED,
    panicHeld: (notes.get(EQUIPMENT_NOTE) as EquipmentState | undefined)?.panic === 'on',
    nearby: (notes.get(GRIDS_NOTE) as NearbyGrids | undefined) ?? null,
    membership: { ...NO_GRID, gridId: (notes.get(GRID_NOTE) as string | null | undefined) ?? null },
    gnss: 'no_device',
    receiver: null,
    antennaTold: NO_ANTENNA_TOLD,
    panel: 'no_device',
    fittedChannels: fitted.channels ?? [],
    power: null,
    powerDue: null,
    brownouts: fitted.brownouts ?? 0,
    equipment: {},
    gauges: {},
    equipmentBeforeBoot: (notes.get(EQUIPMENT_NOTE) as EquipmentState | undefined) ?? {},
    trigger: restoreTrigger(notes.get(TRIGGER_NOTE) as TriggerState | undefined),
    triggerConfig: fitted.trigger ?? DEFAULT_TRIGGER,
    orders: (notes.get(ORDERS_NOTE) as readonly HeldOrder[] | undefined) ?? [],
    sensings: restoreSensings(notes.get(SENSING_NOTE)),
    nonces: (notes.get(NONCES_NOTE) as Nonces | undefined) ?? NO_NONCES,
    lastReceiptMonoMs: -Infinity,
    moveUp: (notes.get(MOVE_UP_NOTE) as MoveUp | null | undefined) ?? null,
    panic: null,
    windows: [],
    pending: new Map(),
    nextRef: 1,
    rejectedSinceRecord: 0,
    lastRejectedRecordMonoMs: -Infinity,
  }
}
