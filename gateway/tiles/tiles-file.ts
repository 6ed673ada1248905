import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { fileFault } from '#protocols/cli/file-fault.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { MapFeature } from './map-feature.ts'
import { buildTiles } from './pack-tiles.ts'
import type { TilesBuilt } from './pack-tiles.ts'
import { findTile, parseTilesHeader, parseTilesIndex, tileKey, TILES_HEADER_BYTES } from './tiles-layout.ts'
import type { TilesMetadata } from './tiles-layout.ts'

/** Tiles on disk, read one at a time. */
export type Tiles = {
  readonly metadata: TilesMetadata
  readonly count: number
  /** The tile gzipped, undefined when nothing is there. Fault `TILES_BROKEN` when the file became unreadable. */
  readonly tile: (z: number, x: number, y: number) => Promise<Result<Buffer | undefined>>
  readonly close: () => Promise<void>
}

/**
 * Cuts features into tiles and writes them as one file; the name changes hands when the file is whole, so a reader never
 * sees half of one. Takes seconds for a city and holds the event loop: for imports. Fault: FILE_UNWRITABLE.
 */
export function writeTiles(
  file: string,
  features: readonly MapFeature[],
  attribution: string,
  onShare?: (share: number) => void,
): Result<TilesBuilt> {
  const part = `${file}.part`
  try {
    const fd = openSync(part, 'w')
    try {
      const written = buildTiles(features, attribution, (bytes, at) => writeWhole(fd, bytes, at), onShare)
      renameSync(part, file)
      return ok(written)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    rmSync(part, { force: true })
    return fault('FILE_UNWRITABLE', `${file}: ${(error as Error).message}`)
  }
}

/** Opens a tiles file by its header and index alone, milliseconds whatever its size. Faults: FILE_ABSENT, FILE_UNREADABLE, TILES_*. */
export async function openTiles(file: string): Promise<Result<Tiles>> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    return fileFault(file, error)
  }
  const opened = await readTiles(handle).catch((error: Error) => fault('FILE_UNREADABLE', error.message))
  if (opened.ok) return opened
  await handle.close()
  return fault(opened.code, `${file}: ${opened.detail}`)
}

async function readTiles(handle: FileHandle): Promise<Result<Tiles>> {
  const { size } = await handle.stat()
  const headerBytes = await readAt(handle, 0, Math.min(size, TILES_HEADER_BYTES))
  const header = parseTilesHeader(headerBytes, size)
  if (!header.ok) return header
  const tail = await readAt(handle, header.value.indexAt, size - header.value.indexAt)
  const parsed = parseTilesIndex(headerBytes, header.value, tail)
  if (!parsed.ok) return parsed
  const { index, metadata } = parsed.value
  return ok({
    metadata,
    count: header.value.count,
    tile: async (z, x, y) => {
      const found = findTile(index, tileKey(z, x, y))
      if (found < 0) return ok(undefined)
      const length = index.lengths[found] ?? 0
      try {
        const bytes = await readAt(handle, index.offsets[found] ?? 0, length)
        return bytes.length === length ? ok(bytes) : fault('TILES_BROKEN', 'the file became shorter')
      } catch (error) {
        return fault('TILES_BROKEN', (error as Error).message)
      }
    },
    close: () => handle.close(),
  })
}

async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let got = 0
  while (got < length) {
    const { bytesRead } = await handle.read(bytes, got, length - got, at + got)
    if (bytesRead === 0) break
    got += bytesRead
  }
  return bytes.subarray(0, got)
}

function writeWhole(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}
