import type { City } from '../city/city.ts'

/** Waters, railways, parks, posts and named places, as the map draws them. */
export const surroundingsOf = (city: City) => ({
  type: 'FeatureCollection',
  features: [
    ...city.waters,
    ...city.railways,
    ...city.parks,
    ...[...city.posts, ...city.landmarks].map(place => ({
      type: 'Feature',
      properties: { kind: place.kind, id: place.id, name: place.name },
      geometry: { type: 'Point' as const, coordinates: [place.lon, place.lat] as const },
    })),
  ],
})
