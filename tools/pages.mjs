/*
 * The pages: one Vite build each, root = the web folder beside the routes that feed it.
 *
 *     node tools/pages.mjs            builds all of them
 *     node tools/pages.mjs map        builds one
 *
 * A page is built into a folder of its own and then moved into place, so a reader never sees half of one.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Served at `/` by the process named; the folder holds `index.html`. */
export const PAGES = [
  { name: 'map', web: 'gateway/map/web' },
  { name: 'terminal', web: 'agent/terminal/web' },
  { name: 'operator', web: 'gateway/operator/web' },
  { name: 'sim', web: 'sim/web' },
  { name: 'technician', web: 'agent/provisioning/web' },
  { name: 'kiosk', web: 'agent/kiosk/web' },
  { name: 'desk', web: 'agent/desk/web' },
]

/** Builds one page into `dist/pages/<name>`; returns its bytes by kind, so growth is seen. */
export async function buildPage({ name, web }) {
  const { build } = await import('vite')
  const outDir = join(ROOT, 'dist', `.page-${name}-${process.pid}`)
  const target = join(ROOT, 'dist/pages', name)
  try {
    const output = await build({
      root: join(ROOT, web),
      base: './',
      configFile: false,
      logLevel: 'warn',
      // Node's own `imports` resolve '#protocols/…'; no alias table to keep in step.
      oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      worker: { format: 'es' },
      build: {
        outDir,
        emptyOutDir: true,
        target: 'es2023',
        // A data: URL would need a hole in the content security policy.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 2000,
        reportCompressedSize: false,
        // How long plugins took on a busy machine is no news for somebody who starts the demo.
        rolldownOptions: { checks: { pluginTimings: false } },
      },
    })
    mkdirSync(dirname(target), { recursive: true })
    rmSync(target, { recursive: true, force: true })
    renameSync(outDir, target)
    return sizeOf(output)
  } finally {
    rmSync(outDir, { recursive: true, force: true })
  }
}

const sizeOf = output =>
  [output]
    .flat()
    .flatMap(part => part.output)
    .reduce((sum, file) => sum + (file.code ?? file.source ?? '').length, 0)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2)
  for (const page of PAGES) {
    if (wanted.length > 0 && !wanted.includes(page.name)) continue
    const startedMs = performance.now()
    const bytes = await buildPage(page)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    process.stderr.write(`page ${page.name}: ${Math.round(bytes / 1024)} KiB in ${seconds} s\n`)
  }
}
