import { rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A start that has lived so long has read and compacted what a start does. */
export const FIRST_MINUTE_MS = 60_000

/** Lies beside the ledger from a start until a minute later or until it was closed in order. */
const markFile = (dir: string): string => join(dir, 'ledger.starting')

/** Whether the start before ended in its first minute, not in order: LevelDB itself may have ended the process. */
export const endedInFirstMinute = (dir: string): boolean => existsSync(markFile(dir))

/** Where it cannot be written the store says so itself a moment later. */
export const beginFirstMinute = (dir: string): Promise<void> =>
  writeFile(markFile(dir), '', { mode: 0o600, flush: true }).catch(() => undefined)

export const endFirstMinute = (dir: string): Promise<void> => rm(markFile(dir), { force: true })
