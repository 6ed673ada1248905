import { z } from 'zod'
import { CoverageCost } from '../coverage.ts'
import { UnitId } from '../ids.ts'
import { Time } from './time.ts'

/** `mutual_aid`: a crew of another county than the one that answers for the place. */
export const Reason = z.enum(['own_grid', 'adjacent_grid', 'nearest_eta', 'mutual_aid'])
export type Reason = z.infer<typeof Reason>
export const Exclusion = z.enum([
  'off_shift',
  'status_not_dispatchable',
  'no_fix',
  'stale_fix',
  'unreachable',
  'off_road',
  'already_assigned',
])
export type Exclusion = z.infer<typeof Exclusion>
export const Warning = z.enum([
  'fix_ageing',
  'equipment_fault',
  'only_unit_in_grid',
  'heading_away',
  'low_battery',
  'emergency',
  /** The place lies on a closed road; the time is to where that begins. */
  'road_closed',
  /** It would leave its own county; the partner is asked first. */
  'cross_border',
])
export type Warning = z.infer<typeof Warning>

export const Candidate = z.object({
  unitId: UnitId,
  callSign: z.string(),
  /** Turnout plus road time, from the unit to the place. */
  etaSeconds: z.number(),
  roadSeconds: z.number(),
  turnoutSeconds: z.number(),
  /** Widened by what an ageing fix leaves open; learned times also from what one in five is quicker than to p80. */
  etaLowSeconds: z.number(),
  etaHighSeconds: z.number(),
  /** `learned`: from what past drives took on such roads at such an hour. `profile`: too few were seen to say more. */
  etaBasis: z.enum(['profile', 'learned']),
  /** The least number of stretches driven behind any class of road that matters on this way. */
  etaSamples: z.number().int(),
  /** Four of five arrive within; null on the profile's basis. */
  etaP80Seconds: z.number().nullable(),
  fixAgeMs: z.number(),
  reasons: z.array(Reason),
  warnings: z.array(Warning),
  /** What sending it takes from the rest of the city; null while coverage is not known. */
  coverageCost: CoverageCost.nullable().optional(),
  /** [lon, lat] pairs along the road, when asked for. */
  route: z.array(z.tuple([z.number(), z.number()])).optional(),
})
export type Candidate = z.infer<typeof Candidate>

export const Recommendation = z.object({
  at: Time,
  place: z.object({
    lat: z.number(),
    lon: z.number(),
    snappedM: z.number(),
    road: z.string(),
    /** It lies on a closed road: times end where the closed road begins. */
    closed: z.boolean(),
  }),
  candidates: z.array(Candidate),
  excluded: z.array(z.object({ unitId: UnitId, callSign: z.string(), excludedBy: Exclusion })),
})
export type Recommendation = z.infer<typeof Recommendation>
