import { loadavg } from 'node:os'
import type { CDPSession, Page } from 'playwright-core'
import { openBrowser, openContext } from '../browser/chromium.ts'
import { openFakeGateway } from '../browser/fake-gateway.ts'
import type { FakeGateway } from '../browser/fake-gateway.ts'
import type { Finding } from './evidence.ts'

const UNITS = 5_000
const MEASURED_S = 20
const BOUND_MS_PER_S = 60
const METHOD =
  'the built page in headless Chromium, 1280 x 720, fed by the gateway’s own stream hub with one new fix per unit and second; ' +
  'TaskDuration of Chrome DevTools Performance.getMetrics in thread time (what the main thread itself worked in tasks of any ' +
  'kind: messages, parsing, lists, layout, drawing calls), difference over wall seconds; the software GPU that rasters here is ' +
  'another process and is not in it; overview: the whole city in sight; street: four steps nearer, where marks glide between fixes'

/** What thousands of moving units cost the main thread of the dispatcher's page. */
export async function benchMap(say: (words: string) => void): Promise<Finding> {
  const browser = await openBrowser()
  if (browser === null) throw new Error('this needs a Chromium')
  const gateway = await openFakeGateway({ fleet: UNITS })
  try {
    const context = await openContext(browser, { viewport: { width: 1280, height: 720 } })
    const page = await context.newPage()
    await page.goto(gateway.url)
    await untilDrawn(page)
    gateway.move(1_000)
    await page.waitForTimeout(5_000)
    const session = await context.newCDPSession(page)
    await session.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' })
    await session.send('Performance.enable')

    say(`${UNITS} units move; the whole city for ${MEASURED_S} s`)
    const overview = await measure(session, page, gateway)
    for (let n = 0; n < 4; n += 1) {
      await page.locator('.map-tools button').first().click()
      await page.waitForTimeout(1_000)
    }
    await page.waitForTimeout(3_000)
    say(`street level for ${MEASURED_S} s`)
    const street = await measure(session, page, gateway)

    const evidence = {
      method: METHOD,
      units: UNITS,
      boundMsPerSecond: BOUND_MS_PER_S,
      overview,
      street,
      unitLayer: await page.evaluate(() =>
        (globalThis as { reach5Map?: { unitWork(): unknown } }).reach5Map?.unitWork(),
      ),
      browser: browser.version(),
      // Other work of the machine: a page that is given less of it sheds frames and works less.
      loadAverageOneMinute: Math.round(10 * loadavg()[0]!) / 10,
    }
    return { holds: [overview, street].every(isWithin), evidence }
  } finally {
    await browser.close()
    await gateway.close()
  }
}

/** Within the bound, and of the whole fleet: a page that was sent less proves nothing. */
const isWithin = ({ mainThreadMsPerSecond, fixesPerSecond }: Cost): boolean =>
  mainThreadMsPerSecond <= BOUND_MS_PER_S && fixesPerSecond >= 0.95 * UNITS

async function untilDrawn(page: Page): Promise<void> {
  await page.locator('.unit').first().waitFor({ timeout: 60_000 })
  await page.waitForFunction(
    wanted =>
      ((globalThis as { reach5Map?: { drawnUnits(): string[] } }).reach5Map?.drawnUnits().length ?? 0) >=
      wanted,
    0.9 * UNITS,
    { timeout: 120_000 },
  )
}

type Cost = Awaited<ReturnType<typeof measure>>

async function measure(session: CDPSession, page: Page, gateway: FakeGateway) {
  const sentBefore = gateway.movesSent()
  const startedMs = performance.now()
  const before = await workOf(session)
  await page.waitForTimeout(MEASURED_S * 1_000)
  const after = await workOf(session)
  const passedS = (performance.now() - startedMs) / 1_000
  const perSecond = (name: string): number =>
    Math.round((((after.get(name) ?? NaN) - (before.get(name) ?? NaN)) / passedS) * 10_000) / 10
  return {
    seconds: Math.round(passedS * 10) / 10,
    fixesPerSecond: Math.round((gateway.movesSent() - sentBefore) / passedS),
    mainThreadMsPerSecond: perSecond('TaskDuration'),
    ofWhichScriptMsPerSecond: perSecond('ScriptDuration'),
    ofWhichLayoutMsPerSecond: perSecond('LayoutDuration'),
  }
}

/** Seconds worked so far, by kind. */
async function workOf(session: CDPSession): Promise<ReadonlyMap<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics')
  return new Map(metrics.map(({ name, value }) => [name, value]))
}
