import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileFault } from '#protocols/cli/file-fault.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { inspectLedger, isLedgerHeld, markRestored } from '../ledger/level-ledger.ts'
import { copyLiveStore } from './live-copy.ts'
import { BACKUP_FORMAT, MANIFEST, parseManifest } from './manifest.ts'
import type { Manifest } from './manifest.ts'

/*
 *     backup.json                what is here, with lengths and checksums; written last
 *     ledger/                    the store, opened once and read from end to end after it was copied
 *     ledger.json, identity/     who this gateway is: a backup holds its keys and is as secret as they are
 */
const LEDGER = 'ledger'

/** Left in a store by whoever had it open; says nothing. */
const SAYS_NOTHING = /^(LOCK|LOG(\.old)?)$/

/**
 * Copies the gateway in `data`, which may be running, to the new directory `to`. Faults: `FILE_ABSENT` where no gateway lives,
 * `DIR_NOT_EMPTY`, `DATA_BUSY` when the ledger never held still, `FILE_BROKEN` when the copy cannot be read back.
 */
export async function backUp(data: string, to: string, at: string): Promise<Result<Manifest>> {
  if (!existsSync(join(data, 'ledger.json'))) return fault('FILE_ABSENT', `${data}: no gateway lives here`)
  if (!(await isEmpty(to))) return fault('DIR_NOT_EMPTY', `${to} is not empty`)
  try {
    await mkdir(to, { recursive: true, mode: 0o700 })
    await chmod(to, 0o700)
    if (!(await copyLiveStore(join(data, LEDGER), join(to, LEDGER))))
      return fault('DATA_BUSY', `${data}: the ledger never held still`)
    for (const path of await filesBelow(data, isKept)) await copyInto(data, to, path)
    const found = await inspectLedger(to)
    if (!found.ok) return found
    const paths = await filesBelow(to, () => true)
    const files = await Promise.all(paths.map(path => entryOf(to, path)))
    const manifest: Manifest = { v: BACKUP_FORMAT, at, ...found.value, files }
    await sealWith(to, manifest)
    return ok(manifest)
  } catch (error) {
    return fault('FILE_UNWRITABLE', `${to}: ${(error as Error).message}`)
  }
}

/** What of a gateway's directory is copied as it lies; each of these files is replaced as a whole by whoever changes it. */
const isKept = (path: string): boolean =>
  path === 'ledger.json' || (path.startsWith('identity/') && !path.endsWith('.new'))

/**
 * Makes `data` a gateway again from the backup in `from`. Everything is checked before anything is written. The next boot
 * opens a new generation, by which every agent sees that it has to send again. Faults: `FILE_ABSENT`, `FILE_BROKEN`,
 * `FORMAT_UNKNOWN`, `DATA_IN_USE` and `DIR_NOT_EMPTY` of the target, `FILE_UNWRITABLE`.
 */
export async function restore(from: string, data: string): Promise<Result<Manifest>> {
  const checked = await checkBackup(from)
  if (!checked.ok) return checked
  if (await isLedgerHeld(data)) return fault('DATA_IN_USE', `${data}: a gateway is running here`)
  if (!(await isEmpty(data)))
    return fault('DIR_NOT_EMPTY', `${data} is not empty; restore into a new directory`)
  const half = `${data.replace(/\/+$/, '')}.restoring`
  try {
    await rm(half, { recursive: true, force: true })
    for (const { path } of checked.value.files) await copyInto(from, half, path)
    await markRestored(half)
    await syncFile(half)
    await rm(data, { recursive: true, force: true })
    // From here on it is a gateway, not before: a power cut leaves all of it or none.
    await rename(half, data)
    await syncFile(dirname(half))
    return checked
  } catch (error) {
    return fault('FILE_UNWRITABLE', `${data}: ${(error as Error).message}`)
  }
}

/** Every file that was written is there and as it was written. */
export async function checkBackup(from: string): Promise<Result<Manifest>> {
  if (!existsSync(from)) return fault('FILE_ABSENT', `${from}: no such directory`)
  let text: string
  try {
    text = await readFile(join(from, MANIFEST), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return fileFault(join(from, MANIFEST), error)
    return fault('FILE_BROKEN', `${from}: no ${MANIFEST}; this is no backup, or one that was not finished`)
  }
  const manifest = parseManifest(text)
  if (!manifest.ok) return fault(manifest.code, `${from}: ${manifest.detail}`)
  for (const entry of manifest.value.files) {
    const { path, bytes, sha256 } = entry
    if (!existsSync(join(from, path))) return fault('FILE_BROKEN', `${from}: ${path} is missing`)
    const now = await entryOf(from, path)
    if (now.bytes !== bytes)
      return fault('FILE_BROKEN', `${from}: ${path} has ${now.bytes} of ${bytes} bytes`)
    if (now.sha256 !== sha256)
      return fault('FILE_BROKEN', `${from}: ${path} was altered since it was written`)
  }
  return manifest
}

async function isEmpty(dir: string): Promise<boolean> {
  return !existsSync(dir) || (await readdir(dir)).length === 0
}

async function filesBelow(dir: string, wanted: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && !SAYS_NOTHING.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(join(dir, '/').length))
    .filter(wanted)
    .sort()
}

async function copyInto(from: string, to: string, path: string): Promise<void> {
  await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o700 })
  await copyFile(join(from, path), join(to, path))
  await chmod(join(to, path), 0o600)
  await syncFile(join(to, path))
}

async function entryOf(dir: string, path: string): Promise<Manifest['files'][number]> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(join(dir, path))) hash.update(chunk as Buffer)
  return { path, bytes: (await stat(join(dir, path))).size, sha256: hash.digest('hex') }
}

/** All that the manifest names is on the disk before the manifest is. */
async function sealWith(to: string, manifest: Manifest): Promise<void> {
  for (const { path } of manifest.files) await syncFile(join(to, path))
  await writeFile(join(to, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
  await syncFile(to)
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
