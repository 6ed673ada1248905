import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OperatorView } from '#protocols/operator.ts'
import { sim } from '#sim/cli/sim.ts'
import { startDemo } from '../scenarios/demo-process.ts'
import type { DemoProcess } from '../scenarios/demo-process.ts'
import { eventually } from '../scenarios/running-house.ts'
import { axeFindings } from './accessibility.ts'
import { openBrowser, openContext } from './chromium.ts'
import { watchPage } from './page-watch.ts'
import type { PageWatch } from './page-watch.ts'

/*
 * The operator's and the simulator's page on a real demo of three cars and a station: one car a process of its own, two of the fleet. What
 * the simulator breaks is what the operator is told, and what /metrics counts.
 */
/** Three cars and the duty station. */
const DEVICES = 4
const browser: Browser | null = await openBrowser({ webgl: false })
const dir = mkdtempSync(join(tmpdir(), 'reach5-sim-'))
const open: { close(): Promise<void> }[] = []
let demo: DemoProcess | undefined
let map = ''
let simulator = ''

const picture = async (): Promise<OperatorView> =>
  OperatorView.parse(await (await fetch(`${map}/v1/operator`)).json())
const press = (action: string, unit: string): Promise<Response> =>
  fetch(`${simulator}/v1/do`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action, unit }),
  })
const device = async (id: string) => (await picture()).devices.find(one => one.id === id)!

beforeAll(async () => {
  demo = await startDemo(dir, ['--units', '3', '--junctions', '400', '--incident-every', '0'])
  map = demo.addressOf('map')
  simulator = demo.addressOf('simulator')
  await eventually('three live cars', async () => (await picture()).totals.units.live === 3)
  // Its fix becomes stale while the others are being broken.
  await press('block-antenna', 'unit-03')
}, 120_000)

afterEach(async () => {
  while (open.length > 0) await open.pop()?.close()
})
afterAll(async () => {
  await browser?.close()
  await demo?.end()
  rmSync(dir, { recursive: true, force: true })
}, 120_000)

async function openPage(
  url: string,
  options: { readonly night?: boolean; readonly english?: string } = {},
): Promise<{ readonly page: Page; readonly watch: PageWatch }> {
  const context = await openContext(browser!, {
    viewport: { width: 1440, height: 900 },
    colorScheme: options.night ? 'dark' : 'light',
  })
  open.push(context)
  if (options.english)
    await context.addInitScript(`localStorage.setItem('reach5.${options.english}.language', 'en')`)
  const page = await context.newPage()
  const watch = await watchPage(page)
  await page.goto(url)
  return { page, watch }
}

async function expectClean({ page, watch }: { page: Page; watch: PageWatch }): Promise<void> {
  expect(await axeFindings(page)).toEqual([])
  expect(await watch.violations()).toEqual([])
  expect(watch.errors).toEqual([])
  expect(watch.hosts()).toEqual(['127.0.0.1'])
}

