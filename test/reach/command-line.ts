import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** Runs `reach5 ARGS`, as it is run here (the sources or the bundle), its standard output into a file. Throws unless exit 0. */
export function reach5Into(outFile: string, ...args: readonly string[]): void {
  const out = openSync(outFile, 'w')
  const ran = spawnSync(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    stdio: ['ignore', out, 'inherit'],
  })
  closeSync(out)
  if (ran.status !== 0) throw new Error(`reach5 ${args.join(' ')} ended with ${ran.status}`)
}
