import { createHash } from 'node:crypto'
import { fault, ok } from '#protocols/result.ts'
import type { Fault, Result } from '#protocols/result.ts'
import type { Bbox } from '#protocols/geo/polygon.ts'

/** Raised with every change of the layout or of what the layers mean; an unknown version is refused. */
export const TILES_VERSION = 1
const MAGIC = 'R5TILES\0'
export const TILES_HEADER_BYTES = 80
const HASH_AT = 48
/** A whole country at zoom 14 is under a million; more is a broken file. */
const TILES_MAX = 4_000_000
const METADATA_BYTES_MAX = 1 << 20

export type TilesMetadata = {
  /** SHA-256 over all tiles in file order, hex: the version a page may keep for ever. */
  readonly version: string
  readonly attribution: string
  readonly bbox: Bbox
  readonly zoomMin: number
  readonly zoomMax: number
  /** Layer to the properties its features may have, for TileJSON. */
  readonly layers: Readonly<Record<string, readonly string[]>>
}

/**
 * Where every tile lies, sorted by key. All numbers little-endian:
 *
 *   at  0  'R5TILES\0'   8 format version u32   12 tiles u32   16 index at f64   24 metadata bytes u32   28 zero
 *      32  length of the file f64   40 zero   48 SHA-256 over header (without these 32 bytes), index and metadata
 *      80  the tiles, gzip each, in the order they were cut
 *   index: offsets f64[T]  keys u32[T]  lengths u32[T]   then the metadata, JSON UTF-8, to the end of the file
 */
export type TilesIndex = {
  readonly offsets: Float64Array
  readonly keys: Uint32Array
  readonly lengths: Uint32Array
}

/** Zoom, column and row in 32 bits; fits zooms up to 14. */
export const tileKey = (z: number, x: number, y: number): number => ((z << 28) | (x << 14) | y) >>> 0

/** Place in the index by binary search, -1 when the file has no such tile. */
export function findTile({ keys }: TilesIndex, key: number): number {
  let [low, high] = [0, keys.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = keys[middle] ?? 0
    if (found === key) return middle
    if (found < key) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** What is written once all tiles are: the header to the start, the rest behind the tiles. */
export function packTiles(index: TilesIndex, metadata: TilesMetadata, indexAt: number) {
  const words = new TextEncoder().encode(JSON.stringify(metadata))
  const { offsets, keys, lengths } = index
  const tail = Buffer.concat([bytesOf(offsets), bytesOf(keys), bytesOf(lengths), words])
  const header = Buffer.alloc(TILES_HEADER_BYTES)
  header.write(MAGIC, 0, 'latin1')
  header.writeUInt32LE(TILES_VERSION, 8)
  header.writeUInt32LE(keys.length, 12)
  header.writeDoubleLE(indexAt, 16)
  header.writeUInt32LE(words.length, 24)
  header.writeDoubleLE(indexAt + tail.length, 32)
  tilesHash(header, tail).copy(header, HASH_AT)
  return { header, tail }
}

export type TilesHeader = { readonly count: number; readonly indexAt: number; readonly metadataBytes: number }

/** Faults: TILES_MAGIC (another kind of file), TILES_VERSION, TILES_BROKEN (cut off or not what its header says). */
export function parseTilesHeader(header: Buffer, fileBytes: number): Result<TilesHeader> {
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC)
    return fault('TILES_MAGIC', 'not a map tiles file')
  if (header.length < TILES_HEADER_BYTES) return broken(`${fileBytes} bytes, header cut off`)
  const version = header.readUInt32LE(8)
  if (version !== TILES_VERSION) {
    return fault(
      'TILES_VERSION',
      `format ${version}, this program reads ${TILES_VERSION}: import the extract again`,
    )
  }
  const [written, indexAt] = [header.readDoubleLE(32), header.readDoubleLE(16)]
  const [count, metadataBytes] = [header.readUInt32LE(12), header.readUInt32LE(24)]
  if (written !== fileBytes) return broken(`${fileBytes} bytes of ${written}: import the extract again`)
  const fits = count <= TILES_MAX && metadataBytes <= METADATA_BYTES_MAX
  if (!fits || indexAt < TILES_HEADER_BYTES || indexAt + 16 * count + metadataBytes !== fileBytes)
    return broken('index and metadata do not fill the file')
  return ok({ count, indexAt, metadataBytes })
}

/** Index and metadata out of the file's end, checked against the header's hash and bounds. */
export function parseTilesIndex(
  header: Buffer,
  { count, indexAt }: TilesHeader,
  tail: Buffer,
): Result<{ readonly index: TilesIndex; readonly metadata: TilesMetadata }> {
  if (!tilesHash(header, tail).equals(header.subarray(HASH_AT, HASH_AT + 32)))
    return broken('it was altered after it was written: import the extract again')
  // Copied, because a typed array wants to begin at a multiple of its own width.
  const copied = (from: number, bytes: number): ArrayBuffer =>
    new Uint8Array(tail.subarray(from, from + bytes)).buffer
  const index = {
    offsets: new Float64Array(copied(0, 8 * count)),
    keys: new Uint32Array(copied(8 * count, 4 * count)),
    lengths: new Uint32Array(copied(12 * count, 4 * count)),
  }
  for (let i = 0; i < count; i++) {
    const [at, length] = [index.offsets[i] ?? 0, index.lengths[i] ?? 0]
    const rises = i === 0 || (index.keys[i] ?? 0) > (index.keys[i - 1] ?? 0)
    if (!rises || at < TILES_HEADER_BYTES || at + length > indexAt) return broken('its index points outside')
  }
  try {
    const metadata = JSON.parse(tail.toString('utf8', 16 * count)) as TilesMetadata
    return ok({ index, metadata })
  } catch {
    return broken('its metadata is not readable')
  }
}

const broken = (detail: string): Fault => fault('TILES_BROKEN', detail)

const bytesOf = (array: Float64Array | Uint32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

const tilesHash = (header: Buffer, tail: Buffer): Buffer =>
  createHash('sha256').update(header.subarray(0, HASH_AT)).update(tail).digest()
