import type { Metres } from '#protocols/geo/local.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { hash32 } from '../random.ts'
import type { Random } from '../random.ts'
import { spotOfBeat } from './beat.ts'
import type { Beat } from './beat.ts'
import { PATROL, pathOf, pieceAt, pointOn, RESPONSE, spotOn } from './path.ts'
import type { Manner, Path } from './path.ts'
import { fastestRoute } from './route.ts'
import type { Route } from './route.ts'
import type { Spot, StreetMap } from './street-map.ts'
import type { Traffic } from './traffic.ts'

/**
 * A car on the roads. The state belongs to `moverStep`, which changes it and answers with what happened; between two
 * events the car drives on by itself, in steps of at most 100 ms, so it may be asked at any pace.
 *
 *   parked --patrol--> driving --end of leg--> waiting 10-50 s --> driving ...
 *   any ----drive----> driving (turns round first when that is faster) --end--> parked, `arrived`
 *   any ----park-----> braking --standstill--> parked, `stopped`
 */
export type Mover = {
  readonly map: StreetMap
  readonly beat: Beat
  readonly random: Random
  readonly traffic: Traffic | undefined
  /** How many times as long this drive takes as another would, roads being the same. */
  tripFactor: number
  /** Parks until told, patrols for ever, or drives to a place. */
  mode: 'parked' | 'patrol' | 'response'
  /** The place on the network while there is no leg; a leg's own place rules otherwise. */
  spot: Spot
  leg: Leg | undefined
  /** What follows when the car has come to a stand before its leg's end: it turns round, or stays. */
  afterStop: { readonly to: Spot } | 'park' | undefined
  /** Standing until then: the crew looks round, or the car is being turned. */
  standUntilMs: number
  speedMps: number
  trackDeg: number
  atMs: number
  legs: number
  drivenM: number
}

type Leg = {
  readonly route: Route
  readonly path: Path
  readonly manner: Manner
  doneM: number
  piece: number
  /** Where the car shall stand: the path's end, or earlier when it was told to stop. */
  stopM: number
  /** Reds ahead, nearest first. */
  reds: readonly { readonly m: number; readonly ms: number }[]
}

export type MoverEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'patrol' }
  | { readonly type: 'park' }
  | { readonly type: 'drive'; readonly lat: number; readonly lon: number }

export type MoverEffect =
  | { readonly type: 'arrived'; readonly atMs: number }
  | { readonly type: 'stopped'; readonly atMs: number }
  /** No road within 2 km of the target, or no way to it; the car goes on with what it did. */
  | { readonly type: 'unreachable'; readonly lat: number; readonly lon: number }

export type Pose = LatLon & { readonly speedMps: number; readonly trackDeg: number }

export type MoverOptions = {
  readonly map: StreetMap
  readonly beat: Beat
  readonly random: Random
  readonly traffic?: Traffic
  readonly nowMs: number
  /** Where it stands at first; anywhere on its beat when absent or off the roads. */
  readonly start?: LatLon
}

const STEP_MS = 100
const TURN_ROUND_MS = 4_000
/** No brake acts harder than this, m/s2: firm, not yet an emergency. */
export const HARDEST_BRAKE_MPS2 = 4.5
/** Metres of patrol per leg, straight line. */
const LEG_M = { least: 300, most: 1_800 }

/** A parked car. */
export function openMover({ map, beat, random, traffic, nowMs, start }: MoverOptions): Mover {
  const spot = (start === undefined ? undefined : map.snap(start)) ?? spotOfBeat(map, beat, random)
  const edge = map.network.edges[spot.edge]!
  return {
    map,
    beat,
    random,
    traffic,
    tripFactor: 1,
    mode: 'parked',
    spot,
    leg: undefined,
    afterStop: undefined,
    standUntilMs: nowMs,
    speedMps: 0,
    trackDeg: trackOf(map, spot, edge.forward),
    atMs: nowMs,
    legs: 0,
    drivenM: 0,
  }
}

export function moverStep(mover: Mover, event: MoverEvent, nowMs: number): MoverEffect[] {
  const effects: MoverEffect[] = []
  while (mover.atMs < nowMs) {
    const stepMs = Math.min(STEP_MS, nowMs - mover.atMs)
    mover.atMs += stepMs
    if (mover.leg !== undefined && mover.atMs >= mover.standUntilMs)
      drive(mover, mover.leg, stepMs / 1000, effects)
    else if (mover.mode === 'patrol' && mover.leg === undefined && mover.atMs >= mover.standUntilMs)
      nextLeg(mover)
  }
  take(mover, event, effects)
  return effects
}

