import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TerminalState } from '#protocols/terminal.ts'
import { openBrowser, openContext } from './chromium.ts'
import { anOrder, NOT_SENSED, openFakeTerminal } from './fake-terminal.ts'
import type { FakeTerminal } from './fake-terminal.ts'

let browser: Browser | null = null
beforeAll(async () => {
  browser = await openBrowser({ webgl: false })
})
afterAll(async () => {
  await browser?.close()
})

/** What must never happen on any screen of the page, collected through every test. */
const errors: string[] = []
const strays: string[] = []
let requests = 0
let opened: { car: FakeTerminal; context: BrowserContext } | null = null
afterEach(async () => {
  await opened?.context.close()
  await opened?.car.close()
  opened = null
})

async function sit(change: Partial<TerminalState> = {}): Promise<{ car: FakeTerminal; page: Page }> {
  const car = await openFakeTerminal(change)
  const context = await openContext(browser!, { viewport: { width: 1024, height: 600 } })
  opened = { car, context }
  const page = await context.newPage()
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => {
    const refused = /Content Security Policy|Refused to/.test(message.text())
    const ours = message.type() === 'error' && !/WebSocket connection|ERR_|409|favicon/.test(message.text())
    if (refused || ours) errors.push(message.text())
  })
  page.on('request', request => {
    requests += 1
    if (!request.url().startsWith(car.server.url)) strays.push(request.url())
  })
  page.on('websocket', socket => {
    if (!socket.url().startsWith(car.server.url.replace('http', 'ws'))) strays.push(socket.url())
  })
  await page.addInitScript(
    "document.addEventListener('securitypolicyviolation', e => console.error('Content Security Policy ' + e.violatedDirective + ' ' + e.blockedURI))",
  )
  return { car, page }
}
const open = async (page: Page, car: FakeTerminal): Promise<void> => {
  await page.goto(car.server.url)
  await page.waitForSelector('[data-agent=live]')
}
/** From here on the page's time moves only by `page.clock.runFor`. */
const stopClock = async (page: Page, car: FakeTerminal): Promise<void> => {
  await page.clock.install()
  await open(page, car)
  await page.clock.pauseAt(Number(await page.evaluate('Date.now()')) + 500)
}
const kinds = (car: FakeTerminal): string[] => car.taps.map(tap => tap.kind)
const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText()

