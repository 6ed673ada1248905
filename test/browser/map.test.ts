import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openBrowser, openContext } from './chromium.ts'
import { OFF_ROAD_LAT, openFakeGateway } from './fake-gateway.ts'
import type { FakeGateway } from './fake-gateway.ts'
import { watchPage } from './page-watch.ts'
import type { PageWatch } from './page-watch.ts'

/** Drawing maps by software costs seconds, so only the tests of the map itself do it. */
const drawing = await openBrowser()
const plain = drawing && (await openBrowser({ webgl: false }))
const open: { close(): Promise<void> }[] = []

type Desk = { readonly page: Page; readonly gateway: FakeGateway; readonly watch: PageWatch }

/** The page of a dispatcher at a fake gateway, once it has its first snapshot. */
async function openDesk(options: BrowserContextOptions = {}, on = plain!): Promise<Desk> {
  const gateway = await openFakeGateway()
  const context = await openContext(on, { viewport: { width: 1280, height: 720 }, ...options })
  open.push(context, gateway)
  const page = await context.newPage()
  const watch = await watchPage(page)
  await page.goto(gateway.url)
  await page.locator('.unit[data-unit="ptu-8"]').waitFor()
  return { page, gateway, watch }
}

const drawnUnits = (page: Page): Promise<string[]> =>
  page.evaluate(
    () => (globalThis as { reach5Map?: { drawnUnits(): string[] } }).reach5Map?.drawnUnits() ?? [],
  )

/** A place on the map that no unit stands on. */
const FREE_PLACE = { x: 320, y: 90 }

const posts = ({ gateway }: Desk, path: RegExp) =>
  gateway.asked.filter(one => one.method === 'POST' && path.test(one.path))

afterEach(async () => {
  while (open.length > 0) await open.pop()?.close()
})
afterAll(async () => {
  await drawing?.close()
  await plain?.close()
})

