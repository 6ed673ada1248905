import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { replaceFile } from './replace-file.ts'

const NAME = 'device-key.pem'

/** The key this computer made before it had an identity; undefined when it made none yet. */
export async function pendingKey(dir: string): Promise<string | undefined> {
  const file = join(dir, NAME)
  return existsSync(file) ? readFile(file, 'utf8') : undefined
}

/**
 * The key a bare computer signs its bench report with, made here once and readable by its user only. The same key goes
 * into the certificate later, so that the report of the bench and the enrolled device belong together.
 */
export async function keepPendingKey(dir: string): Promise<Result<string>> {
  const known = await pendingKey(dir)
  if (known !== undefined) return ok(known)
  // Needed once in a computer's life, and heavy: not in the memory of an agent that runs.
  const { makeKey } = await import('./x509-request.ts')
  const made = await makeKey()
  const saved = await replaceFile(dir, NAME, made)
  return saved.ok ? ok(made) : saved
}

/** The identity holds the key now. */
export const forgetPendingKey = (dir: string): Promise<void> => rm(join(dir, NAME), { force: true })
