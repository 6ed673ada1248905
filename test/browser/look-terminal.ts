import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser, openContext } from './chromium.ts'
import type { SensedOrder } from '#protocols/terminal.ts'
import { anOrder, NOT_SENSED, openFakeTerminal } from './fake-terminal.ts'
import type { FakeTerminal } from './fake-terminal.ts'

/*
 * Pictures of the crew's page in its states, to be looked at by a person:
 *
 *     node tools/build.mjs --if-changed --only terminal && node --import tsx test/browser/look-terminal.ts OUT_DIR [NAME]
 *
 * Wide and small, night and day, zh and en; NAME makes only the pictures whose name begins with it.
 */
const outDir = process.argv[2] ?? '/tmp/reach5-look'
const wanted = process.argv[3] ?? ''
mkdirSync(outDir, { recursive: true })

const SIZES = {
  wide: { width: 1280, height: 800 },
  small: { width: 1024, height: 600 },
} as const

type Scene = (car: FakeTerminal, page: Page) => void | Promise<void>
const order = (car: FakeTerminal, change: Parameters<typeof anOrder>[0] = {}): void =>
  car.say({ orders: [anOrder(change)] })

const sensed = (car: FakeTerminal, arrival: SensedOrder['arrival'], distanceM: number, undoMs = 0): void =>
  order(car, {
    step: arrival === 'arrived' ? 'on_scene' : 'enroute',
    distanceM,
    sensed: {
      rollingAt: car.state.utcMs - 190_000,
      arrival,
      stoppedAt: car.state.utcMs - 12_000,
      undoMs,
    },
  })

