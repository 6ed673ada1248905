import { parseArgs } from 'node:util'
import type { z } from 'zod'
import { fault, ok } from '../result.ts'
import { nearestWord } from './nearest-word.ts'
import type { Result } from '../result.ts'

const camel = (name: string): string =>
  name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** `--gnss-baud 9600` to `{ gnssBaud: '9600' }`; `--help` to `{ help: '' }`. Unknown flags are a fault `USAGE`. */
export function readFlags(args: readonly string[], names: readonly string[]): Result<Record<string, string>> {
  try {
    const options = Object.fromEntries(names.map(name => [name, { type: 'string' as const }]))
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      options: { ...options, help: { type: 'boolean' as const } },
    })
    return ok(
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [camel(name), value === true ? '' : String(value)]),
      ),
    )
  } catch (error) {
    return fault('USAGE', wrongUseOf(error, names))
  }
}

/** What the flag reader of Node says, in one sentence and with the flag that was probably meant. */
export function wrongUseOf(error: unknown, names: readonly string[]): string {
  const [sentence = ''] = (error as Error).message.split(/\n|\. To specify/)
  const unknown = /^Unknown option '--?([^']*)'/.exec(sentence)?.[1]
  if (unknown === undefined)
    return sentence.replace(/^Option '(--[a-z-]+) <value>' argument.*/, '$1 needs a value')
  const meant = nearestWord(unknown, names)
  return `there is no option --${unknown}${meant === undefined ? '' : `, did you mean --${meant}?`}`
}

/**
 * Flags to a frozen config by its schema. Fault `CONFIG_INVALID` names the flag, the value seen and an example, which is
 * the flag's own default where it has one: `--gnss-baud "fast": expected number; for example --gnss-baud 9600`.
 */
export function parseConfig<T>(
  schema: z.ZodType<T>,
  flags: Readonly<Record<string, string>>,
  example: string,
): Result<Readonly<T>> {
  const parsed = schema.safeParse(flags)
  if (parsed.success) return ok(Object.freeze(parsed.data))
  const issue = parsed.error.issues[0]!
  const name = issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '')
  const seen = flags[name] === undefined ? 'is missing' : JSON.stringify(flags[name])
  const fits = exampleOf(schema, flags, name) ?? example
  const wants = flags[name] === undefined ? '' : `: ${wordsOf(issue)}`
  return fault('CONFIG_INVALID', `${flagOf(name)} ${seen}${wants}; for example ${fits}`)
}

/** The library's words for a person: `expected number, received NaN` is `must be a number`. */
export const wordsOf = ({ message }: { readonly message: string }): string =>
  message
    .replace(/^Invalid input: expected \w+, received undefined$/, 'is missing')
    .replace(/^Invalid input: expected (number|string|boolean)\b.*/, 'must be a $1')
    .replace(
      /^Too (?:big|small): expected \w+ to be ([<>]=?)\s*(\S+)/,
      (_, sign: string, bound: string) => `must be ${sign.startsWith('<') ? 'at most' : 'at least'} ${bound}`,
    )
    .replace(/^Invalid option: expected one of /, 'must be one of ')

/** What the schema itself puts there when nothing is said. */
function exampleOf<T>(
  schema: z.ZodType<T>,
  flags: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const without = schema.safeParse({ ...flags, [name]: undefined })
  const value = without.success ? (without.data as Readonly<Record<string, unknown>>)[name] : undefined
  const isWord = typeof value === 'number' || (typeof value === 'string' && value !== '')
  return isWord ? `${flagOf(name)} ${value}` : undefined
}

const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
