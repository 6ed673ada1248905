/*
 * Builds what a vehicle and a command centre run:
 *
 *     node tools/build.mjs                  everything
 *     node tools/build.mjs --if-changed     only what has other sources than the last build
 *     node tools/build.mjs --only pages     pages | processes | map | terminal
 *
 *     dist/agent.js gateway.js sim.js reach5.js   entries; shared code in dist/chunk-*.js
 *     dist/reach5                                 the command: reach5.js, a gateway with the flags it is to be started with
 *     dist/*-worker.js                            workers, beside every chunk that starts them by a relative URL
 *     dist/pages/<name>/                          pages
 *     dist/.build.json                            hash of the sources of each part
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PAGES, ROOT, buildPage } from './pages.mjs'

const ROOMS = ['protocols', 'hardware', 'agent', 'gateway', 'sim']
const ENTRIES = {
  agent: 'agent/main.ts',
  gateway: 'gateway/main.ts',
  sim: 'sim/main.ts',
  reach5: 'reach5.ts',
  'start-flags': 'gateway/start-flags.ts',
}

/** Native code and packages that find their own files beside themselves; installed, never bundled. */
const EXTERNAL = ['classic-level', '@serialport/bindings-cpp', '@lydell/node-pty', 'osm-pbf-parser-node']
/** Tools of a checkout that a shipped verb never needs. */
const CHECKOUT_ONLY = [
  'tsx',
  'tsx/*',
  'vite',
  'esbuild',
  'typescript',
  'vitest',
  'playwright-core',
  '@sparticuz/chromium',
  'fast-check',
]

const STAMP = join(ROOT, 'dist/.build.json')
const SHARED_INPUTS = ['package.json', 'package-lock.json', 'tools/build.mjs', 'tools/pages.mjs']

const parts = [
  {
    name: 'processes',
    output: 'dist/reach5.js',
    isInput: path => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('/web/'),
    folders: ROOMS,
    files: ['reach5.ts', ...SHARED_INPUTS],
    build: buildProcesses,
  },
  ...PAGES.map(page => ({
    name: page.name,
    output: `dist/pages/${page.name}/index.html`,
    isInput: path => !path.endsWith('.test.ts'),
    folders: [page.web, 'protocols'],
    files: [...SHARED_INPUTS, 'tsconfig.web.json'],
    build: async () => `${Math.round((await buildPage(page)) / 1024)} KiB`,
  })),
]

const say = line => process.stderr.write(`${line}\n`)

function sourcesOf(part) {
  const found = part.files.filter(file => existsSync(join(ROOT, file)))
  for (const folder of part.folders) {
    if (!existsSync(join(ROOT, folder))) continue
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && part.isInput(path)) found.push(path.slice(ROOT.length + 1))
    }
  }
  return found.sort()
}

function hashOf(part) {
  const hash = createHash('sha256')
  for (const file of sourcesOf(part)) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}

async function buildProcesses() {
  const { build } = await import('esbuild')
  const entryPoints = {}
  for (const [name, file] of Object.entries(ENTRIES)) {
    if (existsSync(join(ROOT, file))) entryPoints[name] = join(ROOT, file)
    else say(`build: ${file} does not exist yet, skipped`)
  }
  for (const file of sourcesOf(parts[0]).filter(file => file.endsWith('-worker.ts')))
    entryPoints[basename(file, '.ts')] = join(ROOT, file)
  if (Object.keys(entryPoints).length === 0) return 'nothing to build'

  const result = await build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir: join(ROOT, 'dist'),
    // Flat on purpose: `new URL('./pages', import.meta.url)` means the same in every entry and chunk.
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    minifyWhitespace: true,
    minifySyntax: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    external: [...EXTERNAL, ...CHECKOUT_ONLY],
    plugins: [absentVerbs, oneLocale, noTracing, noNumbersKept],
    // CommonJS inside an ESM bundle asks for `require`.
    banner: {
      js: "import { createRequire as reach5CreateRequire } from 'node:module'; const require = reach5CreateRequire(import.meta.url);",
    },
  })
  dropOld(Object.keys(result.metafile.outputs).map(file => basename(file)))
  await writeCommand()
  const bytes = Object.values(result.metafile.outputs).reduce((sum, file) => sum + file.bytes, 0)
  return `${Object.keys(entryPoints).join(' ')}, ${Math.round(bytes / 1024)} KiB with source maps`
}

