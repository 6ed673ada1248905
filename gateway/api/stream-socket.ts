import type { Server } from 'node:http'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Fault } from '#protocols/result.ts'
import { refusalAtDoor } from '#protocols/http/doorway.ts'
import { problemOf } from '#protocols/http/problems.ts'
import type { StreamHub, StreamWish } from './stream.ts'

/** Pages have nothing to say on the stream. */
const HEARD_BYTES_MAX = 1024
/** A page that leaves two pings unanswered is silent; its browser answers them, however busy its script is. */
const PING_EVERY_MS = 1_500
const UNANSWERED_MAX = 1
/** A closing client that does not answer is cut off after this long. */
const CLOSE_MS = 2_000

/** Carries the stream over WebSocket at `/v1/stream` of an HTTP server; the returned function ends it. */
export function openStreamSocket(
  server: Server,
  hub: StreamHub,
  parts: {
    readonly after: (ms: number, run: () => void) => () => void
    readonly ready: () => boolean
    readonly onRefused: (fault: Fault) => void
  },
): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: HEARD_BYTES_MAX,
    perMessageDeflate: false,
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const refused = refusalOf(request.headers.host, request.headers.origin, request.url, parts.ready())
    if (refused !== null) {
      parts.onRefused(refused)
      const problem = problemOf(refused.code, refused.detail)
      const body = JSON.stringify(problem)
      socket.end(
        `HTTP/1.1 ${problem.status} Refused\r\ncontent-type: application/problem+json\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
      return
    }
    sockets.handleUpgrade(request, socket, head, ws => {
      const pings = startPings(ws, parts.after)
      const leave = hub.join(
        {
          bufferedBytes: () => ws.bufferedAmount,
          isSilent: pings.isSilent,
          send: text => ws.send(text),
          close: (code, reason) => {
            ws.close(code, reason)
            parts.after(CLOSE_MS, () => ws.terminate())
          },
        },
        wishOf(request.url),
      )
      ws.on('error', () => ws.terminate())
      ws.on('close', () => {
        pings.stop()
        leave()
      })
    })
  })
  return () => {
    hub.close()
    for (const ws of sockets.clients) ws.terminate()
    sockets.close()
  }
}

function startPings(ws: WebSocket, after: (ms: number, run: () => void) => () => void) {
  let unanswered = 0
  let cancel = (): void => {}
  const ping = (): void => {
    unanswered += 1
    ws.ping()
    cancel = after(PING_EVERY_MS, ping)
  }
  cancel = after(PING_EVERY_MS, ping)
  ws.on('pong', () => void (unanswered = 0))
  return { isSilent: () => unanswered > UNANSWERED_MAX, stop: () => cancel() }
}

/** `?after=SEQ&compact=1`; what does not fit is as if it were absent, which starts with a snapshot. */
export function wishOf(url: string | undefined): StreamWish {
  const asked = new URLSearchParams(url?.split('?')[1] ?? '')
  const after = asked.get('after') ?? ''
  return { after: /^\d{1,15}$/.test(after) ? Number(after) : null, compact: asked.get('compact') === '1' }
}

function refusalOf(
  host: string | undefined,
  origin: string | undefined,
  url: string | undefined,
  ready: boolean,
): Fault | null {
  const atDoor = refusalAtDoor(host, origin)
  if (atDoor !== null) return atDoor
  if (url?.split('?')[0] !== '/v1/stream')
    return { ok: false, code: 'NOT_FOUND', detail: 'the stream is at /v1/stream' }
  return ready ? null : { ok: false, code: 'NOT_READY', detail: 'starting or stopping' }
}
