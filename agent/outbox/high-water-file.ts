import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { sealMark, unsealMark } from './mark.ts'
import type { Mark } from './mark.ts'
import type { HighWater } from './store-room.ts'

/*
 * The high-water mark outside LevelDB: two slots, written in turn, so a torn write leaves the one before it.
 *
 *     byte 0       sealed mark of the commits with an even number, zeros behind it
 *     byte 4096    the same for odd numbers
 *
 * The file keeps its size, so one write costs one block and fdatasync has no metadata to wait for.
 */
const SLOT_BYTES = 4096

/** Opens or makes the file; throws what the file system throws, and on a mark of another format version. */
export async function openHighWaterFile(path: string): Promise<HighWater> {
  const handle = await openOrMake(path)
  try {
    const bytes = Buffer.alloc(2 * SLOT_BYTES)
    await handle.read(bytes, 0, bytes.length, 0)
    // The first write fills both slots: while one of them is empty that write was never finished.
    const isBlank = [0, SLOT_BYTES].some(at => bytes.subarray(at, at + SLOT_BYTES).every(byte => byte === 0))
    return highWaterFile(handle, newestOf(bytes, path), isBlank)
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
      await handle.write(slotOf(next), 0, SLOT_BYTES, (next.commit % 2) * SLOT_BYTES)
      await handle.datasync()
    },
    async writeBoth(next) {
      await handle.write(Buffer.concat([slotOf(next), slotOf(next)]), 0, 2 * SLOT_BYTES, 0)
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
  const marks = [0, SLOT_BYTES].map(at => unsealMark(textOf(bytes.subarray(at, at + SLOT_BYTES))))
  if (marks.includes('other-version'))
    throw new Error(
      `${path} was written by another version of the software; install that version or start with an empty directory`,
    )
  const read = marks.filter(mark => typeof mark !== 'string')
  return read.reduce<Mark | null>((a, b) => (a === null || b.commit > a.commit ? b : a), null)
}

function slotOf(mark: Mark): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES)
  slot.write(sealMark(mark), 'utf8')
  return slot
}

const textOf = (slot: Buffer): string => {
  const end = slot.indexOf(0)
  return slot.toString('utf8', 0, end === -1 ? slot.length : end)
}