describe("the crew's page", () => {
  const given = (title: string, run: () => Promise<void>): void =>
    it(title, async context => {
      if (browser === null) return context.skip()
      await run()
    })

  given('shows call sign, grid, speed, satellites by constellation and every equipment channel', async () => {
    const { car, page } = await sit()
    await open(page, car)
    expect(await textOf(page, '.call-sign')).toBe('鼓楼1')
    expect(await textOf(page, '.grid-name')).toBe('鼓楼网格')
    expect(await textOf(page, '.speed')).toBe('42')
    expect(await textOf(page, '.sats')).toMatch(/9[\s\S]*北斗[\s\S]*7[\s\S]*GPS[\s\S]*GLONASS[\s\S]*Galileo/)
    expect(await textOf(page, '[data-channel=weapon_rack]')).toMatch(/枪架[\s\S]*锁好/)
    expect(await page.locator('.channel').count()).toBe(7)
  })

  given('takes a crew from signing to clear by the one huge button, one POST a step', async () => {
    const { car, page } = await sit({ orders: [anOrder()] })
    await open(page, car)
    expect(await textOf(page, '.place')).toContain('鼓楼大街与大成路')
    expect(await textOf(page, '.way')).toMatch(/1\.2 公里[\s\S]*东北/)
    for (const step of ['sign', 'on_scene', 'clear']) await page.click(`button.huge[data-do=${step}]`)
    await page.waitForSelector('.idle')
    expect(car.taps).toEqual(['sign', 'on_scene', 'clear'].map(kind => ({ kind, orderId: 'order-1' })))
  })

  given('offers en route beside on scene after signing', async () => {
    const { car, page } = await sit({ orders: [anOrder({ step: 'signed' })] })
    await open(page, car)
    await page.click('[data-do=enroute]')
    await page.waitForSelector('.order[data-step=enroute]')
    await page.waitForSelector('button.huge[data-do=on_scene]')
    expect(kinds(car)).toEqual(['enroute'])
  })

  given('does not take a bouncing finger for the next step', async () => {
    const { car, page } = await sit({ orders: [anOrder()] })
    await open(page, car)
    await page.locator('button.huge').dblclick()
    await page.waitForSelector('button.huge[data-do=on_scene]')
    expect(kinds(car)).toEqual(['sign'])
  })

  given('says at once that a tap is being stored, and confirms only on the answer', async () => {
    const { car, page } = await sit({ orders: [anOrder()] })
    let answer = (): void => undefined
    const asked = new Promise<void>(resolve => (answer = resolve))
    await page.route('**/v1/taps', async route => {
      await asked
      await route.continue()
    })
    await open(page, car)
    await page.click('button.huge[data-do=sign]')
    await page.waitForSelector('[data-tap=sending]')
    // The car may show the step before it is stored; that is not a confirmation.
    car.say({ orders: [anOrder({ step: 'signed' })], callSign: '鼓楼2' })
    await page.waitForSelector('.call-sign:has-text("鼓楼2")')
    expect(await page.locator('.order').getAttribute('data-step')).toBe('received')
    expect(await page.locator('[data-tap=done]').count()).toBe(0)
    answer()
    await page.waitForSelector('[data-tap=done]')
    await page.waitForSelector('button.huge[data-do=on_scene]')
  })

  given('says in words why a tap was not stored, and lets it be pressed again', async () => {
    const { car, page } = await sit({ orders: [anOrder()] })
    await open(page, car)
    car.refuseWith('OUTBOX_FULL')
    await page.click('[data-do=sign]')
    await page.waitForSelector('.tap-refused')
    expect(await textOf(page, '.tap-refused')).toContain('存储已满')
    car.refuseWith(null)
    await page.click('[data-do=sign]')
    await page.waitForSelector('button.huge[data-do=on_scene]')
    expect(await page.locator('.tap-refused').count()).toBe(0)
  })

  given('shows an arrival the car marked by itself, with ten seconds to take it back', async () => {
    const sensed = {
      ...NOT_SENSED,
      arrival: 'arrived' as const,
      stoppedAt: 1_795_478_400_000,
      undoMs: 10_000,
    }
    const { car, page } = await sit({ orders: [anOrder({ step: 'enroute' })] })
    await open(page, car)
    car.say({ orders: [anOrder({ step: 'on_scene', sensed })] })
    await page.waitForSelector('[data-sensed=arrived]')
    // The button under a finger that meant "on scene" is now "clear": it waits until it can have been read.
    expect(await page.locator('.huge').isDisabled()).toBe(true)
    const undo = page.locator('[data-do=undo_arrival]')
    expect(await undo.innerText()).toMatch(/撤销 \d+/)
    const box = (await undo.boundingBox())!
    expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(60)
    await undo.click()
    await page.waitForSelector('.order[data-step=enroute]')
    expect(kinds(car)).toEqual(['undo_arrival'])
    expect(await page.locator('[data-sensed=arrived]').count()).toBe(0)
    car.say({ orders: [anOrder({ step: 'on_scene', sensed: { ...sensed, undoMs: 0 } })] })
    await page.waitForSelector('[data-sensed=arrived]')
    expect(await undo.count()).toBe(0)
  })

  given('asks whether a far stop is the arrival, and takes yes and no', async () => {
    const sensed = { ...NOT_SENSED, arrival: 'prompt' as const, stoppedAt: 1_795_478_400_000 }
    const order = anOrder({ step: 'enroute', distanceM: 240, sensed })
    const { car, page } = await sit({ orders: [order] })
    await open(page, car)
    expect(await textOf(page, '[data-sensed=prompt]')).toMatch(/240 米/)
    await page.click('[data-do=not_there]')
    await page.waitForSelector('[data-sensed=prompt]', { state: 'detached' })
    car.say({ orders: [order] })
    await page.click('[data-do=there]')
    await page.waitForSelector('.order[data-step=on_scene]')
    expect(kinds(car)).toEqual(['not_there', 'on_scene'])
  })

  given('refuses an order only on the second tap', async () => {
    const { car, page } = await sit({ orders: [anOrder()] })
    await stopClock(page, car)
    await page.click('[data-do=refuse]')
    await page.click('[data-do=refuse][data-asked=true]')
    expect(kinds(car)).toEqual([])
    await page.clock.runFor(500)
    await page.click('[data-do=refuse][data-asked=true]')
    await page.waitForSelector('[data-tap=done]')
    expect(kinds(car)).toEqual(['refuse'])
  })

  given("shows a cancelled order with the dispatcher's words until it is read", async () => {
    const { car, page } = await sit({ orders: [anOrder({ step: 'enroute' })] })
    await open(page, car)
    car.say({ orders: [anOrder({ step: 'cancelled', note: '双方已和解' })] })
    await page.waitForSelector('.cancelled')
    expect(await textOf(page, '.cancelled')).toMatch(/指令已撤回[\s\S]*双方已和解/)
    await page.click('[data-do=read]')
    await page.waitForSelector('.idle')
    expect(await textOf(page, '.standby')).toContain('已撤回')
  })

  given('gives the screen to the newest order and keeps the others one tap away', async () => {
    const { car, page } = await sit({ orders: [anOrder({ step: 'enroute' })] })
    await open(page, car)
    const newer = anOrder({ orderId: 'order-2', class: 'injury', severity: 'major' })
    car.say({ orders: [newer, anOrder({ step: 'enroute' })] })
    await page.waitForSelector('.order[data-order=order-2]')
    await page.click('[data-other=order-1]')
    await page.waitForSelector('.order[data-order=order-1]')
    await page.click('button.huge[data-do=on_scene]')
    await page.waitForSelector('[data-tap=done]')
    expect(car.taps).toEqual([{ kind: 'on_scene', orderId: 'order-1' }])
  })

  given('raises panic only after the full hold, by finger and by key, and stays discreet', async () => {
    const { car, page } = await sit()
    await stopClock(page, car)
    await page.hover('.panic')
    await page.mouse.down()
    await page.waitForSelector('.panic[data-holding=true]')
    await page.clock.runFor(1_900)
    await page.mouse.up()
    await page.clock.runFor(2_500)
    await page.waitForSelector('.panic[data-holding=false]:has-text("未按满")')
    expect(kinds(car)).toEqual([])

    await page.mouse.down()
    await page.waitForSelector('.panic[data-holding=true]')
    await page.clock.runFor(2_050)
    await page.waitForSelector('.panic[data-word=stored]')
    await page.mouse.up()
    expect(kinds(car)).toEqual(['panic'])
    expect(await textOf(page, '.panic')).toContain('已存待发')

    car.say({ panic: { active: true, ageMs: 9_000, delivered: true, acknowledged: false } })
    await page.waitForSelector('.panic[data-word=delivered]')
    car.say({ panic: { active: false, ageMs: 15_000, delivered: true, acknowledged: true } })
    await page.waitForSelector('.panic[data-word=known]')
    expect(await textOf(page, '.panic')).toContain('指挥中心已知悉')

    await page.keyboard.down('p')
    await page.waitForSelector('.panic[data-holding=true]')
    await page.clock.runFor(2_050)
    await page.waitForSelector('.panic[data-word=stored]')
    await page.keyboard.up('p')
    await page.focus('.panic')
    await page.keyboard.down('Space')
    await page.waitForSelector('.panic[data-holding=true]')
    await page.keyboard.up('Space')
    await page.clock.runFor(2_500)
    expect(kinds(car)).toEqual(['panic', 'panic'])
  })

  given('says offline, since when and how many records wait', async () => {
    const { car, page } = await sit({
      link: 'down',
      linkSinceMs: 194_000,
      queue: { alarm: 1, event: 12, track: 143, diag: 1, bytes: 60_000 },
    })
    await open(page, car)
    expect(await textOf(page, '.link-tile')).toMatch(
      /离线[\s\S]*3分1[45]秒[\s\S]*已存 157 条，恢复后自动补传/,
    )
  })

  given('shows nothing as live when the car is gone, and comes back by itself', async () => {
    const { car, page } = await sit({ orders: [anOrder({ step: 'signed' })] })
    await open(page, car)
    car.server.cut(true)
    await page.waitForSelector('[data-agent=gone]')
    expect(await textOf(page, '.gone')).toContain('车载程序无应答')
    expect(await textOf(page, '.link-chip')).toContain('状态不明')
    expect(await page.locator('.huge').count()).toBe(0)
    car.server.restore()
    await page.waitForSelector('[data-agent=live]')
    await page.waitForSelector('button.huge[data-do=on_scene]')
  })

  given('tries a panic held while the car is gone again until the car answers', async () => {
    const { car, page } = await sit()
    await open(page, car)
    car.server.cut(true)
    await page.waitForSelector('[data-agent=gone]')
    await page.hover('.panic')
    await page.mouse.down()
    await page.waitForSelector('.panic[data-word=sending]')
    await page.mouse.up()
    expect(kinds(car)).toEqual([])
    car.server.restore()
    await page.waitForSelector('.panic[data-word=stored]')
    expect(kinds(car)).toEqual(['panic'])
  })

  given('shows no speed and no live position when the receiver is silent', async () => {
    const { car, page } = await sit()
    await open(page, car)
    car.say({ gnss: 'silent', position: { ...car.state.position!, ageMs: 83_000 } })
    await page.waitForSelector('[data-gnss=silent]')
    expect(await textOf(page, '.speed')).toBe('--')
    expect(await textOf(page, '.fix-tile')).toMatch(/接收机无应答[\s\S]*1分2\d秒前的位置/)
  })

  given('says in one line what is wrong with the antenna, and what the battery has', async () => {
    const { car, page } = await sit()
    await open(page, car)
    expect(await page.locator('[data-receiver], [data-channel=battery]').count()).toBe(0)
    car.say({
      gnss: 'no_fix',
      receiver: { antenna: 'open', hints: ['time_jump'], refused: { jump: 2 } },
      power: { phase: null, batteryVolts: 12.64 },
    })
    await page.waitForSelector('[data-receiver=open]')
    expect(await textOf(page, '[data-receiver]')).toBe('天线断开，查天线插头')
    expect(await textOf(page, '[data-channel=battery]')).toMatch(/12\.6 V/)
    car.say({ gnss: 'fix', receiver: { antenna: 'ok', hints: [], refused: { jump: 2 } } })
    await page.waitForSelector('[data-receiver]', { state: 'detached' })
  })

  given(
    'counts down to the end of power, stays on at a touch, and is off in words and not in alarm',
    async () => {
      const { car, page } = await sit()
      await open(page, car)
      car.say({ power: { phase: 'standby', batteryVolts: 12.4, endsInMs: 900_000, endsWhy: 'off' } })
      await page.waitForSelector('[data-channel=battery]')
      expect(await page.locator('[data-power]').count()).toBe(0)
      car.say({ power: { phase: 'standby', batteryVolts: 12.4, endsInMs: 184_000, endsWhy: 'off' } })
      await page.waitForSelector('[data-power=off]')
      expect(await textOf(page, '[data-power=off]')).toMatch(/发动机已关，3分\d?秒?后关机[\s\S]*保持开机/)
      await page.click('[data-do=stay_on]')
      await page.waitForSelector('[data-power]', { state: 'detached' })
      expect(car.taps.at(-1)).toEqual({ kind: 'stay_on' })
      car.say({ power: { phase: 'survival', batteryVolts: 10.8, endsInMs: 42_000, endsWhy: 'battery' } })
      await page.waitForSelector('[data-power=battery]')
      expect(await page.locator('[data-do=stay_on]').count()).toBe(0)
      car.say({ power: { phase: 'shutting_down', batteryVolts: 12.4, endsInMs: 0, endsWhy: 'off' } })
      await page.waitForSelector('[data-power=now]')
      car.server.cut(true)
      await page.waitForSelector('.gone[data-power=off]')
      expect(await textOf(page, '.gone')).toMatch(/车载电脑已关机/)
    },
  )

  given('remembers language and theme', async () => {
    const { car, page } = await sit({ orders: [anOrder()] })
    await open(page, car)
    expect(await page.locator('html').getAttribute('data-theme')).toBe('night')
    await page.click('[data-do=language]')
    await page.click('[data-do=theme]')
    await page.waitForSelector('html[lang=en][data-theme=day]')
    expect(await textOf(page, '.huge')).toBe('Sign & go')
    await page.reload()
    await page.waitForSelector('html[lang=en][data-theme=day] .order')
    expect(await textOf(page, '.huge')).toBe('Sign & go')
  })

  given('has no target under 60 px and nothing to scroll, on any screen', async () => {
    const { car, page } = await sit()
    await open(page, car)
    const long = '静轩西路与大同路交叉口西北角农贸市场东门内第三排摊位附近，'.repeat(6)
    const screens: Partial<TerminalState>[] = [
      {},
      { panel: 'silent', store: 'poisoned', clockQuality: 'none', link: 'down' },
      {
        gnss: 'no_fix',
        receiver: { antenna: 'open', hints: [], refused: {} },
        power: { phase: 'survival', batteryVolts: 11.4 },
      },
      { orders: [anOrder({ place: { lat: 35, lon: 117, text: long } }), anOrder({ orderId: 'order-2' })] },
      { orders: [anOrder({ step: 'signed' })] },
    ]
    let seen = 0
    for (const [width, height] of [
      [1280, 800],
      [1024, 600],
    ] as const)
      for (const screen of screens) {
        await page.setViewportSize({ width, height })
        car.say({ orders: [], panel: 'ok', ...screen })
        const first = screen.orders?.[0]
        await page.waitForSelector(first === undefined ? '.idle' : `.order[data-step=${first.step}]`)
        for (const button of await page.locator('button').all()) {
          const box = (await button.boundingBox())!
          seen += 1
          expect(Math.min(box.width, box.height), await button.innerText()).toBeGreaterThanOrEqual(60)
          expect(box.y + box.height).toBeLessThanOrEqual(height)
        }
        const hidden = await page.evaluate(
          `[...document.querySelectorAll('.tile, .order, .order-body, .channel, .huge, .small-action, .panic, .header')]
             .filter(e => e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2).map(e => e.className)`,
        )
        expect(hidden, `${width} ${JSON.stringify(screen).slice(0, 60)}`).toEqual([])
      }
    expect(seen).toBeGreaterThan(25)
  })

  given('broke no policy, asked nobody but the car and threw nothing in all of the above', () => {
    expect(errors).toEqual([])
    expect(strays).toEqual([])
    expect(requests).toBeGreaterThan(30)
    return Promise.resolve()
  })
})
