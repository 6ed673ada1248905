import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'

/*
 * How somebody moves, as data: every number stands beside where it comes from, and a city replaces what it has measured.
 */

/** Where a number comes from: a source somebody can look up, or "assumed" and why. */
const Source = z.string().min(3).max(400)
const cited = <T extends z.ZodType>(value: T) => z.strictObject({ value, source: Source })
const Seconds = z.number().min(0).max(600)
const Kph = z.number().min(1).max(200)
const RoadClass = z.enum(ROAD_CLASSES)

/** A stretch of the week in which driving takes longer, or shorter: 1.3 is three tenths longer. */
const Hours = z.strictObject({
  /** 1 is Monday, 7 Sunday. */
  days: z.array(z.number().int().min(1).max(7)).min(1).max(7),
  fromHour: z.number().int().min(0).max(23),
  /** The first hour it no longer holds; a night is two of these. */
  toHour: z.number().int().min(1).max(24),
  /** All when absent. */
  classes: z.array(RoadClass).min(1).optional(),
  factor: z.number().min(0.1).max(10),
  source: Source,
})

/** What a turn takes: a sigmoid over its angle, `turn-delay.ts`. */
const Turns = z.strictObject({
  /** The most, towards turning right round. */
  mostSeconds: cited(Seconds),
  /** How much more crossing the oncoming traffic takes than turning beside it. */
  bias: cited(z.number().min(1).max(2)),
  driveOn: cited(z.enum(['right', 'left'])),
  /** Of those who come by one road, who go straight on where they can: weighs the turns against each other. */
  straightShare: cited(z.number().min(0.34).max(0.99)),
})

const Passing = z.strictObject({
  signal: cited(Seconds),
  stop: cited(Seconds),
  giveWay: cited(Seconds),
  crossing: cited(Seconds),
  miniRoundabout: cited(Seconds),
  gate: cited(Seconds),
})

export const Profile = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, { error: 'a name such as patrol or response-night' }),
  moves: z.enum(['drive', 'walk']),
  /** Speed where no limit is tagged; on foot everywhere, and a class that is missing is not walked. */
  speeds: z.strictObject({ kph: z.partialRecord(RoadClass, Kph), source: Source }),
  /** Times the limit, or the speed above: 1.2 is a fifth faster. */
  speedFactor: cited(z.number().min(0.2).max(3)),
  hours: z.array(Hours).max(100),
  turns: Turns,
  passing: Passing,
  obeysTurnRestrictions: cited(z.boolean()),
  /** Into a one-way road against its direction, when the place is on it: seconds are lost nowhere else. */
  lastBlockContraflow: cited(
    z.union([z.literal(false), z.strictObject({ kph: Kph })], { error: 'false or { "kph": number }' }),
  ),
})
export type Profile = z.infer<typeof Profile>

/** What a crew needs to get going (DOMAIN 5), by what it is doing. */
export const Turnout = z.strictObject({
  moving: cited(Seconds),
  stopped: cited(Seconds),
  standby: cited(z.number().min(0).max(1800)),
})
export type Turnout = z.infer<typeof Turnout>

/** Which profile answers which question. */
export const Uses = z.strictObject({
  /** What a car on patrol is measured against, where times are learned. */
  patrol: z.string(),
  /** Who can be there: recommendation, coverage, times of units on their way. */
  respond: z.string(),
})

/** The profiles that answer questions, and what crews need to get going; `readProfiles` saw to it that they are there. */
export function usedProfiles({ byName, uses, turnout }: Profiles) {
  const named = (name: string): Profile => {
    const profile = byName.get(name)
    if (profile === undefined) throw new Error(`there is no profile ${name}`)
    return profile
  }
  return { patrolling: named(uses.patrol), responding: named(uses.respond), turnout }
}

/** A name for the numbers of some profiles: other numbers, another name. */
export const basisOf = (profiles: readonly Profile[]): string =>
  createHash('sha256').update(JSON.stringify(profiles)).digest('hex').slice(0, 12)

export type Profiles = {
  readonly byName: ReadonlyMap<string, Profile>
  readonly uses: z.infer<typeof Uses>
  readonly turnout: Turnout
}
