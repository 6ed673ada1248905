import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** WebGL without a graphics card: the map must draw on a CI machine too. */
const SOFTWARE_WEBGL = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
]

const NO_WEBGL = ['--disable-gpu', '--disable-3d-apis']

/**
 * A headless Chromium, looked for in this order: `CHROME_PATH`, a Chromium on PATH, the one that comes by npm. When none
 * starts: an error in CI, elsewhere `null` after a loud line, so that a test can count itself as skipped.
 */
export async function openBrowser(options: { readonly webgl?: boolean } = {}): Promise<Browser | null> {
  // The packaged one brings arguments for one-shot functions (single process, no web security): not for a test.
  const args = [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    ...(options.webgl === false ? NO_WEBGL : SOFTWARE_WEBGL),
  ]
  try {
    const executablePath =
      executableOf() ?? (await (await import('@sparticuz/chromium')).default.executablePath())
    return await chromium.launch({ executablePath, args })
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    if (process.env['CI'] !== undefined)
      throw new Error(`no Chromium starts here: ${detail}`, { cause: error })
    console.warn(`SKIPPED browser tests: no Chromium starts here. Set CHROME_PATH. ${detail.slice(0, 400)}`)
    return null
  }
}

/** How long a page may take to show what it must: a guard against what never comes; a slow machine is not a failure. */
const PATIENCE_MS = 60_000

/** A context with the locale always set: the npm Chromium otherwise says `en-US@posix`, which breaks Intl. */
export async function openContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  return context
}

function executableOf(): string | null {
  const told = process.env['CHROME_PATH']
  if (told !== undefined && told !== '') return told
  for (const dir of (process.env['PATH'] ?? '').split(delimiter))
    for (const name of NAMES) if (dir !== '' && isExecutable(join(dir, name))) return join(dir, name)
  return null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
