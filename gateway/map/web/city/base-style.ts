import type { LayerSpecification } from 'maplibre-gl'
import type { Palette } from './map-style.ts'

/*
 * What the city stands on: land, water, green, railways, roads and their names. Out of vector tiles, or out of two GeoJSON
 * collections where a gateway has none; the layers are the same and only look for their features elsewhere.
 */

/** Fonts of the desk; MapLibre draws every glyph from them, so no font file is ever fetched. */
export const FONT = [
  'Microsoft YaHei UI',
  'PingFang SC',
  'Noto Sans CJK SC',
  'WenQuanYi Zen Hei',
  'sans-serif',
]

export type BaseKind = 'tiles' | 'geojson'
type Theme = 'water' | 'green' | 'built' | 'rail' | 'roads' | 'places'

/** Where a theme's features are. */
const from = (base: BaseKind, theme: Theme) =>
  base === 'tiles'
    ? { source: 'base', 'source-layer': theme }
    : { source: theme === 'roads' ? 'roads' : 'city' }

const MAIN = ['motorway', 'trunk', 'motorway_link', 'trunk_link']
const LARGE = ['primary', 'primary_link', 'secondary', 'secondary_link']
const MEDIUM = ['tertiary', 'tertiary_link']

/** Road widths in pixels by zoom: `[zoom, width]`, widening by a steady factor between. */
const WIDTHS = {
  main: [8, 1, 11, 2.4, 13, 3.6, 15, 8, 18, 26],
  large: [8, 0.6, 11, 1.6, 13, 2.6, 15, 6, 18, 22],
  medium: [9, 0.4, 11, 0.9, 13, 1.6, 15, 4.2, 18, 17],
  small: [11, 0.25, 13, 0.7, 15, 2.6, 18, 12],
} as const
type RoadWeight = keyof typeof WIDTHS
const MIN_ZOOM: Readonly<Record<RoadWeight, number>> = { main: 0, large: 0, medium: 10.5, small: 12.2 }

const widthOf = (weight: RoadWeight, extraPx = 0) =>
  [
    'interpolate',
    ['exponential', 1.5],
    ['zoom'],
    ...WIDTHS[weight].map((value, n) => (n % 2 === 0 ? value : value + extraPx)),
  ] as unknown as number

const classOf = (base: BaseKind) => ['get', base === 'tiles' ? 'class' : 'roadClass']
const ofClass = (base: BaseKind, classes: readonly string[]) => ['in', classOf(base), ['literal', classes]]
const filterOf = (base: BaseKind, weight: RoadWeight): never => {
  switch (weight) {
    case 'main':
      return ofClass(base, MAIN) as never
    case 'large':
      return ofClass(base, LARGE) as never
    case 'medium':
      return ofClass(base, MEDIUM) as never
    case 'small':
      return ['!', ofClass(base, [...MAIN, ...LARGE, ...MEDIUM])] as never
  }
}

/** Metres to pixels at 35.6 degrees north: at zoom 10 one pixel is 62 m, halved by every zoom. */
const metres = (value: unknown) =>
  [
    'interpolate',
    ['exponential', 2],
    ['zoom'],
    8,
    ['max', 0.6, ['/', value, 248.8]],
    10,
    ['max', 0.6, ['/', value, 62.2]],
    18,
    ['/', value, 0.243],
  ] as unknown as number

const kindIs = (...kinds: readonly string[]): never => ['in', ['get', 'kind'], ['literal', kinds]] as never
const all = (...conditions: readonly unknown[]): never => ['all', ...conditions] as never
const AREA = ['==', ['geometry-type'], 'Polygon']
const LINE = ['==', ['geometry-type'], 'LineString']

export const groundLayers = (base: BaseKind, palette: Palette): LayerSpecification[] => [
  { id: 'ground', type: 'background', paint: { 'background-color': palette('land') } },
  ...(base === 'tiles'
    ? [
        {
          id: 'built',
          type: 'fill',
          ...from(base, 'built'),
          paint: { 'fill-color': palette('built') },
        } as const,
      ]
    : []),
  {
    id: 'green',
    type: 'fill',
    ...from(base, 'green'),
    filter: all(AREA, kindIs('park', 'wood', 'meadow', 'farmland')),
    paint: {
      'fill-color': ['match', ['get', 'kind'], 'farmland', palette('farm'), palette('park')],
    },
  },
  {
    id: 'waters',
    type: 'fill',
    ...from(base, 'water'),
    filter: all(AREA, kindIs('sea', 'lake', 'water', 'river', 'canal')),
    paint: { 'fill-color': palette('water') },
  },
  {
    id: 'rivers',
    type: 'line',
    ...from(base, 'water'),
    filter: all(LINE, kindIs('river', 'canal', 'stream')),
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': palette('water'),
      'line-width': metres([
        'coalesce',
        ['get', 'widthM'],
        ['match', ['get', 'kind'], 'river', 24, 'canal', 12, 6],
      ]),
    },
  },
]

