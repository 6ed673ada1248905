import { Map as LibreMap, Marker, setWorkerUrl } from 'maplibre-gl'
import type { GeoJSONSource } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import { PIXEL_RATIO, mapImages } from './map-images.ts'
import type { BaseKind } from './base-style.ts'
import { coverageLayer } from './coverage-layer.ts'
import type { CoverageLayer } from './coverage-layer.ts'
import { cityLayers, cityStyle, COVERAGE_BELOW, readPalette } from './map-style.ts'
import type { TileSource } from '../state/gateway-http.ts'
import { openUnitLayer } from './unit-layer.ts'
import type { UnitLayer } from './unit-layer.ts'
import { isWithin } from './unit-marks.ts'
import type { Mark, Sight } from './unit-marks.ts'

/** The only file that knows MapLibre. Its worker is a file of our own, so the content security policy stays strict. */
setWorkerUrl(workerUrl)

export type LonLat = { readonly lat: number; readonly lon: number }
export type SourceName =
  'city' | 'roads' | 'grids' | 'grid-names' | 'cold-spots' | 'routes' | 'foreseen' | 'move-ups' | 'closures'
/** An HTML thing standing on the map: a pin with a clock, the ring of an alarm, the mark of a click. */
export type Standing = LonLat & {
  readonly key: string
  readonly element: HTMLElement
  readonly anchor: 'bottom' | 'center'
}

export type CityMap = {
  setData(source: SourceName, data: GeoJSON.FeatureCollection): void
  /** Exactly these units are drawn from now on. */
  setUnits(marks: readonly Mark[], nowMs: number, nameOf: (mark: Mark) => string): void
  /** Which of the switchable layers are to be seen. */
  setVisible(layerIds: readonly string[], visible: boolean): void
  readonly coverage: Pick<CoverageLayer, 'setLines' | 'setTimes' | 'setMode' | 'shownTick'>
  /** Exactly these things stand on the map afterwards; elements are kept by key. */
  setStanding(things: readonly Standing[]): void
  /** Colours and letters again, after the theme or the language changed. */
  repaint(): void
  flyTo(at: LonLat): void
  fit(
    bounds: readonly [west: number, south: number, east: number, north: number],
    how: { readonly animated: boolean; readonly besideCard: boolean },
  ): void
  zoomBy(steps: number): void
  /** The middle of the map, as it can be seen. */
  centre(): LonLat
  metresPerPixel(): number
  /** What can be seen, and as much again on every side. */
  around(): Sight
  /** Whether everything that can be seen lies in this sight. */
  isWithin(sight: Sight): boolean
  /** Ids of the units that are really on the canvas: for tests. */
  drawnUnits(): string[]
  /** Work of the page for the unit layer so far: for measurements. */
  unitWork(): UnitLayer['work']
  close(): void
}

export type MapEvents = {
  readonly onPlace: (at: LonLat) => void
  /** `at` is what was clicked: the crew may stand on the road that somebody wants to close. */
  readonly onUnit: (unitId: string, at: LonLat) => void
  readonly onMove: () => void
  readonly onTrouble: (lost: boolean) => void
}

/** The tip of a pin hangs below its box. */
const PIN_TIP_PX = -9
/** What the card covers on the left; the middle of the rest is where people look. */
const CARD_PX = 416

/** WebGL 2 is what MapLibre draws with; without it the page offers lists instead. */
export function canDrawMaps(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null
}

