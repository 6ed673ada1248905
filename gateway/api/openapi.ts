import { z } from 'zod'
import * as api from '#protocols/api.ts'
import * as coverage from '#protocols/coverage.ts'
import * as operator from '#protocols/operator.ts'
import { ERROR_CODES } from '#protocols/errors.ts'
import { problemOf } from '#protocols/http/problems.ts'
import { problemsOf } from './route.ts'
import type { Route } from './route.ts'

export type JsonSchema = z.core.JSONSchema.JSONSchema
type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>
export type Operation = {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, Answer>>
}
type Answer = {
  readonly description: string
  readonly content?: Content
  /** Codes of a problem, as `x-problems` of the document explains them. */
  readonly 'x-codes'?: readonly string[]
}
type Parameter = {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly required: boolean
  readonly schema: JsonSchema
}
export type OpenApi = {
  readonly openapi: '3.1.1'
  readonly info: object
  readonly servers: readonly object[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
  readonly 'x-problems': Readonly<Record<string, { readonly status: number; readonly title: string }>>
}

/**
 * The API for machines: OpenAPI 3.1, made from the table of routes and the very schemas the server parses with. Every
 * schema that `protocols/api.ts`, `coverage.ts` and `operator.ts` export keeps its name there.
 */
export function openApiOf(routes: readonly Route[]): OpenApi {
  const named = namedSchemas()
  const bodies = new Set(routes.flatMap(route => (route.body === null ? [] : [route.body])))
  const asked = [...named].filter(([, schema]) => bodies.has(schema))
  const told = [...named].filter(([, schema]) => !bodies.has(schema))
  const answers = routes.flatMap((route): [string, z.ZodType][] =>
    'schema' in route.response ? [[answerId(route), route.response.schema]] : [],
  )
  const schemas = toldSchemas([...told, ...answers])
  const takes = (schema: z.ZodType): JsonSchema => {
    const name = asked.find(([, one]) => one === schema)?.[0]
    return name === undefined ? askedSchema(schema) : refTo(name)
  }
  const operation = (route: Route): Operation => ({
    operationId: operationId(route),
    tags: [route.verb.split('.')[0]!],
    summary: route.summary,
    ...(parametersOf(route).length > 0 && { parameters: parametersOf(route) }),
    ...(route.body && { requestBody: { content: { 'application/json': { schema: takes(route.body) } } } }),
    responses: {
      [route.status]: answerOf(route, schemas[answerId(route)]),
      ...emptyAnswers(route),
      ...problemAnswers(route),
    },
  })
  const paths: Record<string, Record<string, Operation>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  const components = [
    ...told.map(([name]) => [name, schemas[name]!] as const),
    ...asked.map(([name, schema]) => [name, askedSchema(schema)] as const),
  ]
  return {
    openapi: '3.1.1',
    info: {
      title: 'reach5 gateway',
      version: '1',
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:5110' }],
    paths: { ...paths, ...BESIDE },
    components: { schemas: Object.fromEntries(components.toSorted(([a], [b]) => (a < b ? -1 : 1))) },
    'x-problems': Object.fromEntries(
      [...new Set(routes.flatMap(problemsOf))].toSorted().map(code => {
        const { status } = problemOf(code, '')
        return [code, { status, title: ERROR_CODES[code] }]
      }),
    ),
  }
}

/** As it lies in `docs/openapi.json`. */
export const openApiText = (routes: readonly Route[]): string =>
  `${JSON.stringify(openApiOf(routes), null, 2)}\n`

const ABOUT = `Times are RFC 3339 UTC with milliseconds, lengths metres, speeds m/s, positions WGS-84 degrees. Fields may be
added to an answer; none is renamed or taken away within version 1.

Failures are problem documents (RFC 9457): \`code\` is stable, \`title\` says what to do, \`detail\` what happened; the codes
are listed under \`x-problems\`. A POST with an \`Idempotency-Key\` header is carried out once, and repeating it gives the same
answer for a day. The gateway listens on loopback, and the Host must name this computer.`

const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

function namedSchemas(): Map<string, z.ZodType> {
  const named = new Map<string, z.ZodType>()
  for (const [name, value] of Object.entries({ ...api, ...coverage, ...operator }))
    if (value instanceof z.ZodType && ![...named.values()].includes(value)) named.set(name, value)
  return named
}

/** As the gateway says it. A reader must bear fields it does not know, so none are forbidden here. */
function toldSchemas(
  schemas: readonly (readonly [string, z.ZodType])[],
): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>()
  const answers: Record<string, JsonSchema> = {}
  for (const [id, schema] of schemas) {
    const known = registry.get(schema)?.id
    // Its own copy: a nameless schema that two routes share is written out in both.
    if (known === undefined) registry.add(named(id) ? schema : schema.clone(), { id })
    else answers[id] = refTo(known)
  }
  const made = z.toJSONSchema(registry, {
    io: 'output',
    uri: id => `#/components/schemas/${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'object' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties
      plain(jsonSchema)
    },
  })
  for (const [id, schema] of Object.entries(made.schemas)) answers[id] = withoutHeader(schema)
  return answers
}

/** As a caller says it: what has a default may be left out, what is unknown is refused. */
const askedSchema = (schema: z.ZodType): JsonSchema =>
  withoutHeader(z.toJSONSchema(schema, { io: 'input', override: ({ jsonSchema }) => plain(jsonSchema) }))

/** Without what says nothing: the pattern of a time is as long as a page and means `date-time`. */
function plain(schema: JsonSchema): void {
  if (schema.format === 'date-time') delete schema.pattern
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
}

function withoutHeader({ $schema: _schema, $id: _id, ...rest }: JsonSchema): JsonSchema {
  return rest
}

const answerId = (route: Route): string => `${route.method} ${route.path}`
const named = (id: string): boolean => !id.includes(' ')

/** `POST /v1/incidents/:id/close` is `postIncidentsIdClose`. */
const operationId = ({ method, path }: Route): string =>
  method.toLowerCase() +
  path
    .replace('/v1', '')
    .replaceAll(/[^a-zA-Z0-9]+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())

function parametersOf({ method, path, query, readsOnly }: Route): Parameter[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]): Parameter => ({
    in: 'path',
    name: name!,
    required: true,
    schema: { type: 'string' },
  }))
  if (method === 'POST' && !readsOnly) return [...inPath, IDEMPOTENCY_KEY]
  return query === null ? inPath : [...inPath, ...queryParameters(query)]
}

const IDEMPOTENCY_KEY: Parameter = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
}

/** On the wire a number is its digits; what it may be is said by the parsed side, what may be absent by the other. */
function queryParameters(query: z.ZodObject): Parameter[] {
  const { required = [] } = z.toJSONSchema(query, { io: 'input' })
  const { properties = {} } = z.toJSONSchema(query, { io: 'output' })
  return Object.entries(properties).map(([name, schema]) => ({
    in: 'query',
    name,
    required: required.includes(name),
    schema: schema as JsonSchema,
  }))
}

function answerOf({ response, summary }: Route, schema: JsonSchema | undefined): Answer {
  const { contentType = 'application/json' } = response
  if ('bytes' in response)
    return { description: `${summary}: ${response.bytes}`, content: { [contentType]: {} } }
  return { description: summary, content: { [contentType]: { ...(schema && { schema }) } } }
}

const EMPTY: Readonly<Record<number, string>> = { 204: 'Nothing is there', 304: 'You have it already' }

const emptyAnswers = ({ response }: Route): Record<string, Answer> =>
  Object.fromEntries(
    ('bytes' in response ? (response.whole ?? []) : []).map(status => [
      String(status),
      { description: EMPTY[status] ?? 'Without a body' },
    ]),
  )

/** One answer per status, naming the codes that come with it. */
function problemAnswers(route: Route): Record<string, Answer> {
  const byStatus: Record<string, string[]> = {}
  for (const code of problemsOf(route)) (byStatus[problemOf(code, '').status] ??= []).push(code)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [
      status,
      {
        description: codes.join(', '),
        'x-codes': codes,
        content: { 'application/problem+json': { schema: refTo('Problem') } },
      },
    ]),
  )
}

/** What stands beside the table: the stream and the questions of a supervisor. */
const BESIDE: OpenApi['paths'] = {
  '/v1/stream': {
    get: {
      operationId: 'stream',
      tags: ['stream'],
      summary: 'WebSocket of StreamMessage: a snapshot first, then changes with `seq` growing by one',
      responses: { '101': { description: 'Every message is one StreamMessage as JSON text' } },
    },
  },
  '/healthz': { get: question('health', 'The process lives', 'ok') },
  '/readyz': { get: question('ready', 'It takes requests', 'ready') },
  '/metrics': {
    get: {
      operationId: 'metrics',
      tags: ['operation'],
      summary: 'Metrics in the text format of Prometheus',
      responses: { '200': { description: 'Metrics', content: { 'text/plain': {} } } },
    },
  },
}

function question(id: string, summary: string, status: string): Operation {
  const schema: JsonSchema = {
    type: 'object',
    properties: { status: { type: 'string', const: status } },
    required: ['status'],
  }
  const responses = { '200': { description: summary, content: { 'application/json': { schema } } } }
  return { operationId: id, tags: ['operation'], summary, responses }
}
