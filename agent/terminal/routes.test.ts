import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import type { Tap, TerminalState } from '#protocols/terminal.ts'
import { serveTerminal } from './routes.ts'
import type { LocalServer } from '../pages/local-server.ts'

const STATE = { v: 1, deviceId: 'ptu-01', callSign: '鼓楼01' } as unknown as TerminalState

const open: { server?: LocalServer; dir?: string } = {}

async function serve(taps: Tap[] = [], accepted = true): Promise<string> {
  open.dir = mkdtempSync(join(tmpdir(), 'reach5-terminal-'))
  writeFileSync(join(open.dir, 'index.html'), '<!doctype html><title>t</title>')
  const result = await serveTerminal(
    {
      view: () => STATE,
      onView: () => () => {},
      tap: tap => {
        taps.push(tap)
        return Promise.resolve({ accepted, code: accepted ? null : 'OUTBOX_FULL' })
      },
    },
    { port: 0, pagesDir: open.dir },
  )
  if (!result.ok) throw new Error(result.detail)
  open.server = result.value
  return result.value.url
}

/** Plain http, because fetch would not let us lie about the Host. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const sent = request(
        url,
        { method: options.method ?? 'GET', headers: options.headers ?? {} },
        response => {
          let body = ''
          response.on('data', chunk => (body += String(chunk)))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(options.body)
    },
  )
}

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  ask(`${url}/v1/taps`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })

afterEach(async () => {
  await open.server?.close()
  if (open.dir) rmSync(open.dir, { recursive: true })
  delete open.server
  delete open.dir
})

describe('the terminal’s server', () => {
  it('shows the page under a policy that lets nothing in from outside', async () => {
    const page = await ask(await serve())
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
  })

  it('answers a stored tap with 202 and one that could not be stored with 409 and its code', async () => {
    const taps: Tap[] = []
    const url = await serve(taps)
    expect((await post(url, '{"kind":"sign","orderId":"order-1"}')).status).toBe(202)
    await open.server?.close()
    const refused = await post(await serve(taps, false), '{"kind":"panic"}')
    expect(refused.status).toBe(409)
    expect(JSON.parse(refused.body)).toEqual({ accepted: false, code: 'OUTBOX_FULL' })
    expect(taps.map(t => t.kind)).toEqual(['sign', 'panic'])
  })

  it('refuses a foreign host name, so that no rebound name reaches the crew’s buttons', async () => {
    const url = await serve()
    const answer = await ask(`${url}/v1/state`, { headers: { host: 'evil.example' } })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([421, 'HOST_REFUSED'])
  })

  it('refuses what another page asks for, even without an Origin', async () => {
    const url = await serve()
    const answer = await ask(`${url}/v1/state`, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'ORIGIN_REFUSED'])
    expect((await ask(`${url}/v1/state`, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200)
  })

  it('refuses another page’s post', async () => {
    const taps: Tap[] = []
    const url = await serve(taps)
    const answer = await post(url, '{"kind":"panic"}', { origin: 'http://evil.example' })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'ORIGIN_REFUSED'])
    expect(taps).toEqual([])
  })

  it('tells what is wrong with a body that is no tap', async () => {
    const url = await serve()
    for (const body of ['{', '{}', '{"kind":"dance"}', '{"kind":"sign","orderId":"../x"}', '[]', '"panic"']) {
      const answer = await post(url, body)
      expect([body, answer.status, JSON.parse(answer.body).code]).toEqual([body, 400, 'BODY_INVALID'])
    }
    expect((await post(url, JSON.stringify({ kind: 'x'.repeat(9_000) }))).status).toBe(413)
  })

  it('streams the state to its own page and to nobody else’s', async () => {
    const url = (await serve()).replace('http', 'ws')
    const seen = await new Promise(resolve =>
      new WebSocket(`${url}/v1/stream`).once('message', data => resolve(JSON.parse(String(data)))),
    )
    expect(seen).toMatchObject({ deviceId: 'ptu-01' })
    const foreign = new WebSocket(`${url}/v1/stream`, { origin: 'http://evil.example' })
    await expect(new Promise((_, reject) => foreign.once('error', reject))).rejects.toThrow()
  })

  it('says which port is taken', async () => {
    const port = Number(new URL(await serve()).port)
    const again = await serveTerminal(
      {
        view: () => STATE,
        onView: () => () => {},
        tap: () => Promise.resolve({ accepted: true, code: null }),
      },
      { port, pagesDir: open.dir! },
    )
    expect(again).toMatchObject({ ok: false, code: 'PORT_IN_USE' })
  })
})
