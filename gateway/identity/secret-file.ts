import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** Reads a JSON file; `undefined` when there is none, `FILE_BROKEN` when it is not what it should be. */
export async function readSecretFile<T>(
  file: string,
  parse: (json: unknown) => T | undefined,
): Promise<Result<T | undefined>> {
  if (!existsSync(file)) return ok(undefined)
  try {
    const value = parse(JSON.parse(await readFile(file, 'utf8')))
    return value === undefined ? fault('FILE_BROKEN', `${file} has an unknown format`) : ok(value)
  } catch (error) {
    return fault('FILE_BROKEN', `${file}: ${String(error)}`)
  }
}

/** Writes beside, syncs, renames: after a power cut there is the old file, or the whole new one. Mode 0600 in 0700. */
export async function writeSecretFile(file: string, value: unknown): Promise<void> {
  const dir = dirname(file)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const fresh = `${file}.new`
  await writeFile(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(fresh, file)
  const handle = await open(dir)
  await handle.sync()
  await handle.close()
}
