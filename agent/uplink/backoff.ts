export const BACKOFF = { firstMs: 1_000, factor: 1.6, maxMs: 60_000, jitter: 0.3 } as const

/**
 * How long to wait before try number `attempt` (0 for the first retry); `random` in [0, 1) spreads a fleet that lost its
 * gateway at the same moment.
 */
export function backoffMs(attempt: number, random: number, maxMs: number = BACKOFF.maxMs): number {
  const plain = Math.min(maxMs, BACKOFF.firstMs * BACKOFF.factor ** Math.min(attempt, 30))
  return Math.round(plain * (1 - BACKOFF.jitter + 2 * BACKOFF.jitter * random))
}
