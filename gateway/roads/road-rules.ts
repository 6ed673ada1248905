import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { RoadClass } from '#protocols/roads/network.ts'
import { CONTROL_KEYS } from './drive-controls.ts'

/**
 * What a way's tags mean to a patrol car, after the OSM wiki (Key:highway, Key:access, Key:oneway, Key:maxspeed). The
 * numbers are tables, so that a city can replace them by its own.
 */
export type Tags = Readonly<Record<string, string>>

/** Way tags these rules read; the importer decodes no others. */
export const WAY_KEYS = [
  ...['highway', 'service', 'area', 'access', 'vehicle', 'motor_vehicle', 'motorcar'],
  ...['oneway', 'oneway:motor_vehicle', 'oneway:motorcar', 'junction', 'maxspeed', 'maxspeed:forward'],
  ...['name', 'name:zh', 'name:zh-Hans', 'ref', 'bridge', 'tunnel'],
]
export const NODE_KEYS = [...['barrier', 'access', 'vehicle', 'motor_vehicle', 'motorcar'], ...CONTROL_KEYS]

/**
 * Free-flow speed where no limit is tagged: in the range of public routers' car profiles, rounded down to what a town
 * allows. An assumption to be replaced by measured patrols.
 */
export const CLASS_SPEED_KPH: Readonly<Record<RoadClass, number>> = {
  motorway: 100,
  trunk: 80,
  primary: 60,
  secondary: 50,
  tertiary: 40,
  unclassified: 30,
  residential: 30,
  living_street: 15,
  service: 15,
  motorway_link: 50,
  trunk_link: 45,
  primary_link: 40,
  secondary_link: 35,
  tertiary_link: 30,
}

/** Limits that are tagged by name (wiki: Key:maxspeed, "Implicit speed limits"). A country's row wins over the general one. */
const ZONE_SPEED_KPH: Readonly<Record<string, number>> = {
  urban: 50,
  rural: 80,
  trunk: 100,
  motorway: 120,
  living_street: 20,
  bicycle_road: 30,
  'CN:rural': 70,
  'AT:rural': 100,
  'DE:rural': 100,
  'PT:rural': 90,
  'GB:nsl_single': 97,
  'GB:nsl_dual': 113,
}
const WALK_KPH = 7
/** A tagged limit outside this is a typing error or a race track. */
const SPEED_KPH_MIN = 5
const SPEED_KPH_MAX = 150

const CLOSED = ['no', 'private', 'agricultural', 'forestry', 'military']
const BLOCKING_BARRIERS = [
  ...['bollard', 'block', 'jersey_barrier', 'cycle_barrier', 'motorcycle_barrier', 'bus_trap', 'sump_buster'],
  ...['chain', 'log', 'debris', 'stile', 'kissing_gate', 'turnstile', 'full-height_turnstile', 'wedge'],
]

export type WayVerdict = 'drivable' | 'notRoad' | 'noAccess' | 'driveway' | 'area' | 'reversible'

/** Whether a patrol may use the way at any hour, and if not, why. `access=no` with `motor_vehicle=yes` is drivable. */
export function judgeWay(tags: Tags): WayVerdict {
  if (roadClassOf(tags) === undefined) return 'notRoad'
  if (tags['area'] === 'yes') return 'area'
  if (CLOSED.includes(accessOf(tags) ?? 'yes')) return 'noAccess'
  // Driveways and drive-throughs lead to one door; the street in front of it is near enough.
  if (tags['service'] === 'driveway' || tags['service'] === 'drive-through') return 'driveway'
  if (onewayOf(tags) === 'reversible') return 'reversible'
  return 'drivable'
}

export const roadClassOf = (tags: Tags): RoadClass | undefined =>
  ROAD_CLASSES.find(roadClass => roadClass === tags['highway'])

/** The most special access tag wins. */
const accessOf = (tags: Tags): string | undefined =>
  tags['motorcar'] ?? tags['motor_vehicle'] ?? tags['vehicle'] ?? tags['access']

/** True when a car cannot pass this node: a bollard, or a gate that is locked to the public. */
export function nodeBlocks(tags: Tags | undefined): boolean {
  const barrier = tags?.['barrier']
  if (tags === undefined || barrier === undefined) return false
  const access = accessOf(tags)
  return access === undefined ? BLOCKING_BARRIERS.includes(barrier) : CLOSED.includes(access)
}

/** Ways the road may be driven, relative to the order of its nodes. */
export function directionsOf(tags: Tags): { forward: boolean; backward: boolean } {
  const oneway = onewayOf(tags)
  return { forward: oneway !== '-1', backward: oneway !== 'yes' }
}

function onewayOf(tags: Tags): 'yes' | 'no' | '-1' | 'reversible' {
  const tagged = tags['oneway:motorcar'] ?? tags['oneway:motor_vehicle'] ?? tags['oneway']
  if (tagged === 'yes' || tagged === 'true' || tagged === '1') return 'yes'
  if (tagged === '-1' || tagged === 'reverse') return '-1'
  if (tagged === 'reversible') return 'reversible'
  if (tagged !== undefined) return 'no'
  const implied = tags['junction'] === 'roundabout' || tags['junction'] === 'circular'
  return implied || tags['highway'] === 'motorway' ? 'yes' : 'no'
}

/** Travel speed of a drivable way: its limit, or its class, and which of them. */
export function speedOf(tags: Tags, roadClass: RoadClass): { speedKph: number; speedByClass?: true } {
  const limitKph = parseMaxspeedKph(tags['maxspeed'] ?? tags['maxspeed:forward'])
  return limitKph === undefined
    ? { speedKph: CLASS_SPEED_KPH[roadClass], speedByClass: true }
    : { speedKph: limitKph }
}

/** `50`, `30 mph`, `CN:urban`, `walk`, `60;40` (the first counts); undefined for `none`, `signals` and nonsense. */
export function parseMaxspeedKph(text: string | undefined): number | undefined {
  const first = text?.split(/[;|]/)[0]?.trim() ?? ''
  if (first === 'walk') return WALK_KPH
  const number = /^(\d+(?:\.\d+)?)\s*(km\/h|kmh|kph|mph)?$/.exec(first)
  if (number === null) return ZONE_SPEED_KPH[first] ?? zoneSpeed(first)
  const kph = Number(number[1]) * (number[2] === 'mph' ? 1.609344 : 1)
  return kph >= SPEED_KPH_MIN && kph <= SPEED_KPH_MAX ? kph : undefined
}

/** `CH:urban` falls back to `urban`, `CN:zone30` to 30. */
function zoneSpeed(text: string): number | undefined {
  const zone = /^[A-Z]{2}:(.+)$/.exec(text)?.[1]
  if (zone === undefined) return undefined
  const number = /^zone:?(\d+)$/.exec(zone)
  return number === null ? ZONE_SPEED_KPH[zone] : parseMaxspeedKph(number[1])
}

/** What carries the road, for the map. */
export function structureOf(tags: Tags): 'bridge' | 'tunnel' | undefined {
  if ((tags['tunnel'] ?? 'no') !== 'no') return 'tunnel'
  return (tags['bridge'] ?? 'no') === 'no' ? undefined : 'bridge'
}

/** Chinese name first, then the local one, then the road number. */
export const nameOf = (tags: Tags): string =>
  tags['name:zh'] ?? tags['name:zh-Hans'] ?? tags['name'] ?? tags['ref'] ?? ''
