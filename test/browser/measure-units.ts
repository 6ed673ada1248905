import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { openBrowser, openContext } from './chromium.ts'
import { openFakeGateway } from './fake-gateway.ts'

/*
 * What thousands of units cost the page's main thread:
 *
 *     node tools/build.mjs --if-changed --only pages && node --import tsx test/browser/measure-units.ts [UNITS] [SECONDS] [OUT.json]
 *
 * The gateway's own stream hub sends UNITS moving units once a second to the real page. TaskDuration of Chrome's
 * Performance.getMetrics, in thread time, is what the page's main thread worked in tasks of any kind: messages, parsing, lists, layout,
 * drawing calls. The software GPU that rasters here is another process and is not in it. The camera stands still over the
 * whole city; a second figure is taken at street level, where marks glide between fixes.
 */
const units = Number(process.argv[2] ?? 5_000)
const seconds = Number(process.argv[3] ?? 20)
const out = process.argv[4] ?? join('docs', 'evidence', `map-${units}-units.json`)
const BOUND_MS_PER_S = 60

const browser = await openBrowser()
if (browser === null) process.exit(1)
const gateway = await openFakeGateway({ fleet: units })
const context = await openContext(browser, { viewport: { width: 1280, height: 720 } })
const page = await context.newPage()
await page.goto(gateway.url)
await page.locator('.unit').first().waitFor({ timeout: 60_000 })
await page.waitForFunction(
  wanted =>
    ((globalThis as { reach5Map?: { drawnUnits(): string[] } }).reach5Map?.drawnUnits().length ?? 0) >=
    wanted * 0.9,
  units,
  { timeout: 120_000 },
)
gateway.move(1_000)
await page.waitForTimeout(5_000)

const session = await context.newCDPSession(page)
// Thread time: what the main thread itself worked, however busy the machine's other programs are.
await session.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' })
await session.send('Performance.enable')
type Sample = Readonly<Record<'TaskDuration' | 'ScriptDuration' | 'LayoutDuration', number>>
const sample = async (): Promise<Sample> => {
  const { metrics } = await session.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value])) as Sample
}
const measure = async () => {
  const sentBefore = gateway.movesSent()
  const startedMs = performance.now()
  const before = await sample()
  await page.waitForTimeout(seconds * 1000)
  const after = await sample()
  const passedS = (performance.now() - startedMs) / 1000
  const perSecond = (name: 'TaskDuration' | 'ScriptDuration' | 'LayoutDuration'): number =>
    Math.round(((after[name] - before[name]) / passedS) * 10_000) / 10
  return {
    seconds: Math.round(passedS * 10) / 10,
    unitsPerSecond: Math.round((gateway.movesSent() - sentBefore) / passedS),
    mainThreadMsPerSecond: perSecond('TaskDuration'),
    ofWhichScriptMsPerSecond: perSecond('ScriptDuration'),
    ofWhichLayoutMsPerSecond: perSecond('LayoutDuration'),
  }
}
const overview = await measure()
for (let n = 0; n < 4; n += 1) {
  await page.locator('.map-tools button').first().click()
  await page.waitForTimeout(1_000)
}
await page.waitForTimeout(3_000)
const street = await measure()
const work = await page.evaluate(() =>
  (globalThis as { reach5Map?: { unitWork(): unknown } }).reach5Map?.unitWork(),
)
const result = {
  name: `map-${units}-units`,
  units,
  boundMsPerSecond: BOUND_MS_PER_S,
  method:
    'Chrome DevTools Performance.getMetrics, TaskDuration in thread time, difference over wall seconds, page main thread only; software GPU is another process',
  machine: {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    loadAverage: loadavg()[0],
    browser: browser.version(),
  },
  overview,
  street,
  unitLayer: work,
  ok: overview.mainThreadMsPerSecond <= BOUND_MS_PER_S,
}
console.log(JSON.stringify(result, null, 2))
mkdirSync(join(out, '..'), { recursive: true })
writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`)
await browser.close()
await gateway.close()
process.exit(result.ok ? 0 : 1)
