import { IncidentCreate } from '#protocols/api.ts'
import type { IncidentView, OrderView } from '#protocols/api.ts'
import type { Command } from '#gateway/loop/effects.ts'
import type { DriveTimes } from '#gateway/reach/drive-times.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Now } from '#protocols/time.ts'
import { simulatedCity } from '#sim/city/city.ts'
import { beatOf, spotOfBeat } from '#sim/traffic/beat.ts'
import type { Beat } from '#sim/traffic/beat.ts'
import { StreetMap } from '#sim/traffic/street-map.ts'
import { graphOf } from '../oracle/cities.ts'
import { EtaCar } from './eta-car.ts'
import { EtaCentre } from './eta-centre.ts'
import { hiddenTraffic } from './hidden-traffic.ts'

/*
 * A town whose roads take longer or less than the profile says, and nobody is told by how much:
 *
 *     a day          cars patrol, are sent, drive, arrive, clear; the gateway hears their records, and learns
 *     the next day   cars are sent and arrive; the gateway hears where they are when it sends them, and nothing more
 *
 * Beside every promise of the second day stands what the profile alone would have promised.
 */
export type EtaTrip = {
  readonly hour: number
  readonly seconds: number
  readonly profileSeconds: number
  readonly p50Seconds: number
  readonly p80Seconds: number
  readonly basis: 'profile' | 'learned'
}

export type EtaDays = {
  readonly trips: readonly EtaTrip[]
  readonly centre: EtaCentre
  /** Of the first day. */
  readonly heard: { records: number; dispatched: number }
}

export type EtaPlan = {
  readonly seed: number
  readonly junctions: number
  readonly cars: number
  /** Of them, those that are sent on the second day. */
  readonly testCars: number
  readonly learnHours: number
  readonly testHours: number
  /** Hour of the local day both begin with. */
  readonly fromHour: number
  readonly timesOf: (graph: RoadGraph) => DriveTimes
}

const HOUR_MS = 3_600_000
/** Monday, 1 June 2026, midnight in China. */
const MIDNIGHT_UTC_MS = Date.UTC(2026, 4, 31, 16)
/** Places to be sent to, straight line. */
const AWAY_M = { least: 500, most: 3_500 }
const LAY_EVERY_S = 300
const TRIP_S_MAX = 3_000

type Promise = Pick<EtaTrip, 'profileSeconds' | 'p50Seconds' | 'p80Seconds' | 'basis'>

type Work = {
  stage: 'patrol' | 'turnout' | 'driving' | 'scene'
  untilS: number
  sentS: number
  place: LatLon
  order: OrderView | null
  promise: Promise | null
}

