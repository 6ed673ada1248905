import type { Page } from 'playwright-core'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { Recommendation } from '#protocols/api.ts'
import { openBrowser, openContext } from './chromium.ts'
import { axeFindings } from './accessibility.ts'
import { watchPage } from './page-watch.ts'
import { openRealCity } from './real-city.ts'

const drawing = await openBrowser()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  while (open.length > 0) await open.pop()?.close()
})
afterAll(() => drawing?.close())

/** One crew in the west of the town, a place in the east: half the town lies between. */
const CREW = { lat: 35.5835, lon: 116.972 }
const PLACE = '35.584, 116.998'

async function lookAt(page: Page, place: string): Promise<void> {
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await page.locator('#search').fill(place)
  await page.keyboard.press('Enter')
  await page.locator('.click-mark').waitFor()
}

/** `2:05` of the nearest crew, as the card says it, in seconds. */
async function etaOnCard(page: Page): Promise<number> {
  const text = await page.locator('.candidate .eta b').first().innerText()
  const [minutes = 0, seconds = 0] = text.split(':').map(Number)
  return 60 * minutes + seconds
}

/** Where the mark of the chosen place stands once the map has come to rest. */
async function restingMark(page: Page): Promise<{ x: number; y: number }> {
  let [last, still] = ['', 0]
  for (let tries = 0; tries < 80; tries++) {
    const box = await page.locator('.click-mark').boundingBox()
    const now = JSON.stringify(box)
    still = now === last ? still + 1 : 0
    // The flight lasts half a second and may not have begun.
    if (box !== null && still >= 8) return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
    last = now
    await page.waitForTimeout(150)
  }
  throw new Error('the map does not come to rest')
}

/** A place on the crew's way without which it takes 10 s longer: a town has many ways that are as good. */
async function placeThatMatters(url: string): Promise<readonly [lon: number, lat: number]> {
  const [lat, lon] = PLACE.split(', ')
  const post = async (path: string, body: object): Promise<{ readonly id: string }> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await answer.json()) as { readonly id: string }
  }
  const nearest = async () => {
    const answer = await fetch(`${url}v1/nearest?lat=${lat}&lon=${lon}&n=1`)
    return Recommendation.parse(await answer.json()).candidates[0]!
  }
  const open = await nearest()
  for (const [i, here] of open.route!.slice(1).entries()) {
    const before = open.route![i]!
    // Not a junction, where a pixel decides which road is meant.
    const at = [(before[0] + here[0]) / 2, (before[1] + here[1]) / 2] as const
    if (Math.hypot(here[0] - before[0], here[1] - before[1]) < 0.0006) continue
    const where = { kind: 'road', lon: at[0], lat: at[1], radiusM: 500 }
    const { id } = await post('closures', { where, reason: 'trying' })
    const { etaSeconds } = await nearest()
    await post(`closures/${id}/end`, {})
    if (etaSeconds >= open.etaSeconds + 10) return at
  }
  throw new Error('every way is as good as another')
}

describe.skipIf(drawing === null)('closing a road on the map', () => {
  it('takes a few clicks, makes the nearest crew later at once, and opens again', async () => {
    const city = await openRealCity([CREW])
    const context = await openContext(drawing!, { viewport: { width: 1440, height: 860 } })
    open.push(context, city)
    const page = await context.newPage()
    const watch = await watchPage(page)
    await page.goto(city.url)
    await page.locator('.unit[data-unit="u-1"]').waitFor()

    await lookAt(page, PLACE)
    await page.locator('.candidate').waitFor()
    const freeSeconds = await etaOnCard(page)

    const [onWayLon, onWayLat] = await placeThatMatters(city.url)
    await lookAt(page, `${onWayLat.toFixed(6)}, ${onWayLon.toFixed(6)}`)
    const spot = await restingMark(page)
    await page.locator('.close-road').click()
    await page.locator('.closing-hint').waitFor()
    await page.mouse.click(spot.x, spot.y)
    await page.locator('.closing-road b').waitFor()
    await page.getByRole('radio', { name: '沿路 500 米' }).click()
    await page.getByRole('radio', { name: '30 分钟' }).click()
    await page.locator('.closing input').fill('水管爆裂')
    await page.locator('.closing .is-primary:not([disabled])').click()
    await page.locator('.tag[data-closure-state="in_force"]').waitFor()
    const card = await page.locator('.card').innerText()
    expect(card).toContain('水管爆裂')
    expect(card).toContain('local')
    await page.locator('.closure-sign').waitFor()
    expect(await axeFindings(page)).toEqual([])

    await lookAt(page, PLACE)
    await page.locator('.candidate').waitFor()
    const closedSeconds = await etaOnCard(page)
    expect(closedSeconds).toBeGreaterThan(freeSeconds)

    await page.keyboard.press('Escape')
    await page.keyboard.press('b')
    await page.locator('[data-closure] button').click()
    await page.locator('.tag[data-closure-state="in_force"]').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.tag[data-closure-state="ended"]').waitFor()
    await page.locator('.closure-sign').waitFor({ state: 'detached' })
    await lookAt(page, PLACE)
    await page.locator('.candidate').waitFor()
    expect(await etaOnCard(page)).toBe(freeSeconds)
    console.info(
      `nearest: ${freeSeconds} s, with the road closed ${closedSeconds} s, open again ${freeSeconds} s`,
    )
    expect(watch.errors).toEqual([])
    expect(await watch.violations()).toEqual([])
  })
})
