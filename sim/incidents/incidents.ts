import type { IncidentCreate } from '#protocols/api.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { IncidentClass, Severity } from '#protocols/incident.ts'
import type { Place } from '../city/places.ts'
import type { Random } from '../random.ts'
import { spotOfBeat } from '../traffic/beat.ts'
import type { Beat } from '../traffic/beat.ts'
import type { Spot, StreetMap } from '../traffic/street-map.ts'
import { pullOf } from './day.ts'
import { placeText } from './place-text.ts'

/** What happens in the city: where, what, how bad. Exactly the words a caller of `POST /v1/incidents` has to say. */
export type NewIncident = Required<Pick<IncidentCreate, 'place' | 'class' | 'severity'>>

/**
 * How often each class of DOMAIN.md 6.5 comes (shares of a usual day, ours, configurable) and how often it is urgent or
 * major. Complaints and questions are no street work; fraud is mostly told by phone.
 */
export type Mix = readonly {
  readonly class: IncidentClass
  readonly share: number
  readonly urgent: number
  readonly major: number
}[]
export const USUAL_DAY: Mix = [
  { class: 'dispute', share: 27, urgent: 0.2, major: 0.01 }, // D 纠纷
  { class: 'help', share: 26, urgent: 0.15, major: 0 }, // H 求助
  { class: 'traffic', share: 20, urgent: 0.25, major: 0.02 }, // T 交通
  { class: 'theft', share: 10, urgent: 0.3, major: 0.01 }, // C2 盗抢
  { class: 'injury', share: 8, urgent: 0.7, major: 0.05 }, // C1 伤害
  { class: 'emergency', share: 3, urgent: 0.7, major: 0.3 }, // P0 紧急
  { class: 'vice', share: 2, urgent: 0.1, major: 0 }, // C3 黄赌毒
  { class: 'fraud', share: 2, urgent: 0.1, major: 0 }, // C4 诈骗
  { class: 'tip_off', share: 2, urgent: 0.1, major: 0 }, // I 举报
]

export type Incidents = {
  readonly map: StreetMap
  readonly landmarks: readonly Place[]
  /** Where things happen: the whole city or a part of it. */
  readonly beat: Beat
  readonly random: Random
  readonly everyMs: number
  readonly mix: Mix
  nextAtMs: number
  readonly countyAt: (place: LatLon) => string
  /** The next one happens near this place. */
  near: LatLon | undefined
}

export type IncidentsOptions = {
  readonly map: StreetMap
  readonly landmarks: readonly Place[]
  readonly beat: Beat
  readonly random: Random
  readonly nowMs: number
  /** Default 20 s: a busy evening, so that the map is never empty. */
  readonly everyMs?: number
  readonly mix?: Mix
  /** The county a caller would name before the street, '' for none. */
  readonly countyAt?: (place: LatLon) => string
}

export type IncidentsEvent =
  | { readonly type: 'tick' }
  /** Let the next one happen at once and near this place: the first a visitor sees, or a test's. */
  | { readonly type: 'near'; readonly lat: number; readonly lon: number }

/** Near enough to see the car go, far enough that it has to. */
const NEAR_M = { least: 250, most: 900 }

/** The first incident is due at once. */
export function openIncidents(options: IncidentsOptions): Incidents {
  const { map, landmarks, beat, random, nowMs, everyMs = 20_000, mix = USUAL_DAY } = options
  const countyAt = options.countyAt ?? ((): string => '')
  return { map, landmarks, beat, random, everyMs, mix, countyAt, nextAtMs: nowMs, near: undefined }
}

/**
 * What has happened by now. At most one per call and none made up for the time nobody asked: after a pause the city goes
 * on, it does not catch up.
 */
