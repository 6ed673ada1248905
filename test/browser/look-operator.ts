import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openBrowser, openContext } from './chromium.ts'

/*
 * Pictures of the operator's and the simulator's page of a running demo, to be looked at by a person:
 *
 *     node --import tsx test/browser/look-operator.ts operator|sim URL OUT_DIR [day-zh,night-en,…] [WIDTHxHEIGHT]
 */
const [which = '', url = '', outDir = '/tmp/reach5-look', wanted = 'day-zh,night-en', size = '1440x900'] =
  process.argv.slice(2)
mkdirSync(outDir, { recursive: true })
const [width = 1440, height = 900] = size.split('x').map(Number)

const browser = await openBrowser({ webgl: false })
if (browser === null) process.exit(1)
for (const [theme = '', lang = ''] of wanted.split(',').map(one => one.split('-'))) {
  const context = await openContext(browser, {
    viewport: { width, height },
    colorScheme: theme === 'night' ? 'dark' : 'light',
  })
  await context.addInitScript(`localStorage.setItem('reach5.${which}.language', '${lang}')`)
  const page = await context.newPage()
  page.on('console', message => console.log(`${theme}-${lang} console: ${message.text()}`))
  page.on('pageerror', error => console.log(`${theme}-${lang} error: ${error.message}`))
  await page.goto(url)
  const shot = (name: string) =>
    page.screenshot({ path: join(outDir, `${which}-${theme}-${lang}-${name}.png`) })
  if (which === 'operator') {
    await page.locator('tr[data-device]').first().waitFor()
    await shot('1-devices')
    await page.locator('tr[data-device]').first().click()
    await page.locator('.card').waitFor()
    await shot('2-card')
    await page.keyboard.press('Escape')
    await page.locator('[data-tab="codes"]').click()
    await page.locator('.codes').waitFor()
    await shot('3-codes')
    await page.locator('[data-tab="gateway"]').click()
    await shot('4-gateway')
  } else {
    await page.locator('[data-chosen]').waitFor()
    await page.locator('.truth').waitFor()
    await shot('1-idle')
    await page.locator('[data-unit="unit-02"]').click()
    await page.locator('[data-chosen="unit-02"] [data-action="cut-link"]').click()
    await page.locator('[data-action="lightbar"]').click()
    await page.waitForTimeout(25_000)
    await shot('2-cut')
    await page.locator('[data-action="restore-link"]').click()
    await page
      .locator('.feed li[data-what="queue"][data-value="drained"]')
      .first()
      .waitFor({ timeout: 60_000 })
    await page.waitForTimeout(4_000)
    await shot('3-drained')
    await page.locator('[data-action="lightbar"]').click()
  }
  await context.close()
}
await browser.close()
