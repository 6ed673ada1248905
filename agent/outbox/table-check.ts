/*
 * A LevelDB table as it lies on the disk (leveldb/doc/table_format.md, snappy/format_description.txt):
 *
 *     data block .. data block, meta block, metaindex block, index block, footer
 *     block      entries, restarts (u32 each), how many (u32); behind it one byte of compression and a masked CRC-32C
 *     entry      varint shared, varint not shared, varint value length, rest of the key, value
 *     footer     48 bytes: handle of the metaindex, handle of the index, zeros, magic
 *     handle     varint offset, varint size
 *
 * LevelDB does not compare these checksums when it reads (no way to ask for it from Node), and where a key comes out shorter than
 * the eight bytes it must have, or out of order, it ends the whole process by an assertion. So every table is looked at before LevelDB sees it.
 */
const FOOTER_BYTES = 48
const MAGIC = Buffer.from('57fb808b247547db', 'hex')
const TRAILER_BYTES = 5
const SNAPPY = 1
/** Every key in a table ends with its sequence and type. */
const INTERNAL_KEY_BYTES_MIN = 8
/** Blocks are 4 KiB by default; one record of the largest body is its own block. */
const BLOCK_BYTES_MAX = 16 * 1024 * 1024

export type TableCheck = {
  /** Every block matches its checksum. */
  readonly isIntact: boolean
  /**
   * Why reading it could end the process, or null. A damaged block whose keys are all long enough and in order is no such
   * reason: LevelDB reads it from end to end, and the boot scan finds what changed. What a lookup by key finds in it is
   * another matter.
   */
  readonly danger: string | null
}

export function checkTable(table: Buffer): TableCheck {
  // Without its footer LevelDB refuses the table in words.
  if (table.length < FOOTER_BYTES || !table.subarray(-8).equals(MAGIC))
    return { isIntact: false, danger: null }
  const footer = table.subarray(-FOOTER_BYTES)
  const metaAt = handleAt(footer, 0)
  const indexAt = metaAt && handleAt(footer, metaAt.end)
  const index = indexAt && blockAt(table, indexAt.handle)
  if (!index) return { isIntact: false, danger: null }
  const entries = entriesOf(index.bytes)
  if (!index.isIntact && !isSound(entries)) return { isIntact: false, danger: 'its index is damaged' }
  const blocks = blocksOf(table, entries)
  const meta = blockAt(table, metaAt.handle)
  const filters = meta === null ? [null] : blocksOf(table, entriesOf(meta.bytes))
  const all = [index, meta, ...blocks, ...filters]
  if (all.every(block => block?.isIntact === true)) return { isIntact: true, danger: null }
  return { isIntact: false, danger: dangerIn(blocks.filter(block => block !== null)) }
}

function dangerIn(blocks: readonly Block[]): string | null {
  if (blocks.every(block => block.isIntact)) return null
  const inBlocks = blocks.map(block => entriesOf(block.bytes))
  if (!inBlocks.every(isSound)) return 'a block is damaged'
  const keys = inBlocks.flatMap(({ list }) => list.map(entry => entry.key))
  return keys.every((key, i) => i === 0 || isBefore(keys[i - 1]!, key)) ? null : 'its keys are out of order'
}

/** The blocks the entries point at; null for one that LevelDB would refuse. */
const blocksOf = (table: Buffer, { list }: Entries): readonly (Block | null)[] =>
  list.map(({ value }) => {
    const at = handleAt(value, 0)
    return at && blockAt(table, at.handle)
  })

type Block = { readonly bytes: Buffer; readonly isIntact: boolean }
type Handle = { readonly offset: number; readonly size: number }

function handleAt(bytes: Buffer, at: number): { readonly handle: Handle; readonly end: number } | null {
  const offset = varintAt(bytes, at)
  const size = offset && varintAt(bytes, offset.end)
  return size ? { handle: { offset: offset.value, size: size.value }, end: size.end } : null
}

/** Up to 2^49: no file is longer. */
function varintAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | null {
  let value = 0
  for (let i = 0; i < 7; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return null
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, end: at + i + 1 }
  }
  return null
}

/** A block as LevelDB would unpack it; null where it would refuse it. */
function blockAt(table: Buffer, { offset, size }: Handle): Block | null {
  const end = offset + size
  if (end + TRAILER_BYTES > table.length) return null
  const isIntact = unmasked(table.readUInt32LE(end + 1)) === crc32c(table.subarray(offset, end + 1))
  const raw = table.subarray(offset, end)
  if (table[end] === 0) return { bytes: raw, isIntact }
  const bytes = table[end] === SNAPPY ? unsnap(raw) : null
  return bytes && { bytes, isIntact }
}

type Entries = {
  readonly list: readonly { readonly key: Buffer; readonly value: Buffer }[]
  /** Everything made sense to the end, and each restart is the beginning of an entry. */
  readonly isWhole: boolean
}

function entriesOf(block: Buffer): Entries {
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

const isSound = ({ list, isWhole }: Entries): boolean =>
  isWhole && list.every(({ key }) => key.length >= INTERNAL_KEY_BYTES_MIN)

/** The order of a table: by the caller's key, then newest first. */
function isBefore(a: Buffer, b: Buffer): boolean {
  const order = a.subarray(0, -INTERNAL_KEY_BYTES_MIN).compare(b.subarray(0, -INTERNAL_KEY_BYTES_MIN))
  return order < 0 || (order === 0 && a.readBigUInt64LE(a.length - 8) > b.readBigUInt64LE(b.length - 8))
}

/** Snappy's raw format; null for what does not unpack. */
export function unsnap(packed: Buffer): Buffer | null {
  const head = varintAt(packed, 0)
  if (!head || head.value > BLOCK_BYTES_MAX) return null
  const out = Buffer.alloc(head.value)
  let [at, to] = [head.end, 0]
  while (at < packed.length) {
    const tag = packed[at++]!
    const kind = tag & 3
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59)
      if (at + extra > packed.length) return null
      const length = 1 + (extra === 0 ? tag >> 2 : packed.readUIntLE(at, extra))
      at += extra
      if (at + length > packed.length || to + length > out.length) return null
      packed.copy(out, to, at, at + length)
      ;[at, to] = [at + length, to + length]
      continue
    }
    const wide = [0, 1, 2, 4][kind]!
    if (at + wide > packed.length) return null
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const back = kind === 1 ? ((tag >> 5) << 8) | packed[at]! : packed.readUIntLE(at, wide)
    at += wide
    if (back === 0 || back > to || to + length > out.length) return null
    for (const end = to + length; to < end; to++) out[to] = out[to - back]!
  }
  return to === out.length ? out : null
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C (Castagnoli), as LevelDB and iSCSI have it: of `123456789` it is `e3069283`. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** LevelDB stores a checksum turned by 15 bits and shifted by a constant, so that one over another is no fixed point. */
function unmasked(masked: number): number {
  const turned = (masked - 0xa282ead8) >>> 0
  return ((turned >>> 17) | (turned << 15)) >>> 0
}
