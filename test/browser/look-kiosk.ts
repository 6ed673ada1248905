import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser, openContext } from './chromium.ts'
import { openLoneStation } from './lone-station.ts'

/*
 * Pictures of the visitors' page and of the duty officer's desk, to be looked at by a person:
 *
 *     node tools/build.mjs --if-changed --only pages && node --import tsx test/browser/look-kiosk.ts OUT_DIR [NAME]
 *
 * Standing and lying, day and night, zh and en; NAME makes only the pictures whose name begins with it.
 */
const outDir = process.argv[2] ?? '/tmp/reach5-look'
const wanted = process.argv[3] ?? ''
mkdirSync(outDir, { recursive: true })

const SIZES = { tall: { width: 1080, height: 1920 }, wide: { width: 1280, height: 800 } } as const

const choose = (page: Page, name: string): Promise<void> => page.click(`[data-choice="${name}"]`)
const all = async (page: Page, names: readonly string[]): Promise<void> => {
  for (const name of names) await choose(page, name)
}
const TO_DETAILS = ['report', 'safe', 'theft', 'here', 'now'] as const

const SCENES: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  attract: async () => undefined,
  danger: page => choose(page, 'report'),
  what: page => all(page, ['report', 'safe']),
  where: page => all(page, ['report', 'safe', 'theft']),
  when: page => all(page, ['report', 'safe', 'theft', 'here']),
  details: page => all(page, [...TO_DETAILS, 'injured-yes', 'weapon-no']),
  story: async page => {
    await all(page, [...TO_DETAILS, 'typed'])
    await page.fill('textarea', '骑电动车的人从后面抢走了我的手提包，向北跑了。')
  },
  contact: page => all(page, [...TO_DETAILS, 'none']),
  phone: async page => {
    await all(page, [...TO_DETAILS, 'none', 'phone'])
    for (const key of '13800138000') await page.click(`[data-key="${key}"]`)
  },
  check: page => all(page, [...TO_DETAILS, 'injured-yes', 'officer', 'none']),
  receipt: async page => {
    await all(page, [...TO_DETAILS, 'none', 'none', 'submit'])
    await page.waitForSelector('[data-number]')
  },
  emergency: async page => {
    await page.click('[data-do=emergency]')
    await page.waitForTimeout(300)
  },
  idle: async page => {
    await all(page, [...TO_DETAILS, 'none'])
    await page.clock.fastForward(62_000)
    await page.waitForSelector('.asks')
  },
  topics: page => choose(page, 'consult'),
  topic: page => all(page, ['consult', 'fraud_advice']),
  large: async page => {
    await all(page, ['report', 'safe'])
    await page.click('[data-do=text]')
  },
  low: async page => {
    await page.click('[data-do=reach]')
  },
  called: async page => {
    await choose(page, 'report')
    await page.click('[data-do=officer]')
    await page.waitForSelector('[data-said=waiting]')
  },
}

const browser = await openBrowser({ webgl: false })
if (browser === null) process.exit(1)
for (const [size, viewport] of Object.entries(SIZES))
  for (const look of ['day-zh', 'night-en', 'day-en', 'night-zh'] as const)
    for (const [name, scene] of Object.entries(SCENES)) {
      if (!`${name}-${size}-${look}`.startsWith(wanted)) continue
      if (wanted === '' && !['day-zh', 'night-en'].includes(look)) continue
      const lone = await openLoneStation()
      const [theme, language] = look.split('-')
      const context = await openContext(browser, {
        viewport,
        colorScheme: theme === 'day' ? 'light' : 'dark',
      })
      const page = await context.newPage()
      await page.clock.install()
      await page.goto(lone.kioskUrl)
      await page.waitForSelector('.doors')
      if (language === 'en') await page.click('[data-do=language]')
      await scene(page)
      await page.waitForTimeout(200)
      await page.screenshot({ path: join(outDir, `${name}-${size}-${look}.png`) })
      if (name === 'receipt' || name === 'emergency') {
        lone.station.feed({ type: 'call' })
        const desk = await context.newPage()
        await desk.goto(lone.deskUrl)
        await desk.waitForSelector('.item')
        await desk.screenshot({ path: join(outDir, `desk-${name}-${size}-${look}.png`) })
      }
      await context.close()
      await lone.close()
    }
await browser.close()
