import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { Problem } from '#protocols/api.ts'
import { EnrolmentRequest } from '#protocols/enrolment.ts'
import { ERROR_CODES } from '#protocols/errors.ts'
import type { ErrorCode } from '#protocols/errors.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { ServerCertificate } from '../identity/x509-authority.ts'
import { addressOf } from './codes.ts'
import type { EnrolmentDesk } from './desk.ts'

const BODY_BYTES_MAX = 8 * 1024
const REQUEST_MS_MAX = 10_000
const HANDSHAKE_MS_MAX = 3_000
/** Devices enrol one after the other; a flood waits in the kernel. */
const CONNECTIONS_MAX = 64

const STATUS: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  BODY_INVALID: 400,
  BODY_TOO_LARGE: 413,
  CODE_REFUSED: 403,
  CODE_RATE_LIMITED: 429,
  CSR_INVALID: 400,
  NOT_READY: 503,
}

export type Listener = { readonly port: number; close(): Promise<void> }

/**
 * `POST /enrol`, HTTPS with a server certificate only: the device has none yet, and knows the gateway by the fingerprint
 * in its code. Answers 200 EnrolmentGrant or a problem with a code. Fault on opening: `PORT_IN_USE`.
 *
 *     curl --cacert ca.pem https://127.0.0.1:5111/enrol -d '{"code":"7K3QMX9RTBW","csr":"-----BEGIN…"}'
 */
export async function openEnrolmentListener(parts: {
  readonly host: string
  readonly port: number
  readonly certificate: ServerCertificate
  readonly desk: Pick<EnrolmentDesk, 'redeem' | 'mayTry' | 'noteMalformed'>
  readonly log: Logger
}): Promise<Result<Listener>> {
  const { host, port, certificate, desk, log } = parts
  const server = createServer(
    {
      key: certificate.key,
      cert: certificate.cert,
      minVersion: 'TLSv1.3',
      handshakeTimeout: HANDSHAKE_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      headersTimeout: REQUEST_MS_MAX,
      keepAliveTimeout: 1_000,
      maxHeaderSize: 4 * 1024,
    },
    (request, response) => void respond(request, response, desk, log),
  )
  server.maxConnections = CONNECTIONS_MAX
  server.on('tlsClientError', error => log.debug({ event: 'enrolment.handshake', detail: error.message }))
  const opened = await new Promise<Result<void>>(resolve => {
    server.once('error', error => resolve(fault('PORT_IN_USE', `${host}:${port}: ${error.message}`)))
    server.listen(port, host, () => resolve(ok(undefined)))
  })
  if (!opened.ok) return opened
  return ok({
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  desk: Pick<EnrolmentDesk, 'redeem' | 'mayTry' | 'noteMalformed'>,
  log: Logger,
): Promise<void> {
  const address = addressOf(request.socket.remoteAddress)
  const answer = await answerTo(request, address, desk).catch((error: unknown) =>
    fault('NOT_READY', String(error)),
  )
  if (!answer.ok) log.warn({ event: 'enrolment.refused', code: answer.code, address, detail: answer.detail })
  const body = answer.ok ? answer.value : problemOf(answer.code, answer.detail)
  const type = answer.ok ? 'application/json' : 'application/problem+json'
  if (response.destroyed) return
  response.writeHead(answer.ok ? 200 : (STATUS[answer.code] ?? 500), {
    'content-type': type,
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(JSON.stringify(body))
}

async function answerTo(
  request: IncomingMessage,
  address: string,
  desk: Pick<EnrolmentDesk, 'redeem' | 'mayTry' | 'noteMalformed'>,
): Promise<Result<unknown>> {
  if (request.method !== 'POST' || request.url !== '/enrol')
    return fault('NOT_FOUND', 'only POST /enrol is here')
  const allowed = desk.mayTry(address)
  if (!allowed.ok) return allowed
  const text = await readBody(request)
  if (!text.ok) return text
  const parsed = EnrolmentRequest.safeParse(jsonOf(text.value))
  if (!parsed.success) {
    desk.noteMalformed(address)
    return fault('BODY_INVALID', z.prettifyError(parsed.error).slice(0, 300))
  }
  return desk.redeem(parsed.data, address)
}

async function readBody(request: IncomingMessage): Promise<Result<string>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return fault('BODY_TOO_LARGE', `more than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return ok(Buffer.concat(chunks).toString('utf8'))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const problemOf = (code: string, detail: string): Problem => ({
  type: `urn:reach5:error:${code}`,
  title: Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : code,
  status: STATUS[code] ?? 500,
  code,
  detail,
})
