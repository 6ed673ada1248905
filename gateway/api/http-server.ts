import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import fastifyStatic from '@fastify/static'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { ApiParts } from './api.ts'
import { LOCAL, mayDo } from './authorise.ts'
import { refusalAtDoor, SAFETY_HEADERS } from '#protocols/http/doorway.ts'
import { IdempotencyMemory } from './idempotency.ts'
import type { SentAnswer } from './idempotency.ts'
import { problemOf } from '#protocols/http/problems.ts'
import type { PackedBody, Route } from './route.ts'
import { ROUTES } from './routes.ts'
import { openStreamSocket } from './stream-socket.ts'
import type { StreamHub } from './stream.ts'

export type HttpParts = ApiParts & {
  readonly hub: StreamHub
  /** The built map page (`dist/pages/map`); null serves the API alone. */
  readonly pagesDir: string | null
}

export type HttpServer = { readonly url: string; close(): Promise<void> }

const BODY_BYTES_MAX = 256 * 1024
/** An event id in a path, percent-encoded, with room. */
const PARAM_CHARS_MAX = 256
const KEY_PATTERN = /^[\x21-\x7e]{1,128}$/

/** Listens on loopback, page, API and stream in one. Fault: `PORT_IN_USE`. `port` 0 takes a free one. */
export async function serveHttp(parts: HttpParts, port: number): Promise<Result<HttpServer>> {
  const app = await buildHttp(parts)
  try {
    await app.listen({ host: '127.0.0.1', port })
  } catch (error) {
    await app.close()
    return fault('PORT_IN_USE', `pages port ${port}: ${(error as Error).message}`)
  }
  const closeStream = openStreamSocket(app.server, parts.hub, {
    after: (ms, run) => parts.clock.after(ms, run),
    ready: parts.ready,
    onRefused: refusal => noteRefusal(parts, refusal.code, refusal.detail),
  })
  const address = app.server.address() as AddressInfo
  return ok({
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      closeStream()
      await app.close()
    },
  })
}

/** Everything but the listening; tests inject requests here. */
export async function buildHttp(parts: HttpParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    // Its own answer to a URL it cannot decode would not be a problem document.
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, 'QUERY_INVALID', error.message)
    },
  })
  // JSON or nothing: a form of another page could send text/plain without asking first.
  app.removeContentTypeParser('text/plain')
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(SAFETY_HEADERS)
    const refusal = refusalAtDoor(request.headers.host, request.headers.origin, request)
    if (refusal !== null) {
      noteRefusal(parts, refusal.code, refusal.detail)
      await sendProblem(reply, refusal.code, refusal.detail)
    } else if (request.url.startsWith('/v1/') && !parts.ready()) {
      await sendProblem(reply, 'NOT_READY', 'starting or stopping')
    }
  })
  app.addHook('onResponse', async (request, reply) => {
    parts.metrics.request(request.method, request.routeOptions.url ?? 'none', reply.statusCode)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 'NOT_FOUND', `${request.method} ${pathOf(request)}`),
  )
  app.setErrorHandler((error: Error & { code?: string; statusCode?: number }, request, reply) => {
    const code = codeOfError(error)
    if (code !== 'INTERNAL') return sendProblem(reply, code, error.message)
    parts.log.error({ event: 'http.failed', route: pathOf(request), error: String(error.stack) })
    return sendProblem(reply, code, 'the gateway failed at this request; its log says why')
  })
  addHealth(app, parts)
  const memory = new IdempotencyMemory()
  for (const route of ROUTES) addRoute(app, parts, route, memory)
  if (parts.pagesDir !== null) {
    await addPages(app, parts.pagesDir, '/')
    await addPages(app, join(parts.pagesDir, '..', 'operator'), '/operator/')
  }
  return app
}

