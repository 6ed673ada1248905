import { cp, mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkTable } from '#protocols/leveldb/table-check.ts'

/** A LevelDB directory beside the high-water file. */
export type StoreDir = { readonly epoch: string; readonly path: string; readonly bytes: number }

/** The stores in `dir`, the one with most bytes first: with the high-water file gone, that is the one to believe. */
export async function storesIn(dir: string): Promise<readonly StoreDir[]> {
  const names = (await readdir(dir)).filter(name => /^db-[0-9a-f]{16}$/.test(name))
  const sized = await Promise.all(
    names.map(async name => ({
      epoch: name.slice(3),
      path: join(dir, name),
      bytes: await bytesIn(join(dir, name)),
    })),
  )
  return sized.sort((a, b) => b.bytes - a.bytes)
}

/** Removes every store but the one that counts: what an interrupted repair left behind. */
export async function discardStores(dir: string, keepEpoch: string): Promise<void> {
  const old = (await storesIn(dir)).filter(store => store.epoch !== keepEpoch)
  for (const { path } of old) await rm(path, { recursive: true, force: true })
  if (old.length > 0) await syncDir(dir)
}

/**
 * Copies a damaged store to `quarantine`, replacing the copy before it, so that disk use stays bounded. False when there is
 * no room or nothing to copy: mending goes on without the evidence.
 */
export async function copyAside(dir: string, path: string): Promise<boolean> {
  const aside = join(dir, 'quarantine')
  try {
    await rm(aside, { recursive: true, force: true })
    await cp(path, aside, { recursive: true })
    return true
  } catch {
    await rm(aside, { recursive: true, force: true })
    return false
  }
}

export async function moveAside(dir: string, path: string): Promise<void> {
  await rm(join(dir, 'quarantine'), { recursive: true, force: true })
  await rename(path, join(dir, 'quarantine'))
}

/** Makes names in a directory survive a power cut. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Tables that are not as LevelDB wrote them (`table-check.ts`); none where there is no store. */
export async function rottenTables(
  path: string,
): Promise<readonly { readonly file: string; readonly danger: string | null }[]> {
  const names = await readdir(path).catch(() => [])
  const rotten: { file: string; danger: string | null }[] = []
  for (const name of names.filter(n => /\.(ldb|sst)$/.test(n))) {
    const file = join(path, name)
    const { isIntact, danger } = checkTable(await readFile(file))
    if (!isIntact) rotten.push({ file, danger })
  }
  return rotten
}

const BALLAST = 'ballast'

/** Laid down only where there is plenty: what was just given up must not take the room it made. */
const ROOM_PER_BALLAST = 3

/** Real bytes, not a hole in a file. On a disk without room for it we go on without. */
export async function keepBallast(dir: string, bytes: number): Promise<void> {
  const path = join(dir, BALLAST)
  const there = await stat(path).catch(() => null)
  if (there?.size === bytes || bytes === 0) return
  const { bavail, bsize } = await statfs(dir)
  if (bavail * bsize < ROOM_PER_BALLAST * bytes) return
  await writeFile(path, Buffer.alloc(bytes, 'ballast ')).catch(() => rm(path, { force: true }))
}

/** True when there was some to give up. It is laid down again when the store is opened next and there is room. */
export async function dropBallast(dir: string): Promise<boolean> {
  const there = await stat(join(dir, BALLAST)).catch(() => null)
  await rm(join(dir, BALLAST), { force: true })
  return there !== null
}

async function bytesIn(dir: string): Promise<number> {
  await mkdir(dir, { recursive: true })
  const names = await readdir(dir)
  const sizes = await Promise.all(
    names.map(async name => (await stat(join(dir, name)).catch(() => null))?.size ?? 0),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
