import type { Tags } from './road-rules.ts'

/**
 * What stands beside the roads, after the OSM wiki: tags to the kinds of the base map (`tiles/ground-features.ts`). Only
 * for the eye and for naming places; nothing is decided by them.
 */

/** Way and relation tags these rules read besides those of the roads. */
export const GROUND_KEYS = [
  ...['natural', 'water', 'waterway', 'landuse', 'leisure', 'railway', 'service', 'tunnel', 'width', 'type'],
  // Only to know that a way without other tags is a house and not a piece of a lake's shore.
  ...['building', 'boundary'],
]
/** Tags that make a named point or area a place people go by. */
export const PLACE_KEYS = [
  ...['place', 'amenity', 'tourism', 'shop', 'historic', 'aeroway', 'railway', 'leisure'],
  ...['name', 'name:zh', 'name:zh-Hans'],
]

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

const AREAS: Table = {
  natural: { water: 'water', wood: 'wood', scrub: 'wood', grassland: 'meadow', heath: 'meadow' },
  waterway: { riverbank: 'water', dock: 'water' },
  landuse: {
    ...{ reservoir: 'water', basin: 'water', forest: 'wood', meadow: 'meadow', grass: 'meadow' },
    ...{ farmland: 'farmland', vineyard: 'farmland', orchard: 'farmland', allotments: 'farmland' },
    ...{ cemetery: 'park', recreation_ground: 'park', village_green: 'park', flowerbed: 'park' },
    ...{ residential: 'built', commercial: 'built', retail: 'built', industrial: 'industrial' },
  },
  leisure: { park: 'park', garden: 'park', golf_course: 'park' },
}

const LINES: Table = {
  waterway: { river: 'river', canal: 'canal', stream: 'stream', drain: 'stream', ditch: 'stream' },
  railway: { rail: 'railway', light_rail: 'light_rail', tram: 'light_rail', subway: 'light_rail' },
  natural: { coastline: 'coast' },
}

const PLACES: Table = {
  place: {
    ...{ city: 'city', town: 'town', suburb: 'suburb', quarter: 'suburb', neighbourhood: 'suburb' },
    ...{ village: 'village', hamlet: 'hamlet' },
  },
  railway: { station: 'railway_station', halt: 'railway_station' },
  amenity: {
    ...{ hospital: 'hospital', school: 'school', college: 'school', university: 'school' },
    ...{ police: 'police_station', townhall: 'landmark', marketplace: 'landmark', theatre: 'landmark' },
    ...{ cinema: 'landmark', library: 'landmark', bus_station: 'landmark', courthouse: 'landmark' },
    ...{ place_of_worship: 'landmark', casino: 'landmark', fuel: 'landmark', post_office: 'landmark' },
  },
  tourism: { museum: 'landmark', attraction: 'landmark', zoo: 'landmark', hotel: 'landmark' },
  shop: { mall: 'landmark', department_store: 'landmark', supermarket: 'landmark' },
  historic: { castle: 'landmark', monument: 'landmark' },
  aeroway: { aerodrome: 'landmark' },
  leisure: { stadium: 'landmark', sports_centre: 'landmark' },
}

const kindIn = (table: Table, tags: Tags): string | undefined => {
  for (const key in table) {
    const kind = table[key]?.[tags[key] ?? '']
    if (kind !== undefined) return kind
  }
  return undefined
}

/** Kind of a closed way or multipolygon that is drawn as an area. */
export const areaKindOf = (tags: Tags): string | undefined => kindIn(AREAS, tags)

/** Kind of a way that is drawn as a line; sidings and yards are left out. */
export const lineKindOf = (tags: Tags): string | undefined =>
  tags['railway'] !== undefined && tags['service'] !== undefined ? undefined : kindIn(LINES, tags)

/** Kind of a place with a name; a petrol station or hotel without one is no help to anybody. */
export const placeKindOf = (tags: Tags): string | undefined =>
  placeNameOf(tags) === '' ? undefined : kindIn(PLACES, tags)

/** Chinese name first, then the local one. */
export const placeNameOf = (tags: Tags): string =>
  (tags['name:zh'] ?? tags['name:zh-Hans'] ?? tags['name'] ?? '').trim()

/** Metres where the width is tagged, else what such a water usually has. */
export function widthMOf(kind: string, tags: Tags): number | undefined {
  const tagged = Number(/^(\d+(?:\.\d+)?)\s*m?$/.exec(tags['width'] ?? '')?.[1])
  if (tagged > 0 && tagged < 2_000) return tagged
  return { river: 15, canal: 8, stream: 3 }[kind]
}
