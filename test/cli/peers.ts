import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What we are measured beside lives in a folder of its own, never among our dependencies. */
const PEERS_DIR = resolve('.peers')
const INSTALL_WITHIN_MS = 300_000

export type NpmPeer = { readonly version: string; readonly module: unknown; readonly home: string }

/** A package of the registry at an exact version, installed when it is not there yet, and loaded. Throws without a registry. */
export function npmPeer(name: string, version: string): NpmPeer {
  const { home, manifest } = installed(name, version)
  return { version: manifest.version, module: createRequire(join(home, 'package.json'))(name), home }
}

/** The same for a package that can only be imported. */
export async function npmPeerModule(name: string, version: string): Promise<NpmPeer> {
  const { home, manifest } = installed(name, version)
  const { exports, module, main } = manifest
  const entry =
    typeof exports === 'string' ? exports : (exports?.['.']?.import ?? module ?? main ?? 'index.js')
  const url = pathToFileURL(join(home, entry)).href
  return { version: manifest.version, module: (await import(url)) as unknown, home }
}

type Manifest = {
  readonly version: string
  readonly main?: string
  readonly module?: string
  readonly exports?: string | { readonly '.'?: { readonly import?: string } }
}

function installed(name: string, version: string): { readonly home: string; readonly manifest: Manifest } {
  const prefix = join(PEERS_DIR, `${name.replaceAll('/', '-')}-${version}`)
  const home = join(prefix, 'node_modules', name)
  const file = join(home, 'package.json')
  if (!existsSync(file)) {
    mkdirSync(prefix, { recursive: true })
    const flags = ['--no-save', '--no-fund', '--no-audit', '--ignore-scripts', '--silent']
    execFileSync('npm', ['install', '--prefix', prefix, ...flags, `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: INSTALL_WITHIN_MS,
    })
  }
  return { home, manifest: JSON.parse(readFileSync(file, 'utf8')) as Manifest }
}

/** What a program of the system says of its version, or undefined when it is not installed. */
export function programVersion(program: string, ...args: readonly string[]): string | undefined {
  const said = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 })
  return said.error === undefined ? `${said.stdout}${said.stderr}`.trim().split('\n')[0] : undefined
}
