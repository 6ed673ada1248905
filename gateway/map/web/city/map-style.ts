import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'

/** Colours come from the style sheet (`--map-…`), so that day and night are decided in one place. */
export type Palette = (name: string) => string

export const readPalette = (): Palette => {
  const style = getComputedStyle(document.documentElement)
  return name => style.getPropertyValue(`--map-${name}`).trim()
}

/** Fonts of the desk; MapLibre draws every glyph from them, so no font file is ever fetched. */
const FONT = ['Microsoft YaHei UI', 'PingFang SC', 'Noto Sans CJK SC', 'WenQuanYi Zen Hei', 'sans-serif']

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
const source = () => ({ type: 'geojson', data: EMPTY }) as const

export const cityStyle = (palette: Palette): StyleSpecification => ({
  version: 8,
  sources: {
    city: source(),
    roads: source(),
    grids: source(),
    'grid-names': source(),
    routes: source(),
  },
  layers: cityLayers(palette),
})

const MAIN = ['motorway', 'trunk', 'motorway_link', 'trunk_link']
const LARGE = ['primary', 'primary_link', 'secondary', 'secondary_link']
const MEDIUM = ['tertiary', 'tertiary_link']

/** Road widths in pixels by zoom: `[zoom, width]`, widening by a steady factor between. */
const WIDTHS = {
  main: [9, 1.4, 11, 2.4, 13, 3.6, 15, 8, 18, 26],
  large: [9, 0.9, 11, 1.8, 13, 2.6, 15, 6, 18, 22],
  medium: [9, 0.5, 11, 1, 13, 1.6, 15, 4.2, 18, 17],
  small: [11, 0.25, 13, 0.7, 15, 2.6, 18, 12],
} as const
type RoadWeight = keyof typeof WIDTHS

const widthOf = (weight: RoadWeight, extraPx = 0) =>
  [
    'interpolate',
    ['exponential', 1.5],
    ['zoom'],
    ...WIDTHS[weight].map((value, n) => (n % 2 === 0 ? value : value + extraPx)),
  ] as unknown as number

const ofClass = (classes: readonly string[]) => ['in', ['get', 'roadClass'], ['literal', classes]]
const FILTERS = {
  main: ofClass(MAIN),
  large: ofClass(LARGE),
  medium: ofClass(MEDIUM),
  small: ['!', ofClass([...MAIN, ...LARGE, ...MEDIUM])],
} as const

/** Metres to pixels at 35.6 degrees north: at zoom 10 one pixel is 62 m, halved by every zoom. */
const metres = (value: unknown) =>
  [
    'interpolate',
    ['exponential', 2],
    ['zoom'],
    10,
    ['/', value, 62.2],
    18,
    ['/', value, 0.243],
  ] as unknown as number

const road = (weight: RoadWeight, part: 'case' | 'fill', palette: Palette): LayerSpecification => ({
  id: `road-${weight}-${part}`,
  type: 'line',
  source: 'roads',
  filter: FILTERS[weight] as never,
  ...(weight === 'small' && { minzoom: 11.5 }),
  layout: { 'line-cap': 'round', 'line-join': 'round' },
  paint: {
    'line-color': palette(
      part === 'case'
        ? weight === 'main' || weight === 'large'
          ? 'road-case-large'
          : 'road-case'
        : `road-${weight}`,
    ),
    'line-width': widthOf(weight, part === 'case' ? 1.6 : 0),
  },
})

const roadNames = (
  id: string,
  weights: readonly RoadWeight[],
  minzoom: number,
  palette: Palette,
): LayerSpecification => ({
  id,
  type: 'symbol',
  source: 'roads',
  minzoom,
  filter: ['any', ...weights.map(weight => FILTERS[weight])] as never,
  layout: {
    'symbol-placement': 'line',
    'symbol-spacing': 320,
    'text-field': ['get', 'name'],
    'text-font': FONT,
    'text-size': ['interpolate', ['linear'], ['zoom'], 13, 10.5, 17, 13.5],
    'text-letter-spacing': 0.12,
    'text-max-angle': 35,
    'text-padding': 6,
  },
  paint: { 'text-color': palette('road-ink'), 'text-halo-color': palette('halo'), 'text-halo-width': 1.4 },
})

