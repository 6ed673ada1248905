import type { ChannelValue } from '#protocols/equipment.ts'

/**
 * Asymmetric on purpose: a symmetric 30 ms filter at a 20 ms poll misses every 40 ms pulse. The first active sample
 * acts; only quiet needs proof.
 */
export type Debounce = { readonly value: ChannelValue; readonly quietSinceMs: number | null }

export const UNREAD: Debounce = { value: 'unknown', quietSinceMs: null }

/** One sample in: `debounced(UNREAD, true, 0, 30)` is on at once. */
export function debounced(before: Debounce, active: boolean, nowMs: number, releaseMs: number): Debounce {
  if (active) return { value: 'on', quietSinceMs: null }
  if (before.value === 'off') return before
  const quietSinceMs = before.quietSinceMs ?? nowMs
  return nowMs - quietSinceMs >= releaseMs
    ? { value: 'off', quietSinceMs: null }
    : { value: before.value, quietSinceMs }
}
