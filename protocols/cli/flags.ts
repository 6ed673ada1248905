import { parseArgs } from 'node:util'
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