/** From the ground up. Everything that can change by theme is a paint property. */
export const cityLayers = (palette: Palette): LayerSpecification[] => [
  { id: 'ground', type: 'background', paint: { 'background-color': palette('land') } },
  {
    id: 'areas',
    type: 'fill',
    source: 'city',
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': ['match', ['get', 'kind'], 'park', palette('park'), palette('water')] },
  },
  {
    id: 'rivers',
    type: 'line',
    source: 'city',
    filter: ['all', ['==', ['geometry-type'], 'LineString'], ['!=', ['get', 'kind'], 'railway']],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': palette('water'), 'line-width': metres(['coalesce', ['get', 'widthM'], 20]) },
  },
  {
    id: 'grid-band',
    type: 'line',
    source: 'grids',
    layout: { 'line-join': 'round' },
    paint: {
      'line-color': palette('grid'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 11, 4, 16, 12],
      'line-opacity': 0.12,
    },
  },
  ...(['small', 'medium', 'large', 'main'] as const).map(weight => road(weight, 'case', palette)),
  ...(['small', 'medium', 'large', 'main'] as const).map(weight => road(weight, 'fill', palette)),
  {
    id: 'railway',
    type: 'line',
    source: 'city',
    filter: ['==', ['get', 'kind'], 'railway'],
    paint: {
      'line-color': palette('rail'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 11, 1.4, 16, 3.4],
    },
  },
  {
    id: 'railway-ties',
    type: 'line',
    source: 'city',
    filter: ['==', ['get', 'kind'], 'railway'],
    paint: {
      'line-color': palette('land'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 11, 0.7, 16, 2],
      'line-dasharray': [5, 5],
    },
  },
  {
    id: 'grid-line',
    type: 'line',
    source: 'grids',
    layout: { 'line-join': 'round' },
    paint: {
      'line-color': palette('grid'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 11, 1.1, 16, 2],
      'line-dasharray': [5, 3, 1, 3],
      'line-opacity': 0.8,
    },
  },
  roadNames('names-large', ['main', 'large'], 13, palette),
  roadNames('names-medium', ['medium'], 14.2, palette),
  roadNames('names-small', ['small'], 15.6, palette),
  {
    id: 'places',
    type: 'symbol',
    source: 'city',
    minzoom: 14,
    filter: ['==', ['get', 'kind'], 'landmark'],
    layout: {
      'text-field': ['get', 'name'],
      'text-font': FONT,
      'text-size': 11,
      'text-padding': 8,
    },
    paint: { 'text-color': palette('place-ink'), 'text-halo-color': palette('halo'), 'text-halo-width': 1.2 },
  },
  {
    id: 'posts',
    type: 'symbol',
    source: 'city',
    minzoom: 12,
    filter: ['in', ['get', 'kind'], ['literal', ['post', 'station']]],
    layout: {
      'icon-image': ['match', ['get', 'kind'], 'station', 'post-station', 'post-duty'],
      'icon-allow-overlap': true,
      'text-field': ['step', ['zoom'], '', 13.4, ['get', 'name']],
      'text-font': FONT,
      'text-size': 11,
      'text-offset': [0, 0.95],
      'text-anchor': 'top',
      'text-optional': true,
    },
    paint: { 'text-color': palette('post-ink'), 'text-halo-color': palette('halo'), 'text-halo-width': 1.3 },
  },
  {
    id: 'grid-names',
    type: 'symbol',
    source: 'grid-names',
    layout: {
      'text-field': ['get', 'name'],
      'text-font': FONT,
      'text-size': ['interpolate', ['linear'], ['zoom'], 11, 12, 15, 19],
      'text-letter-spacing': 0.3,
      'text-allow-overlap': true,
      'text-ignore-placement': true,
    },
    paint: {
      'text-color': palette('grid-ink'),
      'text-halo-color': palette('halo'),
      'text-halo-width': 1.6,
      'text-opacity': 0.9,
    },
  },
  {
    id: 'routes',
    type: 'line',
    source: 'routes',
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': palette('route'),
      'line-width': ['match', ['get', 'rank'], 1, 5, 3],
      'line-opacity': ['match', ['get', 'rank'], 1, 0.85, 0.4],
    },
  },
]
