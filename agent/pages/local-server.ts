import type { AddressInfo } from 'node:net'
import fastifyStatic from '@fastify/static'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { WebSocketServer } from 'ws'
import { refusalAtDoor, SAFETY_HEADERS } from '#protocols/http/doorway.ts'
import { problemOf } from '#protocols/http/problems.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** One route of a page on this computer. A fault becomes an RFC 9457 problem, anything else JSON. */
export type LocalRoute = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly answer: (asked: LocalAsked) => Promise<LocalAnswer> | LocalAnswer
}
export type LocalAsked = {
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
}
/** `status` when the value is not a plain 200; `contentType` when the value is the text to send. */
export type LocalAnswer = Result<{
  readonly value: unknown
  readonly status?: number
  readonly contentType?: string
}>

/** What a page is told without asking: the whole view at every change, at `/v1/stream`. */
export type LocalView = {
  readonly view: () => unknown
  readonly onView: (listener: (view: unknown) => void) => () => void
}

export type LocalServer = { readonly url: string; close(): Promise<void> }

const BODY_BYTES_MAX = 4 * 1024
/** A page that reads too slowly is shown the newest state, never a queue of old ones. */
const SOCKET_BYTES_MAX = 256 * 1024

/**
 * A page of this computer and its routes, on loopback only: Host and Origin are checked before any route, so that no page
 * of the world can press its buttons. `port` 0 takes a free one. Faults: `PORT_IN_USE`.
 */
export async function serveLocally(options: {
  /** Named when the port is taken: `terminal port 5112`. */
  readonly name: string
  readonly port: number
  readonly pagesDir: string
  readonly routes: readonly LocalRoute[]
  readonly stream?: LocalView
  readonly bodyBytesMax?: number
}): Promise<Result<LocalServer>> {
  const bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX
  const app = fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: true })
  // JSON or nothing: a form of another page could send text/plain without asking first.
  app.removeContentTypeParser('text/plain')
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ ...SAFETY_HEADERS, 'cache-control': 'no-store' })
    const refusal = refusalAtDoor(request.headers.host, request.headers.origin, request)
    if (refusal !== null) await sendProblem(reply, refusal.code, refusal.detail)
  })
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'NOT_FOUND', 'no such route'))
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500
    const code = status === 413 ? 'BODY_TOO_LARGE' : status < 500 ? 'BODY_INVALID' : 'INTERNAL'
    return sendProblem(reply, code, error.message)
  })
  app.get('/healthz', () => ({ status: 'ok' }))
  for (const route of options.routes) addRoute(app, route)
  await app.register(fastifyStatic, { root: options.pagesDir, prefix: '/', cacheControl: false })
  try {
    await app.listen({ host: '127.0.0.1', port: options.port })
  } catch (error) {
    await app.close()
    return fault('PORT_IN_USE', `${options.name} port ${options.port}: ${(error as Error).message}`)
  }
  const endStream = options.stream === undefined ? () => {} : streamTo(app, options.stream, bodyBytesMax)
  const { port } = app.server.address() as AddressInfo
  return ok({
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      endStream()
      await app.close()
    },
  })
}

function addRoute(app: FastifyInstance, route: LocalRoute): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const params = request.params as Readonly<Record<string, string>>
      const answer = await route.answer({ params, query: request.query, body: request.body })
      if (!answer.ok) return sendProblem(reply, answer.code, answer.detail)
      const { value, status = 200, contentType } = answer.value
      if (contentType === undefined) return reply.code(status).send(value)
      return reply.code(status).type(contentType).send(value)
    },
  })
}

function sendProblem(reply: FastifyReply, code: string, detail: string): FastifyReply {
  const problem = problemOf(code, detail)
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem))
}

function streamTo(app: FastifyInstance, source: LocalView, maxPayload: number): () => void {
  const server = new WebSocketServer({ noServer: true, maxPayload })
  app.server.on('upgrade', (request, socket, head) => {
    const { host, origin } = request.headers
    if (refusalAtDoor(host, origin) !== null || request.url !== '/v1/stream') return void socket.destroy()
    server.handleUpgrade(request, socket, head, ws => {
      ws.on('error', () => ws.terminate())
      ws.send(JSON.stringify(source.view()))
    })
  })
  const stopListening = source.onView(view => {
    const text = JSON.stringify(view)
    for (const ws of server.clients) if (ws.bufferedAmount < SOCKET_BYTES_MAX) ws.send(text)
  })
  return () => {
    stopListening()
    for (const ws of server.clients) ws.terminate()
    server.close()
  }
}