const road = (
  base: BaseKind,
  weight: RoadWeight,
  part: 'case' | 'fill',
  palette: Palette,
): LayerSpecification => ({
  id: `road-${weight}-${part}`,
  type: 'line',
  ...from(base, 'roads'),
  filter: filterOf(base, weight),
  minzoom: part === 'case' ? Math.max(MIN_ZOOM[weight], 10.5) : MIN_ZOOM[weight],
  layout: { 'line-cap': 'round', 'line-join': 'round' },
  paint: {
    'line-color': palette(
      part === 'fill'
        ? `road-${weight}`
        : weight === 'main' || weight === 'large'
          ? 'road-case-large'
          : 'road-case',
    ),
    'line-width': widthOf(weight, part === 'case' ? 1.6 : 0),
  },
})

const WEIGHTS = ['small', 'medium', 'large', 'main'] as const

export const roadLayers = (base: BaseKind, palette: Palette): LayerSpecification[] => [
  ...WEIGHTS.map(weight => road(base, weight, 'case', palette)),
  ...WEIGHTS.map(weight => road(base, weight, 'fill', palette)),
  {
    id: 'railway',
    type: 'line',
    ...from(base, 'rail'),
    filter: all(LINE, kindIs('railway', 'light_rail')),
    paint: {
      'line-color': palette('rail'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.8, 11, 1.4, 16, 3.4],
    },
  },
  {
    id: 'railway-ties',
    type: 'line',
    ...from(base, 'rail'),
    minzoom: 11,
    filter: all(LINE, kindIs('railway')),
    paint: {
      'line-color': palette('land'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 11, 0.7, 16, 2],
      'line-dasharray': [5, 5],
    },
  },
]

const roadNames = (
  base: BaseKind,
  id: string,
  weights: readonly RoadWeight[],
  minzoom: number,
  palette: Palette,
): LayerSpecification => ({
  id,
  type: 'symbol',
  ...from(base, 'roads'),
  minzoom,
  filter: ['any', ...weights.map(weight => filterOf(base, weight))] as never,
  layout: {
    'symbol-placement': 'line',
    'symbol-spacing': 360,
    'text-field': ['coalesce', ['get', 'name'], ''],
    'text-font': FONT,
    'text-size': ['interpolate', ['linear'], ['zoom'], 12, 10.5, 17, 13.5],
    'text-letter-spacing': 0.12,
    'text-max-angle': 35,
    'text-padding': 6,
  },
  paint: { 'text-color': palette('road-ink'), 'text-halo-color': palette('halo'), 'text-halo-width': 1.4 },
})

const placeNames = (
  base: BaseKind,
  id: string,
  kinds: readonly string[],
  sizePx: number,
  minzoom: number,
  palette: Palette,
): LayerSpecification => ({
  id,
  type: 'symbol',
  ...from(base, 'places'),
  minzoom,
  filter: kindIs(...kinds),
  layout: {
    'text-field': ['coalesce', ['get', 'name'], ''],
    'text-font': FONT,
    'text-size': sizePx,
    'text-padding': 8,
    'text-letter-spacing': 0.05,
  },
  paint: { 'text-color': palette('place-ink'), 'text-halo-color': palette('halo'), 'text-halo-width': 1.4 },
})

export const nameLayers = (base: BaseKind, palette: Palette): LayerSpecification[] => [
  roadNames(base, 'names-large', ['main', 'large'], 12.4, palette),
  roadNames(base, 'names-medium', ['medium'], 14, palette),
  roadNames(base, 'names-small', ['small'], 15.4, palette),
  placeNames(base, 'landmarks', ['landmark', 'hospital', 'school', 'railway_station'], 11, 14, palette),
  placeNames(base, 'villages', ['village', 'hamlet'], 11, 12.8, palette),
  placeNames(base, 'towns', ['town', 'suburb'], 13, 10.5, palette),
  placeNames(base, 'cities', ['city'], 15, 8, palette),
]

/** Police on the ground: each kind is a layer of its own, so that each can be switched off. */
export const POST_LAYERS = {
  stations: { kinds: ['station', 'police_station'], icon: 'post-station', minzoom: 11, namesFrom: 13.2 },
  posts: { kinds: ['post', 'duty_station'], icon: 'post-duty', minzoom: 11.8, namesFrom: 13.8 },
  joints: { kinds: ['joint', 'joint_station'], icon: 'post-joint', minzoom: 12.4, namesFrom: 14.2 },
} as const
export type PostLayer = keyof typeof POST_LAYERS

export const postLayers = (base: BaseKind, palette: Palette): LayerSpecification[] =>
  (Object.keys(POST_LAYERS) as PostLayer[]).map(id => {
    const { kinds, icon, minzoom, namesFrom } = POST_LAYERS[id]
    return {
      id,
      type: 'symbol',
      ...from(base, 'places'),
      minzoom,
      filter: kindIs(...kinds),
      layout: {
        'icon-image': icon,
        'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.6, 13.5, 1],
        'icon-padding': 1,
        'text-field': ['step', ['zoom'], '', namesFrom, ['coalesce', ['get', 'name'], '']],
        'text-font': FONT,
        'text-size': 11,
        'text-offset': [0, 0.95],
        'text-anchor': 'top',
        'text-optional': true,
      },
      paint: {
        'text-color': palette('post-ink'),
        'text-halo-color': palette('halo'),
        'text-halo-width': 1.3,
      },
    }
  })
