import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBrowser, openContext } from './chromium.ts'
import { openLoneStation } from './lone-station.ts'
import type { LoneStation } from './lone-station.ts'
import { watchPage } from './page-watch.ts'
import type { PageWatch } from './page-watch.ts'

const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const browser: Browser | null = await openBrowser({ webgl: false })
afterAll(() => browser?.close())

const PLANTED = { phone: '13987654321', name: '阿依古丽·买买提', story: '穿蓝色雨衣的人抢走了祖母绿手镯' }

/*
 * The visitors' page over a whole station that never reaches a gateway: every test here is offline.
 */
describe.skipIf(browser === null)('the kiosk', () => {
  let lone: LoneStation
  let context: BrowserContext
  let page: Page
  let watch: PageWatch
  let taps = 0

  beforeEach(async () => {
    lone = await openLoneStation()
    context = await openContext(browser!, {
      viewport: { width: 1080, height: 1920 },
      reducedMotion: 'reduce',
    })
    page = await context.newPage()
    watch = await watchPage(page)
    await page.clock.install()
    taps = 0
    await page.goto(lone.kioskUrl)
    await page.waitForSelector('.doors')
  }, 60_000)
  afterEach(async () => {
    expect(watch.errors).toEqual([])
    expect(await watch.violations()).toEqual([])
    expect(watch.hosts().filter(host => host !== '127.0.0.1')).toEqual([])
    await context.close()
    await lone.close()
  })

  const tap = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) {
      await page.click(`[data-choice="${name}"]`)
      taps++
    }
  }
  const attract = (): Promise<unknown> => page.waitForSelector('[data-step=attract] .doors')
  const axe = async (of: Page = page): Promise<string[]> => {
    await of.evaluate(AXE)
    return of.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
      }
      return (await axe.run()).violations.map(
        v =>
          `${v.id}: ${v.nodes
            .map(n => n.html)
            .join(' ')
            .slice(0, 300)}`,
      )
    })
  }

  it('takes a report in Chinese in eight taps, without a key pressed or a network', async () => {
    await tap('report', 'safe', 'theft', 'here', 'now', 'none', 'none', 'submit')
    const number = await page.getAttribute('[data-number]', 'data-number')
    expect(number).toMatch(/^K-07A-\d{4}-\d{4}-.$/)
    expect(taps).toBeLessThanOrEqual(9)
    console.log(`kiosk: ${taps} taps to ${number}`)
    expect(await page.textContent('h1')).toBe('已经收到了')
    expect(lone.station.kiosk().link).toBe('down')
    expect(lone.station.desk().items).toMatchObject([{ kind: 'report', number, delivered: false }])
    expect(await page.locator('.qr').count()).toBe(1)
  })

  it('shows no number while the store refuses, keeps what was told, and takes it on the next try', async () => {
    await tap('report', 'safe', 'fraud', 'here', 'today', 'none', 'none')
    lone.disk.failNextWrite()
    await tap('submit')
    await page.waitForSelector('.refused')
    expect(await page.locator('[data-number]').count()).toBe(0)
    expect(await page.textContent('.told')).toContain('被骗钱了')
    await expect
      .poll(async () => {
        if (await page.locator('[data-number]').count()) return true
        await page.click('[data-choice=submit]', { timeout: 1_000 }).catch(() => {})
        return false
      })
      .toBe(true)
  })

  it('calls for help with one touch, asks nothing, and tells when the desk knows', async () => {
    await tap('report', 'danger')
    await page.waitForSelector('[data-step=emergency]')
    await expect.poll(() => lone.station.desk().items.map(i => i.kind)).toEqual(['alarm'])
    expect(await page.locator('input, textarea').count()).toBe(0)
    const desk = await context.newPage()
    await desk.goto(lone.deskUrl)
    await desk.click('.item[data-kind=alarm] .take')
    await page.waitForSelector('.knows li[data-knows=true]')
    expect(await axe(desk)).toEqual([])
  })

  it('goes back to the first page within 200 ms of the way out, with nothing told left', async () => {
    await tap('report', 'safe', 'theft', 'here', 'now', 'typed')
    await page.fill('textarea', PLANTED.story)
    // Measured in the page: from the touch until nothing of the visitor is drawn any more.
    const tookMs = await page.evaluate<number>(`new Promise(resolve => {
      const fromMs = performance.now()
      document.querySelector('[data-do=exit]').click()
      const look = () => document.querySelector('textarea') === null
        ? resolve(performance.now() - fromMs) : void Promise.resolve().then(look)
      look()
    })`)
    await attract()
    expect(tookMs).toBeLessThanOrEqual(200)
    expect(await page.content()).not.toContain(PLANTED.story)
  })

  it('warns a silent visitor, gives more time as often as wanted, then forgets everything', async () => {
    await tap('report', 'safe', 'theft')
    for (let times = 0; times < 10; times++) {
      await page.clock.fastForward(65_000)
      await page.waitForSelector('.asks')
      await page.click('[data-do=more]')
      await page.waitForSelector('.asks', { state: 'detached' })
    }
    expect(await page.getAttribute('.page', 'data-step')).toBe('where')
    await page.clock.fastForward(65_000)
    const left = Number(/\d+/.exec((await page.textContent('.left'))!)![0])
    expect(left).toBeGreaterThanOrEqual(20)
    expect(await axe()).toEqual([])
    await page.clock.fastForward(40_000)
    await attract()
    expect(lone.station.desk().items).toEqual([])
  }, 90_000)

  it('finds nothing wrong for whoever cannot see or point, on every page, day and night', async () => {
    const found: string[] = []
    const look = async (name: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.waitForTimeout(150)
        found.push(...(await axe()).map(finding => `${name} ${colorScheme}: ${finding}`))
      }
    }
    await look('attract')
    for (const name of ['report', 'safe', 'theft', 'here', 'now', 'none', 'phone']) {
      await tap(name)
      await look(name)
    }
    for (const key of PLANTED.phone) await page.click(`[data-key="${key}"]`)
    await tap('dialled')
    await look('check')
    await tap('submit')
    await page.waitForSelector('[data-number]')
    await look('receipt')
    await page.click('[data-do=emergency]')
    await look('emergency')
    expect(found).toEqual([])
  }, 90_000)
})

