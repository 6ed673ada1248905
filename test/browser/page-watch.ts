import type { BrowserContext, Page } from 'playwright-core'

export type PageWatch = {
  /** Errors no part of the page caught. */
  readonly errors: readonly string[]
  /** Whom the page talked to, by HTTP and WebSocket. */
  hosts(): string[]
  /** What the content security policy refused. */
  violations(): Promise<string[]>
}

/** Watches a page from before its first byte. */
export async function watchPage(page: Page): Promise<PageWatch> {
  const errors: string[] = []
  const hosts = new Set<string>()
  page.on('pageerror', error => errors.push(error.message))
  page.on('request', request => {
    if (!isInside(request.url())) hosts.add(new URL(request.url()).hostname)
  })
  page.on('websocket', socket => hosts.add(new URL(socket.url()).hostname))
  return { errors, hosts: () => [...hosts], violations: await cspViolations(page) }
}

/**
 * What the content security policy refuses on this page, across its reloads and in its workers: call before `goto`, ask
 * the answer at the end. One line each, `style-src-attr inline`.
 */
export async function cspViolations(page: Page): Promise<() => Promise<string[]>> {
  const refused = new Set<string>()
  // Two ways of hearing of it: the console also speaks for workers and for what was refused before the last reload.
  page.on('console', message => {
    if (/Content[ -]Security[ -]Policy/i.test(message.text())) refused.add(message.text().slice(0, 300))
  })
  await page.addInitScript(`
    globalThis.refusedByPolicy = []
    document.addEventListener('securitypolicyviolation', event =>
      refusedByPolicy.push(event.violatedDirective + ' ' + event.blockedURI))
  `)
  return async () => {
    const seen = await page.evaluate(() => (globalThis as { refusedByPolicy?: string[] }).refusedByPolicy)
    return [...(seen ?? []), ...refused]
  }
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Addresses off this computer that any page of the context asked for, by HTTP or WebSocket: must stay empty. */
export function outsideRequests(context: BrowserContext): {
  readonly outside: readonly string[]
  readonly seen: () => number
} {
  const outside: string[] = []
  let seen = 0
  const note = (url: string): void => {
    seen += 1
    if (!isInside(url) && !LOOPBACK.has(new URL(url).hostname)) outside.push(url)
  }
  context.on('request', request => note(request.url()))
  const watch = (page: Page): void => void page.on('websocket', socket => note(socket.url()))
  context.pages().forEach(watch)
  context.on('page', watch)
  return { outside, seen: () => seen }
}

/** Bytes the page made itself; asked of nobody. */
const isInside = (url: string): boolean => /^(blob|data|about):/.test(url)
