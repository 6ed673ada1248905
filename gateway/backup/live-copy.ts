import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/*
 * A LevelDB directory is copied while a process works in it. Tables are written once, log and manifest only grow at their
 * end, so any beginning of them is a state the store has been in, as after a power cut. One thing may not happen on the
 * way: that a table or a log is replaced by others, which the manifest records. So
 *
 *     hold every file by a hard link  ->  copy CURRENT and MANIFEST  ->  hold what is new
 *     did the manifest change meanwhile?  then let go and begin again
 *     copy what is held, logs in their order
 *
 * What was committed with sync before the copy began is in it. A log that goes on growing gives its beginning.
 */
const TRIES = 20

/** Copies the store in `from` to `to`, which does not exist yet; false when the store never held still. */
export async function copyLiveStore(from: string, to: string): Promise<boolean> {
  // On the same file system, or there are no hard links.
  const held = `${from}.backup-${process.pid}`
  await forgetDead(from)
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      await rm(to, { recursive: true, force: true })
      await rm(held, { recursive: true, force: true })
      await Promise.all([mkdir(held), mkdir(to, { recursive: true, mode: 0o700 })])
      if (!(await holdStill(from, held, to))) continue
      for (const name of (await readdir(held)).sort()) await copyFile(join(held, name), join(to, name))
      return true
    }
    return false
  } finally {
    await rm(held, { recursive: true, force: true })
  }
}

/** A copy that was killed leaves its links, and by them tables nobody needs. */
async function forgetDead(from: string): Promise<void> {
  const own = `${basename(from)}.backup-`
  for (const name of await readdir(dirname(from))) {
    if (!name.startsWith(own) || isAlive(Number(name.slice(own.length)))) continue
    await rm(join(dirname(from), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** True when everything the copied manifest may speak of is held. */
async function holdStill(from: string, held: string, to: string): Promise<boolean> {
  const before = await manifestsOf(from)
  await hold(from, held)
  try {
    for (const name of ['CURRENT', ...Object.keys(before)]) await copyFile(join(from, name), join(to, name))
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
  await hold(from, held)
  return JSON.stringify(await manifestsOf(from)) === JSON.stringify(before)
}

async function hold(from: string, held: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (!/^\d+\.(ldb|sst|log)$/.test(name)) continue
    await link(join(from, name), join(held, name)).catch((error: unknown) => {
      // Deleted since it was listed: then the manifest has changed, and that is seen. Held already: well.
      if (!isGone(error) && (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
  }
}

/** Names of the manifests with their lengths. */
async function manifestsOf(from: string): Promise<Readonly<Record<string, number>>> {
  const names = (await readdir(from)).filter(name => name.startsWith('MANIFEST-')).sort()
  const sizes = await Promise.all(
    names.map(async name => [name, (await stat(join(from, name)).catch(() => null))?.size ?? 0] as const),
  )
  return Object.fromEntries(sizes)
}

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