describe.skipIf(browser === null)("the simulator's page", () => {
  it('cuts a link, shows the queue grow, restores it and shows it drain', async () => {
    const desk = await openPage(simulator)
    const { page } = desk
    await page.locator('[data-unit="unit-02"]').click()
    await page.locator('[data-chosen="unit-02"]').waitFor()
    await page.locator('[data-action="cut-link"]').click()
    await page.locator('[data-action="cut-link"][aria-pressed="true"]').waitFor()
    await page.locator('[data-action="lightbar"]').click()

    await page.locator('.feed [data-what="link"][data-value="down"]').waitFor()
    await page.locator('.feed [data-what="queue"][data-value="grows"]').waitFor()
    expect(
      Number(await page.locator('[data-lane-row="event"] [data-waiting]').getAttribute('data-waiting')),
    ).toBeGreaterThan(0)
    expect((await device('ptu-02')).link).toBe('down')
    const before = (await device('ptu-02')).lanes.find(lane => lane.lane === 'event')!.upTo

    await page.locator('[data-action="restore-link"]').click()
    await page.locator('.feed [data-what="queue"][data-value="drained"]').waitFor()
    const after = await device('ptu-02')
    expect(after.link).toBe('up')
    expect(after.missing).toBe(0)
    expect(after.lanes.find(lane => lane.lane === 'event')!.upTo).toBeGreaterThan(before)
    await expectClean(desk)
  })

  it('takes the power of the real process, which comes back on the store it had', async () => {
    const desk = await openPage(simulator, { night: true, english: 'sim' })
    const { page } = desk
    await page.locator('[data-unit="unit-01"]').click()
    await page.locator('[data-chosen="unit-01"] [data-action="power-cut"]').click()
    await page.locator('.feed [data-what="screen"][data-value="dark"]').first().waitFor()
    const epoch = (await device('ptu-01')).lanes.at(-1)!.epoch
    await page.locator('[data-action="power-on"]').click()
    await page.locator('.feed [data-what="screen"][data-value="on"]').first().waitFor()
    await eventually('its link', async () => (await device('ptu-01')).link === 'up')
    expect((await device('ptu-01')).lanes.at(-1)!.epoch).toBe(epoch)
    await expectClean(desk)
  })

  it('fills the disk of the real process: its alarm still gets out, unstored', async () => {
    const { page } = await openPage(simulator)
    await page.locator('[data-unit="unit-01"]').click()
    await page.locator('[data-chosen="unit-01"] [data-action="fill-disk"]').click()
    await page.locator('.feed [data-what="store"][data-value="poisoned"]').first().waitFor()
    await page.locator('[data-action="panic"]').click()
    await page.locator('.feed [data-what="gateway.emergency"][data-value="true"]').first().waitFor()
    const { alarms } = (await (await fetch(`${map}/v1/alarms`)).json()) as { alarms: { stored: boolean }[] }
    expect(alarms[0]?.stored).toBe(false)
    const poisoned = (await picture()).conditions.filter(c => c.code === 'store_poisoned')
    expect(poisoned.map(c => [c.deviceId, c.severity])).toEqual([['ptu-01', 'alarm']])
    await page.locator('[data-action="free-disk"]').click()
    await page.locator('.feed [data-what="store"][data-value="ok"]').first().waitFor()
  })

  it('stops the gateway and starts it again; cars keep what they have and deliver it', async () => {
    const { page } = await openPage(simulator)
    await page.locator('[data-action="stop-broker"]').click()
    await page.locator('.feed [data-what="gateway"][data-value="off"]').waitFor()
    await page.locator('[data-gateway="off"]').waitFor()
    await page.locator('[data-action="start-broker"]').click()
    await page.locator('.feed [data-what="gateway"][data-value="on"]').waitFor()
    await eventually('every device again', async () => (await picture()).totals.devicesUp === DEVICES)
    expect((await picture()).devices.map(one => one.missing)).toEqual(Array(DEVICES).fill(0))
  })
})

describe('`reach5 sim do`', () => {
  const errors: string[] = []
  const lines: string[] = []
  const run = async (...args: string[]): Promise<number> => {
    const [error, log] = [console.error, console.log]
    console.error = (line: string) => void errors.push(line)
    console.log = (line: string) => void lines.push(line)
    try {
      return await sim(args)
    } finally {
      Object.assign(console, { error, log })
    }
  }

  it('finds the demo by its directory and does one thing', async () => {
    expect(await run('do', 'siren', 'unit-03', 'on', '--data', dir)).toBe(0)
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ action: 'siren', unit: 'unit-03', value: 'on' })
    await eventually('the siren at the gateway', async () => {
      const unit = (await (await fetch(`${map}/v1/units/unit-03`)).json()) as {
        equipment: { siren?: string }
      }
      return unit.equipment.siren === 'on'
    })
  })

  it.each([
    [['do', 'fly', 'unit-01'], 2, /no action "fly", --help lists the actions \[SIM_ACTION_UNKNOWN\]/],
    [['do', 'cut-link', 'unit-99'], 2, /there are unit-01, unit-02, unit-03 \[SIM_UNIT_UNKNOWN\]/],
    [['do', 'speed', 'city', '3'], 2, /1, 2, 5, 10/],
    [['do', 'cut-link'], 2, /--help lists the actions \[USAGE\]/],
    [['undo'], 2, /there is no "undo"/],
    [['do', 'cut-link', 'unit-01', '--what'], 2, /--what/],
  ])('answers %j with %i and one line', async (args, code, words) => {
    const seen = errors.length
    expect(await run(...args, '--data', dir)).toBe(code)
    expect(errors.slice(seen)).toHaveLength(1)
    expect(errors.at(-1)).toMatch(words)
    expect(errors.at(-1)).not.toContain('\n')
  })

  it('says so when no demo runs there', async () => {
    expect(await run('do', 'cut-link', 'unit-01', '--data', join(dir, 'nowhere'))).toBe(1)
    expect(errors.at(-1)).toMatch(/no demo runs on .* \[SIM_NOT_RUNNING\]/)
  })

  it('lists every action under --help', async () => {
    expect(await run('do', '--help')).toBe(0)
    for (const word of ['cut-link', 'fill-disk', 'power-cut', 'speed', 'incident'])
      expect(lines.at(-1)).toContain(word)
  })
})

