import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser, openContext } from './chromium.ts'

/*
 * The pictures of the README, from a demo that runs and that a person looks at afterwards:
 *
 *     npm start &
 *     node --import tsx test/browser/look-readme.ts docs/pictures [NAME]
 *
 * NAME makes only the pictures whose name begins with it. Addresses are those `npm start` prints; the technician's page is
 * that of `reach5 technician --data /tmp/bare --port 5116`. WebP for the README, and the same as PNG in OUT_DIR/png with
 * REACH5_PNG=1.
 */
const [outDir = 'docs/pictures', wanted = ''] = process.argv.slice(2)
mkdirSync(outDir, { recursive: true })

type Picture = {
  readonly url: string
  readonly theme: 'day' | 'night'
  readonly size: { readonly width: number; readonly height: number }
  readonly pose: (page: Page) => Promise<unknown>
}

const MAP = 'http://127.0.0.1:5110'
const DESK = { width: 1440, height: 860 }

/** Until tiles, names and units stand still enough to be read. */
const drawn = async (page: Page): Promise<void> => {
  await page.waitForFunction(
    () =>
      ((globalThis as { reach5Map?: { drawnUnits(): string[] } }).reach5Map?.drawnUnits().length ?? 0) > 0,
    null,
    { timeout: 120_000 },
  )
  await page.waitForTimeout(12_000)
}

const firstIncident = async (page: Page): Promise<void> => {
  await drawn(page)
  await page.locator('[data-incident]').first().click({ timeout: 60_000 })
  await page.waitForTimeout(8_000)
}

const PICTURES: Readonly<Record<string, Picture>> = {
  'map-day': { url: MAP, theme: 'day', size: DESK, pose: drawn },
  'map-night': { url: MAP, theme: 'night', size: DESK, pose: firstIncident },
  terminal: {
    url: 'http://127.0.0.1:5112',
    theme: 'night',
    size: { width: 1280, height: 800 },
    pose: page => page.waitForTimeout(4_000),
  },
  kiosk: {
    url: 'http://127.0.0.1:5113',
    theme: 'day',
    size: { width: 1080, height: 1400 },
    pose: async page => {
      for (const choice of ['report', 'safe']) await page.click(`[data-choice="${choice}"]`)
      await page.waitForTimeout(1_500)
    },
  },
  technician: {
    url: 'http://127.0.0.1:5116',
    theme: 'day',
    size: { width: 412, height: 860 },
    pose: page => page.waitForTimeout(3_000),
  },
  operator: {
    url: `${MAP}/operator/`,
    theme: 'day',
    size: DESK,
    pose: page => page.waitForTimeout(6_000),
  },
}

const browser = await openBrowser()
if (browser === null) process.exit(1)
for (const [name, { url, theme, size, pose }] of Object.entries(PICTURES)) {
  if (!name.startsWith(wanted)) continue
  const context = await openContext(browser, {
    viewport: size,
    colorScheme: theme === 'night' ? 'dark' : 'light',
  })
  for (const of of ['map', 'terminal', 'kiosk', 'technician', 'operator'])
    await context.addInitScript(`localStorage.setItem('reach5.${of}.theme', '${theme}')`)
  const page = await context.newPage()
  page.setDefaultTimeout(90_000)
  page.on('pageerror', error => console.log(`${name} error: ${error.message}`))
  await page.goto(url)
  await pose(page)
  const cdp = await context.newCDPSession(page)
  const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: 82 })
  writeFileSync(join(outDir, `${name}.webp`), Buffer.from(data, 'base64'))
  if (process.env['REACH5_PNG'] !== undefined) {
    mkdirSync(join(outDir, 'png'), { recursive: true })
    await page.screenshot({ path: join(outDir, 'png', `${name}.png`) })
  }
  console.log(`${name}: ${Math.round(Buffer.byteLength(data, 'base64') / 1024)} KiB`)
  await context.close()
}
await browser.close()
