import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { DeviceIdentity } from '#protocols/enrolment.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

export const identityFile = (dir: string): string => join(dir, 'identity.json')

export const isEnrolled = (dir: string): boolean => existsSync(identityFile(dir))

/** The identity this device was given. Faults: `NOT_ENROLLED`, `FILE_BROKEN`. */
export async function loadIdentity(dir: string): Promise<Result<DeviceIdentity>> {
  const file = identityFile(dir)
  if (!existsSync(file)) return fault('NOT_ENROLLED', `${file} does not exist`)
  try {
    const parsed = DeviceIdentity.safeParse(JSON.parse(await readFile(file, 'utf8')))
    return parsed.success
      ? ok(parsed.data)
      : fault('FILE_BROKEN', `${file}: ${z.prettifyError(parsed.error)}`)
  } catch (error) {
    return fault('FILE_BROKEN', `${file}: ${String(error)}`)
  }
}

/** Beside, synced, renamed: a power cut leaves no identity or the whole one. Readable by the agent's user only. */
export async function saveIdentity(dir: string, identity: DeviceIdentity): Promise<Result<void>> {
  const file = identityFile(dir)
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await writeFile(`${file}.new`, `${JSON.stringify(identity, null, 2)}\n`, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
    const handle = await open(dir)
    await handle.sync()
    await handle.close()
    return ok(undefined)
  } catch (error) {
    return fault('DIR_UNWRITABLE', `${dir}: ${String(error)}`)
  }
}