export function driveEtaDays(plan: EtaPlan): EtaDays {
  const { seed } = plan
  const { network } = simulatedCity({ seed, junctions: plan.junctions })
  const map = new StreetMap(network)
  const beat = beatOf(map)
  const graph = graphOf(network)
  const centre = new EtaCentre(graph, plan.timesOf(graph))
  const heard = { records: 0, dispatched: 0 }
  const trips: EtaTrip[] = []
  const startMs = plan.fromHour * HOUR_MS
  const traffic = hiddenTraffic(map, seed, 0)
  const nowAt = (monoMs: number): Now => ({ monoMs, utcMs: MIDNIGHT_UTC_MS + monoMs, quality: 'ntp' })
  const cars = Array.from({ length: plan.cars }, (_, i) => {
    const parts = { map, beat, traffic, seed, nowMs: startMs, utcOffsetMs: MIDNIGHT_UTC_MS }
    const car = new EtaCar(`car-${i + 1}`, parts)
    centre.bind(car.deviceId, nowAt(startMs))
    const work: Work = {
      ...{ stage: 'patrol', untilS: car.random.uniform(30, 600), sentS: 0, place: car.place },
      ...{ order: null, promise: null },
    }
    car.drive({ type: 'patrol' }, startMs)
    centre.hear(car.deviceId, 'live', car.live(car.position(), startMs), nowAt(startMs))
    return { car, work }
  })

  const run = (fromMs: number, hours: number, isLearning: boolean): void => {
    const driving = isLearning ? cars : cars.slice(0, plan.testCars)
    for (let s = 0; s < hours * 3_600; s++) {
      const monoMs = fromMs + s * 1000
      const now = nowAt(monoMs)
      if (s % LAY_EVERY_S === 0) centre.layRoads(now)
      if (s % 60 === 0) centre.city.handle({ type: 'tick' }, now)
      for (const { car, work } of driving) {
        const hasArrived = car.drive({ type: 'tick' }, monoMs)
        const seconds = monoMs / 1000
        if (isLearning) {
          const record = car.sampled(car.position(), monoMs, work.stage !== 'patrol')
          if (record !== undefined) {
            heard.records += 1
            centre.hear(car.deviceId, 'up/track', record, now)
          }
        }
        const tell = (kind: 'enroute' | 'arrived' | 'cleared'): void => {
          if (isLearning) centre.hear(car.deviceId, 'up/event', stepOf(car, work.order!, kind, monoMs), now)
        }
        if (work.stage === 'patrol' && seconds - startMs / 1000 >= work.untilS) {
          const place = placeAround(map, beat, car)
          centre.hear(car.deviceId, 'live', car.live(car.position(), monoMs), now)
          const promise = promiseTo(centre, car.deviceId, place, now)
          if (promise === undefined) continue
          const incident = centre.ask<IncidentView>(incidentAt(place), now)
          const dispatch = { kind: 'dispatch', incidentId: incident.id, unitId: car.deviceId } as const
          const order = centre.ask<OrderView>({ kind: 'order', order: dispatch }, now)
          heard.dispatched += isLearning ? 1 : 0
          const turnoutS = car.speedMps > 1 ? 0 : car.random.uniform(5, 15)
          Object.assign(work, {
            stage: 'turnout',
            untilS: seconds + turnoutS,
            sentS: seconds,
            place,
            order,
            promise,
          })
        }
        if (work.stage === 'turnout' && seconds >= work.untilS) {
          car.drive({ type: 'drive', ...work.place }, monoMs)
          tell('enroute')
          Object.assign(work, { stage: 'driving', untilS: seconds + TRIP_S_MAX })
        } else if (work.stage === 'driving' && (hasArrived || seconds >= work.untilS)) {
          if (hasArrived) tell('arrived')
          if (!isLearning && hasArrived)
            trips.push({
              hour: Math.floor(work.sentS / 3_600) % 24,
              seconds: seconds - work.sentS,
              ...work.promise!,
            })
          if (!isLearning) closeIncident(centre, work.order!, now)
          Object.assign(work, { stage: 'scene', untilS: seconds + car.random.uniform(60, 180) })
        } else if (work.stage === 'scene' && seconds >= work.untilS) {
          tell('cleared')
          car.drive({ type: 'patrol' }, monoMs)
          const patrolS = isLearning ? car.random.uniform(120, 600) : car.random.uniform(20, 90)
          Object.assign(work, { stage: 'patrol', untilS: seconds - startMs / 1000 + patrolS, order: null })
        }
      }
    }
  }
  run(startMs, plan.learnHours, true)
  const endMs = startMs + plan.learnHours * HOUR_MS
  const nextMs = startMs + 24 * HOUR_MS
  for (const { car, work } of cars) {
    if (work.order) closeIncident(centre, work.order, nowAt(endMs))
    if (endMs < nextMs) car.drive({ type: 'park' }, endMs)
    car.drive({ type: 'patrol' }, nextMs)
    Object.assign(work, {
      stage: 'patrol',
      untilS: (nextMs - startMs) / 1000 + car.random.uniform(10, 120),
      order: null,
    })
  }
  run(nextMs, plan.testHours, false)
  return { trips, centre, heard }
}

/** What the gateway tells a dispatcher of this car, and what the profile alone would have told. */
function promiseTo(centre: EtaCentre, unitId: string, place: LatLon, now: Now): Promise | undefined {
  const profileSeconds = centre.profileSeconds(unitId, place, now)
  const answer = centre.city.recommend(place, now)
  const one = answer.ok ? answer.value.candidates.find(candidate => candidate.unitId === unitId) : undefined
  if (profileSeconds === undefined || one === undefined) return undefined
  const p80Seconds = one.etaP80Seconds ?? one.etaHighSeconds
  return { profileSeconds, p50Seconds: one.etaSeconds, p80Seconds, basis: one.etaBasis }
}

function placeAround(map: StreetMap, beat: Beat, car: EtaCar): LatLon {
  for (let tries = 0; ; tries++) {
    const place = map.latLonOf(map.pointAt(spotOfBeat(map, beat, car.random)))
    const awayM = distanceM(car.place, place)
    if (tries >= 30 || (awayM >= AWAY_M.least && awayM <= AWAY_M.most)) return place
  }
}

const incidentAt = (place: LatLon): Command => ({
  kind: 'incident.create',
  incident: IncidentCreate.parse({ place: { ...place, text: '' } }),
})

const closeIncident = (centre: EtaCentre, order: OrderView, now: Now): void => {
  centre.ask({ kind: 'incident.close', incidentId: order.incidentId!, reason: '' }, now)
}

/** What the car itself records of its order. */
function stepOf(
  car: EtaCar,
  order: OrderView,
  step: 'enroute' | 'arrived' | 'cleared',
  monoMs: number,
): Uint8Array {
  const of = { orderId: order.id, incidentId: order.incidentId!, revision: 1 }
  const startedAt = MIDNIGHT_UTC_MS + monoMs
  switch (step) {
    case 'enroute':
      return car.record('rolling.started', { ...of, startedAt, by: 'speed' }, monoMs)
    case 'arrived':
      return car.record('arrival.confirmed', { ...of, startedAt, by: 'door', distanceM: 5 }, monoMs)
    case 'cleared':
      return car.record('assignment.step', { ...of, step: 'cleared', slot: 'declared' }, monoMs)
  }
}