describe.skipIf(drawing === null)('the one map', () => {
  it('draws every unit, breaks no policy and asks nobody else', async () => {
    const { page, gateway, watch } = await openDesk({}, drawing!)
    await expect.poll(() => drawnUnits(page)).toHaveLength(8)
    expect(await page.locator('.unit').count()).toBe(8)
    expect(await page.title()).toBe('一张图 · reach5')
    expect(await watch.violations()).toEqual([])
    expect(watch.errors).toEqual([])
    expect(watch.hosts()).toEqual(['127.0.0.1'])

    gateway.change('ptu-6', STALE)
    await page.locator('.unit[data-unit="ptu-6"][data-fresh="stale"]').waitFor()
    await expect.poll(() => drawnUnits(page)).toHaveLength(8)
  })

  it('takes a click to a dispatched unit with two presses of Enter', async () => {
    const desk = await openDesk({}, drawing!)
    const { page, gateway } = desk
    await expect.poll(() => drawnUnits(page)).toHaveLength(8)
    await page.locator('.map-canvas').click({ position: FREE_PLACE })
    await page.locator('.candidate').nth(4).waitFor()
    expect(await page.locator('.candidate').count()).toBe(5)
    await page.getByRole('radio', { name: '盗抢' }).click()
    await page.locator('.card').focus()
    await page.keyboard.press('Enter')

    await page.locator('.candidate .button.is-primary').waitFor()
    expect(posts(desk, /incidents$/)).toHaveLength(1)
    expect(posts(desk, /incidents$/)[0]?.body).toMatchObject({
      class: 'theft',
      severity: 'normal',
      source: 'map',
    })
    const best = await page.locator('.candidate').first().getAttribute('data-unit')
    await page.keyboard.press('Enter')

    const assignment = page.locator('.assignment')
    await assignment.waitFor()
    expect(posts(desk, /orders$/).map(one => one.body)).toEqual([
      { kind: 'dispatch', incidentId: 'inc-7', unitId: best },
    ])
    const orderId = (await assignment.getAttribute('data-order'))!
    for (const [state, word] of [
      ['delivered', '已送达'],
      ['signed', '已签收'],
      ['enroute', '已出动'],
      ['on_scene', '已到场'],
      ['cleared', '已办结'],
    ] as const) {
      gateway.step(orderId, state)
      await assignment.locator('.assignment-state', { hasText: word }).waitFor()
    }
    const times = await assignment.locator('.progress time').allTextContents()
    expect(times).toHaveLength(6)
    for (const time of times) expect(time).toMatch(/^\d\d:\d\d:\d\d$/)
  })

  it('sends one order however often Enter is pressed', async () => {
    const desk = await openDesk()
    desk.gateway.happen(HELP)
    await desk.page.locator('[data-incident="inc-7"]').waitFor()
    await desk.page.keyboard.press('n')
    await desk.page.locator('.candidate .button.is-primary').waitFor()
    for (let n = 0; n < 4; n += 1) await desk.page.keyboard.press('Enter')
    await desk.page.locator('.assignment').waitFor()
    await desk.page.keyboard.press('Enter')
    expect(posts(desk, /orders$/)).toHaveLength(1)
  })

  it('lets somebody be sent where no road leads, without a promised time', async () => {
    const desk = await openDesk()
    desk.gateway.happen({ ...HELP, place: { lat: OFF_ROAD_LAT + 0.01, lon: 117, text: '水库北岸' } })
    await desk.page.locator('[data-incident="inc-7"]').click()
    const nearest = desk.page.locator('.candidate').first()
    await nearest.waitFor()
    await desk.page.keyboard.press('Enter')
    expect(posts(desk, /orders$/)).toEqual([])
    const unitId = await nearest.getAttribute('data-unit')
    await nearest.getByRole('button', { name: '派警' }).click()
    await desk.page.locator('.assignment').waitFor()
    expect(posts(desk, /orders$/)[0]?.body).toEqual({ kind: 'dispatch', incidentId: 'inc-7', unitId })
  })

  it('recalls an order only with a reason', async () => {
    const desk = await openDesk()
    desk.gateway.happen(HELP, 20_000, 'ptu-2', ['delivered'])
    await desk.page.locator('[data-incident="inc-7"]').waitFor()
    await desk.page.keyboard.press('n')
    await desk.page.locator('.assignment').getByRole('button', { name: '撤回' }).click()
    expect(posts(desk, /orders$/)).toEqual([])
    await desk.page.getByRole('button', { name: '另派他车' }).click()
    await desk.page.locator('.assignment[data-state="cancelled"]').waitFor()
    expect(posts(desk, /orders$/)[0]?.body).toEqual({
      kind: 'cancel',
      orderId: 'ord-inc-7',
      reason: '另派他车',
    })
  })

  it('gives the top of the screen to a panic, with its true age, until somebody acknowledges', async () => {
    const desk = await openDesk()
    desk.gateway.alarm({ ageMs: 187_000, arrivedAfterMs: 161_000 })
    const alarm = desk.page.locator('.alarm[data-kind="panic"]')
    await alarm.waitFor()
    expect(await alarm.textContent()).toMatch(/紧急报警巡073分\d+秒前按下/)
    expect(await alarm.textContent()).toContain('断网期间按下')
    expect((await alarm.boundingBox())!.y).toBeLessThan(60)
    await alarm.getByRole('button', { name: '确认收到' }).click()
    await alarm.waitFor({ state: 'detached' })
    expect(posts(desk, /acknowledge$/)[0]?.path).toBe('/v1/alarms/ptu-7%2F1%2Falarm%2F1/acknowledge')
  })

  it('says that the picture is old while the gateway is gone, and is whole again after', async () => {
    const { page, gateway } = await openDesk()
    gateway.cut(true)
    const banner = page.locator('.banner[data-kind="lost"]')
    await banner.waitFor()
    expect(await banner.textContent()).toContain('与网关的连接已断开')
    await expect
      .poll(() => page.locator('.unit[data-unit="ptu-1"] .unit-age').textContent())
      .toMatch(/^[3-9]秒前$/)
    gateway.change('ptu-1', { availability: 'busy' })
    gateway.restore()
    await banner.waitFor({ state: 'detached' })
    await page.locator('.unit[data-unit="ptu-1"][data-look="busy"]').waitFor()
  })

  it('asks for everything again when a message is missing', async () => {
    const { page, gateway } = await openDesk()
    gateway.change('ptu-1', { availability: 'busy' })
    await page.locator('.unit[data-unit="ptu-1"][data-look="busy"]').waitFor()
    gateway.units.set('ptu-2', { ...gateway.units.get('ptu-2')!, availability: 'busy' })
    gateway.send({ v: 1, seq: 99, at: new Date().toISOString(), type: 'heartbeat', data: {} })
    await page.locator('.unit[data-unit="ptu-2"][data-look="busy"]').waitFor()
  })

  it('never drops a unit that went silent', async () => {
    const { page, gateway } = await openDesk()
    const position = { ...gateway.units.get('ptu-6')!.position!, ageMs: 95_000 }
    gateway.change('ptu-6', { ...STALE, position })
    const row = page.locator('.unit[data-unit="ptu-6"][data-fresh="stale"]')
    await row.waitFor()
    expect(await row.locator('.unit-age').textContent()).toMatch(/^1分3\d秒前$/)
  })

  it('switches to English and remembers it', async () => {
    const { page } = await openDesk()
    await page.getByRole('button', { name: 'EN' }).click()
    expect(await page.locator('.side-left h1').textContent()).toBe('Incidents')
    await page.reload()
    await page.locator('.unit[data-unit="ptu-8"]').waitFor()
    expect(await page.locator('.side-left h1').textContent()).toBe('Incidents')
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('follows the desk to night, and a person before the desk', async () => {
    const { page } = await openDesk({ colorScheme: 'dark' })
    expect(await page.locator('html').getAttribute('data-theme')).toBe('night')
    await page.getByRole('button', { name: '日间模式' }).click()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('day')
  })

  it('dispatches without a map where WebGL is missing', async () => {
    const { page } = await openDesk()
    expect(await page.locator('.no-map h2').textContent()).toContain('WebGL 2')
    await page.locator('.no-map .chips .button').first().click()
    expect(await page.locator('.candidate').nth(4).textContent()).toContain('巡')
  })
})

const STALE = { freshness: 'stale', link: 'down' } as const
const HELP = {
  place: { lat: 35.5905, lon: 117.003, text: '农贸市场东门' },
  class: 'help',
  severity: 'urgent',
  source: 'api',
  exercise: false,
} as const