/** Position, speed and course at the time of the last event. */
export function poseOf(mover: Mover): Pose {
  return { ...mover.map.latLonOf(placeOf(mover)), speedMps: mover.speedMps, trackDeg: mover.trackDeg }
}

/** Seconds until the car stands at its target if nothing comes between; undefined when it has none. */
export function etaSecondsOf(mover: Mover): number | undefined {
  if (mover.mode !== 'response' || mover.leg === undefined) return undefined
  const standS = Math.max(0, mover.standUntilMs - mover.atMs) / 1000
  const { afterStop, leg } = mover
  if (afterStop === undefined || afterStop === 'park')
    return standS + driveSeconds(leg, leg.doneM, mover.speedMps, leg.stopM)
  const from = spotOn(mover.map, leg.path, leg.stopM, leg.route)
  const route = fastestRoute(mover.map, from, afterStop.to)
  if (route === undefined) return undefined
  const then = legOf(mover, route, RESPONSE)
  const stopS = driveSeconds(leg, leg.doneM, mover.speedMps, leg.stopM)
  return stopS + TURN_ROUND_MS / 1000 + driveSeconds(then, 0, 0, then.stopM)
}

/** What this car would need to the point, leaving from a stand where it is: the simulator's own second opinion. */
export function secondsTo(mover: Mover, target: LatLon): number | undefined {
  const to = mover.map.snap(target)
  const route = to === undefined ? undefined : fastestRoute(mover.map, spotOf(mover), to)
  if (route === undefined) return undefined
  const leg = legOf(mover, route, RESPONSE)
  return driveSeconds(leg, 0, 0, leg.stopM)
}

/** The car's place on the network. */
export function spotOf(mover: Mover): Spot {
  const { leg } = mover
  return leg === undefined ? mover.spot : spotOn(mover.map, leg.path, leg.doneM, leg.route)
}

function placeOf(mover: Mover): Metres {
  const { leg, map, spot } = mover
  return leg === undefined ? map.pointAt(spot) : pointOn(leg.path, leg.doneM, leg.piece)
}

function take(mover: Mover, event: MoverEvent, effects: MoverEffect[]): void {
  switch (event.type) {
    case 'tick':
      return
    case 'patrol':
      mover.mode = 'patrol'
      // A stop already under way is finished first; otherwise the present leg becomes the first of the patrol.
      if (mover.afterStop !== undefined) mover.afterStop = undefined
      return
    case 'park':
      mover.mode = 'parked'
      if (mover.leg === undefined) effects.push({ type: 'stopped', atMs: mover.atMs })
      else stopSoon(mover, mover.leg, 'park')
      return
    case 'drive': {
      const to = mover.map.snap(event)
      if (to === undefined || !driveTo(mover, to)) {
        effects.push({ type: 'unreachable', lat: event.lat, lon: event.lon })
      }
      return
    }
  }
}

/** Goes on the way the car faces, or brakes and turns round, whichever is faster. */
function driveTo(mover: Mover, to: Spot): boolean {
  const { map, leg } = mover
  const { factor } = roadsNow(mover)
  mover.tripFactor = mover.traffic?.trip(mover.random) ?? 1
  if (leg === undefined || mover.speedMps === 0) {
    const route = fastestRoute(map, spotOf(mover), to, { factor })
    if (route === undefined) return false
    mover.mode = 'response'
    turnInto(mover, route)
    return true
  }
  const here = spotOn(map, leg.path, leg.doneM, leg.route)
  const onward = fastestRoute(map, here, to, { leave: here.arc & 1 ? 'against' : 'along', factor })
  const ahead = onward === undefined ? undefined : legOf(mover, onward, RESPONSE)
  const aheadS =
    ahead !== undefined && canTake(ahead, mover.speedMps)
      ? driveSeconds(ahead, 0, mover.speedMps, ahead.stopM)
      : Infinity
  const stopM = stopPlace(leg, mover.speedMps)
  const back = fastestRoute(map, spotOn(map, leg.path, stopM, leg.route), to, { factor })
  const backLeg = back === undefined ? undefined : legOf(mover, back, RESPONSE)
  const backS =
    backLeg === undefined
      ? Infinity
      : driveSeconds(leg, leg.doneM, mover.speedMps, stopM) +
        TURN_ROUND_MS / 1000 +
        driveSeconds(backLeg, 0, 0, backLeg.stopM)
  if (aheadS === Infinity && backS === Infinity) return false
  mover.mode = 'response'
  if (ahead !== undefined && aheadS <= backS) {
    mover.leg = ahead
    mover.afterStop = undefined
  } else stopSoon(mover, leg, { to })
  return true
}

