import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { FONT, groundLayers, nameLayers, postLayers, roadLayers } from './base-style.ts'
import type { BaseKind } from './base-style.ts'
import type { TileSource } from '../state/gateway-http.ts'

/** Colours come from the style sheet (`--map-…`), so that day and night are decided in one place. */
export type Palette = (name: string) => string

export const readPalette = (): Palette => {
  const style = getComputedStyle(document.documentElement)
  return name => style.getPropertyValue(`--map-${name}`).trim()
}

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
const source = () => ({ type: 'geojson', data: EMPTY }) as const

export const cityStyle = (tiles: TileSource | null, palette: Palette): StyleSpecification => ({
  version: 8,
  sources: {
    ...(tiles !== null && {
      base: {
        type: 'vector',
        tiles: [...tiles.tiles],
        minzoom: tiles.minzoom,
        maxzoom: tiles.maxzoom,
      },
    }),
    city: source(),
    roads: source(),
    grids: source(),
    'grid-names': source(),
    'cold-spots': source(),
    routes: source(),
    foreseen: source(),
    'move-ups': source(),
    closures: source(),
  },
  layers: cityLayers(tiles === null ? 'geojson' : 'tiles', palette),
})

const colours = (palette: Palette): never =>
  [
    'match',
    ['get', 'colour'],
    ...(['black', 'red', 'blue', 'green'] as const).flatMap(colour => [colour, palette(`warn-${colour}`)]),
    palette('warn-unknown'),
  ] as never

/** Custom layers stand below these: coverage over the roads and under every name, units on top. */
export const COVERAGE_BELOW = 'cold-spots'

