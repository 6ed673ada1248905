import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../scenarios/running-house.ts'
import { openRunningStation } from '../scenarios/running-station.ts'
import type { RunningStation } from '../scenarios/running-station.ts'
import { axeFindings } from './accessibility.ts'
import { openBrowser, openContext } from './chromium.ts'
import { outsideRequests, watchPage } from './page-watch.ts'
import type { PageWatch } from './page-watch.ts'

/*
 * A visitor at a real kiosk, an officer at the real desk and a dispatcher at the real gateway, three processes apart; the
 * link between them is cut, the gateway stopped and the station's power taken.
 */
const browser: Browser | null = await openBrowser({ webgl: false })
const PLANTED = { phone: '13987654321', story: '穿蓝色雨衣的人抢走了祖母绿手镯' }

describe.skipIf(browser === null)('from the kiosk to the dispatcher', () => {
  let house: RunningStation
  let context: BrowserContext
  let outside: readonly string[]
  const watches: PageWatch[] = []

  beforeAll(async () => {
    house = await openRunningStation()
    context = await openContext(browser!, {
      viewport: { width: 1080, height: 1920 },
      reducedMotion: 'reduce',
    })
    outside = outsideRequests(context).outside
  }, 60_000)
  afterEach(async () => {
    for (const page of context.pages()) await page.close()
    expect(watches.flatMap(watch => watch.errors)).toEqual([])
    expect(outside).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await house?.close()
  })

  const open = async (url: string): Promise<Page> => {
    const page = await context.newPage()
    watches.push(await watchPage(page))
    await page.goto(url)
    return page
  }
  const kiosk = async (): Promise<Page> => {
    const page = await open(house.station.kioskUrl())
    await page.waitForSelector('[data-step=attract] .doors')
    return page
  }
  const tap = async (page: Page, ...names: readonly string[]): Promise<number> => {
    for (const name of names) await page.click(`[data-choice="${name}"]`)
    return names.length
  }
  const numberOn = async (page: Page): Promise<string> =>
    (await page.getAttribute('[data-number]', 'data-number')) ?? ''
  const incidentsOf = async (number: string) =>
    (await house.incidents()).filter(incident => incident.walkIn?.number === number)

  it('a report told offline survives a power cut and becomes one incident on the dispatcher’s list', async () => {
    house.station.link.set('reset')
    await eventually('the cut', async () => (await house.desk()).link !== 'up')
    const visitor = await kiosk()
    const taps = await tap(visitor, 'report', 'safe', 'theft', 'here', 'now', 'none', 'none', 'submit')
    const number = await numberOn(visitor)
    house.station.process.cut()
    expect(number).toMatch(/^K-01A-\d{4}-\d{4}-.$/)
    expect(taps).toBeLessThanOrEqual(9)
    expect(await incidentsOf(number)).toEqual([])

    house.station.process.restore()
    await eventually('the number at the desk', async () =>
      (await house.desk()).items.some(item => item.number === number && !item.delivered),
    )
    house.station.link.set('up')
    await eventually('an incident', async () => (await incidentsOf(number)).length > 0)
    await eventually('nothing left to send', async () => (await house.desk()).queue === 0)
    // Sent once more after another power cut it is known already.
    house.station.process.cut()
    house.station.process.restore()
    await eventually('the link again', async () => (await house.desk()).link === 'up')
    const [incident, ...more] = await incidentsOf(number)
    expect(more).toEqual([])
    expect(incident).toMatchObject({ class: 'theft', source: 'kiosk', severity: 'urgent' })
    const filed = (await house.ledger()).filter(row => row.kind === 'walkin.report')
    expect(filed.map(row => (JSON.parse(row.body) as { number: string }).number)).toEqual([number])

    const dispatcher = await open(house.map)
    const row = dispatcher.locator(`[data-incident="${incident!.id}"]`)
    await row.waitFor()
    expect(await row.locator('[data-source=kiosk]').count()).toBe(1)
    await row.click()
    await dispatcher.locator('.card', { hasText: number }).waitFor()
    console.log(`kiosk: ${taps} taps, ${number}, killed, restarted, one incident ${incident!.number}`)
  })

  it('what a visitor types is read by nobody on the way, and by whoever says why at the end', async () => {
    house.station.link.set('reset')
    const visitor = await kiosk()
    await tap(visitor, 'report', 'safe', 'other', 'here', 'today', 'typed')
    await visitor.fill('textarea', PLANTED.story)
    await tap(visitor, 'written', 'phone')
    for (const key of PLANTED.phone) await visitor.click(`[data-key="${key}"]`)
    await tap(visitor, 'dialled', 'submit')
    const number = await numberOn(visitor)
    house.station.link.set('up')
    const walkIn = await eventually('the walk-in', async () =>
      (await house.walkIns()).walkIns.find(one => one.number === number),
    )
    expect(house.filesThatHold(Object.values(PLANTED))).toEqual([])
    // The search finds what is there.
    expect(house.filesThatHold([number]).length).toBeGreaterThan(0)
    const revealed = await fetch(`${house.map}/v1/walkins/${encodeURIComponent(walkIn.id)}/reveal`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ purpose: '核对案情' }),
    })
    expect(await revealed.json()).toEqual({ phone: PLANTED.phone, narrative: PLANTED.story })
    expect(house.filesThatHold(Object.values(PLANTED))).toEqual([])
  })

  it('help is called while the gateway is down: the desk rings at once, the dispatcher hears later', async () => {
    house.gateway.cut()
    const officer = await open(house.station.deskUrl())
    await officer.locator('.state[data-link="down"], .state[data-link="connecting"]').waitFor()
    const visitor = await kiosk()
    await visitor.click('[data-do=emergency]')
    await officer.locator('.item[data-kind=alarm]').waitFor()
    expect(await officer.locator('.desk[data-ringing=true]').count()).toBe(1)
    expect(await axeFindings(officer)).toEqual([])
    expect(await axeFindings(visitor)).toEqual([])
    await officer.locator('.item[data-kind=alarm] .take').click()
    await visitor.locator('.knows li[data-knows=true]').first().waitFor()
    expect(await visitor.locator('.knows li[data-knows=true]').count()).toBe(1)

    house.gateway.restore()
    await eventually('the alarm', async () =>
      (await house.alarms()).some(alarm => alarm.kind === 'walkin' && alarm.deviceId === 'station-01'),
    )
    await visitor.locator('.knows li[data-knows=true]').nth(1).waitFor()
  })

  it('a question leaves its topic, a complaint goes to supervision alone, whoever leaves early leaves nothing', async () => {
    const before = (await house.incidents()).length
    const asking = await kiosk()
    await tap(asking, 'consult', 'household')
    await eventually('the topic', async () =>
      (await house.walkIns()).consultations.some(({ topics }) => topics.household === 1),
    )
    const asked = (await house.ledger()).find(row => row.kind === 'walkin.consultation')
    expect(JSON.parse(asked?.body ?? '')).toEqual({ topic: 'household' })

    const leaving = await kiosk()
    await tap(leaving, 'report', 'safe', 'fraud', 'here', 'now', 'typed')
    await leaving.fill('textarea', PLANTED.story)
    await leaving.click('[data-do=exit]')
    await leaving.waitForSelector('[data-step=attract] .doors')

    const complaining = await kiosk()
    await tap(complaining, 'complaint', 'safe', 'here', 'today', 'typed')
    await complaining.fill('textarea', PLANTED.story)
    await tap(complaining, 'written', 'anonymous', 'submit')
    const number = await numberOn(complaining)
    await eventually('supervision', async () =>
      (await house.complaints()).some(complaint => complaint.number === number),
    )
    expect((await house.walkIns()).walkIns.map(one => one.number)).not.toContain(number)
    expect((await house.incidents()).length).toBe(before)
    expect(JSON.stringify(await house.desk())).not.toContain(number)
    const shown = JSON.stringify(await house.ledger())
    expect(shown).not.toContain(number)
    expect(shown).not.toContain('"complaint"')
    expect(house.filesThatHold([PLANTED.story])).toEqual([])
  })
})
