import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { fileFault } from '#protocols/cli/file-fault.ts'
import { wordsOf } from '#protocols/cli/flags.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { BUILT_IN } from './built-in.ts'
import { Profile, Turnout, Uses } from './profile.ts'
import type { Profiles } from './profile.ts'

const FORMAT = 1
/** Parts of a profile whose members are replaced one by one; the others are replaced whole. */
const DEEP = ['turns', 'passing', 'speeds'] as const

const Change = z.looseObject({
  name: z.string(),
  /** The profile it begins as: built in, or before it in the file; the built-in one of its own name when absent. */
  like: z.string().optional(),
})
const File = z.strictObject({
  format: z.literal(FORMAT),
  profiles: z.array(Change).max(50).default([]),
  uses: Uses.partial().default({}),
  turnout: Turnout.partial().default({}),
})

/**
 * Profiles of a city on top of the built-in ones, from JSON such as
 *
 *     { "format": 1, "profiles": [{ "name": "response", "speedFactor": { "value": 1.1, "source": "traffic police order 12/2026" } }] }
 *
 * Faults: those of the file, PROFILES_INVALID naming the place and what is wrong there.
 */
export async function readProfiles(file: string): Promise<Result<Profiles>> {
  if (file === '') return ok(BUILT_IN)
  try {
    const parsed = parseProfiles(await readFile(file, 'utf8'))
    return parsed.ok ? parsed : fault(parsed.code, `${file}: ${parsed.detail}`)
  } catch (error) {
    return fileFault(file, error)
  }
}

export function parseProfiles(text: string): Result<Profiles> {
  const json = parsedJson(text)
  if (!json.ok) return json
  const parsed = File.safeParse(json.value)
  if (!parsed.success) return invalid('', parsed.error)
  const { profiles, uses, turnout } = parsed.data
  const byName = new Map(BUILT_IN.byName)
  for (const [i, { like, ...change }] of profiles.entries()) {
    const at = `profiles.${i}`
    const base = byName.get(like ?? change.name)
    if (base === undefined)
      return fault(
        'PROFILES_INVALID',
        `${at}: nothing is called ${JSON.stringify(like ?? change.name)}; say "like"`,
      )
    const made = Profile.safeParse(merged(base, change))
    if (!made.success) return invalid(at, made.error)
    byName.set(made.data.name, made.data)
  }
  const used = Uses.parse({ ...BUILT_IN.uses, ...uses })
  for (const [use, name] of Object.entries(used))
    if (!byName.has(name))
      return fault('PROFILES_INVALID', `uses.${use}: there is no profile ${JSON.stringify(name)}`)
  return ok({ byName, uses: used, turnout: Turnout.parse({ ...BUILT_IN.turnout, ...turnout }) })
}

function merged(base: Profile, change: Readonly<Record<string, unknown>>): unknown {
  const deep = DEEP.filter(part => isObject(change[part])).map(part => {
    const replaced = { ...base[part], ...(change[part] as object) }
    return [part, replaced] as const
  })
  return { ...base, ...change, ...Object.fromEntries(deep) }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

function parsedJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text) as unknown)
  } catch (error) {
    return fault('PROFILES_INVALID', error instanceof Error ? error.message : String(error))
  }
}

function invalid(at: string, error: z.ZodError) {
  const issue = error.issues[0] ?? { path: [], message: 'does not fit' }
  const path = [at, ...issue.path.map(String)].filter(part => part !== '').join('.')
  return fault('PROFILES_INVALID', `${path || 'the file'}: ${wordsOf(issue)}`)
}
