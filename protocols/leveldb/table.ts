import { crc32c, unmasked } from './crc32c.ts'
import { unsnap } from './snappy.ts'
import { varintAt } from './varint.ts'

/*
 * A LevelDB table as it lies on the disk (leveldb/doc/table_format.md):
 *
 *     data block .. data block, meta block, metaindex block, index block, footer
 *     block      entries, restarts (u32 each), how many (u32); behind it one byte of compression and a masked CRC-32C
 *     entry      varint shared, varint not shared, varint value length, rest of the key, value
 *     footer     48 bytes: handle of the metaindex, handle of the index, zeros, magic
 *     handle     varint offset, varint size
 */
export const FOOTER_BYTES = 48
export const MAGIC = Buffer.from('57fb808b247547db', 'hex')
export const TRAILER_BYTES = 5
/** Every key in a table ends with its sequence and type. */
export const INTERNAL_KEY_BYTES_MIN = 8
const SNAPPY = 1

export type Block = { readonly bytes: Buffer; readonly isIntact: boolean }
export type Handle = { readonly offset: number; readonly size: number }

export function handleAt(
  bytes: Buffer,
  at: number,
): { readonly handle: Handle; readonly end: number } | null {
  const offset = varintAt(bytes, at)
  const size = offset && varintAt(bytes, offset.end)
  return size ? { handle: { offset: offset.value, size: size.value }, end: size.end } : null
}

/** A block as LevelDB would unpack it; null where it would refuse it. */
export function blockAt(table: Buffer, { offset, size }: Handle): Block | null {
  const end = offset + size
  if (end + TRAILER_BYTES > table.length) return null
  const isIntact = unmasked(table.readUInt32LE(end + 1)) === crc32c(table.subarray(offset, end + 1))
  const raw = table.subarray(offset, end)
  if (table[end] === 0) return { bytes: raw, isIntact }
  const bytes = table[end] === SNAPPY ? unsnap(raw) : null
  return bytes && { bytes, isIntact }
}

export type Entries = {
  readonly list: readonly { readonly key: Buffer; readonly value: Buffer }[]
  /** Everything made sense to the end, and each restart is the beginning of an entry. */
  readonly isWhole: boolean
}

export function entriesOf(block: Buffer): Entries {
  const list: { key: Buffer; value: Buffer }[] = []
  const restarts = block.length < 4 ? 0 : block.readUInt32LE(block.length - 4)
  const end = block.length - 4 - 4 * restarts
  if (restarts === 0 || end < 0) return { list, isWhole: false }
  const starts = new Set<number>()
  let previous = Buffer.alloc(0)
  for (let at = 0; at < end;) {
    starts.add(at)
    const shared = varintAt(block, at)
    const rest = shared && varintAt(block, shared.end)
    const length = rest && varintAt(block, rest.end)
    if (!length || shared.value > previous.length) return { list, isWhole: false }
    const from = length.end + rest.value
    if (from + length.value > end) return { list, isWhole: false }
    previous = Buffer.concat([previous.subarray(0, shared.value), block.subarray(length.end, from)])
    list.push({ key: previous, value: block.subarray(from, from + length.value) })
    at = from + length.value
  }
  const isStart = (_: unknown, i: number): boolean => starts.has(block.readUInt32LE(end + 4 * i))
  return { list, isWhole: Array.from({ length: restarts }).every(isStart) }
}

/** Metaindex, index and what the index points at: a block is null where LevelDB would refuse it. Null without a footer or an index. */
export type Table = {
  readonly index: Block
  readonly entries: Entries
  readonly meta: Block | null
  /** In the order of the entries. */
  readonly blocks: readonly (Block | null)[]
}

export function readTable(table: Buffer): Table | null {
  if (table.length < FOOTER_BYTES || !table.subarray(-MAGIC.length).equals(MAGIC)) return null
  const footer = table.subarray(-FOOTER_BYTES)
  const metaAt = handleAt(footer, 0)
  const indexAt = metaAt && handleAt(footer, metaAt.end)
  const index = indexAt && blockAt(table, indexAt.handle)
  if (!index) return null
  const entries = entriesOf(index.bytes)
  return { index, entries, meta: blockAt(table, metaAt.handle), blocks: blocksOf(table, entries) }
}

/** The blocks the entries point at; null for one that LevelDB would refuse. */
export const blocksOf = (table: Buffer, { list }: Entries): readonly (Block | null)[] =>
  list.map(({ value }) => {
    const at = handleAt(value, 0)
    return at && blockAt(table, at.handle)
  })

/** The order of a table: by the caller's key, then newest first. */
export function isBefore(a: Buffer, b: Buffer): boolean {
  const order = a.subarray(0, -INTERNAL_KEY_BYTES_MIN).compare(b.subarray(0, -INTERNAL_KEY_BYTES_MIN))
  return order < 0 || (order === 0 && a.readBigUInt64LE(a.length - 8) > b.readBigUInt64LE(b.length - 8))
}
