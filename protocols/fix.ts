import { z } from 'zod'

/**
 * One epoch of a receiver, closed. Units: degrees WGS-84, metres, m/s, degrees true. A field the receiver left empty is
 * absent, never 0; `timeUtcMs` comes from the receiver alone, never from the computer's clock.
 */
export const Fix = z.object({
  timeUtcMs: z.number().int().optional(),
  lat: z.number().min(-90).max(90).optional(),
  lon: z.number().min(-180).max(180).optional(),
  /** 1 no fix, 2 horizontal only, 3 with altitude. */
  mode: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  /** From the receiver; when an epoch told none, from two neighbouring fixes. */
  speedMps: z.number().nonnegative().optional(),
  trackDeg: z.number().min(0).max(360).optional(),
  altMslM: z.number().optional(),
  hdop: z.number().nonnegative().optional(),
  /** One standard deviation of the place, metres, as the receiver estimates it. */
  accuracyM: z.number().nonnegative().optional(),
  /** Of the sky told last; a satellite counts once for each of its signals. */
  satsUsed: z.number().int().nonnegative().optional(),
  satsSeen: z.number().int().nonnegative().optional(),
  /** Satellites used and seen per constellation, each once: `{ gps: [7, 11], beidou: [5, 9] }`. */
  sats: z.record(z.string(), z.tuple([z.number().int(), z.number().int()])).optional(),
  /** The date is more than a 1024-week rollover away from plausible: shown, never rewritten silently. */
  dateSuspect: z.boolean().optional(),
  /** The datum its place is told in, where that is not WGS-84: up to hundreds of metres off. Never for a dispatch. */
  datumSuspect: z.string().optional(),
  /** The receiver says it simulates, or was given its place by hand: for the bench, never for a dispatch. */
  simulated: z.boolean().optional(),
  /** The receiver reckons on without satellites: it may be right for a tunnel and wrong after it. */
  deadReckoning: z.boolean().optional(),
})
export type Fix = z.infer<typeof Fix>
