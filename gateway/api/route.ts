import { z } from 'zod'
import type { ErrorCode } from '#protocols/errors.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { ApiParts } from './api.ts'
import type { Actor, Verb } from './authorise.ts'

/** One route: what it is called, what it takes, what one must be allowed to do, what comes back and how it is answered. */
export type Route = {
  readonly method: 'GET' | 'POST'
  /** `/v1/units/:id` */
  readonly path: string
  readonly verb: Verb
  /** For the list of routes, one sentence. */
  readonly summary: string
  readonly query: z.ZodObject | null
  readonly body: z.ZodType | null
  readonly response: Response
  /** 201 where something came to be. */
  readonly status: 200 | 201
  /** Codes of its own, beside those of `problemsOf`. */
  readonly problems: readonly ErrorCode[]
  /** A POST that changes nothing is not remembered under its Idempotency-Key. */
  readonly readsOnly: boolean
  readonly answer: (parts: ApiParts, asked: Asked) => Promise<Result<unknown>>
}

/** JSON by its schema, or the value is the body itself: text or bytes of another kind. */
export type Response = { readonly schema: z.ZodType; readonly contentType?: string } | BytesResponse
export type BytesResponse = {
  readonly contentType: string
  /** Where the layout is written down. */
  readonly bytes: string
  /** The value is the answer as it goes out, status and headers included; these statuses come without a body. */
  readonly whole?: readonly number[]
}

/** A body made once and kept packed; who cannot unpack it (no browser) gets it unpacked. */
export type PackedBody = { readonly gzip: Uint8Array }

export type Asked = {
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
  readonly actor: Actor
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

type Answered = Promise<Result<unknown>> | Result<unknown>
type Words = {
  readonly summary: string
  readonly response: z.ZodType | Response
  readonly problems?: readonly ErrorCode[]
}

/**
 * A question. `query` names what may stand behind the `?`, parsed for `answer`; without it nothing may.
 *
 *     get('/v1/orders/:id', 'order.read', { summary: 'One order', response: OrderView, problems: ['ORDER_UNKNOWN'] },
 *       ({ views }, asked) => found(views.order(idOf(asked)), 'ORDER_UNKNOWN', idOf(asked)))
 */
export function get<Q extends z.ZodObject = typeof Nothing>(
  path: string,
  verb: Verb,
  words: Words & { readonly query?: Q },
  answer: (parts: ApiParts, asked: Asked, query: z.output<Q>) => Answered,
): Route {
  const { query = null } = words
  return {
    ...common(words),
    ...{ method: 'GET', path, verb, query, body: null, status: 200, readsOnly: true },
    answer: async (parts, asked) => {
      const parsed = parsedBy(query ?? Nothing, asked.query, 'QUERY_INVALID')
      return parsed.ok ? answer(parts, asked, parsed.value as z.output<Q>) : parsed
    },
  }
}

/** A request that does something; `body` is parsed for `carryOut`. */
export function post<B extends z.ZodType>(
  path: string,
  verb: Verb,
  words: Words & { readonly body: B; readonly status?: 200 | 201; readonly readsOnly?: true },
  carryOut: (parts: ApiParts, body: z.output<B>, asked: Asked) => Answered,
): Route {
  const { body, status = 200, readsOnly = false } = words
  return {
    ...common(words),
    ...{ method: 'POST', path, verb, query: null, body, status, readsOnly },
    answer: async (parts, asked) => {
      const parsed = parsedBy(body, asked.body ?? {}, 'BODY_INVALID')
      return parsed.ok ? carryOut(parts, parsed.value, asked) : parsed
    },
  }
}

const common = ({ summary, response, problems = [] }: Words) => ({
  summary,
  response: response instanceof z.ZodType ? { schema: response } : response,
  problems,
})

export const Nothing = z.strictObject({})

/** Every code a route can answer with: the door's, those of its kind, its own. */
export function problemsOf(route: Pick<Route, 'method' | 'query' | 'problems'>): ErrorCode[] {
  const door = ['HOST_REFUSED', 'ORIGIN_REFUSED', 'FORBIDDEN', 'NOT_READY', 'INTERNAL'] as const
  const posted = ['BODY_INVALID', 'BODY_TOO_LARGE', 'IDEMPOTENCY_CONFLICT'] as const
  return [...route.problems, ...(route.method === 'POST' ? posted : (['QUERY_INVALID'] as const)), ...door]
}

/** Parsed once, at the door; the fault names the field, what fits and the value seen. */
function parsedBy<S extends z.ZodType>(
  schema: S,
  value: unknown,
  code: 'BODY_INVALID' | 'QUERY_INVALID',
): Result<z.output<S>> {
  const result = schema.safeParse(value)
  if (result.success) return ok(result.data)
  const issues = result.error.issues.slice(0, 5).map(issue => {
    const seen = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | null)?.[key],
      value,
    )
    const shown = (JSON.stringify(seen) ?? 'nothing').slice(0, 60)
    return `${issue.path.join('.') || 'the whole'}: ${issue.message} (seen: ${shown})`
  })
  return fault(code, issues.join('; '))
}