const SCENES: Readonly<Record<string, Scene>> = {
  idle: () => undefined,
  rolling: car =>
    car.say({
      equipment: { ...car.state.equipment, lightbar: 'on', siren: 'on', camera_recording: 'on' },
      recording: true,
      bodycam: 'recording',
    }),
  received: (car, page) => touched(page, () => order(car)),
  signed: car => order(car, { step: 'signed', ageMs: 21_000 }),
  enroute: car => order(car, { step: 'enroute', ageMs: 95_000, distanceM: 640, bearingDeg: 292 }),
  onscene: car => order(car, { step: 'on_scene', ageMs: 260_000, distanceM: 18 }),
  sensedrolling: car =>
    order(car, { step: 'enroute', sensed: { ...NOT_SENSED, rollingAt: car.state.utcMs - 60_000 } }),
  sensednear: car => sensed(car, 'near', 40),
  sensedprompt: car => sensed(car, 'prompt', 240),
  sensedarrived: car => sensed(car, 'arrived', 40, 9_000),
  major: car =>
    car.say({
      orders: [
        anOrder({
          orderId: 'order-2',
          severity: 'major',
          class: 'injury',
          exercise: true,
          place: {
            lat: 35.6,
            lon: 117,
            text: '静轩西路与大同路交叉口西北角农贸市场东门内第三排摊位附近，持刀伤人，嫌疑人向北逃',
          },
          distanceM: 3_400,
          bearingDeg: 200,
        }),
        anOrder({ step: 'enroute' }),
        anOrder({
          orderId: 'order-3',
          class: 'help',
          severity: 'normal',
          step: 'signed',
          place: { lat: 35.6, lon: 117, text: '阳光花园小区南门' },
        }),
      ],
    }),
  done: async (car, page) => {
    order(car)
    await page.click('[data-do=sign]')
    await page.waitForSelector('[data-tap=done]')
  },
  refused: async (car, page) => {
    order(car, { step: 'signed' })
    car.refuseWith('OUTBOX_FULL')
    await page.click('[data-do=on_scene]')
    await page.waitForSelector('.tap-refused')
  },
  asked: async (car, page) => {
    order(car)
    await page.click('[data-do=refuse]')
  },
  cancelled: car => order(car, { step: 'cancelled', note: '报警人撤销报警，双方已和解', ageMs: 80_000 }),
  holding: async (_car, page) => {
    await page.hover('.panic')
    await page.mouse.down()
    await page.waitForTimeout(1_100)
  },
  panicsent: car => car.say({ panic: { active: true, ageMs: 12_000, delivered: true, acknowledged: false } }),
  panicknown: car => {
    order(car, { step: 'enroute' })
    car.say({ panic: { active: false, ageMs: 64_000, delivered: true, acknowledged: true } })
  },
  offline: car =>
    car.say({
      link: 'down',
      linkSinceMs: 194_000,
      queue: { alarm: 1, event: 12, track: 143, diag: 1, bytes: 60_000 },
      panic: { active: true, ageMs: 31_000, delivered: false, acknowledged: false },
    }),
  offlineorder: car => {
    order(car, { step: 'enroute' })
    car.say({ link: 'down', linkSinceMs: 194_000 })
  },
  degraded: car =>
    car.say({
      gnss: 'silent',
      position: { ...car.state.position!, ageMs: 83_000 },
      panel: 'silent',
      bodycam: 'failed',
      link: 'connecting',
      linkSinceMs: 4_000,
      store: 'poisoned',
      clockQuality: 'none',
      utcMs: 82_000,
    }),
  antenna: car =>
    car.say({
      gnss: 'no_fix',
      receiver: { antenna: 'open', hints: [], refused: {} },
      power: { phase: null, batteryVolts: 12.6 },
    }),
  jammed: car =>
    car.say({
      receiver: { antenna: 'ok', jamming: 'critical', hints: ['time_jump'], refused: { jump: 2 } },
      power: { phase: 'survival', batteryVolts: 11.4 },
    }),
  twofaults: car =>
    car.say({
      panel: 'silent',
      link: 'down',
      store: 'poisoned',
      power: { phase: 'survival', batteryVolts: 11.4 },
    }),
  powerends: car =>
    car.say({ power: { phase: 'standby', batteryVolts: 12.4, endsInMs: 184_000, endsWhy: 'off' } }),
  powerempty: car =>
    car.say({ power: { phase: 'survival', batteryVolts: 10.8, endsInMs: 42_000, endsWhy: 'battery' } }),
  powernow: car =>
    car.say({ power: { phase: 'shutting_down', batteryVolts: 12.4, endsInMs: 0, endsWhy: 'off' } }),
  poweroff: async (car, page) => {
    car.say({ power: { phase: 'shutting_down', batteryVolts: 12.4, endsInMs: 0, endsWhy: 'off' } })
    await page.waitForSelector('[data-power=now]')
    car.server.cut(true)
    await page.waitForSelector('[data-power=off]')
  },
  absent: car => car.say({ panel: 'no_device', power: { phase: 'survival', batteryVolts: 11.4 } }),
  unknown: car =>
    car.say({
      gnss: 'no_fix',
      position: null,
      equipment: { lightbar: 'on', door: 'unknown', siren: 'off' },
      gridName: null,
    }),
  gone: async (car, page) => {
    car.server.cut(true)
    await page.waitForSelector('.gone')
  },
  goneorder: async (car, page) => {
    order(car, { step: 'signed' })
    await page.waitForSelector('.order')
    car.server.cut(true)
    await page.waitForSelector('.gone')
  },
}

async function touched(page: Page, run: () => void): Promise<void> {
  await page.mouse.click(640, 300)
  run()
}

const browser = await openBrowser({ webgl: false })
if (browser === null) process.exit(1)
for (const [size, viewport] of Object.entries(SIZES))
  for (const look of ['night-zh', 'day-en'] as const)
    for (const [name, scene] of Object.entries(SCENES)) {
      if (!name.startsWith(wanted)) continue
      const car = await openFakeTerminal()
      const context = await openContext(browser, { viewport })
      const [theme, language] = look.split('-') as [string, string]
      await context.addInitScript(
        `localStorage.setItem('reach5.terminal.theme', '${theme}');localStorage.setItem('reach5.terminal.language', '${language}')`,
      )
      const page = await context.newPage()
      await page.goto(car.server.url)
      await page.waitForSelector('.idle')
      await scene(car, page)
      await page.waitForTimeout(150)
      await page.screenshot({ path: join(outDir, `${name}-${size}-${look}.png`) })
      await context.close()
      await car.close()
    }
await browser.close()
