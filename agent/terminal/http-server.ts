import type { AddressInfo } from 'node:net'
import fastifyStatic from '@fastify/static'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { WebSocketServer } from 'ws'
import { Tap } from '#protocols/terminal.ts'
import type { TapResult, TerminalState } from '#protocols/terminal.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** What the terminal page may ask of the car. */
export type TerminalPort = {
  readonly view: () => TerminalState
  readonly onView: (listener: (view: TerminalState) => void) => () => void
  readonly tap: (tap: Tap) => Promise<TapResult>
}

export type TerminalServer = { readonly url: string; close(): Promise<void> }

const BODY_BYTES_MAX = 4 * 1024
/** A terminal that reads too slowly is shown the newest state, never a queue of old ones. */
const SOCKET_BYTES_MAX = 256 * 1024

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/**
 * The in-vehicle terminal's page and its three routes, on loopback only. Host and Origin are checked, so that no page of
 * the world can press a crew's buttons. Faults: `PORT_IN_USE`.
 */
export async function serveTerminal(
  car: TerminalPort,
  options: { readonly port: number; readonly pagesDir: string },
): Promise<Result<TerminalServer>> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true })
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS)
    const { host, origin, 'sec-fetch-site': site } = request.headers
    const code = refusalOf(host, origin, site)
    if (code) await reply.code(403).send(problem(403, code, 'This page answers only to the vehicle itself.'))
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(problem(404, 'NOT_FOUND', 'no such route')),
  )
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500
    return reply
      .code(status)
      .send(problem(status, status === 413 ? 'BODY_TOO_LARGE' : 'BODY_INVALID', error.message))
  })
  routes(app, car)
  await app.register(fastifyStatic, { root: options.pagesDir, prefix: '/', cacheControl: false })
  try {
    await app.listen({ host: '127.0.0.1', port: options.port })
  } catch (error) {
    await app.close()
    return fault('PORT_IN_USE', `terminal port ${options.port}: ${(error as Error).message}`)
  }
  const sockets = streamTo(app, car)
  const { port } = app.server.address() as AddressInfo
  return ok({
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      sockets()
      await app.close()
    },
  })
}

function routes(app: FastifyInstance, car: TerminalPort): void {
  app.get('/v1/state', () => car.view())
  app.get('/healthz', () => ({ status: 'ok' }))
  app.post('/v1/taps', async (request, reply) => {
    const tap = Tap.safeParse(request.body)
    if (!tap.success)
      return reply.code(400).send(problem(400, 'BODY_INVALID', tap.error.issues[0]?.message ?? ''))
    const result = await car.tap(tap.data)
    return reply.code(result.accepted ? 202 : 409).send(result)
  })
}

function streamTo(app: FastifyInstance, car: TerminalPort): () => void {
  const server = new WebSocketServer({ noServer: true, maxPayload: BODY_BYTES_MAX })
  app.server.on('upgrade', (request, socket, head) => {
    const refused =
      refusalOf(request.headers.host, request.headers.origin, undefined) !== null ||
      request.url !== '/v1/stream'
    if (refused) return void socket.destroy()
    server.handleUpgrade(request, socket, head, ws => {
      ws.on('error', () => ws.terminate())
      ws.send(JSON.stringify(car.view()))
    })
  })
  const stopListening = car.onView(view => {
    const text = JSON.stringify(view)
    for (const ws of server.clients) if (ws.bufferedAmount < SOCKET_BYTES_MAX) ws.send(text)
  })
  return () => {
    stopListening()
    for (const ws of server.clients) ws.terminate()
    server.close()
  }
}

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

/** A foreign Host is DNS rebinding; a foreign Origin is another page. Both are refused before any route. */
function refusalOf(
  host: string | undefined,
  origin: string | undefined,
  site: unknown,
): 'HOST_REFUSED' | 'ORIGIN_REFUSED' | null {
  if (!LOOPBACK_HOST.test(host ?? '')) return 'HOST_REFUSED'
  // A GET from another page carries no Origin, but says where it comes from; a person typing the address is `none`.
  if (site === 'cross-site' || site === 'same-site') return 'ORIGIN_REFUSED'
  if (origin !== undefined && origin !== `http://${host}`) return 'ORIGIN_REFUSED'
  return null
}

const problem = (status: number, code: string, detail: string) => ({
  type: `urn:reach5:problem:${code}`,
  title: code,
  status,
  code,
  detail,
})
