import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { inflateSync } from 'node:zlib'
import { OSMTransform, parse } from 'osm-pbf-parser-node'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

export type OsmTags = Readonly<Record<string, string>>
export type OsmNode = {
  readonly type: 'node'
  readonly id: number
  readonly lat: number
  readonly lon: number
  readonly tags?: OsmTags
}
export type OsmWay = {
  readonly type: 'way'
  readonly id: number
  readonly refs: readonly number[]
  readonly tags?: OsmTags
}
export type OsmMember = {
  readonly type: 'node' | 'way' | 'relation'
  readonly ref: number
  readonly role: string
}
export type OsmRelation = {
  readonly type: 'relation'
  readonly id: number
  readonly members: readonly OsmMember[]
  readonly tags?: OsmTags
}
export type OsmItem = OsmNode | OsmWay | OsmRelation

export type ReadOptions = {
  /** Tag keys worth decoding, per kind; everything else is skipped. */
  readonly keys: { readonly node: string[]; readonly way: string[]; readonly relation: string[] }
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void
}

/** OSM's own limit for a block, packed or unpacked (wiki: PBF Format); more is a broken or hostile file. */
const BLOCK_BYTES_MAX = 32 * 1024 * 1024
const FEATURES_KNOWN = ['OsmSchema-V0.6', 'DenseNodes']

/**
 * Reads an .osm.pbf, handing every node, way and relation to `onItem` in file order; the value is the number of items.
 * Faults: OSM_MISSING (no such file), OSM_BROKEN (not a PBF, cut off, altered), OSM_UNSUPPORTED (a feature we would
 * silently misread, such as a history file).
 */
export async function readOsmPbf(
  file: string,
  options: ReadOptions,
  onItem: (item: OsmItem) => void,
): Promise<Result<number>> {
  // The parser opens an absent file in a way that ends the process, so ask first.
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return fault('OSM_MISSING', `${file}: no such file`)
  if (!found.isFile()) return fault('OSM_MISSING', `${file}: this is no file, but a directory or a device`)
  const strange = await strangeBeginning(file)
  if (strange !== undefined) return fault('OSM_BROKEN', `${file}: ${strange}`)
  const bytes = createReadStream(file)
  const blocks = new FencedTransform({ withTags: options.keys, writeRaw: true })
  let items = 0
  const takeBlock = (block: unknown): void => {
    if (!(block instanceof Uint8Array)) return refuseUnknownFeatures(block)
    const plain = inflateSync(block, { maxOutputLength: BLOCK_BYTES_MAX })
    for (const item of parse(plain, blocks) as OsmItem[]) {
      onItem(item)
      items++
    }
    options.onProgress?.(bytes.bytesRead, found.size)
  }
  // `pipeline` would report the first error of a consumer as "aborted", so it is kept here.
  let failure: unknown
  try {
    await pipeline(bytes, blocks, async source => {
      try {
        for await (const block of source as AsyncIterable<unknown>) takeBlock(block)
      } catch (error) {
        failure = error
        throw error
      }
    })
  } catch (error) {
    const cause = asError(failure ?? error)
    return fault(
      cause instanceof UnknownFeature ? 'OSM_UNSUPPORTED' : 'OSM_BROKEN',
      `${file}: ${cause.message}`,
    )
  }
  return items > 0 ? ok(items) : fault('OSM_BROKEN', `${file}: holds no map data`)
}

/** A sentence about a file whose first block is no OSMHeader, in the words of who picked the wrong file. */
async function strangeBeginning(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, 'r')
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64), 0, 64, 0).finally(() => handle.close())
    const head = buffer.toString('latin1', 0, bytesRead)
    if (head === '') return 'the file is empty'
    if (head.includes('OSMHeader')) return undefined
    if (/^\s*<(\?xml|osm)/.test(head))
      return 'this is OSM XML, not PBF: convert it, for example with osmium cat'
    const words = JSON.stringify(head.slice(0, 24).replaceAll(/[^\x20-\x7e]+/g, ' '))
    return `this is no OpenStreetMap PBF, it begins with ${words}`
  } catch (error) {
    return asError(error).message
  }
}

class UnknownFeature extends Error {}

function refuseUnknownFeatures(header: unknown): void {
  const [block] = header as { required_features?: string[] }[]
  const unknown = (block?.required_features ?? []).filter(feature => !FEATURES_KNOWN.includes(feature))
  if (unknown.length > 0) throw new UnknownFeature(`needs ${unknown.join(', ')}`)
}

/**
 * The parser throws out of `_transform` (which would end the process) and believes a block length of 4 GB (which would
 * copy the rest of the file over and over). Here both become an error of the stream.
 */
class FencedTransform extends OSMTransform {
  /** Of the parser: bytes it waits for before going on. */
  declare needed: number

  override _transform(chunk: Buffer, encoding: BufferEncoding, next: TransformCallback): void {
    let went = false
    const once: TransformCallback = (error, data) => {
      went = true
      next(error, data)
    }
    try {
      super._transform(chunk, encoding, error => {
        const tooLong = this.needed > BLOCK_BYTES_MAX
        once(tooLong ? new Error(`a block claims ${this.needed} bytes`) : error)
      })
    } catch (error) {
      if (!went) once(asError(error))
    }
  }

  override _flush(next: TransformCallback): void {
    try {
      super._flush(next)
    } catch {
      next(new Error('the file ends in the middle of a block'))
    }
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
