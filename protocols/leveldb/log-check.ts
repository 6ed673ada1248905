import { crc32c, unmasked } from './crc32c.ts'

/*
 * A log of LevelDB (leveldb/doc/log_format.md): blocks of 32 KiB, in them fragments of records,
 *
 *     masked CRC-32C of type and data (u32), length (u16), type (1 whole, 2 first, 3 middle, 4 last), data
 *
 * and zeros where fewer than seven bytes are left. Of a log that it reads at a start LevelDB passes over what does not match, goes on
 * behind it, and tells nobody: batches are gone from the middle.
 */
const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const TYPE_MAX = 4

/**
 * Whether something readable comes behind something that is not. What a power cut tore, or what was never synced, is the last of a
 * log; that says nothing and is no damage.
 */
export function isRottenLog(log: Buffer): boolean {
  let isBroken = false
  for (let from = 0; from < log.length; from += BLOCK_BYTES) {
    const block = log.subarray(from, from + BLOCK_BYTES)
    for (let at = 0; at + HEADER_BYTES <= block.length;) {
      const length = fragmentAt(block, at)
      if (length !== null && isBroken) return true
      if (length !== null) at += HEADER_BYTES + length
      else if (isUnwritten(block, at)) break
      else {
        // Its length may be what rotted, so anything behind it may be the next.
        isBroken = true
        at++
      }
    }
  }
  return false
}

/** Length of the data of a fragment that is what was written; null for what is none. */
function fragmentAt(block: Buffer, at: number): number | null {
  const length = block.readUInt16LE(at + 4)
  const type = block[at + 6]!
  const end = at + HEADER_BYTES + length
  if (type === 0 || type > TYPE_MAX || end > block.length) return null
  return unmasked(block.readUInt32LE(at)) === crc32c(block.subarray(at + 6, end)) ? length : null
}

const isUnwritten = (block: Buffer, at: number): boolean => block.subarray(at).every(byte => byte === 0)