/** `name{label="x"} 3` of the Prometheus text as a map. */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${map}/metrics`)).text()
  return new Map(
    text
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

describe.skipIf(browser === null)("the operator's page", () => {
  it('shows every device, what is wrong with the worst, and what to do next', async () => {
    const desk = await openPage(`${map}/operator/`)
    const { page } = desk
    await page.locator('tr[data-device="ptu-03"]').waitFor()
    expect(await page.locator('tr[data-device]').count()).toBe(DEVICES)
    // Two announcements of 20 s and 10 s more: then its fix is stale while its link is up.
    await page.locator('.todo-item[data-code="fix_stale"]').waitFor()
    const first = page.locator('tr[data-device]').first()
    expect(await first.getAttribute('data-device')).toBe('ptu-03')
    expect(await page.locator('.todo-item[data-code="fix_stale"] .todo-next').textContent()).toContain('天线')
    await page.locator('.todo-item[data-code="fix_stale"] .who').click()
    await page.locator('.card[data-card="ptu-03"]').waitFor()
    await expectClean(desk)
  })

  it('tells a cut antenna of the real process, from its bytes to what to do next', async () => {
    const { page } = await openPage(`${map}/operator/`, { english: 'operator' })
    const item = page.locator('.todo-item[data-code="antenna_open"]')
    await page.locator('tr[data-device="ptu-01"]').waitFor()
    expect(await item.count()).toBe(0)
    expect((await press('cut-antenna', 'unit-01')).status).toBe(200)
    await item.waitFor()
    await page.locator('.todo-item[data-code="antenna_open"][data-severity="warn"]').waitFor()
    expect(await item.locator('.todo-next').textContent()).toContain('Check the plug')
    await item.locator('.who').click()
    await page.locator('.card[data-card="ptu-01"] [data-fact="antenna"]', { hasText: 'open' }).waitFor()
    expect((await metrics()).get('reach5_antennas{state="open"}')).toBe(1)
    await eventually('its record', async () =>
      (await device('ptu-01')).faults.some(fault => fault.code === 'ANTENNA_OPEN'),
    )
    await press('receiver-on', 'unit-01')
    await item.waitFor({ state: 'detached' })
    await eventually('the record of its end', async () =>
      (await device('ptu-01')).faults.some(fault => fault.code === 'ANTENNA_OK'),
    )
  }, 90_000)

  it('says the same as /metrics', async () => {
    const agree = async (): Promise<boolean> => {
      const [before, told, after] = [await picture(), await metrics(), await picture()]
      // Records flow all the time: only a picture that stood still around the scrape can be compared to the digit.
      if (JSON.stringify(before) !== JSON.stringify(after)) return false
      const { totals, gateway } = before
      const pairs: [string, number | null][] = [
        ['reach5_devices{link="up"}', totals.devicesUp],
        ['reach5_devices{link="down"}', totals.devicesExpected - totals.devicesUp],
        ...Object.entries(totals.conditions).map(([s, n]): [string, number] => [
          `reach5_conditions{severity="${s}"}`,
          n,
        ]),
        ...Object.entries(totals.queued).map(([l, n]): [string, number] => [
          `reach5_queued_records{lane="${l}"}`,
          n,
        ]),
        ...Object.entries(totals.antennas).map(([s, n]): [string, number] => [
          `reach5_antennas{state="${s}"}`,
          n,
        ]),
        ...Object.entries(totals.fixesRefused).map(([r, n]): [string, number] => [
          `reach5_fixes_refused{reason="${r}"}`,
          n,
        ]),
        ['reach5_receivers_jammed', totals.jammed],
        ['reach5_commit_p50_seconds', gateway.commitP50Seconds],
        ['reach5_commit_p99_seconds', gateway.commitP99Seconds],
        ['reach5_loop_lag_p99_seconds', gateway.loopLagP99Seconds],
        ['reach5_resident_bytes', gateway.residentBytes],
        ['reach5_disk_free_bytes', gateway.diskFreeBytes],
        ['reach5_coverage_age_seconds', gateway.coverageAgeSeconds],
        [
          'reach5_certificate_days_least',
          Math.min(...before.devices.map(d => d.certificateDays ?? Infinity)),
        ],
        ['reach5_sessions', gateway.sessions],
        ['reach5_incidents_open', totals.incidentsOpen],
        ['reach5_alarms_open', totals.alarmsOpen],
      ]
      expect(pairs.map(([name]) => [name, told.get(name)])).toEqual(pairs)
      console.log(`operator: ${pairs.length} numbers of the page equal those of /metrics`)
      return true
    }
    await eventually('a picture that stands still', agree)
  }, 60_000)

  it('issues a code with its QR, lists it, and withdraws it', async () => {
    const desk = await openPage(`${map}/operator/`, { night: true, english: 'operator' })
    const { page } = desk
    await page.locator('tr[data-device]').first().waitFor()
    await page.keyboard.press('2')
    await page.locator('input[name="device"]').fill('ptu-77')
    await page.locator('input[name="unit"]').fill('unit-77')
    await page.locator('input[name="callSign"]').fill('鼓楼77')
    await page.keyboard.press('Enter')
    const code = (await page.locator('.issued .code').textContent()) ?? ''
    expect(code).toMatch(/^[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]\.[0-9A-Z]{32}$/)
    await page.locator('.issued svg.qr path').waitFor()
    const row = page.locator('tr[data-code-state="open"]', { hasText: 'ptu-77' })
    await row.waitFor()
    await expectClean(desk)
    await row.getByRole('button').click()
    await page.locator('tr[data-code-state="withdrawn"]', { hasText: 'ptu-77' }).waitFor()
    const list = await (await fetch(`${map}/v1/enrolments`)).text()
    expect(list).not.toContain(code.slice(0, 11))
  })

  it('reads the ledger only for a purpose, newest first, and never the track', async () => {
    const { page } = await openPage(`${map}/operator/`)
    await page.locator('tr[data-device="ptu-02"]').click()
    const card = page.locator('.card[data-card="ptu-02"]')
    await card.locator('.ledger button[type="submit"]').click()
    expect(await card.locator('.records').count()).toBe(0)
    await card.getByLabel('查阅目的').fill('核对警灯记录')
    await card.locator('.ledger button[type="submit"]').click()
    await card.locator('.records li').first().waitFor()
    const seqs = (await card.locator('.records li > span').allTextContents()).map(text =>
      Number(text.slice(1)),
    )
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a))
    expect(await card.locator('select option').allTextContents()).toEqual(['事件', '报警', '诊断'])
  })

  it('revokes a device: its session ends, and it is refused from then on', async () => {
    const { page } = await openPage(`${map}/operator/`)
    await page.locator('tr[data-device="ptu-02"]').click()
    const card = page.locator('.card[data-card="ptu-02"]')
    await card.getByRole('button', { name: '吊销设备' }).click()
    await card.getByLabel('原因').fill('车辆报废')
    const askedMs = performance.now()
    await card.getByRole('button', { name: '确认吊销' }).click()
    await eventually('its session ended', async () => (await device('ptu-02')).link === 'down')
    console.log(
      `operator: revoked to dead session in ${Math.round(performance.now() - askedMs)} ms, as the page saw it`,
    )
    await page.locator('tr[data-device="ptu-02"][data-state="revoked"]').waitFor()
    await eventually(
      'it was refused',
      async () => ((await picture()).gateway.refusals['CLIENT_NO_CERTIFICATE'] ?? 0) > 0,
    )
    expect((await device('ptu-02')).link).toBe('down')
    expect(readFileSync(join(dir, 'logs/gateway.log'), 'utf8')).toContain('"event":"device.revoked"')
  })
})