/** Takes a new way from a stand; facing the other way costs the time of turning round. */
function turnInto(mover: Mover, route: Route): void {
  const leg = legOf(mover, route, mover.mode === 'patrol' ? PATROL : RESPONSE)
  mover.leg = leg
  mover.afterStop = undefined
  const track = trackOn(leg.path, 0)
  const away = Math.abs(((track - mover.trackDeg + 540) % 360) - 180)
  mover.standUntilMs = mover.atMs + (away > 120 ? TURN_ROUND_MS : 0)
}

function stopSoon(mover: Mover, leg: Leg, then: NonNullable<Mover['afterStop']>): void {
  leg.stopM = stopPlace(leg, mover.speedMps)
  mover.afterStop = then
}

/** A little beyond the shortest comfortable braking distance, never beyond the way already planned. */
const stopPlace = (leg: Leg, speedMps: number): number =>
  Math.min(leg.stopM, leg.doneM + (speedMps * speedMps) / (2 * leg.manner.brakeMps2) + 2)

function nextLeg(mover: Mover): void {
  const { map, beat, random } = mover
  const from = spotOf(mover)
  const here = map.pointAt(from)
  let to = spotOfBeat(map, beat, random)
  for (let tries = 0; tries < 12; tries += 1) {
    const there = map.pointAt(to)
    const gapM = Math.hypot(there.x - here.x, there.y - here.y)
    if (gapM >= LEG_M.least && gapM <= LEG_M.most) break
    to = spotOfBeat(map, beat, random)
  }
  mover.legs += 1
  mover.tripFactor = mover.traffic?.trip(random) ?? 1
  const taste = random.integer(0, 0xffff)
  // Every leg likes other streets, and none likes to leave the beat: 1 to 2 times, outside 4 times as much.
  const factor = (arc: number): number =>
    (1 + hash32(String(arc >> 1), taste) / 0xffff_ffff) * (beat.has(arc >> 1) ? 1 : 4)
  const route = fastestRoute(map, from, to, { factor })
  if (route === undefined) mover.standUntilMs = mover.atMs + 5_000
  else turnInto(mover, route)
}

/** What people who know the town drive by: arcs beside the quickest, as times of it. */
function roadsNow({ traffic, atMs, map }: Mover): { factor: (arc: number) => number } {
  if (traffic === undefined) return { factor: () => 1 }
  const least = map.arcs.reduce((low, arc) => Math.min(low, traffic.slowness(arc, atMs)), Infinity)
  return { factor: arc => traffic.slowness(arc, atMs) / least }
}

/** One step of driving: speed up or brake towards what the road ahead allows, then move. */
function drive(mover: Mover, leg: Leg, seconds: number, effects: MoverEffect[]): void {
  const before = mover.speedMps
  const red = leg.reds[0]
  const stopM = red === undefined ? leg.stopM : Math.min(leg.stopM, red.m)
  mover.speedMps = nextSpeed(leg, leg.doneM, leg.piece, before, stopM, seconds)
  const movedM = Math.min(stopM - leg.doneM, ((before + mover.speedMps) / 2) * seconds)
  leg.doneM += movedM
  mover.drivenM += movedM
  leg.piece = pieceAt(leg.path, leg.doneM, leg.piece)
  mover.trackDeg = leg.path.lengthM > 0.5 ? trackOn(leg.path, leg.doneM) : mover.trackDeg
  if (leg.stopM - leg.doneM < 0.05) standStill(mover, leg, effects)
  else if (red !== undefined && red.m - leg.doneM < 0.05) {
    mover.speedMps = 0
    mover.standUntilMs = mover.atMs + red.ms
    leg.reds = leg.reds.slice(1)
  }
}

function standStill(mover: Mover, leg: Leg, effects: MoverEffect[]): void {
  const then = mover.afterStop
  mover.speedMps = 0
  mover.spot = spotOn(mover.map, leg.path, leg.doneM, leg.route)
  mover.leg = undefined
  mover.afterStop = undefined
  if (then !== undefined && then !== 'park') {
    // The way was there when the stop was planned, and roads do not change under a moving car.
    const route = fastestRoute(mover.map, mover.spot, then.to)
    if (route !== undefined) turnInto(mover, route)
  } else if (mover.mode === 'response') {
    mover.mode = 'parked'
    effects.push({ type: 'arrived', atMs: mover.atMs })
  } else if (mover.mode === 'patrol') {
    // One stop in three is a post: the car shows itself for a while.
    const standMs = mover.random.chance(0.33)
      ? mover.random.uniform(20_000, 50_000)
      : mover.random.uniform(500, 4_000)
    mover.standUntilMs = mover.atMs + standMs
  } else effects.push({ type: 'stopped', atMs: mover.atMs })
}

