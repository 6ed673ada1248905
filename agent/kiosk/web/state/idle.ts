/*
 * A visitor who walks away must leave nothing behind:
 *
 *     touched ---- 60 s ----> warning ---- 30 s ----> over: everything is wiped
 *        ^                      |
 *        +---- more time -------+      as often as wanted
 */
export const WARN_AFTER_MS = 60_000
export const COUNTDOWN_MS = 30_000
/** Who pressed for help may wait a while; there is nothing of theirs on that screen. */
export const ALARM_SHOWN_MS = 10 * 60_000

export type Idle =
  | { readonly phase: 'awake' }
  | { readonly phase: 'warning'; readonly leftSeconds: number }
  | { readonly phase: 'over' }

/** What the page does, so long after the last touch. */
export function idleAfter(silentMs: number): Idle {
  if (silentMs < WARN_AFTER_MS) return { phase: 'awake' }
  const leftMs = WARN_AFTER_MS + COUNTDOWN_MS - silentMs
  return leftMs <= 0 ? { phase: 'over' } : { phase: 'warning', leftSeconds: Math.ceil(leftMs / 1_000) }
}
