import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Tiles } from './tiles-file.ts'

/** What a tile request may bring along. */
export type TileRequest = {
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** An answer as it goes out. */
export type TileAnswer = {
  readonly status: 200 | 204 | 304
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | ''
}

const Whole = z
  .string()
  .regex(/^\d{1,8}$/)
  .transform(Number)
const Place = z.object({ z: Whole, x: Whole, y: Whole })

/** Enough of the version that two imports never share an address. */
export const tilesVersion = (tiles: Tiles): string => tiles.metadata.version.slice(0, 16)

/**
 * TileJSON 3.0 of the stored tiles, with addresses under the `host` the page itself came from. The version stands in the
 * address, so a page may keep a tile for ever and still sees a new import at once.
 */
export function tileJson(tiles: Tiles, host: string): object {
  const { attribution, bbox, zoomMin, zoomMax, layers } = tiles.metadata
  const { west, south, east, north } = bbox
  return {
    tilejson: '3.0.0',
    name: 'reach5',
    scheme: 'xyz',
    tiles: [`http://${host}/v1/tiles/{z}/{x}/{y}?v=${tilesVersion(tiles)}`],
    attribution,
    bounds: [west, south, east, north],
    center: [(west + east) / 2, (south + north) / 2, 12],
    minzoom: zoomMin,
    maxzoom: zoomMax,
    version: '1.0.0',
    vector_layers: Object.entries(layers).map(([id, fields]) => ({
      id,
      fields: Object.fromEntries(fields.map(name => [name, TYPES[name] ?? 'String'])),
      minzoom: zoomMin,
      maxzoom: zoomMax,
    })),
  }
}

const TYPES: Readonly<Record<string, string>> = { widthM: 'Number', oneway: 'Boolean', tunnel: 'Boolean' }

/** One tile: 204 where the map is empty, 304 for who has it already. Fault `QUERY_INVALID` for what is no tile at all. */
export async function tileAnswer(tiles: Tiles, request: TileRequest): Promise<Result<TileAnswer>> {
  const place = Place.safeParse(request.params)
  const { z: zoom, x, y } = place.data ?? { z: -1, x: 0, y: 0 }
  if (!place.success || zoom > 30 || x >= 2 ** zoom || y >= 2 ** zoom) {
    return fault('QUERY_INVALID', `${Object.values(request.params).join('/').slice(0, 60)} is no tile z/x/y`)
  }
  const version = tilesVersion(tiles)
  const etag = `"${version}"`
  const asked = (request.query as { readonly v?: unknown } | null)?.v
  const headers = {
    etag,
    // Under an older version's address the tile is of now, and must not be kept as the old one.
    'cache-control': asked === version ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
  }
  if (request.headers['if-none-match'] === etag) return ok({ status: 304, headers, body: '' })
  const { zoomMin, zoomMax } = tiles.metadata
  const stored = zoom < zoomMin || zoom > zoomMax ? ok(undefined) : await tiles.tile(zoom, x, y)
  if (!stored.ok) return stored
  if (stored.value === undefined) return ok({ status: 204, headers, body: '' })
  const type = { ...headers, 'content-type': 'application/vnd.mapbox-vector-tile' }
  return /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
    ? ok({ status: 200, headers: { ...type, 'content-encoding': 'gzip' }, body: stored.value })
    : ok({ status: 200, headers: type, body: gunzipSync(stored.value) })
}
