import { computed, signal } from '@preact/signals'
import { geoJsonOf, tilesOf } from './gateway-http.ts'
import type { TileSource } from './gateway-http.ts'

/** What stands still: drawn once, asked for again until the gateway has it. */
export const grids = signal<GeoJSON.FeatureCollection | null>(null)
export const roads = signal<GeoJSON.FeatureCollection | null>(null)
export const surroundings = signal<GeoJSON.FeatureCollection | null>(null)
/** Vector tiles of the base map: undefined until the gateway answered, null where it has none and sends GeoJSON. */
export const tiles = signal<TileSource | null | undefined>(undefined)
export const gridNames = signal<ReadonlyMap<string, string>>(new Map())
/** County of each grid, where the grids say so. */
export const countyOf = signal<ReadonlyMap<string, string>>(new Map())
export const counties = computed(() =>
  [...new Set(countyOf.value.values())].sort((a, b) => a.localeCompare(b, 'zh-CN')),
)
/** `© OpenStreetMap contributors`, `simulated city, seed 1`: the licence asks for it on the map. */
export const roadSource = signal('')

export type NamedPlace = { readonly name: string; readonly lat: number; readonly lon: number }
export const namedPlaces = signal<readonly NamedPlace[]>([])

const RETRY_MS = 3000

export function startCityData(): void {
  void load('grids', collection => {
    grids.value = collection
    gridNames.value = new Map(collection.features.map(feature => [idOf(feature), textOf(feature, 'name')]))
    countyOf.value = new Map(
      collection.features.flatMap(feature => {
        const county = textOf(feature, 'countyName')
        return county === '' ? [] : [[idOf(feature), county]]
      }),
    )
  })
  void loadBase()
  void load('city', collection => {
    surroundings.value = collection
    namedPlaces.value = collection.features.flatMap(placeOf)
  })
}

/** Tiles where there are some; all roads in one piece where there are none. */
async function loadBase(): Promise<void> {
  const answer = await tilesOf()
  if (!answer.ok) return void setTimeout(() => void loadBase(), RETRY_MS)
  if (answer.value !== null) roadSource.value = answer.value.attribution
  else
    void load('roads', collection => {
      roads.value = collection
      const { source, attribution } = collection as { source?: unknown; attribution?: unknown }
      roadSource.value = [attribution, source].find(one => typeof one === 'string') ?? ''
    })
  tiles.value = answer.value
}

async function load(
  name: 'grids' | 'roads' | 'city',
  take: (collection: GeoJSON.FeatureCollection) => void,
): Promise<void> {
  const answer = await geoJsonOf(name)
  if (answer.ok) take(answer.value)
  else setTimeout(() => void load(name, take), RETRY_MS)
}

export const textOf = ({ properties }: GeoJSON.Feature, key: string): string => {
  const value: unknown = properties?.[key]
  return typeof value === 'string' ? value : ''
}

export const idOf = (feature: GeoJSON.Feature): string => String(feature.id ?? textOf(feature, 'id'))

function placeOf(feature: GeoJSON.Feature): NamedPlace[] {
  const name = textOf(feature, 'name')
  if (feature.geometry.type !== 'Point' || name === '') return []
  const [lon = 0, lat = 0] = feature.geometry.coordinates
  return [{ name, lat, lon }]
}
