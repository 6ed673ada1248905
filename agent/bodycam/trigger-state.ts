import type { Channel, ChannelValue, Output } from '#protocols/equipment.ts'
import type { Now } from '#protocols/time.ts'

export type TriggerEvent =
  | { readonly type: 'input'; readonly channel: Channel; readonly value: ChannelValue }
  /** A paired camera will not record: its card is full, its battery flat. Only a camera on the network can say so. */
  | { readonly type: 'refused'; readonly cameraId: string; readonly code: string }
  | { readonly type: 'wake' }

export type TriggerEffect =
  | { readonly type: 'output'; readonly output: Output; readonly on: boolean }
  /** To every paired camera on the network; there is no order that stops one. */
  | { readonly type: 'camera'; readonly order: 'start' | 'mark'; readonly activationId: string }
  | {
      readonly type: 'activated'
      readonly activationId: string
      readonly sources: readonly Channel[]
      readonly startedAt: Now
    }
  /** `alreadyRecording`: the officer was faster; nothing was switched. May follow a `failed`, then it is late. */
  | {
      readonly type: 'confirmed'
      readonly activationId: string
      readonly afterMs: number
      readonly alreadyRecording: boolean
    }
  /** At most once per activation: the crew must start the camera by hand. */
  | {
      readonly type: 'failed'
      readonly activationId: string
      readonly sources: readonly Channel[]
      readonly reason: FailureReason
    }
  /** The camera stopped during the activation; it is started again while attempts are left. */
  | { readonly type: 'lapsed'; readonly activationId: string }
  | { readonly type: 'released'; readonly activationId: string }
  /** Call again with `wake` at this time; each batch of effects has at most one, and it replaces the former. */
  | { readonly type: 'wake'; readonly atMonoMs: number }

/**
 * `silent`: the contact never came; `unknown`: the panel could not tell; `lapsed`: it stopped again every time;
 * `refused`: the camera said no.
 */
export type FailureReason = 'silent' | 'unknown' | 'lapsed' | 'refused'

/** Plain JSON: stored as it is, given to `restoreTrigger` after a restart. */
export type TriggerState = {
  readonly values: Readonly<Partial<Record<Channel, ChannelValue>>>
  /** The camera's last clear word, from before a gap too. */
  readonly recordingLast: 'on' | 'off' | null
  readonly outputOn: boolean
  /** When it closed last, in this boot. */
  readonly closedMonoMs: number | null
  readonly pulseEndsMonoMs: number | null
  readonly activation: Activation | null
  readonly holdUntilMonoMs: number | null
  /** Counts activations of this device, for their ids. */
  readonly serial: number
  /** Set by `restoreTrigger`: the times above are of another boot. */
  readonly restored: boolean
}

export type Activation = {
  readonly id: string
  readonly sources: readonly Channel[]
  readonly startedAt: Now
  readonly startedMonoMs: number
  readonly outcome: 'pending' | 'confirmed' | 'failed'
  readonly alarmed: boolean
  readonly attempts: number
  /** The camera stopped in its midst, or nobody watched it for a while: what begins afterwards may be the officer's. */
  readonly isDoubtful: boolean
  readonly attempt: Attempt | null
  /** This recording began by our closing of the contact beyond doubt, and was seen ever since. */
  readonly ours: boolean
  readonly clearSinceMonoMs: number | null
}

/**
 * `asking`: the camera recorded before a gap, so nothing is switched until it is heard; `resting`: the contact is open
 * before it closes again; `raised`: waiting for the camera; `waiting`: before another attempt.
 */
export type Attempt = {
  readonly phase: 'asking' | 'resting' | 'raised' | 'waiting'
  readonly untilMonoMs: number
  readonly deadlineMonoMs: number
}

export const initialTrigger = (): TriggerState => ({
  values: {},
  recordingLast: null,
  outputOn: false,
  closedMonoMs: null,
  pulseEndsMonoMs: null,
  activation: null,
  holdUntilMonoMs: null,
  serial: 0,
  restored: false,
})

/** A stored state for use in this boot: the next event finds the activation where it was and its times made new. */
export const restoreTrigger = (saved: TriggerState | undefined): TriggerState =>
  saved === undefined
    ? initialTrigger()
    : { ...initialTrigger(), ...saved, values: {}, closedMonoMs: null, restored: true }

/** What the crew is shown. */
export const triggerPhase = (state: TriggerState): 'idle' | 'starting' | 'recording' | 'failed' => {
  if (state.activation === null) return state.values.camera_recording === 'on' ? 'recording' : 'idle'
  const { outcome } = state.activation
  return outcome === 'pending' ? 'starting' : outcome === 'confirmed' ? 'recording' : 'failed'
}

/** What must outlive a power cut, as one text: when it changed, the state is stored, with records or without. */
export const durablePartOf = ({ activation, ...state }: TriggerState): string =>
  JSON.stringify([
    state.outputOn,
    state.serial,
    state.recordingLast,
    state.holdUntilMonoMs !== null,
    activation && [
      activation.id,
      activation.sources,
      activation.outcome,
      activation.alarmed,
      activation.attempts,
      activation.attempt?.phase,
      activation.clearSinceMonoMs !== null,
    ],
  ])
