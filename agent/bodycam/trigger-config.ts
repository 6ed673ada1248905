import type { Channel } from '#protocols/equipment.ts'

/**
 * What starts the body cameras. `level` holds the activation for as long as it is on (a lightbar); `momentary` starts
 * it and lets go at once (a panic button), and is heard during the hold-off too.
 */
export type TriggerSource = 'level' | 'momentary'

export type TriggerConfig = {
  /** A channel that is not listed starts nothing. */
  readonly sources: Readonly<Partial<Record<Exclude<Channel, 'camera_recording'>, TriggerSource>>>
  /** `level`: the contact stays closed for the whole activation; `pulse`: it closes for this long and means "start". */
  readonly output: 'level' | { readonly pulseMs: number }
  /** The camera must say that it records within this time, or the activation has failed. */
  readonly confirmMs: number
  /** How long the recording goes on after the last source has cleared. */
  readonly postMs: number
  /** A level source that comes back this soon after a release starts nothing yet: a lightbar that is only reset. */
  readonly holdOffMs: number
  /** How often one activation tries in all, and how long after a failure it tries again. */
  readonly attemptsMax: number
  readonly retryMs: number
  /** The contact rests open for this long before it closes again, or the camera sees no edge. */
  readonly restMs: number
}

export const DEFAULT_TRIGGER: TriggerConfig = {
  sources: { lightbar: 'level', siren: 'level', weapon_rack: 'level', panic: 'momentary' },
  output: 'level',
  confirmMs: 2000,
  postMs: 30_000,
  holdOffMs: 3000,
  attemptsMax: 3,
  retryMs: 3000,
  restMs: 200,
}
