import { spawnSync } from 'node:child_process'

/** Tests of processes and pages run what ships: the bundle. Built once per run, only when something changed. */
export function setup(): void {
  if (process.env['REACH5_NO_BUILD']) return
  const built = spawnSync(process.execPath, ['tools/build.mjs', '--if-changed'], { stdio: 'inherit' })
  if (built.status !== 0) throw new Error('the build failed; see above')
}
