import type { City } from '../city/city.ts'
import type { Place } from '../city/places.ts'

/** Waters, railways, parks, posts and named places, as the map draws them. */
export const surroundingsOf = (city: City) => ({
  type: 'FeatureCollection',
  features: [
    ...city.waters,
    ...city.railways,
    ...city.parks,
    ...[...city.posts, ...city.landmarks].map(place => ({
      type: 'Feature',
      properties: propertiesOf(place),
      geometry: { type: 'Point' as const, coordinates: [place.lon, place.lat] as const },
    })),
  ],
})

/** Everything a place is but where it stands: kind, name, and of a station its grid, radius, partners, headcount. */
function propertiesOf({ lat: _lat, lon: _lon, node: _node, ...properties }: Place) {
  return properties
}
