import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IncidentView, UnitView } from '#protocols/api.ts'
import { openBrowser, openContext } from '../browser/chromium.ts'
import { startDemo } from './demo-process.ts'
import type { DemoProcess } from './demo-process.ts'
import { eventually } from './running-house.ts'

/*
 * `npm start` as a visitor has it: the bundle, free ports, an empty directory; then a browser with the dispatcher's map
 * and the crew's terminal side by side.
 */
describe('the demo', () => {
  const dir = mkdtempSync(join(tmpdir(), 'reach5-demo-'))
  const foreign: string[] = []
  const violations: string[] = []
  let demo: DemoProcess | undefined
  let map = ''
  let terminal = ''
  let simulator = ''
  let browser: Browser | null = null

  const units = async (): Promise<UnitView[]> =>
    ((await (await fetch(`${map}/v1/units`)).json()) as { units: UnitView[] }).units
  const incidents = async (): Promise<IncidentView[]> =>
    ((await (await fetch(`${map}/v1/incidents`)).json()) as { incidents: IncidentView[] }).incidents

  /** Driving and crews run ten times as fast from now on. */
  async function hurry(): Promise<void> {
    const answer = await fetch(`${simulator}/v1/do`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'speed', unit: 'city', value: '10' }),
    })
    expect(answer.status).toBe(200)
  }

  async function open(url: string, viewport = { width: 1440, height: 900 }): Promise<Page> {
    const page = await (await openContext(browser!, { viewport })).newPage()
    page.on('request', request => {
      if (!/^(http|ws):\/\/(127\.0\.0\.1|localhost)[:/]|^(data|blob):/.test(request.url()))
        foreign.push(request.url())
    })
    page.on('console', message => {
      if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text())
    })
    await page.goto(url)
    return page
  }

  beforeAll(async () => {
    demo = await startDemo(dir, ['--junctions', '2000', '--units', '8', '--incident-every', '20'])
    map = demo.addressOf('map')
    terminal = demo.addressOf('terminal')
    simulator = demo.addressOf('simulator')
    browser = await openBrowser()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await demo?.end()
    rmSync(dir, { recursive: true, force: true })
  }, 120_000)

  it('moves its units, and an incident of its own is on its way soon after', async () => {
    const places = (list: UnitView[]) => list.map(u => `${u.position?.lat},${u.position?.lon}`)
    const before = await eventually('eight live units', async () => {
      const now = await units()
      return now.length === 8 && now.every(u => u.freshness === 'live') ? now : null
    })
    await eventually('movement', async () => {
      const now = places(await units())
      return places(before).filter((place, i) => place !== now[i]).length >= 4
    })
    await eventually('somebody on the way', async () =>
      (await incidents()).some(i => i.assignments.some(a => ['enroute', 'on_scene'].includes(a.state))),
    )
  })

  it(
    'lets a visitor do one by hand: create, send, sign, arrive, clear',
    { timeout: 120_000 },
    async ({ skip }) => {
      if (!browser) return skip('no Chromium here')
      const own = (await units()).find(u => u.id === 'unit-01')!
      const place = { lat: own.position!.lat, lon: own.position!.lon, text: '试一试' }
      const created = await fetch(`${map}/v1/incidents`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ place, class: 'help', source: 'map' }),
      })
      const { id } = (await created.json()) as IncidentView
      const steps = async () => (await incidents()).find(i => i.id === id)?.assignments.map(a => a.state)

      const desk = await open(map, { width: 1100, height: 700 })
      await desk.locator(`[data-incident="${id}"]`).first().click()
      await desk.locator('.candidate[data-unit="unit-01"]').getByRole('button', { name: '派警' }).click()
      await desk.locator('.assignment').first().waitFor()
      // Two pages drawn in software at once are too much for a small machine; the desk has done its part.
      await desk.close()

      const crew = await open(terminal, { width: 1280, height: 800 })
      await crew.getByRole('button', { name: /签收出发/ }).click()
      await eventually('signed', async () => (await steps())?.includes('signed'))
      await crew.getByRole('button', { name: /到场/ }).first().click()
      await eventually('on scene', async () => (await steps())?.includes('on_scene'))
      await crew.getByRole('button', { name: /处警完毕/ }).click()
      await eventually('cleared', async () => (await steps())?.includes('cleared'))
      await crew.close()
    },
  )

  it('goes from a place to a closed incident by keyboard alone', { timeout: 120_000 }, async ({ skip }) => {
    if (!browser) return skip('no Chromium here')
    // Where a free car with a crew of the demo is: it will be there soon.
    const { position } = await eventually('a free unit', async () =>
      (await units()).find(u => u.id !== 'unit-01' && u.availability === 'available' && u.position !== null),
    )
    const before = new Set((await incidents()).map(i => i.id))
    const mine = async () => (await incidents()).find(i => !before.has(i.id) && i.source === 'map')

    const desk = await open(map, { width: 1100, height: 700 })
    const { keyboard } = desk
    await desk.locator('.unit').first().waitFor()
    await keyboard.press('/')
    await keyboard.type(`${position!.lat}, ${position!.lon}`)
    await keyboard.press('Enter')
    await desk.locator('.candidate').first().waitFor()
    await keyboard.press('Enter')
    await eventually('the incident', mine)
    await desk.locator('.candidate .button.is-primary').waitFor()
    const rank = await rankOfSimulated(desk)
    await keyboard.press(String(rank))
    await desk.locator('.candidate[data-picked="true"] .rank', { hasText: String(rank) }).waitFor()
    await keyboard.press('Enter')
    await desk.locator('.assignment').waitFor()
    // How long a drive takes is the city's matter: a car may have to turn far away, or be sent elsewhere a moment before.
    await hurry()
    await eventually('on scene, by its crew', async () =>
      (await mine())?.assignments.some(a => ['on_scene', 'cleared'].includes(a.state)),
    )
    await keyboard.press('c')
    await desk.locator('.with-reason').waitFor()
    await keyboard.press('1')
    await eventually('closed', async () => (await mine())?.state === 'resolved')
    await desk.close()
  })

  it('asks nothing of the outside and breaks no rule of its own', () => {
    expect(foreign).toEqual([])
    expect(violations).toEqual([])
  })

  it('ends with everything it started when told to stop', async () => {
    const ended = new Promise<number | null>(resolve => demo!.process.once('exit', code => resolve(code)))
    demo!.process.kill('SIGINT')
    expect(await ended).toBe(0)
    await eventually('nobody answers any more', async () => {
      try {
        await fetch(`${map}/healthz`)
        return false
      } catch {
        return true
      }
    })
  })
})

/** The number of the first candidate who is not the visitor's own car, whose crew is whoever holds the terminal. */
async function rankOfSimulated(desk: Page): Promise<number> {
  const ids = await desk
    .locator('.candidate')
    .evaluateAll(all => all.slice(0, 5).map(one => one.getAttribute('data-unit')))
  return ids.findIndex(id => id !== 'unit-01') + 1
}