/** From the ground up. Everything that can change by theme is a paint property. */
export const cityLayers = (base: BaseKind, palette: Palette): LayerSpecification[] => [
  ...groundLayers(base, palette),
  {
    id: 'grid-tint',
    type: 'fill',
    source: 'grids',
    filter: ['has', 'colour'],
    layout: { visibility: 'none' },
    paint: {
      'fill-color': colours(palette),
      'fill-opacity': ['match', ['get', 'colour'], 'black', 0.2, 'red', 0.13, 'green', 0.06, 0.1],
    },
  },
  {
    id: 'grid-hatch',
    type: 'fill',
    source: 'grids',
    filter: ['in', ['get', 'colour'], ['literal', ['black', 'red', 'unknown']]],
    layout: { visibility: 'none' },
    paint: { 'fill-pattern': ['concat', 'hatch-', ['get', 'colour']], 'fill-opacity': 0.38 },
  },
  {
    id: 'grid-band',
    type: 'line',
    source: 'grids',
    layout: { 'line-join': 'round' },
    paint: {
      'line-color': palette('grid'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 2, 11, 4, 16, 12],
      'line-opacity': 0.12,
    },
  },
  ...roadLayers(base, palette),
  {
    id: 'grid-line',
    type: 'line',
    source: 'grids',
    layout: { 'line-join': 'round' },
    paint: {
      'line-color': palette('grid'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.8, 11, 1.1, 16, 2],
      'line-dasharray': [5, 3, 1, 3],
      'line-opacity': 0.8,
    },
  },
  {
    id: 'cold-spots',
    type: 'line',
    source: 'cold-spots',
    layout: { visibility: 'none', 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': palette('cold'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 2, 12, 5, 14, 11, 16, 20],
      'line-opacity': 0.28,
    },
  },
  ...closureLayers(palette),
  {
    id: 'foreseen-case',
    type: 'line',
    source: 'foreseen',
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': palette('foreseen'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 3, 12, 7, 14, 12, 16, 22],
      'line-opacity': 0.3,
    },
  },
  {
    id: 'foreseen',
    type: 'line',
    source: 'foreseen',
    paint: {
      'line-color': palette('foreseen'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 1.5, 12, 3, 16, 7],
      'line-dasharray': [1, 0.7],
    },
  },
  {
    id: 'move-ups',
    type: 'line',
    source: 'move-ups',
    filter: ['==', ['geometry-type'], 'LineString'],
    layout: { 'line-cap': 'round' },
    paint: {
      'line-color': palette('move-up'),
      'line-width': 3,
      'line-opacity': ['match', ['get', 'state'], 'accepted', 0.9, 0.55],
    },
  },
  {
    id: 'move-up-heads',
    type: 'symbol',
    source: 'move-ups',
    filter: ['==', ['geometry-type'], 'LineString'],
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 70,
      'icon-image': 'arrow-head',
      'icon-rotation-alignment': 'map',
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
    },
  },
  {
    id: 'move-up-places',
    type: 'symbol',
    source: 'move-ups',
    filter: ['==', ['geometry-type'], 'Point'],
    layout: {
      'icon-image': 'move-up-place',
      'icon-allow-overlap': true,
      'text-field': ['get', 'label'],
      'text-font': FONT,
      'text-size': 12,
      'text-offset': [0, 1.5],
      'text-optional': true,
    },
    paint: {
      'text-color': palette('move-up'),
      'text-halo-color': palette('halo-strong'),
      'text-halo-width': 1.8,
    },
  },
  ...nameLayers(base, palette),
  ...postLayers(base, palette),
  {
    id: 'grid-names',
    type: 'symbol',
    source: 'grid-names',
    layout: {
      'text-field': ['get', 'name'],
      'text-font': FONT,
      'text-size': ['interpolate', ['linear'], ['zoom'], 9, 10.5, 11, 12, 15, 19],
      'text-letter-spacing': ['interpolate', ['linear'], ['zoom'], 9, 0.05, 12, 0.3],
      'text-padding': 1,
    },
    paint: {
      'text-color': palette('grid-ink'),
      'text-halo-color': palette('halo'),
      'text-halo-width': 1.6,
      'text-opacity': 0.9,
    },
  },
  {
    id: 'grid-badges',
    type: 'symbol',
    source: 'grid-names',
    filter: ['all', ['has', 'colour'], ['!=', ['get', 'colour'], 'green']],
    layout: {
      visibility: 'none',
      'icon-image': ['concat', 'colour-', ['get', 'colour']],
      'icon-offset': [0, -21],
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
    },
  },
  {
    id: 'cold-names',
    type: 'symbol',
    source: 'cold-spots',
    minzoom: 11.6,
    filter: ['==', ['geometry-type'], 'Point'],
    layout: {
      visibility: 'none',
      'text-field': ['get', 'label'],
      'text-font': FONT,
      'text-size': 12,
      'text-padding': 4,
    },
    paint: {
      'text-color': palette('cold-ink'),
      'text-halo-color': palette('halo-strong'),
      'text-halo-width': 1.8,
    },
  },
  {
    id: 'foreseen-names',
    type: 'symbol',
    source: 'foreseen',
    filter: ['==', ['geometry-type'], 'Point'],
    layout: {
      'text-field': ['get', 'label'],
      'text-font': FONT,
      'text-size': 12,
      'text-padding': 4,
    },
    paint: {
      'text-color': palette('foreseen-ink'),
      'text-halo-color': palette('halo-strong'),
      'text-halo-width': 1.8,
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

const isClosed = ['==', ['get', 'effect'], 'closed'] as never

/** Under the names and over the coverage: a band in the colour of the effect, struck through where nobody may drive. */
const closureLayers = (palette: Palette): LayerSpecification[] => [
  {
    id: 'closure-band',
    type: 'line',
    source: 'closures',
    layout: { 'line-cap': 'butt', 'line-join': 'round' },
    paint: {
      'line-color': ['match', ['get', 'effect'], 'closed', palette('closed'), palette('slowed')],
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 2, 12, 4, 14, 7, 16, 14],
      'line-opacity': ['match', ['get', 'is'], 'meant', 0.55, 0.9],
    },
  },
  {
    id: 'closure-strokes',
    type: 'line',
    source: 'closures',
    filter: isClosed,
    layout: { 'line-cap': 'butt', 'line-join': 'round' },
    paint: {
      'line-color': palette('closed-stroke'),
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 1.2, 12, 2.4, 14, 4.4, 16, 9],
      'line-dasharray': [0.5, 1.1],
    },
  },
]
