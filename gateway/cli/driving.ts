import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { profileTimes, roadsFor } from '../profiles/profile-times.ts'
import { readProfiles } from '../profiles/profiles-file.ts'
import { RoadWeights } from '../reach/weights.ts'
import { parseNumber } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { CLOSURES_HELP, conditionsFor } from './closures-file.ts'
import { say } from './road-verb.ts'

/** Options of the verbs that drive: which profile, of which file, at which hour, under which laws and closures. */
export const DRIVING_OPTIONS = ['--profile', '--profiles', '--hour', '--turns', '--closures']
export const DRIVING_HELP = `  --profile NAME  how one moves: patrol, response, foot or one of --profiles (patrol); see reach5 roads profiles
  --profiles FILE profiles of your own, JSON, on top of the built-in ones
  --hour N        hour of the week, 0 is Monday from midnight, 167 the last of Sunday (roads flow freely)
  --turns off     as if no turn were forbidden
${CLOSURES_HELP}`

/**
 * What driving takes as `--profile`, `--profiles`, `--hour`, `--turns` and `--closures` want it; says what is not obeyed. Faults:
 * USAGE, those of `readProfiles` and `conditionsFor`.
 */
export async function drivingOn(given: Arguments, file: RoadGraph): Promise<Result<RoadWeights>> {
  const { options } = given
  const turns = options.get('--turns') ?? 'on'
  if (turns !== 'on' && turns !== 'off')
    return fault('USAGE', `--turns is on or off, not ${JSON.stringify(turns)}`)
  const hour = options.get('--hour')
  const hourOfWeek = hour === undefined ? ok(null) : parseNumber('--hour', hour, 0, 167)
  if (!hourOfWeek.ok) return hourOfWeek
  if (hourOfWeek.value !== null && !Number.isInteger(hourOfWeek.value))
    return fault('USAGE', `--hour is a whole number from 0 to 167`)
  const profiles = await readProfiles(options.get('--profiles') ?? '')
  if (!profiles.ok) return profiles
  const name = options.get('--profile') ?? 'patrol'
  const profile = profiles.value.byName.get(name)
  if (profile === undefined) {
    const known = [...profiles.value.byName.keys()].join(', ')
    return fault('USAGE', `there is no profile ${JSON.stringify(name)}, only ${known}`)
  }
  const ignored = file.metadata.turnRestrictionsIgnored
  if (turns === 'on' && ignored > 0)
    say(`note: ${ignored} turn restrictions are not obeyed in this graph, times may be short`)
  const graph = roadsFor(turns === 'off' ? file.withoutTurns() : file, profile)
  const conditions = await conditionsFor(given, graph)
  if (!conditions.ok) return conditions
  const { layers } = conditions.value
  return ok(new RoadWeights(graph, profileTimes(graph, profile), { hourOfWeek: hourOfWeek.value, layers }))
}
