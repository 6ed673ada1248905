import { crc32c, masked } from './crc32c.ts'
import {
  entriesOf,
  FOOTER_BYTES,
  handleAt,
  INTERNAL_KEY_BYTES_MIN,
  isBefore,
  MAGIC,
  readTable,
  TRAILER_BYTES,
} from './table.ts'
import type { Entries, Handle } from './table.ts'
import { varintOf } from './varint.ts'

const PLAIN = 0
/** Of an internal key: a deletion is 0, a value 1, and reading ends at anything else. */
const TYPE_AT = -INTERNAL_KEY_BYTES_MIN
const TYPE_MAX = 1

/** Whether an entry is what was written, as far as its owner can tell; the key is the owner's. */
export type IsSound = (key: Buffer, value: Buffer) => boolean

/**
 * The same table without what rotted. Blocks that match their checksums stay where they are; of the others the entries that are sound
 * and in order go on in a block of their own behind them. The index, which may be what rotted, is written anew, and there is no
 * filter, which is only a shortcut. Null when nothing can be kept: no footer, no index that can be read, no sound entry. What a
 * deletion in a rotten block hid may be seen again.
 */
export function mendTable(table: Buffer, isSound: IsSound): Buffer | null {
  const pieces = piecesOf(table)
  const ends = pieces.filter(piece => piece.isIntact).map(({ handle }) => handle.offset + handle.size)
  if (pieces.length === 0) return null
  const parts = [table.subarray(0, ends.length === 0 ? 0 : Math.max(...ends) + TRAILER_BYTES)]
  let length = parts[0]!.length
  const add = (block: Buffer): Handle => {
    const handle = { offset: length, size: block.length - TRAILER_BYTES }
    parts.push(block)
    length += block.length
    return handle
  }
  const index: Entry[] = []
  for (const [i, piece] of pieces.entries()) {
    const upTo = pieces.slice(i + 1).find(({ isIntact }) => isIntact)?.list[0]!.key ?? null
    const kept = piece.isIntact ? piece.list : soundIn(piece.list, index.at(-1)?.key ?? null, upTo, isSound)
    if (kept.length === 0) continue
    const handle = piece.isIntact ? piece.handle : add(blockOf(kept))
    index.push({ key: kept.at(-1)!.key, value: Buffer.from(handleOf(handle)) })
  }
  if (index.length === 0) return null
  const metaAt = add(blockOf([]))
  const indexAt = add(blockOf(index))
  const footer = Buffer.alloc(FOOTER_BYTES)
  footer.set([...handleOf(metaAt), ...handleOf(indexAt)])
  footer.set(MAGIC, FOOTER_BYTES - MAGIC.length)
  return Buffer.concat([...parts, footer])
}

type Entry = Entries['list'][number]
type Piece = { readonly handle: Handle; readonly list: readonly Entry[]; readonly isIntact: boolean }

/** The data blocks in their order, as far as the index can be read; each proves itself by its own checksum. */
function piecesOf(table: Buffer): readonly Piece[] {
  const { entries, blocks } = readTable(table) ?? { entries: { list: [] }, blocks: [] }
  const pieces = entries.list.flatMap(({ value }, i): Piece[] => {
    const block = blocks[i] ?? null
    if (block === null) return []
    const { list } = entriesOf(block.bytes)
    return list.length === 0 ? [] : [{ handle: handleAt(value, 0)!.handle, list, isIntact: block.isIntact }]
  })
  return pieces.toSorted((a, b) => a.handle.offset - b.handle.offset)
}

/** Entries of a rotten block that are sound, each behind the one before it, and all between their neighbours. */
function soundIn(
  list: readonly Entry[],
  after: Buffer | null,
  upTo: Buffer | null,
  isSound: IsSound,
): readonly Entry[] {
  const kept: Entry[] = []
  let before = after
  for (const entry of list) {
    const { key, value } = entry
    if (key.length < INTERNAL_KEY_BYTES_MIN || key.at(TYPE_AT)! > TYPE_MAX) continue
    if ((before !== null && !isBefore(before, key)) || (upTo !== null && !isBefore(key, upTo))) continue
    if (!isSound(key.subarray(0, -INTERNAL_KEY_BYTES_MIN), value)) continue
    kept.push(entry)
    before = key
  }
  return kept
}

const handleOf = ({ offset, size }: Handle): number[] => [...varintOf(offset), ...varintOf(size)]

/** A block in which every entry is a restart, so that no key needs the one before it; with its trailer. */
function blockOf(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  const restarts: number[] = []
  let at = 0
  for (const { key, value } of entries) {
    const entry = [Buffer.from([0, ...varintOf(key.length), ...varintOf(value.length)]), key, value]
    restarts.push(at)
    parts.push(...entry)
    at += entry.reduce((sum, { length }) => sum + length, 0)
  }
  if (restarts.length === 0) restarts.push(0)
  const block = Buffer.concat([...parts, ...[...restarts, restarts.length].map(u32), Buffer.of(PLAIN)])
  return Buffer.concat([block, u32(masked(crc32c(block)))])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
