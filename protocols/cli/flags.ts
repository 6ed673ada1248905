import { parseArgs } from 'node:util'
import type { z } from 'zod'
import { fault, ok } from '../result.ts'
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
    return fault('USAGE', (error as Error).message.split('\n')[0]!)
  }
}

/**
 * Flags to a frozen config by its schema. Fault `CONFIG_INVALID` names the setting, the value seen and an example:
 * `gnssBaud = "fast": expected number; for example --data ./agent`.
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
  const seen = JSON.stringify(flags[name] ?? null)
  return fault('CONFIG_INVALID', `${name} = ${seen}: ${issue.message}; for example ${example}`)
}
