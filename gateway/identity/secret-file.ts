import { link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/**
 * The JSON of `file`; where there is none, what `make` gives, kept there from then on. Of two processes that find none one
 * is first, and both work with what that one kept. Faults: `FILE_BROKEN` when `parse` does not know the file (nothing is
 * made in its place), `FILE_UNWRITABLE`.
 */
export async function keptSecret<T>(
  file: string,
  parse: (json: unknown) => T | undefined,
  make: () => T | Promise<T>,
): Promise<Result<T>> {
  const kept = await readSecret(file, parse)
  if (!kept.ok) return kept
  if (kept.value !== undefined) return ok(kept.value)
  const made = await make()
  try {
    if (await writeUnlessThere(file, `${JSON.stringify(made, null, 2)}\n`)) return ok(made)
  } catch (error) {
    return fault('FILE_UNWRITABLE', `${file}: ${(error as Error).message}`)
  }
  const first = await readSecret(file, parse)
  if (!first.ok) return first
  return first.value === undefined ? fault('FILE_BROKEN', `${file} came and went`) : ok(first.value)
}

async function readSecret<T>(
  file: string,
  parse: (json: unknown) => T | undefined,
): Promise<Result<T | undefined>> {
  try {
    const value = parse(JSON.parse(await readFile(file, 'utf8')))
    return value === undefined ? fault('FILE_BROKEN', `${file} has an unknown format`) : ok(value)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return ok(undefined)
    return fault('FILE_BROKEN', `${file}: ${String(error)}`)
  }
}

/**
 * Written beside and synced, then given its name unless that is taken: after a power cut there is no file or the whole
 * one. Mode 0600 in 0700. False when another was first.
 */
async function writeUnlessThere(file: string, text: string): Promise<boolean> {
  const dir = dirname(file)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const fresh = `${file}.${crypto.randomUUID()}.new`
  try {
    await writeFile(fresh, text, { mode: 0o600, flush: true })
    await link(fresh, file)
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(fresh, { force: true })
  }
  const handle = await open(dir)
  await handle.sync()
  await handle.close()
  return true
}

const isErrno = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code
