import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { sealMark, unsealMark } from './mark.ts'
import type { Mark } from './mark.ts'
import type { HighWater } from './store-room.ts'

/*
 * The high-water mark outside LevelDB: two slots, written in turn, so a torn write leaves the one before it.
 *
 *     byte 0        sealed mark of the commits with an even number, a zero behind it
 *     byte 32,768   the same for odd numbers
 *
 * The file keeps its size, so fdatasync has no metadata to wait for, and a write is as many blocks as the mark needs: one, but
 * for a mark that says again what repairs lost. Files of before have their second slot at byte 4096.
 */
export const SLOT_BYTES = 32_768
const BLOCK_BYTES = 4_096

/** Opens or makes the file; throws what the file system throws, and on a mark of another format version. */
export async function openHighWaterFile(path: string): Promise<HighWater> {
  const handle = await openOrMake(path)
  try {
    const bytes = Buffer.alloc(2 * SLOT_BYTES)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
    // The first write fills both slots: while one of them is empty that write was never finished.
    const isEmpty = (at: number): boolean => bytes.subarray(at, at + BLOCK_BYTES).every(byte => byte === 0)
    const isBlank = isEmpty(0) || (isEmpty(SLOT_BYTES) && isEmpty(BLOCK_BYTES))
    const mark = newestOf(bytes, path)
    const file = highWaterFile(handle, mark, isBlank)
    // Of before, or its end is gone: an old mark between the slots must not be found when both are lost.
    if (bytesRead < bytes.length && mark !== null && !isBlank) await file.writeBoth(mark)
    return file
  } catch (error) {
    await handle.close()
    throw error
  }
}

function highWaterFile(handle: FileHandle, mark: Mark | null, isBlank: boolean): HighWater {
  return {
    mark,
    isBlank,
    async write(next) {
      const slot = slotOf(next)
      await handle.write(slot, 0, slot.length, (next.commit % 2) * SLOT_BYTES)
      await handle.datasync()
    },
    async writeBoth(next) {
      const both = Buffer.alloc(2 * SLOT_BYTES)
      for (const at of [0, SLOT_BYTES]) slotOf(next).copy(both, at)
      await handle.write(both, 0, both.length, 0)
      await handle.datasync()
    },
    close: () => handle.close(),
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return open(path, 'wx+')
  }
}

function newestOf(bytes: Buffer, path: string): Mark | null {
  const marks = [0, BLOCK_BYTES, SLOT_BYTES].map(at =>
    unsealMark(textOf(bytes.subarray(at, at + SLOT_BYTES))),
  )
  if (marks.includes('other-version'))
    throw new Error(
      `${path} was written by another version of the software; install that version or start with an empty directory`,
    )
  const read = marks.filter(mark => typeof mark !== 'string')
  return read.reduce<Mark | null>((a, b) => (a === null || b.commit > a.commit ? b : a), null)
}

/** Whole blocks with at least one zero behind the mark. Throws when a mark is longer than a slot: cut off it would be none. */
function slotOf(mark: Mark): Buffer {
  const sealed = Buffer.from(sealMark(mark))
  if (sealed.length >= SLOT_BYTES) throw new Error(`a mark of ${sealed.length} bytes does not fit its slot`)
  const slot = Buffer.alloc(Math.ceil((sealed.length + 1) / BLOCK_BYTES) * BLOCK_BYTES)
  sealed.copy(slot)
  return slot
}

const textOf = (slot: Buffer): string => {
  const end = slot.indexOf(0)
  return slot.toString('utf8', 0, end === -1 ? slot.length : end)
}
