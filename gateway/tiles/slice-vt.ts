import { GeoJSONVT } from '@maplibre/geojson-vt'
import type { GeoJSONVTFeature, GeoJSONVTTile } from '@maplibre/geojson-vt'
import { fromGeojsonVt } from '@maplibre/vt-pbf'
import { bboxOf } from '#protocols/geo/polygon.ts'
import type { Bbox } from '#protocols/geo/polygon.ts'
import { positionsOf, TILE_LAYERS, ZOOM_MAX, ZOOM_MIN } from './map-feature.ts'
import type { MapFeature, TileLayer } from './map-feature.ts'

/** A tile's place in the pyramid of Web Mercator, y from the north. */
export type TileId = { readonly z: number; readonly x: number; readonly y: number }

const EXTENT = 4096
/** Beyond the border of a tile, in its 4096ths: a 26 pixel road drawn at zoom 18 from a tile of zoom 14 is still whole. */
const BUFFER = 80
/**
 * Far zooms are cut in one go, because little is drawn on them; from here on one subtree at a time (at 40° north 30 km
 * wide), so that no more than that is held in pieces however large the country.
 */
const SUBTREE_ZOOM = 10

/**
 * Cuts features into vector tiles (Mapbox Vector Tile 2.1), handed to `onTile` uncompressed, far zooms first; tiles with
 * nothing in them are left out. `onShare` hears how much is done, 0 to 1.
 */
export function sliceFeatures(
  features: readonly MapFeature[],
  onTile: (id: TileId, bytes: Uint8Array) => void,
  onShare: (share: number) => void = () => {},
): void {
  const boxed = features.map(feature => ({ feature, box: bboxOf(positionsOf(feature.geometry)) }))
  const roots: TileId[] = tilesOver(bboxOfBoxes(boxed.map(one => one.box)), SUBTREE_ZOOM)
  const far = boxed.filter(({ feature }) => feature.zoomMin < SUBTREE_ZOOM)
  for (const root of tilesOver(bboxOfBoxes(far.map(one => one.box)), ZOOM_MIN)) {
    sliceBelow(root, SUBTREE_ZOOM - 1, near(far, root), onTile)
  }
  roots.forEach((root, done) => {
    onShare((done + 0.5) / (roots.length + 1))
    sliceBelow(root, ZOOM_MAX, near(boxed, root), onTile)
  })
  onShare(1)
}

type Boxed = { readonly feature: MapFeature; readonly box: Bbox }

const near = (boxed: readonly Boxed[], root: TileId): MapFeature[] => {
  const { west, south, east, north } = boxOfTile(root)
  return boxed
    .filter(({ box }) => box.west <= east && box.east >= west && box.south <= north && box.north >= south)
    .map(({ feature }) => feature)
}

/** One subtree, layer by layer in one index each; the index forgets everything when the subtree is done. */
function sliceBelow(
  root: TileId,
  zoomMax: number,
  features: readonly MapFeature[],
  onTile: (id: TileId, bytes: Uint8Array) => void,
): void {
  const indexes = TILE_LAYERS.flatMap(layer => {
    const own = features.filter(feature => feature.layer === layer)
    return own.length === 0 ? [] : [[layer, indexOf(own)] as const]
  })
  const visit = (id: TileId): void => {
    const cut = indexes.flatMap(([layer, index]) => {
      const tile = index.getTile(id.z, id.x, id.y)
      return tile === null ? [] : [[layer, tile] as const]
    })
    if (cut.length === 0) return
    const layers = cut.map(([layer, tile]) => [layer, visibleAt(tile, id.z)] as const)
    if (layers.some(([, tile]) => tile.features.length > 0)) onTile(id, encode(layers))
    if (id.z < zoomMax) childrenOf(id).forEach(visit)
  }
  visit(root)
}

/** `zoomMin` travels through the slicing as a tag, and is taken off before a tile is written. */
const ZOOM_TAG = '_zoomMin'

const indexOf = (features: readonly MapFeature[]): GeoJSONVT =>
  new GeoJSONVT(
    {
      type: 'FeatureCollection',
      features: features.map(({ geometry, properties, zoomMin }) => ({
        type: 'Feature',
        properties: { ...properties, [ZOOM_TAG]: zoomMin },
        geometry,
      })),
    },
    { maxZoom: ZOOM_MAX, indexMaxZoom: 0, indexMaxPoints: 0, extent: EXTENT, buffer: BUFFER, tolerance: 3 },
  )

function visibleAt(tile: GeoJSONVTTile, zoom: number): GeoJSONVTTile {
  const features = tile.features.flatMap((feature: GeoJSONVTFeature) => {
    const { [ZOOM_TAG]: zoomMin, ...tags } = feature.tags ?? {}
    return Number(zoomMin) <= zoom ? [{ ...feature, tags }] : []
  })
  return { ...tile, features }
}

const encode = (layers: readonly (readonly [TileLayer, GeoJSONVTTile])[]): Uint8Array =>
  fromGeojsonVt(Object.fromEntries(layers.filter(([, tile]) => tile.features.length > 0)), {
    version: 2,
    extent: EXTENT,
  })

const childrenOf = ({ z, x, y }: TileId): TileId[] =>
  [0, 1].flatMap(dy => [0, 1].map(dx => ({ z: z + 1, x: 2 * x + dx, y: 2 * y + dy })))

function tilesOver(box: Bbox, z: number): TileId[] {
  if (!(box.west <= box.east)) return []
  const last = 2 ** z - 1
  const within = (value: number): number => Math.min(last, Math.max(0, Math.floor(value)))
  const [west, east] = [within(columnOf(box.west, z)), within(columnOf(box.east, z))]
  const [north, south] = [within(rowOf(box.north, z)), within(rowOf(box.south, z))]
  const tiles: TileId[] = []
  for (let y = north; y <= south; y++) for (let x = west; x <= east; x++) tiles.push({ z, x, y })
  return tiles
}

const columnOf = (lon: number, z: number): number => ((lon + 180) / 360) * 2 ** z

const rowOf = (lat: number, z: number): number => {
  const sin = Math.sin((Math.min(85.05, Math.max(-85.05, lat)) * Math.PI) / 180)
  return (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * 2 ** z
}

/** A tile with its buffer, degrees. */
function boxOfTile({ z, x, y }: TileId): Bbox {
  const slack = BUFFER / EXTENT
  const lonAt = (column: number): number => (column / 2 ** z) * 360 - 180
  const latAt = (row: number): number =>
    (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / 2 ** z))) * 180) / Math.PI
  return {
    west: lonAt(x - slack),
    east: lonAt(x + 1 + slack),
    north: latAt(y - slack),
    south: latAt(y + 1 + slack),
  }
}

const bboxOfBoxes = (boxes: readonly Bbox[]): Bbox =>
  bboxOf(boxes.flatMap(({ west, south, east, north }) => [[west, south] as const, [east, north] as const]))
