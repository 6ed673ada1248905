import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openBrowser, openContext } from './chromium.ts'
import { openFakeGateway } from './fake-gateway.ts'

/*
 * Pictures of what sending somebody costs and of move-ups, to be looked at by a person:
 *
 *     node tools/build.mjs --if-changed --only pages && node --import tsx test/browser/look-coverage.ts OUT_DIR [day-zh,…]
 */
const outDir = process.argv[2] ?? '/tmp/reach5-look'
mkdirSync(outDir, { recursive: true })
const browser = await openBrowser()
if (browser === null) process.exit(1)

for (const [theme, lang] of (process.argv[3] ?? 'day-zh,night-en').split(',').map(one => one.split('-'))) {
  const gateway = await openFakeGateway({ coverage: true })
  gateway.happen({
    place: { lat: 35.5905, lon: 117.003, text: '农贸市场东门' },
    class: 'help',
    severity: 'urgent',
    source: 'kiosk',
    exercise: false,
  })
  const context = await openContext(browser, {
    viewport: { width: 1440, height: 900 },
    colorScheme: theme === 'night' ? 'dark' : 'light',
  })
  await context.addInitScript(`localStorage.setItem('reach5.map.language', '${lang}')`)
  const page = await context.newPage()
  page.on('pageerror', error => console.log(`${theme}-${lang} error: ${error.message}`))
  await page.goto(gateway.url)
  const shot = (name: string) =>
    page.screenshot({ path: join(outDir, `coverage-${theme}-${lang}-${name}.png`) })
  await page.locator('[data-incident]').first().click()
  await page.locator('.candidate').first().waitFor()
  await page.keyboard.press('2')
  await page.locator('.plan-spots li').first().waitFor()
  await page.waitForTimeout(2_500)
  await shot('1-cost')
  await page.keyboard.press('d')
  await page.waitForTimeout(3_000)
  await shot('2-after')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.keyboard.press('w')
  await page.locator('.move-up').first().waitFor()
  await page.waitForTimeout(1_500)
  await shot('3-move-ups')
  await context.close()
  await gateway.close()
}
await browser.close()
