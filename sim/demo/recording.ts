import { readFile } from 'node:fs/promises'
import { fileFault } from '#protocols/cli/file-fault.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { replayOf } from '../receiver/replay.ts'

/** What a receiver once said, to be said again. */
export type Recording = { readonly name: string; readonly bytes: Uint8Array }

/** The recording named by `--nmea`, null without one. Faults: FILE_ABSENT, FILE_UNREADABLE, FILE_BROKEN (not replayable). */
export async function readRecording(file: string | undefined): Promise<Result<Recording | null>> {
  if (file === undefined) return ok(null)
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    return fileFault(`--nmea ${file}`, error)
  }
  const played = replayOf(bytes, { lat: 0, lon: 0 })
  return played.ok
    ? ok({ name: file, bytes })
    : fault('FILE_BROKEN', `--nmea ${file}: ${played.detail}; it must be what a receiver sent, with fixes`)
}