/** The car stops so far before the junction. */
const STOP_LINE_M = 6

function legOf(mover: Mover, route: Route, manner: Manner): Leg {
  const { map, traffic, tripFactor, atMs } = mover
  if (traffic === undefined) {
    const path = pathOf(map, route, manner)
    return { route, path, manner, doneM: 0, piece: 0, stopM: path.lengthM, reds: [] }
  }
  const path = pathOf(map, route, manner, arc => traffic.slowness(arc, atMs) * tripFactor)
  const reds = route.arcs.slice(0, -1).flatMap((arc, k) => {
    const ms = traffic.redMs(arc, manner === RESPONSE, mover.random)
    const m = path.m[path.turn.indexOf(k + 1)]! - STOP_LINE_M
    // A light that turns red when the car cannot stop any more is not one of these.
    const brakingM = mover.speedMps ** 2 / (2 * manner.brakeMps2)
    return ms > 0 && m > STOP_LINE_M + brakingM ? [{ m, ms }] : []
  })
  return { route, path, manner, doneM: 0, piece: 0, stopM: path.lengthM, reds }
}

/** The speed after `seconds`: what every point ahead allows, minus the way to brake down to it, within the car's powers. */
function nextSpeed(
  leg: Leg,
  doneM: number,
  piece: number,
  speedMps: number,
  stopM: number,
  seconds: number,
): number {
  const { path, manner } = leg
  const nextM = doneM + speedMps * seconds
  const brake2 = 2 * manner.brakeMps2
  const toStopM = stopM - nextM
  // The last half metre is rolled, or the square root would never come to an end.
  let allowed = Math.min(path.limitMps[piece]!, toStopM <= 0.3 ? 0.4 : Math.sqrt(brake2 * toStopM))
  const seenM = doneM + (speedMps * speedMps) / brake2 + 25
  for (let k = piece + 1; k < path.m.length && path.m[k]! < seenM; k += 1) {
    const aheadM = Math.max(0, path.m[k]! - nextM)
    const over = Math.min(path.overMps[k]!, k + 1 < path.m.length ? path.limitMps[k]! : Infinity)
    allowed = Math.min(allowed, Math.sqrt(over * over + brake2 * aheadM))
  }
  const hardest = speedMps - HARDEST_BRAKE_MPS2 * seconds
  return Math.max(0, hardest, Math.min(allowed, speedMps + manner.accelMps2 * seconds))
}

/** False when the new way bends or ends so soon that the car could not brake for it. */
function canTake(leg: Leg, speedMps: number): boolean {
  const brake2 = 2 * HARDEST_BRAKE_MPS2 * 0.7
  if (speedMps * speedMps > brake2 * Math.max(0, leg.path.lengthM - 1)) return false
  return leg.path.overMps.every(
    (over, k) => k === 0 || speedMps * speedMps <= over * over + brake2 * leg.path.m[k]!,
  )
}

/** Drives the leg on paper, in quarter seconds. */
function driveSeconds(leg: Leg, fromM: number, fromMps: number, stopM: number): number {
  const step = 0.25
  let [doneM, speedMps, seconds] = [fromM, fromMps, 0]
  let piece = pieceAt(leg.path, fromM)
  while (stopM - doneM >= 0.05 && seconds < 7_200) {
    const next = nextSpeed(leg, doneM, piece, speedMps, stopM, step)
    doneM += Math.min(stopM - doneM, ((speedMps + next) / 2) * step)
    piece = pieceAt(leg.path, doneM, piece)
    speedMps = next
    seconds += step
  }
  return seconds
}

/** Course over ground from 3 m behind to 3 m ahead, so that a corner is a curve and not a jump. */
function trackOn(path: Path, m: number): number {
  const a = pointOn(path, Math.max(0, m - 3))
  const b = pointOn(path, Math.min(path.lengthM, m + 3))
  return (Math.atan2(b.x - a.x, b.y - a.y) * (180 / Math.PI) + 360) % 360
}

function trackOf(map: StreetMap, spot: Spot, along: boolean): number {
  const a = map.pointAt({ edge: spot.edge, alongM: Math.max(0, spot.alongM - 2) })
  const b = map.pointAt({ edge: spot.edge, alongM: Math.min(map.lengthM(spot.edge), spot.alongM + 2) })
  const deg = (Math.atan2(b.x - a.x, b.y - a.y) * (180 / Math.PI) + 360) % 360
  return along ? deg : (deg + 180) % 360
}
