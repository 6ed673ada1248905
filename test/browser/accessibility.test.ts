import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { axeFindings } from './accessibility.ts'
import { openBrowser, openContext } from './chromium.ts'
import { openFakeGateway } from './fake-gateway.ts'
import { anOrder, openFakeTerminal } from './fake-terminal.ts'
import { outsideRequests, watchPage } from './page-watch.ts'

let browser: Browser | null = null
const open: { close(): Promise<void> }[] = []
beforeAll(async () => {
  browser = await openBrowser({ webgl: false })
})
afterEach(async () => {
  while (open.length > 0) await open.pop()?.close()
})
afterAll(async () => {
  await browser?.close()
})

const given = (title: string, run: () => Promise<void>): void =>
  it(title, async context => {
    if (browser === null) return context.skip()
    await run()
  })

const THEMES = ['light', 'dark'] as const

async function aContext(
  colorScheme: 'light' | 'dark',
  width: number,
  height: number,
): Promise<BrowserContext> {
  const context = await openContext(browser!, { viewport: { width, height }, colorScheme })
  open.push(context)
  return context
}

/** The states of one page: axe looks at each, then at the same in English. */
async function lookAt(page: Page, states: readonly (() => Promise<void>)[]): Promise<string[]> {
  const found: string[] = []
  for (const [n, enter] of states.entries()) {
    await enter()
    found.push(...(await axeFindings(page)).map(line => `state ${n}: ${line}`))
  }
  await page.getByRole('button', { name: 'EN', exact: true }).first().click()
  return [...found, ...(await axeFindings(page)).map(line => `in English: ${line}`)]
}

describe('what axe sees', () => {
  for (const theme of THEMES) {
    given(`nothing wrong on the map, ${theme}`, async () => {
      const gateway = await openFakeGateway()
      open.push(gateway)
      const context = await aContext(theme, 1280, 720)
      const { outside, seen } = outsideRequests(context)
      const page = await context.newPage()
      const watch = await watchPage(page)
      await page.goto(gateway.url)
      const found = await lookAt(page, [
        () => page.locator('.unit[data-unit="ptu-8"]').waitFor(),
        async () => {
          gateway.alarm({ ageMs: 187_000, arrivedAfterMs: 161_000 })
          await page.locator('.alarm[data-kind="panic"]').waitFor()
        },
        async () => {
          await page.locator('.no-map .chips .button').first().click()
          await page.locator('.candidate').nth(4).waitFor()
        },
        async () => {
          gateway.happen(HELP, 20_000, 'ptu-2', ['delivered'])
          await page.locator('[data-incident="inc-7"]').click()
          await page.locator('.assignment').waitFor()
        },
        () => page.locator('.unit[data-unit="ptu-8"]').click(),
      ])
      expect(found).toEqual([])
      expect(await watch.violations()).toEqual([])
      expect(outside).toEqual([])
      expect(seen()).toBeGreaterThan(3)
    })

    given(`nothing wrong on the crew's terminal, ${theme}`, async () => {
      const car = await openFakeTerminal()
      open.push(car)
      const context = await aContext(theme, 1024, 600)
      const { outside, seen } = outsideRequests(context)
      const page = await context.newPage()
      const watch = await watchPage(page)
      await page.goto(car.server.url)
      const found = await lookAt(page, [
        () => page.locator('[data-agent=live]').first().waitFor(),
        async () => {
          car.say({ orders: [anOrder()] })
          await page.locator('[data-step=received]').first().waitFor()
        },
        async () => {
          car.say({ orders: [anOrder({ step: 'on_scene' })], gnss: 'no_device', link: 'down' })
          await page.locator('[data-step=on_scene]').first().waitFor()
        },
      ])
      expect(found).toEqual([])
      expect(await watch.violations()).toEqual([])
      expect(outside).toEqual([])
      expect(seen()).toBeGreaterThan(3)
    })
  }
})

describe('the watchers themselves', () => {
  given('find a planted fault, a planted refusal and a planted outside request', async () => {
    const gateway = await openFakeGateway()
    open.push(gateway)
    const context = await aContext('light', 800, 600)
    const { outside } = outsideRequests(context)
    const page = await context.newPage()
    const watch = await watchPage(page)
    await page.goto(gateway.url)
    await page.locator('.unit[data-unit="ptu-8"]').waitFor()
    await page.evaluate(`
      document.body.insertAdjacentHTML('beforeend', '<button></button><p style="color: red">x</p>')
      void fetch('http://tiles.example.invalid/1.png').catch(() => undefined)
      void new Image().setAttribute('src', 'http://pixel.example.invalid/')
    `)
    expect(await axeFindings(page)).toContainEqual(expect.stringMatching(/^button-name \(critical\)/))
    await expect.poll(() => watch.violations()).toContainEqual(expect.stringMatching(/^style-src-attr/))
    await expect.poll(() => watch.violations()).toContainEqual(expect.stringMatching(/^connect-src .*tiles/))
    // Refused by the policy before a socket is opened, and seen all the same: a page without a policy would have asked.
    const bare = await context.newPage()
    await bare.goto('data:text/html,<title>x</title><img src="http://pixel.example.invalid/a.png">')
    await expect.poll(() => [...outside]).toContain('http://pixel.example.invalid/a.png')
  })

  given('axe does not call an empty page clean', async () => {
    const context = await aContext('light', 400, 300)
    const page = await context.newPage()
    await page.goto('about:blank')
    await page.evaluate('document.documentElement.remove()')
    await expect(axeFindings(page)).rejects.toThrow()
  })
})

const HELP = {
  place: { lat: 35.5905, lon: 117.003, text: '农贸市场东门' },
  class: 'help',
  severity: 'urgent',
  source: 'api',
  exercise: false,
} as const
