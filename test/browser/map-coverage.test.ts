import type { Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { axeFindings } from './accessibility.ts'
import { openBrowser, openContext } from './chromium.ts'
import { openFakeGateway } from './fake-gateway.ts'
import type { FakeGateway } from './fake-gateway.ts'
import { watchPage } from './page-watch.ts'

const drawing = await openBrowser()
const plain = drawing && (await openBrowser({ webgl: false }))
const open: { close(): Promise<void> }[] = []

async function openDesk(
  on = plain!,
): Promise<{ page: Page; gateway: FakeGateway; errors: readonly string[] }> {
  const gateway = await openFakeGateway({ coverage: true })
  gateway.happen({
    place: { lat: 35.5905, lon: 117.003, text: '农贸市场东门' },
    class: 'help',
    severity: 'urgent',
    source: 'kiosk',
    exercise: false,
  })
  const context = await openContext(on, { viewport: { width: 1280, height: 800 } })
  open.push(context, gateway)
  const page = await context.newPage()
  const watch = await watchPage(page)
  await page.goto(gateway.url)
  await page.locator('.unit[data-unit="ptu-8"]').waitFor()
  return { page, gateway, errors: watch.errors }
}

const posted = (gateway: FakeGateway, path: RegExp): unknown[] =>
  gateway.asked.filter(one => one.method === 'POST' && path.test(one.path)).map(one => one.body)

afterEach(async () => {
  while (open.length > 0) await open.pop()?.close()
})
afterAll(async () => {
  await drawing?.close()
  await plain?.close()
})

describe.skipIf(drawing === null)('what sending somebody costs', () => {
  it('is seen on the list, compared on the roads, and gone once the order is given', async () => {
    const { page, gateway, errors } = await openDesk(drawing!)
    const roads: string[] = []
    page.on('request', request => {
      if (request.url().includes('/v1/coverage/roads')) roads.push(new URL(request.url()).search)
    })
    await page.locator('[data-incident]').first().click()
    await page.locator('.candidate').nth(4).waitFor()
    const costs = await page.locator('.candidate-cost').evaluateAll(all => all.map(one => one.textContent))
    expect(costs).toHaveLength(5)
    expect(costs.some(text => /派出后 [\d.]+ (公里|米) ?道路失守/.test(text ?? ''))).toBe(true)
    expect(costs).toContain('派出后覆盖不变')
    await page.keyboard.press('2')
    const chosen = await page.locator('.candidate[data-picked="true"]').getAttribute('data-unit')
    await page.locator('.plan-spots li').first().waitFor()
    expect(await page.locator('.plan-sum').innerText()).toMatch(/^\d+\.\d% → \d+\.\d%/)
    await page.keyboard.press('d')
    await expect.poll(() => roads.at(-1)).toBe(`?without=${chosen}`)
    expect(await page.locator('.coverage-legend b').innerText()).toBe('派出后 · 最快到达')
    await page.keyboard.press('d')
    await expect.poll(() => roads.at(-1)).toBe('')
    await page.getByRole('button', { name: '派出后', exact: true }).click()
    await page.locator('.comparing [aria-pressed="true"]', { hasText: '派出后' }).waitFor()
    await page.locator('.candidate[data-picked="true"] .button').click()
    await page.locator('.assignment').waitFor()
    expect(posted(gateway, /orders$/)).toMatchObject([{ kind: 'dispatch', unitId: chosen }])
    await page.locator('.plan-cost').waitFor({ state: 'detached' })
    await page.locator('.coverage-legend').waitFor({ state: 'detached' })
    expect(errors).toEqual([])
  })

  it('is told for several units together, by Ctrl and a click', async () => {
    const { page } = await openDesk()
    await page.locator('[data-incident]').first().click()
    await page.locator('.candidate').nth(4).waitFor()
    await page.keyboard.press('1')
    const title = page.locator('.plan-cost h3')
    const alone = await title.innerText()
    await page
      .locator('.candidate-body')
      .nth(1)
      .click({ modifiers: ['Control'] })
    await page.mouse.move(5, 5)
    await expect.poll(() => title.innerText()).not.toBe(alone)
    expect(await title.innerText()).toMatch(/^派出 巡0\d、巡0\d 之后$/)
    await page.locator('.plan-spots li').first().waitFor()
    expect(await axeFindings(page)).toEqual([])
  })
})

describe.skipIf(drawing === null)('move-ups', () => {
  it('are listed with gain and loss, accepted by a key and declined by a click', async () => {
    const { page, gateway } = await openDesk()
    await page.keyboard.press('w')
    const proposed = page.locator('.move-up[data-state="proposed"]')
    await proposed.waitFor()
    expect(await proposed.innerText()).toContain('+3.4%')
    expect(await proposed.innerText()).toContain('离开后 1.2 公里 道路失守')
    expect(await axeFindings(page)).toEqual([])
    await page.keyboard.press('y')
    await page.locator('.move-up[data-move-up="mov-2"][data-state="accepted"]').waitFor()
    expect(posted(gateway, /moveups\/mov-2\/accept$/)).toHaveLength(1)
    const again = await openDesk()
    await again.page.keyboard.press('w')
    await again.page.getByRole('button', { name: '不移' }).click()
    await again.page.locator('.move-up[data-move-up="mov-2"]').waitFor({ state: 'detached' })
    expect(posted(again.gateway, /moveups\/mov-2\/decline$/)).toHaveLength(1)
  })
})