/** Every file a browser wrote for this visitor, as text of one byte and of two. */
function filesHold(dir: string, words: readonly string[]): string[] {
  const needles = words.flatMap(word => [Buffer.from(word, 'utf8'), Buffer.from(word, 'utf16le')])
  return readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap(entry => {
    if (!entry.isFile()) return []
    try {
      const bytes = readFileSync(join(entry.parentPath, entry.name))
      return needles.some(needle => bytes.includes(needle)) ? [entry.name] : []
    } catch {
      return []
    }
  })
}

async function heapOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page)
  const chunks: string[] = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk))
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  await session.detach()
  // Strings are written as JSON; what is not ASCII may be escaped.
  const text = chunks.join('')
  return text.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

describe.skipIf(browser === null)('a visitor who walked away', () => {
  it('has left nothing in the page’s memory, storage, files or the station’s log and disk', async () => {
    const lone = await openLoneStation()
    const profile = mkdtempSync(join(tmpdir(), 'reach5-kiosk-'))
    const { chromium } = await import('playwright-core')
    const executablePath =
      process.env['CHROME_PATH'] ?? (await (await import('@sparticuz/chromium')).default.executablePath())
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
      locale: 'zh-CN',
      viewport: { width: 1280, height: 800 },
    })
    try {
      const page = context.pages()[0] ?? (await context.newPage())
      const told: string[] = []
      page.on('console', message => told.push(message.text()))
      await page.clock.install()
      await page.goto(lone.kioskUrl)
      for (const name of ['report', 'safe', 'theft', 'here', 'now', 'typed'])
        await page.click(`[data-choice="${name}"]`)
      await page.fill('textarea', PLANTED.story)
      for (const name of ['written', 'phone']) await page.click(`[data-choice="${name}"]`)
      for (const key of PLANTED.phone) await page.click(`[data-key="${key}"]`)
      await page.fill('input', PLANTED.name)
      await page.click('[data-choice=dialled]')

      const words = Object.values(PLANTED)
      const during = await heapOf(page)
      // The search finds what is there, so that finding nothing means something.
      for (const word of words) expect(during.includes(word), word).toBe(true)

      await page.clock.fastForward(62_000)
      await page.waitForSelector('.asks')
      // Leaving begins a new document: at once, or when the station is heard again after the clock's jump.
      const anew = page.waitForEvent('framenavigated')
      await page.clock.fastForward(31_000)
      await anew
      await page.waitForSelector('[data-step=attract] .doors')
      const after = await heapOf(page)
      for (const word of words) expect(after.includes(word), word).toBe(false)
      const kept = await page.evaluate<Record<string, unknown>>(`(async () => ({
        html: document.documentElement.outerHTML,
        local: JSON.stringify(localStorage),
        session: JSON.stringify(sessionStorage),
        cookies: document.cookie,
        databases: (await indexedDB.databases()).length,
        caches: (await caches.keys()).length,
      }))()`)
      expect(kept).toMatchObject({ local: '{}', session: '{}', cookies: '', databases: 0, caches: 0 })
      await context.close()
      const everything = [
        kept.html,
        ...told,
        JSON.stringify(lone.log),
        JSON.stringify([...lone.disk.rows]),
      ].join('')
      for (const word of words) expect(everything.includes(word), word).toBe(false)
      expect(filesHold(profile, words)).toEqual([])
      console.log(
        `kiosk: heap ${(during.length / 1e6).toFixed(1)} MB held 3 planted strings, after idle none; profile clean`,
      )
    } finally {
      await context.close()
      await lone.close()
      rmSync(profile, { recursive: true, force: true })
    }
  }, 90_000)
})