/** Resolves when the style is ready to take data. */
export function openMap(
  container: HTMLElement,
  tiles: TileSource | null,
  at: LonLat,
  events: MapEvents,
): Promise<CityMap> {
  const map = new LibreMap({
    container,
    style: cityStyle(tiles, readPalette()),
    center: [at.lon, at.lat],
    zoom: 12.5,
    minZoom: 8,
    maxZoom: 19,
    attributionControl: false,
    renderWorldCopies: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  putImages(map)
  const units = openUnitLayer(map, readPalette(), events.onTrouble)
  const coverage = coverageLayer(readPalette())
  map.on('click', ({ point, lngLat }) => {
    const unit = units.pick(point.x, point.y)
    const at = { lat: lngLat.lat, lon: lngLat.lng }
    if (unit !== null) events.onUnit(unit, at)
    else events.onPlace(at)
  })
  map.on('mousemove', ({ point }) => {
    map.getCanvas().style.cursor = units.pick(point.x, point.y) === null ? '' : 'pointer'
  })
  map.on('move', events.onMove)
  map.on('webglcontextlost', () => events.onTrouble(true))
  map.on('webglcontextrestored', () => events.onTrouble(false))
  return new Promise(resolve =>
    map.once('load', () => {
      map.addLayer(coverage, COVERAGE_BELOW)
      resolve(control(map, tiles === null ? 'geojson' : 'tiles', units, coverage))
    }),
  )
}

function control(map: LibreMap, base: BaseKind, units: UnitLayer, coverage: CoverageLayer): CityMap {
  const markers = new Map<string, Marker>()
  return {
    setData: (source, data) => {
      void map.getSource<GeoJSONSource>(source)?.setData(data)
    },
    coverage,
    setVisible: (layerIds, visible) => {
      for (const id of layerIds) map.setLayoutProperty(id, 'visibility', visible ? 'visible' : 'none')
    },
    setUnits: (marks, nowMs, nameOf) => units.refresh(marks, nowMs, nameOf),
    setStanding: things => {
      const keys = new Set(things.map(thing => thing.key))
      for (const [key, marker] of markers) if (!keys.has(key) && markers.delete(key)) marker.remove()
      for (const { key, element, anchor, lat, lon } of things) {
        const known = markers.get(key)
        if (known !== undefined) known.setLngLat([lon, lat])
        else
          markers.set(
            key,
            new Marker({ element, anchor, offset: anchor === 'bottom' ? [0, PIN_TIP_PX] : [0, 0] })
              .setLngLat([lon, lat])
              .addTo(map),
          )
      }
    },
    repaint: () => {
      putImages(map)
      units.repaint(readPalette())
      coverage.repaint(readPalette())
      for (const layer of cityLayers(base, readPalette()))
        for (const [name, value] of Object.entries(layer.paint ?? {}))
          map.setPaintProperty(layer.id, name as never, value as never)
    },
    flyTo: ({ lat, lon }) => {
      map.easeTo({
        center: [lon, lat],
        zoom: Math.max(map.getZoom(), 14.5),
        offset: [CARD_PX / 2, 0],
        duration: 500,
      })
    },
    fit: (bounds, { animated, besideCard }) => {
      const padding = besideCard ? { top: 70, right: 80, bottom: 80, left: CARD_PX + 60 } : 28
      map.fitBounds([...bounds], { padding, maxZoom: 15.5, duration: animated ? 500 : 0 })
    },
    zoomBy: steps => {
      map.easeTo({ zoom: map.getZoom() + steps, duration: 200 })
    },
    centre: () => {
      const { lat, lng } = map.getCenter()
      return { lat, lon: lng }
    },
    metresPerPixel: () => (78_271.517 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 2 ** map.getZoom(),
    around: () => {
      const [[west, south], [east, north]] = map.getBounds().toArray()
      const [widthDeg, heightDeg] = [east - west, north - south]
      return {
        west: west - widthDeg,
        south: south - heightDeg,
        east: east + widthDeg,
        north: north + heightDeg,
      }
    },
    isWithin: sight =>
      map
        .getBounds()
        .toArray()
        .every(([lon, lat]) => isWithin({ lat, lon }, sight)),
    drawnUnits: () => units.drawn(),
    unitWork: () => ({ ...units.work }),
    close: () => {
      units.close()
      map.remove()
    },
  }
}

function putImages(map: LibreMap): void {
  for (const [name, image] of mapImages(readPalette())) {
    if (map.hasImage(name)) map.updateImage(name, image)
    else map.addImage(name, image, { pixelRatio: PIXEL_RATIO })
  }
}
