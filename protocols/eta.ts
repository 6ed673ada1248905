import { z } from 'zod'
import { ROAD_CLASSES } from './roads/network.ts'

/*
 * What the fleet's own drives taught about time, `GET /v1/eta`. Sums over many drives only: no track, no unit and no day can
 * be read out of them, and nothing is said of a class, hour or road that was driven too few times.
 */

/** Who drove: a patrol that shows itself, or a car on its way to an incident. */
export const DrivingKind = z.enum(['patrol', 'response'])
export type DrivingKind = z.infer<typeof DrivingKind>

export const EtaHour = z.object({
  kind: DrivingKind,
  class: z.enum(ROAD_CLASSES),
  /** 0 to 23, local time; null is the whole day. */
  hour: z.number().int().min(0).max(23).nullable(),
  /** Stretches and trips behind the numbers, faded with time. */
  runs: z.number(),
  trips: z.number(),
  /** How many times as long as the profile says, as it is used; null while too few trips were seen to show it. */
  factor: z.number().nullable(),
  /** Of a minute of such road by the profile, seconds: half of the drives take less, and four of five. */
  p50Seconds: z.number().nullable(),
  p80Seconds: z.number().nullable(),
  /** The last days say something else than the weeks before: their factor, and how it compares. */
  drift: z.object({ factor: z.number(), ratio: z.number(), runs: z.number() }).nullable(),
})
export type EtaHour = z.infer<typeof EtaHour>

const Fared = z.object({
  trips: z.number(),
  medianErrorSeconds: z.number().nullable(),
  /** Promised less taken, on average: below 0 cars came later than promised. */
  biasSeconds: z.number().nullable(),
  /** Share that arrived within the promised p80. */
  within80: z.number().nullable(),
})

export const EtaView = z.object({
  at: z.iso.datetime({ precision: 3 }),
  hours: z.array(EtaHour),
  /** Roads passed often enough to speak for themselves, and the passes that takes. */
  roads: z.object({ known: z.number(), spoken: z.number(), passesLeast: z.number() }),
  /** How much one trip as a whole differs from the next: deviation as a share of its time, and trips it was learned from. */
  tripDeviation: z.number(),
  tripsJudged: z.number(),
  /** Promises given at dispatch against sensed arrivals, exercises and cancelled orders left out, by what the promise rested on. */
  past: z.object({ profile: Fared, learned: Fared, quarantined: z.number() }),
  /** Half of what was learned is forgotten after so many days. */
  halfLifeDays: z.number(),
})
export type EtaView = z.infer<typeof EtaView>
