import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'

/** What a page asked for, in order: the tests read it. */
export type Asked = { readonly method: string; readonly path: string; readonly body: unknown }
export type Reply = { readonly status: number; readonly body: unknown }

/** A body of bytes is sent as it is. */
const bytesOf = (reply: Reply | null): Uint8Array | null =>
  reply?.body instanceof Uint8Array ? reply.body : null

export type FakeServer = {
  readonly url: string
  readonly asked: readonly Asked[]
  send(message: unknown): void
  /** Closes every stream; with `refusing` the next tries fail too, as with a pulled cable. */
  cut(refusing: boolean): void
  restore(): void
  close(): Promise<void>
}

/** The policy the real servers send: no inline anything, nothing from anywhere else. */
const CSP =
  "default-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

/** A page of `dist/pages` over plain HTTP with scripted answers behind it. For tests of pages only. */
export async function openFakeServer(options: {
  readonly page: string
  readonly answer: (asked: Asked, url: URL) => Reply | null
  readonly greet?: () => unknown
  /** Takes over every new stream, with the address it was asked for. */
  readonly join?: (socket: WebSocket, url: string) => void
}): Promise<FakeServer> {
  const pages = join(fileURLToPath(new URL('../../dist/pages/', import.meta.url)), options.page)
  const asked: Asked[] = []
  let refusing = false

  const http = createServer((request, response) => {
    void serve(request, response).catch(error => {
      response.writeHead(500).end(String(error))
    })
  })
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    if (!url.pathname.startsWith('/v1/')) return sendFile(pages, url.pathname, response)
    if (refusing) {
      response.destroy()
      return
    }
    const text = await textOf(request)
    const entry = {
      method: request.method ?? 'GET',
      path: url.pathname,
      body: text === '' ? null : JSON.parse(text),
    }
    asked.push(entry)
    const reply = options.answer(entry, url)
    response.writeHead(reply?.status ?? 404, {
      'content-type': bytesOf(reply) === null ? 'application/json' : 'application/octet-stream',
      'content-security-policy': CSP,
    })
    response.end(bytesOf(reply) ?? JSON.stringify(reply?.body ?? problem(404, 'NOT_FOUND', url.pathname)))
  }

  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    if (refusing) {
      socket.destroy()
      return
    }
    sockets.handleUpgrade(request, socket, head, ws => {
      if (options.greet !== undefined) ws.send(JSON.stringify(options.greet()))
      options.join?.(ws, request.url ?? '')
    })
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo

  const drop = (): void => sockets.clients.forEach(ws => ws.terminate())
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    send: message => {
      const text = JSON.stringify(message)
      for (const ws of sockets.clients) if (ws.readyState === WebSocket.OPEN) ws.send(text)
    },
    cut: next => {
      refusing = next
      drop()
    },
    restore: () => {
      refusing = false
    },
    close: async () => {
      drop()
      http.closeAllConnections()
      await new Promise(resolve => http.close(resolve))
    },
  }
}

export const problem = (status: number, code: string, detail: string): unknown => ({
  type: `urn:reach5:problem:${code}`,
  title: code,
  status,
  code,
  detail,
})

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

async function sendFile(root: string, path: string, response: ServerResponse): Promise<void> {
  const file = normalize(join(root, path === '/' ? 'index.html' : decodeURIComponent(path)))
  try {
    if (!file.startsWith(root)) throw new Error('outside')
    const bytes = await readFile(file)
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
    })
    response.end(bytes)
  } catch {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found')
  }
}
