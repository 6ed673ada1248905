import { openApiText } from '../api/openapi.ts'
import { ROUTES } from '../api/routes.ts'
import { parseArguments } from './arguments.ts'
import { print, refuse } from './road-verb.ts'

const HELP = `reach5 openapi: the gateway's API for machines

  reach5 openapi                  the routes, one line each
  reach5 openapi --json           the description itself, OpenAPI 3.1, as a gateway serves it at /v1/openapi.json

exit 0 done, 2 wrong use`

/** `reach5 openapi [--json]`. */
export async function openapi(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, { options: [], switches: ['--json'], words: { min: 0, max: 0 } })
  if (!parsed.ok) return refuse('openapi', parsed)
  const { switches } = parsed.value
  if (switches.has('--help')) print(HELP)
  else if (switches.has('--json')) print(openApiText(ROUTES).trimEnd())
  else
    print(
      ROUTES.map(({ method, path, summary }) => `${method.padEnd(4)} ${path.padEnd(34)} ${summary}`).join(
        '\n',
      ),
    )
  return 0
}
