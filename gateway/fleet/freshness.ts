import type { Freshness } from '#protocols/api.ts'

/** What a link may add to one announced interval before a person should notice. */
const AGEING_SLACK_MS = 5_000
/** Two announcements missed and this on top: the position is history. */
const STALE_SLACK_MS = 10_000

/** Assumed until a device announced its own (DESIGN.md, Bounds: at most 20 s on shift). */
export const ANNOUNCED_DEFAULT_MS = 20_000

/** The age beyond which a fix is stale, milliseconds. */
export const staleAfterMs = (announcedMs: number): number => 2 * announcedMs + STALE_SLACK_MS

/**
 * How far a position can be trusted, judged against what the device itself announced. `fixAgeMs` is by monotonic clocks
 * alone: age at sending, lateness on the way, time since receipt. `null` is a unit that never had a position.
 */
export function freshnessOf(fixAgeMs: number | null, announcedMs: number): Freshness {
  if (fixAgeMs === null) return 'never'
  if (fixAgeMs > staleAfterMs(announcedMs)) return 'stale'
  return fixAgeMs > announcedMs + AGEING_SLACK_MS ? 'ageing' : 'live'
}
