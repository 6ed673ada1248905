import { UTC_MS_MAX } from '#protocols/record.ts'
import type { ClockQuality, Now } from '#protocols/time.ts'

/**
 * When something on a car truly happened, UTC milliseconds: by the car's own clock where that is disciplined, else by
 * ours less its age. A computer that believes it is 1970 signs an order at the right minute all the same.
 * Always a moment that can be written down, whatever the car told.
 */
export function occurredUtcMs(
  told: { readonly occurredAt: number; readonly clockQuality: ClockQuality },
  ageMs: number,
  now: Now,
): number {
  const isDisciplined = told.clockQuality === 'gnss' || told.clockQuality === 'ntp'
  const utcMs = isDisciplined ? told.occurredAt : Math.round(now.utcMs - ageMs)
  return Math.min(UTC_MS_MAX, Math.max(0, utcMs))
}
