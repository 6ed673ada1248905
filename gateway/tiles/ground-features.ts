import { ZOOM_MIN } from './map-feature.ts'
import type { MapFeature, Properties, Shape, TileLayer } from './map-feature.ts'

/** What stands beside the roads, as importers and cities give it: GeoJSON with a `kind`. */
export type GroundFeature = {
  readonly properties: Readonly<Record<string, unknown>>
  readonly geometry: Shape
}

type Row = { readonly layer: TileLayer; readonly kind: string; readonly zoomMin: number }
const row = (layer: TileLayer, kind: string, zoomMin: number): Row => ({ layer, kind, zoomMin })

/** Every kind we know: its layer, its name in the tiles, and from which zoom it is worth drawing. */
const KINDS: Readonly<Record<string, Row>> = {
  sea: row('water', 'sea', ZOOM_MIN),
  lake: row('water', 'lake', ZOOM_MIN),
  water: row('water', 'water', ZOOM_MIN),
  river: row('water', 'river', ZOOM_MIN),
  canal: row('water', 'canal', 11),
  stream: row('water', 'stream', 13),
  park: row('green', 'park', 10),
  wood: row('green', 'wood', ZOOM_MIN),
  meadow: row('green', 'meadow', 11),
  farmland: row('green', 'farmland', 10),
  built: row('built', 'built', ZOOM_MIN),
  industrial: row('built', 'industrial', 10),
  railway: row('rail', 'railway', 9),
  light_rail: row('rail', 'light_rail', 12),
  city: row('places', 'city', ZOOM_MIN),
  town: row('places', 'town', 9),
  suburb: row('places', 'suburb', 11),
  village: row('places', 'village', 12),
  hamlet: row('places', 'hamlet', 13),
  railway_station: row('places', 'railway_station', 12),
  hospital: row('places', 'hospital', 13),
  school: row('places', 'school', 14),
  landmark: row('places', 'landmark', 13),
  police_station: row('places', 'police_station', 11),
  duty_station: row('places', 'duty_station', 11),
  joint_station: row('places', 'joint_station', 12),
  // The simulated city's own words for 派出所, 驻勤点 and 联勤工作站.
  station: row('places', 'police_station', 11),
  post: row('places', 'duty_station', 11),
  joint: row('places', 'joint_station', 12),
}

/** An area whose kind nobody drew yet is left out rather than drawn as something it is not; a place is a landmark. */
export function groundFeatures(ground: readonly GroundFeature[]): MapFeature[] {
  return ground.flatMap(({ properties, geometry }) => {
    const kind = String(properties['kind'])
    const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
    const { layer, zoomMin, ...rest } =
      known ?? (geometry.type === 'Point' ? row('places', kind, 13) : row('built', '', -1))
    if (zoomMin < 0 || (layer === 'places') !== (geometry.type === 'Point')) return []
    return [{ layer, zoomMin, properties: drawable({ ...properties, kind: rest.kind }), geometry }]
  })
}

/** Only what the page draws by, and nothing that is empty. */
function drawable(properties: Readonly<Record<string, unknown>>): Properties {
  const kept = ['kind', 'name', 'id', 'widthM', 'tunnel'].flatMap(key => {
    const value = properties[key]
    const fits = typeof value === 'number' || value === true || (typeof value === 'string' && value !== '')
    return fits ? [[key, value] as const] : []
  })
  return Object.fromEntries(kept)
}
