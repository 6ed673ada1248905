import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { verifyReport } from '#protocols/crypto/report-signature.ts'
import type { Channel } from '#protocols/equipment.ts'
import type { TechnicianView } from '#protocols/technician.ts'
import { openRunningBench } from '../scenarios/running-bench.ts'
import type { RunningBench } from '../scenarios/running-bench.ts'
import { eventually } from '../scenarios/running-house.ts'
import { axeFindings } from './accessibility.ts'
import { openBrowser, openContext } from './chromium.ts'
import { outsideRequests, watchPage } from './page-watch.ts'
import type { PageWatch } from './page-watch.ts'

/*
 * A technician with a telephone beside a car on the bench: the real process on real pseudo-terminals, a receiver and a
 * module at their far ends, a real gateway. REACH5_LOOK=DIR also keeps a picture of every step, day and night, zh and en.
 */
const browser: Browser | null = await openBrowser({ webgl: false })
const PHONE = { width: 390, height: 844 }
const pictures = process.env['REACH5_LOOK'] ?? ''

describe.skipIf(browser === null)("a technician's visit", () => {
  let bench: RunningBench
  let agent: ChildProcess
  let page: Page
  let watch: PageWatch
  let outside: readonly string[]
  let said = ''
  const found: string[] = []

  beforeAll(async () => {
    bench = await openRunningBench()
    bench.sky(false)
    const args = ['--data', join(bench.dir, 'car'), '--port', '0', '--ports', bench.ports.join(',')]
    agent = spawn(
      process.execPath,
      ['dist/reach5.js', 'technician', ...args, '--enrol-url', bench.enrolUrl, '--terminal-port', '0'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    for (const stream of [agent.stdout, agent.stderr]) stream!.on('data', words => (said += String(words)))
    const url = await eventually('the page', () => Promise.resolve(/"url":"([^"]+)"/.exec(said)?.[1]))
    const context = await openContext(browser!, { viewport: PHONE, hasTouch: true, isMobile: true })
    outside = outsideRequests(context).outside
    page = await context.newPage()
    watch = await watchPage(page)
    await page.goto(url)
    await page.locator('.steps').waitFor()
  }, 60_000)
  afterEach(async () => {
    expect(watch.errors).toEqual([])
    expect(await watch.violations()).toEqual([])
    expect(outside).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    agent?.kill('SIGKILL')
    await bench?.close()
  })

  const view = async (): Promise<TechnicianView> =>
    (await (await fetch(new URL('v1/state', page.url()))).json()) as TechnicianView
  const passed = (step: string): Promise<void> =>
    page.locator(`.step[data-step=${step}][data-state=passed]`).waitFor()
  const open = async (step: string): Promise<void> => {
    await page.locator(`.step[data-step=${step}] .step-head`).click()
    await page.locator(`.step[data-step=${step}][data-open=true]`).waitFor()
  }

  /** Axe by day and by night; nothing wider than the telephone; pictures when somebody wants to look. */
  async function look(name: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      found.push(...(await axeFindings(page)).map(line => `${name} ${colorScheme}: ${line}`))
      if (pictures === '') continue
      mkdirSync(pictures, { recursive: true })
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-zh.png`), fullPage: true })
      await page.click('[data-do=language]')
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-en.png`), fullPage: true })
      await page.click('[data-do=language]')
    }
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
    if (wide > PHONE.width) found.push(`${name}: ${wide} px wide on a telephone of ${PHONE.width}`)
  }

  it('turns a code into a certificate, and says of a mistyped one what is wrong before it is sent', async () => {
    const code = await bench.code()
    await page.locator('.step[data-step=identity][data-open=true]').waitFor()
    const typo = code.replace(/^(.)/, first => (first === 'A' ? 'B' : 'A'))
    await page.fill('textarea[name=code]', typo)
    await look('mistyped')
    expect(await page.locator('[data-do=enrol]').isEnabled()).toBe(false)
    await page.fill('textarea[name=code]', code.toLowerCase())
    await page.locator('#code-state[data-good=true]').waitFor()
    await look('code')
    await page.click('[data-do=enrol]')
    await passed('identity')
    expect((await view()).identity.device).toMatchObject({ deviceId: 'ptu-31', callSign: '鼓楼31' })
    await open('identity')
    await look('identity')
  })

  it('finds receiver and module among three ports and fits what a person confirms', async () => {
    await eventually('the search', async () => (await view()).ports.state !== 'running')
    await open('ports')
    await look('ports')
    const findings = (await view()).ports.findings.map(({ path, is }) => [path, is])
    expect(findings).toEqual(
      expect.arrayContaining([
        [bench.ports[0], 'gnss'],
        [bench.ports[1], 'panel'],
        [bench.ports[2], 'silent'],
      ]),
    )
    await page.click('[data-do=fit]')
    await passed('ports')
  })

  it('shows the signal as it is: none below a roof, a place with satellites by system below the sky', async () => {
    await page.locator('.sky[data-gnss=no_fix]').waitFor()
    await open('signal')
    await look('roof')
    bench.sky(true)
    await passed('signal')
    await open('signal')
    await look('signal')
    const { sample } = (await view()).signal
    expect(sample?.lat).toBeCloseTo(35.59, 4)
    expect(Object.keys(sample?.sats ?? {}).sort()).toEqual(['beidou', 'glonass', 'gps'])
    expect(await page.locator('.systems li').count()).toBe(3)
  })

  it('walks the inputs one by one, finds two crossed wires and a turned one, and corrects the profile', async () => {
    await open('inputs')
    await page.click('[data-do="walk.start"]')
    const asked = page.locator('.asked')
    await asked.waitFor()
    let pictured = false
    for (let moves = 0; moves < 20; moves++) {
      const { walk } = (await view()).inputs
      if (walk.phase === 'done') break
      if (walk.channel === null || walk.ask === null || walk.by !== 'hand') {
        await page.waitForTimeout(100)
        continue
      }
      if (walk.channel === 'siren' && !pictured) {
        await look('walk')
        pictured = true
      }
      bench.move(walk.channel, walk.ask === 'on')
      await eventually(`${walk.channel} ${walk.ask}`, async () => {
        const next = (await view()).inputs.walk
        return next.channel !== walk.channel || next.ask !== walk.ask
      })
    }
    await page.locator('[data-do="walk.fix"]').waitFor()
    await look('walked')
    const outcome = async (channel: Channel) =>
      (await view()).inputs.walk.results.find(result => result.channel === channel)?.outcome
    expect(await outcome('brake')).toBe('swapped')
    expect(await outcome('siren')).toBe('swapped')
    expect(await outcome('door')).toBe('inverted')
    for (const right of ['ignition', 'lightbar', 'weapon_rack', 'panic', 'camera_recording'] as const)
      expect([right, await outcome(right)]).toEqual([right, 'right'])
    await page.click('[data-do="walk.fix"]')
    await passed('inputs')
  })

  it('sends a test record through to the gateway, which acknowledges it', async () => {
    await open('proof')
    await page.click('[data-do=prove]')
    await passed('proof')
    await open('proof')
    expect(await page.locator('.receipts li').count()).toBe(2)
    await look('proof')
    const kinds = (await bench.ledger()).map(row => row.kind)
    expect(kinds).toEqual(expect.arrayContaining(['selftest.probe', 'panic.test']))
  })

  it('ends with a report signed by the device, and hands over to the agent', async () => {
    await open('report')
    await page.fill('input[name=technician]', '李工')
    await page.click('[data-do=report]')
    await passed('report')
    await look('report')
    const get = async (name: string): Promise<string> =>
      (await fetch(new URL(`v1/${name}`, page.url()))).text()
    const [text, signature] = [await get('report.json'), await get('report.json.sig')]
    const ca = JSON.parse(readFileSync(join(bench.dir, 'gateway/identity/ca.json'), 'utf8')) as {
      certificate: string
    }
    const verified = verifyReport(text, signature, ca.certificate)
    expect(verified).toMatchObject({ ok: true, value: { trusted: true, report: { technician: '李工' } } })
    expect(verifyReport(text.replace('李工', '王工'), signature, ca.certificate)).toMatchObject({ ok: false })
    const { verdict, delivered, file } = (await view()).report
    // Passed with remarks: three wires were put right in the profile, not on the module.
    expect([verdict, delivered]).toEqual(['remarks', true])
    expect(readFileSync(file!, 'utf8')).toBe(text)
    expect((await bench.ledger()).map(row => row.kind)).toContain('selftest.report')

    const paper = await page.context().newPage()
    await paper.goto(new URL('v1/report.html', page.url()).href)
    expect(await axeFindings(paper)).toEqual([])
    if (pictures !== '') await paper.screenshot({ path: join(pictures, 'paper.png'), fullPage: true })
    await paper.close()

    await page.click('[data-do=start]')
    await page.locator('.over').waitFor()
    await eventually('the agent', () => Promise.resolve(said.includes('"event":"agent.ready"')))
    console.log(`technician: code to certificate, 3 ports, 8 inputs, 2 receipts, report ${verdict}, verified`)
  })

  it('is clean for whoever cannot see or point, at every step, and fits a telephone', () => {
    expect(found).toEqual([])
  })
})
