import { CHANNELS } from '#protocols/equipment.ts'
import type { Channel, Output } from '#protocols/equipment.ts'
import type { Debounce } from '../inputs/contact.ts'
import { PANEL_DEVICES } from './device-table.ts'
import type { PanelDevice } from './device-table.ts'

/** One wire on the module. */
export type InputWiring = Debounce & {
  readonly channel: Channel
  /** 0 is the first terminal of the module. */
  readonly input: number
  /** `open`: the contact opens when the thing happens, as with a normally closed panic button. */
  readonly activeWhen: 'closed' | 'open'
}

export type PanelProfile = {
  readonly device: PanelDevice
  readonly address: number
  readonly inputs: readonly InputWiring[]
  readonly outputs: readonly { readonly output: Output; readonly coil: number }[]
  /** From one question about the inputs to the next. */
  readonly pollMs: number
  /** An answer later than this after its question is not believed. Doubled while the module is slow, up to the max. */
  readonly replyMs: number
  readonly replyMsMax: number
  /** The line must be quiet for this long after anything went wrong. */
  readonly guardMs: number
  /** For this long after a fault a change needs two polls. On a clean line the first sample acts. */
  readonly doubtMs: number
  /** Silence between two frames, at least 3.5 characters. */
  readonly frameGapMs: number
  /** Without a believed sample for longer than a pulse could last, every channel is `unknown`. */
  readonly gapMsMax: number
  /** How often the coils are read back, to find a module that lost them with its power. */
  readonly readBackMs: number
  /** On a shared line a module that does not answer is asked at most this seldom; 0 where it has the line to itself. */
  readonly restMsMax: number
  /** A switch that was not read back by then is reported as failed (and still tried). */
  readonly switchMsMax: number
}

/** A factory-fitted panel: the eight channels in order, the camera contact on the first coil. */
export const factoryProfile = (
  device: PanelDevice = PANEL_DEVICES[0]!,
  changes: Partial<PanelProfile> = {},
): PanelProfile => ({
  device,
  address: device.factoryAddress,
  inputs: CHANNELS.slice(0, device.inputs.count).map((channel, input) => ({
    channel,
    input,
    activeWhen: 'closed',
    releaseMs: 30,
  })),
  outputs: device.outputs === null ? [] : [{ output: 'camera_trigger', coil: 0 }],
  pollMs: 40,
  replyMs: 30,
  replyMsMax: 240,
  guardMs: 40,
  doubtMs: 10_000,
  frameGapMs: 4,
  gapMsMax: 500,
  readBackMs: 1000,
  restMsMax: 0,
  switchMsMax: 1000,
  ...changes,
})
