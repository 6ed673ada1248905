import { appendFile, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#protocols/log.ts'
import type { LedgerOp } from '../ledger/ledger.ts'
import { copyOf, linesOf, readCopy } from './device-copy.ts'
import type { DeviceCopy } from './device-copy.ts'
import { DEVICE_PREFIX } from './devices.ts'
import type { Devices, DeviceRow } from './devices.ts'

const copyFile = (data: string): string => join(data, 'devices.jsonl')

/** The copy beside the ledger of that id; null when there is none, or another's. Says so when some of it cannot be read. */
export async function readCopyFile(data: string, ledgerId: string, log: Logger): Promise<DeviceCopy | null> {
  const file = copyFile(data)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ event: 'devices.copy.unreadable', file, detail: String(error) })
    return ''
  })
  const copy = readCopy(text, ledgerId)
  if (copy !== null && copy.unreadable > 0)
    log.warn({ event: 'devices.copy.unreadable', file, lines: copy.unreadable })
  return copy
}

export type CopyFile = {
  /** Rows of devices among them are in the copy when it resolves: before they are committed, so that it is never behind. */
  note(ops: readonly LedgerOp[]): Promise<void>
}

/**
 * Begins the copy anew with what the ledger holds, and goes on with what changes. A copy that cannot be written is said aloud and
 * begun anew with the next change; nobody is kept waiting or refused for it.
 */
export async function beginCopyFile(
  data: string,
  ledgerId: string,
  devices: Devices,
  log: Logger,
): Promise<CopyFile> {
  const file = copyFile(data)
  const rows = new Map(devices)
  let isBehind = false
  let writing = Promise.resolve()

  const write = async (changed: readonly DeviceRow[] | null): Promise<void> => {
    try {
      if (changed === null || isBehind) await replaceFile(data, copyOf(ledgerId, rows.values()))
      else await appendFile(file, linesOf(changed), { flush: true })
      isBehind = false
    } catch (error) {
      isBehind = true
      // No copy rather than an old one, which would be put in the place of what is newer.
      await rm(file, { force: true }).catch(() => undefined)
      log.error({ event: 'devices.copy.unwritten', file, detail: String(error) })
    }
  }

  await write(null)
  return {
    note(ops) {
      const changed = ops.flatMap(rowIn)
      if (changed.length === 0) return writing
      for (const row of changed) rows.set(row.deviceId, row)
      writing = writing.then(() => write(changed))
      return writing
    },
  }
}

const rowIn = (op: LedgerOp): DeviceRow[] =>
  op.type === 'put' && op.key.startsWith(DEVICE_PREFIX) ? [op.value as DeviceRow] : []

/** After a power cut it is the old one or the new one, whole. */
async function replaceFile(data: string, text: string): Promise<void> {
  const file = copyFile(data)
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
  const dir = await open(data)
  await dir.sync()
  await dir.close()
}
