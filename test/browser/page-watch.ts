import type { Page } from 'playwright-core'

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
    if (!request.url().startsWith('blob:') && !request.url().startsWith('data:'))
      hosts.add(new URL(request.url()).hostname)
  })
  page.on('websocket', socket => hosts.add(new URL(socket.url()).hostname))
  await page.addInitScript(`
    globalThis.refusedByPolicy = []
    document.addEventListener('securitypolicyviolation', event =>
      refusedByPolicy.push(event.violatedDirective + ' ' + event.blockedURI))
  `)
  return {
    errors,
    hosts: () => [...hosts],
    violations: () =>
      page.evaluate(() => (globalThis as unknown as { refusedByPolicy: string[] }).refusedByPolicy),
  }
}
