import type { Position } from '#protocols/geo/polygon.ts'

/**
 * What the base map is drawn from, one source layer each:
 *
 *   water   areas, and `river`, `canal`, `stream` as lines (`widthM` where known)      kind, name, widthM
 *   green   parks, woods, meadows                                                    kind, name
 *   built   built-up areas                                                           kind
 *   rail    lines                                                                    kind, tunnel
 *   roads   lines in the direction of travel where `oneway`                          class, name, oneway, structure
 *   places  points                                                                   kind, name, id
 */
export const TILE_LAYERS = ['water', 'green', 'built', 'rail', 'roads', 'places'] as const
export type TileLayer = (typeof TILE_LAYERS)[number]

export type Shape =
  | { readonly type: 'Point'; readonly coordinates: Position }
  | { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly (readonly Position[])[])[] }

/** Values a vector tile can hold; a key that does not apply is left out. */
export type Properties = Readonly<Record<string, string | number | boolean>>

/** One thing on the base map. It is in the tiles of `zoomMin` and closer. */
export type MapFeature = {
  readonly layer: TileLayer
  readonly zoomMin: number
  readonly properties: Properties
  readonly geometry: Shape
}

/** Every position of a shape, for boxes. */
export function positionsOf(shape: Shape): readonly Position[] {
  switch (shape.type) {
    case 'Point':
      return [shape.coordinates]
    case 'LineString':
      return shape.coordinates
    case 'Polygon':
      return shape.coordinates.flat()
    case 'MultiPolygon':
      return shape.coordinates.flat(2)
  }
}

/** Zooms that are stored; a page draws closer ones from the last. */
export const ZOOM_MIN = 8
export const ZOOM_MAX = 14
