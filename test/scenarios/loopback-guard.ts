import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const GUARD = fileURLToPath(new URL('../setup/loopback-only.cjs', import.meta.url))

/** Environment for a process, and all it starts, that may speak to this computer alone; what else it tried is in `file`. */
export const underGuard = (file: string): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_OPTIONS: `--require ${GUARD}`,
  REACH5_STRAYS: file,
})

/** How many processes were under guard, and what they tried to reach beyond this computer. */
export function straysIn(file: string): { readonly guarded: number; readonly strays: readonly string[] } {
  const lines = readFileSync(file, 'utf8').split('\n')
  return {
    guarded: lines.filter(line => line.startsWith('guard ')).length,
    strays: lines.filter(line => line.startsWith('stray ')),
  }
}
