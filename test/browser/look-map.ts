import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser, openContext } from './chromium.ts'
import { openFakeGateway } from './fake-gateway.ts'
import type { FakeGateway } from './fake-gateway.ts'

/*
 * Pictures of the dispatcher's page in its states, to be looked at by a person:
 *
 *     node tools/build.mjs --if-changed --only pages && node --import tsx test/browser/look-map.ts OUT_DIR [day-zh,night-en,…]
 */
const outDir = process.argv[2] ?? '/tmp/reach5-look'
mkdirSync(outDir, { recursive: true })

function stage(gateway: FakeGateway): void {
  const at = (lat: number, lon: number, text: string) => ({ lat, lon, text })
  gateway.happen(
    {
      place: at(35.5772, 116.981, '静轩西路与大同路交叉口'),
      class: 'traffic',
      severity: 'normal',
      source: 'api',
      exercise: false,
    },
    760_000,
    'ptu-5',
    ['delivered', 'signed', 'enroute', 'on_scene', 'cleared'],
  )
  gateway.happen(
    {
      place: at(35.5978, 116.9695, '阳光花园小区南门'),
      class: 'dispute',
      severity: 'normal',
      source: 'api',
      exercise: false,
    },
    410_000,
    'ptu-4',
    ['delivered', 'signed', 'enroute', 'on_scene'],
  )
  gateway.happen(
    {
      place: at(35.5905, 117.003, '农贸市场东门，老人走失'),
      class: 'help',
      severity: 'urgent',
      source: 'kiosk',
      exercise: false,
    },
    130_000,
    'ptu-3',
    ['delivered', 'signed', 'enroute'],
  )
  gateway.happen(
    {
      place: at(35.5745, 116.974, '长途汽车站候车厅'),
      class: 'theft',
      severity: 'normal',
      source: 'api',
      exercise: false,
    },
    44_000,
    'ptu-2',
    ['delivered'],
  )
  gateway.happen(
    {
      place: at(35.5838, 116.9925, '春秋路与弘道路交叉口附近'),
      class: 'injury',
      severity: 'major',
      source: 'api',
      exercise: false,
    },
    21_000,
  )
  gateway.change('ptu-6', {
    freshness: 'stale',
    link: 'down',
    position: { ...gateway.units.get('ptu-6')!.position!, ageMs: 95_000 },
  })
  gateway.change('ptu-8', {
    freshness: 'ageing',
    position: { ...gateway.units.get('ptu-8')!.position!, ageMs: 17_000 },
  })
}

const browser = await openBrowser()
if (browser === null) process.exit(1)

const wanted = process.argv[3]?.split(',') ?? ['day-zh', 'night-zh', 'day-en', 'night-en']
for (const [theme, lang] of wanted.map(one => one.split('-'))) {
  const gateway = await openFakeGateway({ autoplay: true })
  stage(gateway)
  const context = await openContext(browser, {
    viewport: { width: 1440, height: 900 },
    colorScheme: theme === 'night' ? 'dark' : 'light',
  })
  await context.addInitScript(`localStorage.setItem('reach5.map.language', '${lang}')`)
  const page = await context.newPage()
  page.on('console', message => console.log(`${theme}-${lang} console: ${message.text()}`))
  page.on('pageerror', error => console.log(`${theme}-${lang} error: ${error.message}`))
  await page.goto(gateway.url)
  await page.waitForFunction(
    () =>
      ((globalThis as { reach5Map?: { drawnUnits(): string[] } }).reach5Map?.drawnUnits().length ?? 0) >= 8,
    null,
    { timeout: 20_000 },
  )
  await settled(page)
  const shot = (name: string) => page.screenshot({ path: join(outDir, `map-${theme}-${lang}-${name}.png`) })
  await shot('1-idle')
  await page.locator('.map-canvas').click({ position: { x: 560, y: 420 } })
  await page.locator('.candidate').first().waitFor()
  await settled(page)
  await shot('2-nearest')
  await page.keyboard.press('Escape')
  await page.locator('[data-incident]').first().click()
  await page.locator('.candidate').first().waitFor()
  await settled(page)
  await shot('3-recommend')
  await page.keyboard.press('Enter')
  await page.locator('.assignment[data-state="enroute"]').waitFor()
  await shot('4-dispatched')
  await page.locator('[data-incident]').nth(1).click()
  await settled(page)
  await shot('5-unsigned')
  gateway.alarm({ ageMs: 187_000, arrivedAfterMs: 161_000 })
  gateway.alarm({
    kind: 'bodycam.failed',
    unitId: 'ptu-3',
    callSign: '巡03',
    ageMs: 12_000,
    position: null,
    detail: '警灯触发后 3 秒未确认录制',
  })
  await page.locator('.alarm').first().waitFor()
  await page.locator('[data-unit="ptu-7"].unit').click()
  await settled(page)
  await shot('6-alarm')
  gateway.cut(true)
  await page.locator('.banner').waitFor()
  await page.waitForTimeout(4000)
  await shot('7-lost')
  await context.close()
  await gateway.close()
}
await browser.close()

/** Until the map has drawn everything it was given. */
async function settled(page: Page): Promise<void> {
  await page.waitForTimeout(1500)
}