function addRoute(app: FastifyInstance, parts: HttpParts, route: Route, memory: IdempotencyMemory): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      if (!mayDo(LOCAL, route.verb)) return sendProblem(reply, 'FORBIDDEN', 'not for you')
      const carryOut = (): Promise<SentAnswer> => answerOf(parts, route, request)
      const key = request.headers['idempotency-key']
      if (key === undefined || route.readsOnly) return sendAnswer(reply, route, await carryOut())
      if (typeof key !== 'string' || !KEY_PATTERN.test(key)) {
        return sendProblem(reply, 'BODY_INVALID', 'Idempotency-Key: 1 to 128 printable characters')
      }
      const scope = `${LOCAL.name} ${key}`
      const sent = memory.answer(scope, fingerprintOf(request), parts.clock.now().monoMs, carryOut)
      if (sent === undefined)
        return sendProblem(reply, 'IDEMPOTENCY_CONFLICT', 'the key was used for another request')
      return sendAnswer(reply, route, await sent)
    },
  })
}

async function answerOf(parts: ApiParts, route: Route, request: FastifyRequest): Promise<SentAnswer> {
  const params = request.params as Readonly<Record<string, string>>
  const { query, body, headers } = request
  const result = await route.answer(parts, { params, query, body, headers, actor: LOCAL })
  if (!result.ok) {
    const problem = problemOf(result.code, result.detail)
    return { status: problem.status, body: JSON.stringify(problem) }
  }
  if ('whole' in route.response) return result.value as SentAnswer
  if (route.response.contentType === undefined)
    return { status: route.status, body: JSON.stringify(result.value) }
  const value = result.value as string | Uint8Array | PackedBody
  if (typeof value === 'string' || value instanceof Uint8Array) return { status: route.status, body: value }
  return unpacks(request)
    ? { status: route.status, body: value.gzip, encoding: 'gzip' }
    : { status: route.status, body: await unpack(value.gzip) }
}

const unpack = promisify(gunzip)
const unpacks = (request: FastifyRequest): boolean =>
  /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))

function sendAnswer(
  reply: FastifyReply,
  route: Route,
  { status, body, encoding, headers }: SentAnswer,
): FastifyReply {
  if (headers !== undefined)
    return reply
      .code(status)
      .headers(headers)
      .send(body === '' ? undefined : bytesOf(body))
  const type = status >= 400 ? 'application/problem+json' : (route.response.contentType ?? 'application/json')
  if (encoding !== undefined) void reply.header('content-encoding', encoding)
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(typeof body === 'string' ? `${type}; charset=utf-8` : type)
    .send(bytesOf(body))
}

/** Fastify sends a Buffer as it is and would write any other array of bytes as JSON. */
const bytesOf = (body: string | Uint8Array): string | Buffer =>
  typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

function sendProblem(reply: FastifyReply, code: string, detail: string): FastifyReply {
  const problem = problemOf(code, detail)
  return reply
    .code(problem.status)
    .headers({ ...SAFETY_HEADERS, 'cache-control': 'no-store' })
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem))
}

function addHealth(app: FastifyInstance, parts: HttpParts): void {
  app.get('/healthz', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }))
  app.get('/readyz', (_request, reply) =>
    parts.ready()
      ? reply.header('cache-control', 'no-store').send({ status: 'ready' })
      : sendProblem(reply, 'NOT_READY', 'starting or stopping'),
  )
  app.get('/metrics', async (_request, reply) =>
    reply.type(parts.metrics.contentType).send(await parts.metrics.text()),
  )
}

/** A page as files; `prefix` is its index. Names under `assets/` carry a hash, so they never change. */
async function addPages(app: FastifyInstance, pagesDir: string, prefix: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: pagesDir,
    prefix,
    decorateReply: prefix === '/',
    redirect: prefix !== '/',
    cacheControl: false,
    setHeaders: (reply, path) => {
      const forever = /[\\/]assets[\\/]/.test(path)
      void reply.header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}

function codeOfError(error: { readonly code?: string; readonly statusCode?: number }): string {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return 'BODY_TOO_LARGE'
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500 ? 'BODY_INVALID' : 'INTERNAL'
}

const fingerprintOf = (request: FastifyRequest): string =>
  createHash('sha256')
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? {})}`)
    .digest('hex')

const pathOf = (request: FastifyRequest): string => (request.url.split('?')[0] ?? '').slice(0, 120)

function noteRefusal(parts: ApiParts, code: string, detail: string): void {
  parts.metrics.refused(code)
  parts.log.warn({ event: 'http.refused', code, detail })
}
