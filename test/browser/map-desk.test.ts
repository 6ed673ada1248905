import type { Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { axeFindings } from './accessibility.ts'
import { openBrowser, openContext } from './chromium.ts'
import { openFakeGateway } from './fake-gateway.ts'
import type { FakeGateway } from './fake-gateway.ts'
import { watchPage } from './page-watch.ts'

/** The desk without its map: everything here is lists, cards and keys, and drawing costs seconds. */
const plain = await openBrowser({ webgl: false })
const open: { close(): Promise<void> }[] = []

async function openDesk(): Promise<{
  page: Page
  gateway: FakeGateway
  violations: () => Promise<string[]>
}> {
  const gateway = await openFakeGateway({ coverage: true })
  const context = await openContext(plain!, { viewport: { width: 1280, height: 720 } })
  open.push(context, gateway)
  const page = await context.newPage()
  const watch = await watchPage(page)
  await page.goto(gateway.url)
  await page.locator('.unit[data-unit="ptu-8"]').waitFor()
  return { page, gateway, violations: watch.violations }
}

afterEach(async () => {
  while (open.length > 0) await open.pop()?.close()
})
afterAll(() => plain?.close())

const posted = (gateway: FakeGateway, path: RegExp): unknown[] =>
  gateway.asked.filter(one => one.method === 'POST' && path.test(one.path)).map(one => one.body)

describe.skipIf(plain === null)('the desk', () => {
  it('goes from a name to a closed incident without a mouse', async () => {
    const { page, gateway } = await openDesk()
    await page.keyboard.press('/')
    await page.keyboard.type('35.5838, 116.9925')
    await page.keyboard.press('Enter')
    await page.locator('.candidate').first().waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.candidate .button.is-primary').waitFor()
    await page.keyboard.press('2')
    await page.locator('.candidate[data-picked="true"] .rank', { hasText: '2' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.assignment').waitFor()
    await page.keyboard.press('r')
    await page.locator('.with-reason').waitFor()
    await page.keyboard.press('2')
    await page.locator('.assignment[data-state="cancelled"]').waitFor()
    await page.keyboard.press('c')
    await page.locator('.with-reason').waitFor()
    await page.keyboard.press('1')
    await page.locator('.card .tag[data-state="resolved"]').waitFor()
    expect(posted(gateway, /incidents$/)).toHaveLength(1)
    expect(posted(gateway, /orders$/)).toMatchObject([
      { kind: 'dispatch' },
      { kind: 'cancel', reason: '另派他车' },
    ])
    expect(posted(gateway, /close$/)).toEqual([{ reason: '现场处理完毕' }])
    gateway.alarm({})
    await page.locator('.alarm').waitFor()
    await page.keyboard.press('a')
    await page.locator('.alarm').waitFor({ state: 'detached' })
  })

  it('lists where the city is thin, worst first, with reasons in sentences', async () => {
    const { page, gateway } = await openDesk()
    await page.keyboard.press('w')
    const items = page.locator('.warning')
    await items.nth(2).waitFor()
    const colours = await items.evaluateAll(all => all.map(one => one.getAttribute('data-colour')))
    expect(colours).toEqual(['black', 'unknown', 'blue'])
    expect(await items.first().innerText()).toContain('五分钟内只能到达 43% 的道路，标准为 50%。')
    await items.first().getByRole('button', { name: '确认收到' }).click()
    await expect.poll(() => posted(gateway, /warnings\/.*acknowledge$/)).toHaveLength(1)
    expect(await page.locator('.coverage-gauge b').innerText()).toMatch(/^8\d\.\d%$/)
    expect(await page.locator('.cold-spot').innerText()).toContain('巡03')
  })

  it('narrows the unit board by state, and says when nobody fits', async () => {
    const { page, gateway } = await openDesk()
    gateway.change('ptu-6', { freshness: 'stale', link: 'down' })
    await page.locator('.unit[data-unit="ptu-6"][data-fresh="stale"]').waitFor()
    await page.locator('[data-group="stale"]').click()
    await expect.poll(() => page.locator('.unit').count()).toBe(1)
    await page.keyboard.press('/')
    await page.keyboard.type('巡01')
    await page.getByRole('button', { name: '清除筛选' }).click()
    await expect.poll(() => page.locator('.unit').count()).toBe(1)
  })

  it('takes up the stream where it broke off, without a new picture', async () => {
    const { page, gateway } = await openDesk()
    expect(gateway.streams).toEqual(['?compact=1', 'snapshot'])
    gateway.cut(true)
    await page.locator('.banner[data-kind="lost"]').waitFor()
    gateway.happen({
      place: { lat: 35.59, lon: 117, text: '断线期间' },
      class: 'theft',
      severity: 'normal',
      source: 'kiosk',
      exercise: false,
    })
    gateway.restore()
    await page.locator('.banner[data-kind="lost"]').waitFor({ state: 'detached' })
    await page.locator('[data-incident="inc-7"] [data-source="kiosk"]').waitFor()
    expect(gateway.streams.slice(2)).toEqual([expect.stringMatching(/^\?compact=1&after=\d+$/), 'resumed'])
  })

  it('follows a unit that only moves, to the last value that is no longer known', async () => {
    const { page, gateway } = await openDesk()
    const row = page.locator('.unit[data-unit="ptu-3"]')
    const age = row.locator('.unit-age')
    const { speedMps: _, ...place } = gateway.units.get('ptu-3')!.position!
    for (const speedMps of [10, 20, 15]) {
      gateway.change('ptu-3', { position: { ...place, lat: place.lat + speedMps / 1e4, speedMps } })
      await expect.poll(() => age.textContent()).toBe(`${speedMps * 3.6} km/h`)
    }
    gateway.change('ptu-3', { position: place })
    await expect.poll(() => age.textContent()).toBe('实时')
    gateway.change('ptu-3', { recording: true, position: { ...place, speedMps: 5 } })
    await row.locator('.unit-facts svg').first().waitFor()
    await expect.poll(() => age.textContent()).toBe('18 km/h')
  })

  it('prints who is where, and nothing else', async () => {
    const { page } = await openDesk()
    await page.evaluate('dispatchEvent(new Event("beforeprint"))')
    await page.emulateMedia({ media: 'print' })
    await page.locator('.sheet').waitFor()
    expect(await page.locator('.sheet tbody tr').count()).toBe(8)
    expect(await page.locator('.top').isVisible()).toBe(false)
  })

  it('gives axe nothing to find, in both themes and languages', async () => {
    const { page, gateway, violations } = await openDesk()
    gateway.alarm({ ageMs: 60_000, arrivedAfterMs: 50_000 })
    await page.locator('.alarm').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.keyboard.press('w')
    await page.locator('.warning').first().waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.getByRole('button', { name: '夜间模式' }).click()
    await page.getByRole('button', { name: 'EN' }).click()
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.locator('.help').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.locator('.no-map .chips .button').first().click()
    await page.locator('.candidate').nth(3).waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(await violations()).toEqual([])
  })
})
