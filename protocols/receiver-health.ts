import { z } from 'zod'

/** The antenna's wire as the receiver measures it: `open` is cut or unplugged, `short` crushed or wet. */
export const AntennaState = z.enum(['ok', 'open', 'short'])
export type AntennaState = z.infer<typeof AntennaState>

export const JammingState = z.enum(['ok', 'warning', 'critical'])
export type JammingState = z.infer<typeof JammingState>

/**
 * `receiver`: it says so itself. `uniform_signals`: every signal is equally strong, as from one transmitter. `time_jump`:
 * its time moved otherwise than the computer's. A receiver after a cold start jumps once too.
 */
export const SpoofingHint = z.enum(['receiver', 'uniform_signals', 'time_jump'])
export type SpoofingHint = z.infer<typeof SpoofingHint>

/** Why a fix, or a value of it, was not believed: the rules are in `hardware/gnss/plausibility.ts`. */
export const Refusal = z.enum(['jump', 'backwards', 'speed', 'altitude', 'date', 'datum'])
export type Refusal = z.infer<typeof Refusal>

/**
 * What a receiver and its sky say beside the fix; what was never told is absent and means unknown. Example:
 *
 *     { "antenna":"open", "hints":[], "refused":{ "jump":2 } }
 */
export const ReceiverHealth = z.object({
  antenna: AntennaState.optional(),
  jamming: JammingState.optional(),
  hints: z.array(SpoofingHint),
  /** The datum its places are told in while it is not WGS-84: none of them is used. */
  datum: z.string().max(16).optional(),
  /** Fixes and values not believed since the agent started; a reason that never came is absent. */
  refused: z.partialRecord(Refusal, z.number().int().nonnegative()),
})
export type ReceiverHealth = z.infer<typeof ReceiverHealth>
