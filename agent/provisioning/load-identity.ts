import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { DeviceIdentity } from '#protocols/enrolment.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { replaceFile } from './replace-file.ts'

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

/** A power cut leaves the identity of before or the whole new one. Fault `DIR_UNWRITABLE`. */
export const saveIdentity = (dir: string, identity: DeviceIdentity): Promise<Result<void>> =>
  replaceFile(dir, 'identity.json', `${JSON.stringify(identity, null, 2)}\n`)
