/*
 * Which speed next. The last good one first; each is listened to for 2.2 periods, because a look as long as the period
 * misses the message and turns away from the right speed. Two frames with right sums are sure: noise passes an eight-bit
 * sum once in 256, and has to look like a sentence first. Nothing is ever sent, so no receiver's speed is ever changed.
 */

/** As receivers leave the factory, then what people set them to. */
export const RECEIVER_SPEEDS: readonly number[] = [
  9_600, 38_400, 115_200, 4_800, 57_600, 19_200, 230_400, 460_800, 921_600, 14_400,
]

export const DWELL_PERIODS = 2.2
/** Most talk once a second; a round that found nothing makes room for slower ones. */
const PERIODS_MS = [1_000, 2_000, 5_000] as const
const VALID_TO_LOCK = 2

export const isLocked = (validFrames: number): boolean => validFrames >= VALID_TO_LOCK

export const trialMs = (round: number): number => DWELL_PERIODS * PERIODS_MS[round % PERIODS_MS.length]!

/**
 * One round. A speed that was proved is tried again between all others: what made it fail may have been noise.
 * `roundOfSpeeds([1, 2], { baud: 9, isProved: true })` is 9 1 9 2, without the proof 9 1 2.
 */
export function roundOfSpeeds(
  speeds: readonly number[],
  good: { readonly baud: number; readonly isProved: boolean },
): readonly number[] {
  const others = speeds.filter(baud => baud !== good.baud)
  return good.isProved ? others.flatMap(baud => [good.baud, baud]) : [good.baud, ...others]
}