export function incidentsStep(incidents: Incidents, event: IncidentsEvent, nowMs: number): NewIncident[] {
  if (event.type === 'near') {
    incidents.near = { lat: event.lat, lon: event.lon }
    incidents.nextAtMs = nowMs
  }
  if (nowMs < incidents.nextAtMs) return []
  const incident = drawIncident(incidents, incidents.near === undefined ? {} : { near: incidents.near })
  incidents.near = undefined
  incidents.nextAtMs = nowMs + incidents.everyMs
  return [incident]
}

/** Half of what happens, happens by a place people know; the other half anywhere on the streets. */
const AT_PLACES_SHARE = 0.5
/** How far from the door of the place. */
const BY_PLACE_M = 220

/** One incident by lot, without a timetable; with the hour told, places draw by the hour. */
export function drawIncident(
  incidents: Incidents,
  { near, hour }: { readonly near?: LatLon; readonly hour?: number } = {},
): NewIncident {
  const { map, beat, random } = incidents
  const byPlace = near === undefined && hour !== undefined ? spotByPlace(incidents, hour) : undefined
  return incidentOn(
    incidents,
    near === undefined ? (byPlace ?? spotOfBeat(map, beat, random)) : spotNear(incidents, near),
  )
}

/** One incident on the road nearest to a place somebody pointed at; undefined where no road is near. */
export function incidentAt(incidents: Incidents, place: LatLon): NewIncident | undefined {
  const spot = incidents.map.snap(place)
  return spot === undefined ? undefined : incidentOn(incidents, spot)
}

function incidentOn({ map, landmarks, random, mix, countyAt }: Incidents, spot: Spot): NewIncident {
  const kind = classOf(mix, random)
  const lot = random.uniform()
  const severity: Severity = lot < kind.major ? 'major' : lot < kind.major + kind.urgent ? 'urgent' : 'normal'
  const place = map.latLonOf(map.pointAt(spot))
  return {
    place: {
      lat: degrees(place.lat),
      lon: degrees(place.lon),
      text: countyAt(place) + placeText(map, landmarks, spot),
    },
    class: kind.class,
    severity,
  }
}

/** Near a landmark, chosen by how much happens at its kind of place at this hour. */
function spotByPlace({ map, landmarks, random }: Incidents, hour: number): Spot | undefined {
  if (landmarks.length === 0 || !random.chance(AT_PLACES_SHARE)) return undefined
  const pulls = landmarks.map(({ sort }) => pullOf(sort, hour))
  let lot = random.uniform(
    0,
    pulls.reduce((sum, pull) => sum + pull, 0),
  )
  const landmark = landmarks.find((_, k) => (lot -= pulls[k]!) < 0) ?? landmarks[0]!
  const turn = random.uniform(0, 2 * Math.PI)
  const at = map.plane.toMetres(landmark)
  const awayM = BY_PLACE_M * Math.sqrt(random.uniform())
  return map.snap(map.latLonOf({ x: at.x + awayM * Math.cos(turn), y: at.y + awayM * Math.sin(turn) }))
}

/** 1e-6 degrees: a tenth of a metre. */
const degrees = (value: number): number => Math.round(value * 1e6) / 1e6

function classOf(mix: Mix, random: Random): Mix[number] {
  let lot = random.uniform(
    0,
    mix.reduce((sum, kind) => sum + kind.share, 0),
  )
  for (const kind of mix) {
    lot -= kind.share
    if (lot < 0) return kind
  }
  return mix[mix.length - 1]!
}

/** The best of many throws: in the wanted distance when one falls there, else the nearest to it. */
function spotNear({ map, beat, random }: Incidents, near: LatLon): Spot {
  let [best, bestOffM] = [spotOfBeat(map, beat, random), Infinity]
  for (let tries = 0; tries < 300 && bestOffM > 0; tries += 1) {
    const spot = spotOfBeat(map, beat, random)
    const gapM = distanceM(near, map.latLonOf(map.pointAt(spot)))
    const offM = Math.max(0, NEAR_M.least - gapM, gapM - NEAR_M.most)
    if (offM < bestOffM) [best, bestOffM] = [spot, offM]
  }
  return best
}
