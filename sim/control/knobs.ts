import type { CameraMode } from '../camera/camera-body.ts'
import type { LinkState } from '../link/tcp-proxy.ts'
import type { Truth } from '../receiver/receiver.ts'
import type { Channel } from '#protocols/equipment.ts'
import type { DeviceId, UnitId } from '#protocols/ids.ts'
import type { Result } from '#protocols/result.ts'
import type { TerminalState } from '#protocols/terminal.ts'

/** Something of a car that a visitor can turn, and that says how it stands. */
export type Knob<T> = {
  readonly read: () => T
  readonly turn: (to: T) => Result<void> | Promise<Result<void>>
}

/** `blocked`: it speaks and sees no sky; `open`, `short`: nor does it, and says what its antenna's wire is like; `silent`. */
export type ReceiverMode = 'on' | 'blocked' | 'open' | 'short' | 'silent'

/**
 * What can be done to one car or station from outside, whatever it is made of. A knob it does not have is absent, and the
 * actions that need it are not offered.
 */
export type UnitControls = {
  readonly deviceId: DeviceId
  readonly callSign: string
  /** `vehicle`: a process of its own on pseudo-terminals; `fleet`: the same code inside the simulator. */
  readonly kind: 'vehicle' | 'fleet' | 'station' | 'bench'
  /** What its own screen shows; null while it has no power or has said nothing yet. */
  readonly view: () => TerminalState | null
  /** Where it truly is. */
  readonly truth?: () => Pick<Truth, 'lat' | 'lon' | 'speedMps' | 'trackDeg'>
  /** A page of its own, where it has one. */
  readonly page?: () => string
  readonly contact?: (channel: Channel) => Knob<boolean>
  readonly link?: Knob<LinkState>
  readonly power?: Knob<'on' | 'off'>
  /** The key, and the engine with it; `weak`: nearly empty, and the engine does not charge it. */
  readonly ignition?: Knob<'on' | 'off'>
  readonly battery?: Knob<'good' | 'weak'>
  readonly receiver?: Knob<ReceiverMode>
  readonly panel?: Knob<'on' | 'off'>
  readonly camera?: Knob<CameraMode>
  /** Said on the page: how a full disk is made for this unit. */
  readonly disk?: Knob<'ok' | 'full'> & { readonly how: 'outbox' | 'file-size-limit' }
}

/** The city's own knobs: its clock, its gateway, its incidents. */
export type CityControls = {
  readonly gateway: Knob<'on' | 'off'>
  readonly killGateway: () => void
  /** Traffic, crews and incidents; agents and gateway keep real time. */
  readonly speed: Knob<number>
  readonly incident: (at: { readonly lat: number; readonly lon: number } | null) => Promise<Result<string>>
}

/** Every unit somebody registered, in the order of registration. */
export type ControlBook = {
  register(unitId: UnitId, controls: UnitControls): void
  byId(unitId: UnitId): UnitControls | undefined
  /** In the order of their ids, `unit-2` before `unit-10`, whoever registered first. */
  all(): readonly (readonly [UnitId, UnitControls])[]
}

export function openControlBook(): ControlBook {
  const units = new Map<UnitId, UnitControls>()
  return {
    register: (unitId, controls) => void units.set(unitId, controls),
    byId: unitId => units.get(unitId),
    all: () => [...units].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
  }
}
