import { mkdir, open, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** Beside, synced, renamed: a power cut leaves the old file or the whole new one. Readable by the agent's user only. */
export async function replaceFile(dir: string, name: string, text: string): Promise<Result<void>> {
  const file = join(dir, name)
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
    const handle = await open(dir)
    await handle.sync()
    await handle.close()
    return ok(undefined)
  } catch (error) {
    return fault('DIR_UNWRITABLE', `${dir}: ${String(error)}`)
  }
}
