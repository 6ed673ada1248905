import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

/** What we are measured beside lives in a folder of its own, never among our dependencies. */
const PEERS_DIR = resolve('.peers')
const INSTALL_WITHIN_MS = 300_000

export type NpmPeer = { readonly version: string; readonly module: unknown }

/** A package of the registry at an exact version, installed when it is not there yet, and loaded. Throws without a registry. */
export function npmPeer(name: string, version: string): NpmPeer {
  const home = join(PEERS_DIR, `${name.replaceAll('/', '-')}-${version}`)
  const manifest = join(home, 'node_modules', name, 'package.json')
  if (!existsSync(manifest)) {
    mkdirSync(home, { recursive: true })
    const flags = ['--no-save', '--no-fund', '--no-audit', '--ignore-scripts', '--silent']
    execFileSync('npm', ['install', '--prefix', home, ...flags, `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: INSTALL_WITHIN_MS,
    })
  }
  const installed = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
  return { version: installed.version, module: createRequire(manifest)(name) }
}

/** What a program of the system says of its version, or undefined when it is not installed. */
export function programVersion(program: string, ...args: readonly string[]): string | undefined {
  const said = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 })
  return said.error === undefined ? `${said.stdout}${said.stderr}`.trim().split('\n')[0] : undefined
}