/** Flags and settings of a process can only be given to it by whoever starts it: here, for all who type `reach5 gateway`. */
async function writeCommand() {
  // Another address for every build of one process: what was imported once is not read again.
  const { GATEWAY_START } = await import(`${pathToFileURL(join(ROOT, 'dist/start-flags.js'))}?${Date.now()}`)
  const settings = Object.entries(GATEWAY_START.env).map(([name, value]) => `${name}=${value}`)
  const command = `#!/bin/sh
# Made by tools/build.mjs; how a gateway is started is written in gateway/start-flags.ts.
here=$(dirname "$(readlink -f "$0")")
if [ "$1" = gateway ]; then
  export ${settings.join(' ')}
  exec node ${GATEWAY_START.execArgv.join(' ')} "$here/reach5.js" "$@"
fi
exec node "$here/reach5.js" "$@"
`
  writeFileSync(join(ROOT, 'dist/reach5'), command, { mode: 0o755 })
}

/** A verb that is not written yet fails when it is called, not when the others are built. */
const absentVerbs = {
  name: 'absent-verbs',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import' || existsSync(join(resolveDir, path))) return undefined
      say(`build: ${path} does not exist yet, skipped`)
      return { path, external: true }
    })
  },
}

/** zod brings its messages in fifty languages; ours are made from its issues, and English is what a log has. */
const oneLocale = {
  name: 'one-locale',
  setup(build) {
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: dirname(path),
    }))
  },
}

/** Libraries trace every packet into a log that nobody reads here; even switched off it makes a list of words for each. */
const noTracing = {
  name: 'no-tracing',
  setup(build) {
    build.onLoad({ filter: /node_modules[\\/]debug[\\/]src[\\/]index\.js$/ }, () => ({
      contents:
        'const off = () => {}; off.enabled = false; off.extend = () => off; off.log = off; module.exports = () => off',
    }))
  },
}

/** The codec keeps a buffer for each of 65,536 packet numbers, 7 MB a process, to save the making of two bytes. */
const noNumbersKept = {
  name: 'no-numbers-kept',
  setup(build) {
    build.onLoad({ filter: /node_modules[\\/]mqtt-packet[\\/]writeToStream\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const kept = 'let writeNumber = writeNumberCached\nlet toGenerate = true\n'
      if (!source.includes(kept)) throw new Error(`${path} keeps its numbers in another way: look again`)
      return {
        contents: source.replace(kept, 'let writeNumber = writeNumberGenerated\nlet toGenerate = false\n'),
      }
    })
  },
}

/** Chunks of earlier builds have other names and would pile up. */
function dropOld(kept) {
  for (const name of readdirSync(join(ROOT, 'dist')))
    if (/\.js(\.map)?$/.test(name) && !kept.includes(name)) rmSync(join(ROOT, 'dist', name))
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'))
  } catch {
    return {}
  }
}

async function main(argv) {
  const startedMs = performance.now()
  const ifChanged = argv.includes('--if-changed')
  const only = argv.includes('--only') ? argv[argv.indexOf('--only') + 1] : 'all'
  const chosen = parts.filter(
    part => only === 'all' || only === part.name || (only === 'pages' && part.name !== 'processes'),
  )
  if (chosen.length === 0) {
    say(`build: --only ${only} is none of pages, ${parts.map(part => part.name).join(', ')}`)
    return 2
  }
  const before = readStamp()
  const due = chosen
    .map(part => ({ ...part, hash: hashOf(part) }))
    .filter(part => !ifChanged || isDue(part, before))
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  await Promise.all(
    due.map(async part => {
      const partStartedMs = performance.now()
      const words = await part.build()
      say(`build: ${part.name} in ${secondsSince(partStartedMs)} s (${words})`)
    }),
  )
  if (due.length > 0)
    writeStamp({ ...readStamp(), ...Object.fromEntries(due.map(part => [part.name, part.hash])) })
  say(
    due.length === 0
      ? `build: nothing changed (${secondsSince(startedMs)} s)`
      : `build: done in ${secondsSince(startedMs)} s`,
  )
  return 0
}

const isDue = (part, before) =>
  before[part.name] !== part.hash ||
  (!existsSync(join(ROOT, part.output)) &&
    sourcesOf(part).some(file => file === 'reach5.ts' || file.endsWith('index.html')))

const secondsSince = startedMs => ((performance.now() - startedMs) / 1000).toFixed(1)

function writeStamp(stamp) {
  const next = `${STAMP}.${process.pid}`
  writeFileSync(next, `${JSON.stringify(stamp, null, 2)}\n`)
  renameSync(next, STAMP)
}

process.exitCode = await main(process.argv.slice(2)).catch(error => {
  say(`build: failed: ${error?.message ?? error}`)
  return 1
})
