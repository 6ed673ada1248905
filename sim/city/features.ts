import type { Position } from '#protocols/geo/polygon.ts'

/** Water, railway and parks for the map, as GeoJSON (RFC 7946); nothing decides by them. */
export type LineFeature = {
  readonly type: 'Feature'
  readonly properties: { readonly kind: 'river' | 'railway'; readonly name: string; readonly widthM: number }
  readonly geometry: { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
}
export type AreaFeature = {
  readonly type: 'Feature'
  readonly properties: { readonly kind: 'park'; readonly name: string }
  readonly geometry: { readonly type: 'Polygon'; readonly coordinates: readonly (readonly Position[])[] }
}

export function lineFeature(
  kind: 'river' | 'railway',
  name: string,
  widthM: number,
  line: readonly Position[],
): LineFeature {
  return {
    type: 'Feature',
    properties: { kind, name, widthM },
    geometry: { type: 'LineString', coordinates: line },
  }
}

export function parkFeature(ring: readonly Position[]): AreaFeature {
  return {
    type: 'Feature',
    properties: { kind: 'park', name: '公园' },
    geometry: { type: 'Polygon', coordinates: [ring] },
  }
}
