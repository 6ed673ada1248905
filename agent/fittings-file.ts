import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { Fittings, NOTHING_FITTED } from './fittings.ts'
import { replaceFile } from './provisioning/replace-file.ts'

export const fittingsFile = (dir: string): string => join(dir, 'fittings.json')

/** What was fitted; nothing when no technician was here yet. Fault `FILE_BROKEN` names file and field. */
export async function loadFittings(dir: string): Promise<Result<Fittings>> {
  const file = fittingsFile(dir)
  if (!existsSync(file)) return ok(NOTHING_FITTED)
  try {
    const parsed = Fittings.safeParse(JSON.parse(await readFile(file, 'utf8')))
    return parsed.success
      ? ok(parsed.data)
      : fault('FILE_BROKEN', `${file}: ${z.prettifyError(parsed.error)}`)
  } catch (error) {
    return fault('FILE_BROKEN', `${file}: ${String(error)}`)
  }
}

/** Fault `DIR_UNWRITABLE`. */
export const saveFittings = (dir: string, fittings: Fittings): Promise<Result<void>> =>
  replaceFile(dir, 'fittings.json', `${JSON.stringify(fittings, null, 2)}\n`)
