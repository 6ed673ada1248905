import type { ClockQuality, Now } from '#protocols/time.ts'

/**
 * When something on a car truly happened, UTC milliseconds: by the car's own clock where that is disciplined, else by
 * ours less its age. A computer that believes it is 1970 signs an order at the right minute all the same.
 */
export function occurredUtcMs(
  told: { readonly occurredAt: number; readonly clockQuality: ClockQuality },
  ageMs: number,
  now: Now,
): number {
  const isDisciplined = told.clockQuality === 'gnss' || told.clockQuality === 'ntp'
  return isDisciplined ? told.occurredAt : Math.round(now.utcMs - ageMs)
}
