import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { bboxOf } from '#protocols/geo/polygon.ts'
import { positionsOf, TILE_LAYERS, ZOOM_MAX, ZOOM_MIN } from './map-feature.ts'
import type { MapFeature } from './map-feature.ts'
import { sliceFeatures } from './slice-vt.ts'
import { packTiles, tileKey, TILES_HEADER_BYTES } from './tiles-layout.ts'
import type { TilesIndex, TilesMetadata } from './tiles-layout.ts'

export type TilesBuilt = { readonly tiles: number; readonly bytes: number; readonly largestBytes: number }

/**
 * Cuts features into tiles and hands the parts of a tiles file to `write`, each with its place in the file; the header
 * comes last. The same features give the same bytes.
 */
export function buildTiles(
  features: readonly MapFeature[],
  attribution: string,
  write: (bytes: Uint8Array, at: number) => void,
  onShare?: (share: number) => void,
): TilesBuilt {
  const hash = createHash('sha256')
  const rows: { readonly key: number; readonly offset: number; readonly length: number }[] = []
  let at = TILES_HEADER_BYTES
  sliceFeatures(
    features,
    ({ z, x, y }, plain) => {
      const bytes = gzipSync(plain)
      write(bytes, at)
      hash.update(bytes)
      rows.push({ key: tileKey(z, x, y), offset: at, length: bytes.length })
      at += bytes.length
    },
    onShare,
  )
  rows.sort((a, b) => a.key - b.key)
  const index: TilesIndex = {
    offsets: Float64Array.from(rows, row => row.offset),
    keys: Uint32Array.from(rows, row => row.key),
    lengths: Uint32Array.from(rows, row => row.length),
  }
  const { header, tail } = packTiles(index, metadataOf(features, attribution, hash.digest('hex')), at)
  write(tail, at)
  write(header, 0)
  const largestBytes = rows.reduce((most, row) => Math.max(most, row.length), 0)
  return { tiles: rows.length, bytes: at + tail.length, largestBytes }
}

/** A whole tiles file in memory: a city's is some megabytes. */
export function tilesFile(
  features: readonly MapFeature[],
  attribution: string,
  onShare?: (share: number) => void,
): Uint8Array {
  const parts: (readonly [number, Uint8Array])[] = []
  const { bytes } = buildTiles(features, attribution, (part, at) => parts.push([at, part]), onShare)
  const file = new Uint8Array(bytes)
  for (const [at, part] of parts) file.set(part, at)
  return file
}

function metadataOf(features: readonly MapFeature[], attribution: string, version: string): TilesMetadata {
  const layers = TILE_LAYERS.map(layer => {
    const own = features.filter(feature => feature.layer === layer)
    return [layer, [...new Set(own.flatMap(feature => Object.keys(feature.properties)))].sort()] as const
  })
  const bbox = bboxOf(features.flatMap(feature => positionsOf(feature.geometry)))
  return {
    version,
    attribution,
    bbox: features.length === 0 ? { west: 0, south: 0, east: 0, north: 0 } : bbox,
    zoomMin: ZOOM_MIN,
    zoomMax: ZOOM_MAX,
    layers: Object.fromEntries(layers),
  }
}
