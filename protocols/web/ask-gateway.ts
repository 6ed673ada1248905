import type { z } from 'zod'
import { Problem } from '../api.ts'
import { fault, ok } from '../result.ts'
import type { Result } from '../result.ts'

/** A gateway that says nothing for so long is as good as unreachable. */
export const TIMEOUT_MS = 8_000

/**
 * Asks the gateway as JSON, with a body as POST under an idempotency key of its own. A refusal is data with the gateway's stable
 * code; also GATEWAY_UNREACHABLE, and BODY_INVALID where the answer is not of the schema. Never throws.
 */
export async function askGateway<T>(path: string, schema: z.ZodType<T>, body?: object): Promise<Result<T>> {
  try {
    const response = await fetch(path, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify(body),
      }),
    })
    const json: unknown = await response.json()
    if (response.ok) {
      const parsed = schema.safeParse(json)
      return parsed.success ? ok(parsed.data) : fault('BODY_INVALID', parsed.error.message)
    }
    const problem = Problem.safeParse(json)
    return problem.success
      ? fault(problem.data.code, problem.data.detail)
      : fault('GATEWAY_UNREACHABLE', `HTTP ${response.status}`)
  } catch (error) {
    return fault('GATEWAY_UNREACHABLE', String(error))
  }
}
