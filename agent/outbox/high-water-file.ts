import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { sealMark, unsealMark } from './mark.ts'
import type { Mark } from './mark.ts'

/*
 * The high-water mark outside LevelDB: two slots, written in turn, so a torn write leaves the one before it.
 *
 *     byte 0       sealed mark of the commits with an even number, zeros behind it
 *     byte 4096    the same for odd numbers
 *
 * The file keeps its size, so one write costs one block and fdatasync has no metadata to wait for.
 */
const SLOT_BYTES = 4096

export type HighWaterFile = {
  /** The newest mark that can be read; null when there is none. */
  readonly mark: Mark | null
  /** False when the file had to be made just now. */
  readonly existed: boolean
  /** Resolves when the mark would survive a power cut. */
  write(mark: Mark): Promise<void>
  /** Both slots: for a new epoch, where the older mark must not come back when the newer one rots. */
  writeBoth(mark: Mark): Promise<void>
  close(): Promise<void>
}

/** Opens or makes the file; throws what the file system throws, and on a mark of another format version. */
export async function openHighWaterFile(path: string): Promise<HighWaterFile> {
  const { handle, existed } = await openOrMake(path)
  try {
    const bytes = Buffer.alloc(2 * SLOT_BYTES)
    await handle.read(bytes, 0, bytes.length, 0)
    return highWaterFile(handle, newestOf(bytes, path), existed)
  } catch (error) {
    await handle.close()
    throw error
  }
}

function highWaterFile(handle: FileHandle, mark: Mark | null, existed: boolean): HighWaterFile {
  return {
    mark,
    existed,
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

async function openOrMake(path: string): Promise<{ handle: FileHandle; existed: boolean }> {
  try {
    return { handle: await open(path, 'r+'), existed: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { handle: await open(path, 'wx+'), existed: false }
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
