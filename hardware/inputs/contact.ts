import type { ChannelValue } from '#protocols/equipment.ts'

/** One contact as samples of it show it; `activeSamples` counts those that have not made it `on` yet. */
export type Contact = {
  readonly value: ChannelValue
  readonly quietSinceMs: number | null
  readonly activeSamples: number
}

/** How samples of a contact become a value. */
export type Debounce = {
  /** This much quiet releases. */
  readonly releaseMs: number
  /** So many active samples in a row act; 1, the default, is the fastest, more trade speed for noise. */
  readonly confirmSamples?: number | undefined
}

export const UNREAD: Contact = { value: 'unknown', quietSinceMs: null, activeSamples: 0 }

/**
 * One sample in: `debounced(UNREAD, true, 0, { releaseMs: 30 })` is on at once. Asymmetric on purpose: a symmetric 30 ms
 * filter at a 20 ms poll misses every 40 ms pulse. The first active sample acts; only quiet needs proof.
 */
export function debounced(before: Contact, active: boolean, nowMs: number, how: Debounce): Contact {
  return active ? pressed(before, how.confirmSamples ?? 1) : released(before, nowMs, how.releaseMs)
}

/** Whether nothing is half done: a further sample like the last changes nothing, now or later. */
export const isSettled = ({ value, quietSinceMs, activeSamples }: Contact): boolean =>
  value !== 'unknown' && quietSinceMs === null && activeSamples === 0

function pressed(before: Contact, confirmSamples: number): Contact {
  const activeSamples = before.activeSamples + 1
  return before.value === 'on' || activeSamples >= confirmSamples
    ? { value: 'on', quietSinceMs: null, activeSamples: 0 }
    : { value: before.value, quietSinceMs: null, activeSamples }
}

function released(before: Contact, nowMs: number, releaseMs: number): Contact {
  if (before.value === 'off') return { value: 'off', quietSinceMs: null, activeSamples: 0 }
  const quietSinceMs = before.quietSinceMs ?? nowMs
  return nowMs - quietSinceMs >= releaseMs
    ? { value: 'off', quietSinceMs: null, activeSamples: 0 }
    : { value: before.value, quietSinceMs, activeSamples: 0 }
}
