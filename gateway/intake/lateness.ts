/*
 * Two monotonic clocks that share no zero. received - sent is delay + an unknown constant; the smallest value of the last
 * ten minutes is the constant plus the quickest way through the network, so what is above it is lateness. Minutes are
 * kept apart so that an old minimum leaves again: crystals drift some 50 ppm, 30 ms in ten minutes.
 *
 *     minute   0    1    2   ...   9
 *     least   512  509  510  ...  511     offset = 509, a message with 3,509 is 3 s late
 */
const MINUTE_MS = 60_000
const MINUTES_KEPT = 10

export type DelayWindow = { minutes: { startMonoMs: number; leastMs: number }[] }

export const newDelayWindow = (): DelayWindow => ({ minutes: [] })

/** Notes one message and says how late it was, in ms: 0 for the quickest of the window. */
export function observeDelay(window: DelayWindow, receivedMonoMs: number, sentMonoMs: number): number {
  const delayMs = receivedMonoMs - sentMonoMs
  const newest = window.minutes.at(-1)
  if (newest === undefined || receivedMonoMs >= newest.startMonoMs + MINUTE_MS)
    window.minutes.push({ startMonoMs: receivedMonoMs, leastMs: delayMs })
  else newest.leastMs = Math.min(newest.leastMs, delayMs)
  const oldestMs = receivedMonoMs - MINUTE_MS * MINUTES_KEPT
  // The newest minute always stays, so a device that was silent for an hour starts from its first word again.
  while (window.minutes.length > 1 && window.minutes[0]!.startMonoMs < oldestMs) window.minutes.shift()
  return delayMs - offsetOf(window)!
}

/** Gateway's clock minus the device's, in ms, too large by the quickest delay; undefined before the first message. */
export const offsetOf = (window: DelayWindow): number | undefined =>
  window.minutes.length === 0 ? undefined : Math.min(...window.minutes.map(m => m.leastMs))

/** What is known of a record's time, and the clocks to judge it by. */
export type AgeFacts = {
  readonly receivedMonoMs: number
  readonly receivedUtcMs: number
  readonly recordMonoMs: number
  readonly occurredAt: number
  readonly clockQuality: string
  /** Offset of the boot the record was made in; undefined when that boot is not the one now talking. */
  readonly sameBootOffsetMs: number | undefined
  /** Offset of the boot now talking. */
  readonly currentOffsetMs: number | undefined
}

/**
 * How old a record is on arrival, in ms. By the device's monotonic clock where the boot is the current one; else by its
 * wall clock where that clock can be believed; else the record is older than the current boot, which is all one knows.
 */
export function recordAgeMs(facts: AgeFacts): number {
  if (facts.sameBootOffsetMs !== undefined)
    return Math.max(0, facts.receivedMonoMs - facts.sameBootOffsetMs - facts.recordMonoMs)
  if (facts.clockQuality !== 'none') return Math.max(0, facts.receivedUtcMs - facts.occurredAt)
  return facts.currentOffsetMs === undefined ? 0 : Math.max(0, facts.receivedMonoMs - facts.currentOffsetMs)
}
