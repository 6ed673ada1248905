import { z } from 'zod'
import { Channel } from '#protocols/equipment.ts'

/**
 * What starts the body cameras. `level` holds the activation for as long as it is on (a lightbar); `momentary` starts
 * it and lets go at once (a panic button), and is heard during the hold-off too.
 */
export const TriggerSource = z.enum(['level', 'momentary'])
export type TriggerSource = z.infer<typeof TriggerSource>

/**
 * `contact`: the dry contact of the dock; `network`: a start order to each paired camera; `marker`: a camera that records
 * already is told the activation, so that the place is found in its recording.
 */
export const TriggerAction = z.enum(['contact', 'network', 'marker'])
export type TriggerAction = z.infer<typeof TriggerAction>

const Ms = z.number().int().nonnegative()

/** How one car starts its cameras. Every field has a default, so a unit's file names only what is different. */
export const TriggerConfig = z.strictObject({
  /** A channel that is not listed starts nothing. */
  sources: z
    .partialRecord(Channel.exclude(['camera_recording']), TriggerSource)
    .default({ lightbar: 'level', siren: 'level', weapon_rack: 'level', panic: 'momentary' }),
  actions: z.array(TriggerAction).min(1).default(['contact']),
  /** `level`: the contact stays closed for the whole activation; `pulse`: it closes for this long and means "start". */
  output: z.union([z.literal('level'), z.strictObject({ pulseMs: Ms.min(50).max(5_000) })]).default('level'),
  /**
   * What an opening contact may end: no recording at all, or one that is `ours` as far as a contact can tell. It cannot tell
   * a camera that its officer woke a moment before the lightbar: that recording would be ended with the activation.
   */
  ends: z.enum(['none', 'ours']).default('none'),
  /**
   * A recording is ours only when it begins this long after the contact closed. Sooner, the officer's hand was faster and
   * our reading old; later, the camera slept, and what woke it was a hand: a camera needs longer from sleep than `max`.
   */
  startMs: z.strictObject({ min: Ms, max: Ms }).default({ min: 150, max: 1_000 }),
  /** The camera must say that it records within this time, or the activation has failed. */
  confirmMs: Ms.min(500).max(2_000).default(2_000),
  /** How long the recording goes on after the last source has cleared. */
  postMs: Ms.max(3_600_000).default(30_000),
  /** A level source that comes back this soon after a release starts nothing yet: a lightbar that is only reset. */
  holdOffMs: Ms.max(600_000).default(3_000),
  /** How often one activation tries in all, and how long after a failure it tries again. */
  attemptsMax: z.number().int().min(1).max(100).default(3),
  retryMs: Ms.min(500).default(3_000),
  /** The contact rests open for this long before it closes again, or the camera sees no edge. */
  restMs: Ms.max(1_000).default(200),
})
export type TriggerConfig = z.infer<typeof TriggerConfig>

export const DEFAULT_TRIGGER: TriggerConfig = TriggerConfig.parse({})
