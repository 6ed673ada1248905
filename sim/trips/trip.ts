import type { Metres } from '#protocols/geo/local.ts'
import type { Random } from '../random.ts'

/*
 * Trips to an incident on one long road, in metres around the place (0, 0), made to be hard on whoever wants to know when
 * the car arrived. The truth of every moment is kept beside what receiver and inputs say.
 *
 *     start ───▮────────▮───────▮──P──▮─────  ▮ signals about every 350 m, red 5-120 s, queues that creep
 *                               └─ place       P parked: mostly near, sometimes 100-300 m away, some after passing by
 */
export type Trip = {
  readonly seconds: readonly Second[]
  /** When the wheels stood still for good, seconds; how far from the place; whether anybody could tell by more than standing. */
  readonly parkedAtS: number
  readonly parkedM: number
  readonly cues: readonly { readonly atS: number; readonly by: 'door' | 'ignition'; readonly real: boolean }[]
  readonly kind: {
    readonly passBy: boolean
    readonly tunnel: boolean
    readonly far: boolean
    readonly redNearS: number
  }
}

/** One epoch of the receiver: the truth, and the fix when there was sky. */
export type Second = {
  readonly atS: number
  readonly truth: Metres & { readonly speedMps: number }
  readonly fix: (Metres & { readonly speedMps: number; readonly hdop: number }) | null
}

const STEP_S = 0.1
const SIGNAL_EVERY_M = 350
const TRIP_S_MAX = 1_500

export function tripOf(random: Random): Trip {
  const road = roadOf(random)
  const truth = drive(road, random)
  const parkedAtS = truth.parkedAtS
  const staysS = random.uniform(200, 500)
  const outages = outagesOf(parkedAtS, random)
  const noise = receiverOf(random)
  const seconds: Second[] = []
  const endS = Math.min(TRIP_S_MAX, Math.ceil(parkedAtS + staysS))
  const phase = random.uniform(0, 1)
  for (let s = 0; s < endS; s += 1) {
    const atS = s + phase
    const pose = truth.at(atS)
    const blind = outages.some(([from, to]) => atS >= from && atS < to)
    const sinceSkyS = Math.min(...outages.filter(([, to]) => to <= atS).map(([, to]) => atS - to), Infinity)
    seconds.push({ atS, truth: pose, fix: noise(pose, blind, sinceSkyS) })
  }
  return {
    seconds,
    parkedAtS,
    parkedM: Math.hypot(truth.at(parkedAtS + 1).x, truth.at(parkedAtS + 1).y),
    cues: [...truth.strayDoors, ...cuesOf(parkedAtS, random)].sort((a, b) => a.atS - b.atS),
    kind: {
      passBy: road.passBy,
      tunnel: outages.length > 0,
      far: road.far,
      redNearS: truth.redNearS,
    },
  }
}

type Stop = { readonly m: number; readonly standS: number; readonly by: 'red' | 'queue' | 'turn' }

type Road = {
  readonly cruiseMps: number
  readonly stops: readonly Stop[]
  readonly endM: number
  /** The last metres at walking pace: looking for the house, reversing into a gap. */
  readonly creepM: number
  readonly passBy: boolean
  readonly far: boolean
  at(m: number): Metres
}

function roadOf(random: Random): Road {
  const besideM = random.uniform(3, 25)
  const far = random.chance(0.1)
  const awayM = Math.max(
    besideM,
    far ? random.uniform(101, 300) : random.chance(0.8) ? random.uniform(3, 50) : random.uniform(50, 100),
  )
  const parkX = (random.chance(0.7) ? -1 : 1) * Math.sqrt(awayM * awayM - besideM * besideM)
  const passBy = random.chance(0.1)
  const startX = -random.uniform(700, 1_800)
  const turnX = random.uniform(250, 500)
  const outM = turnX - startX
  const endM = passBy ? outM + (turnX - parkX) : parkX - startX
  const at = (m: number): Metres => ({
    x: m <= outM || !passBy ? startX + m : turnX - (m - outM),
    y: m <= outM || !passBy ? besideM : besideM + 4,
  })
  const stops: Stop[] = []
  const stopShare = random.pick([0.1, 0.35, 0.6])
  for (
    let m = random.uniform(30, SIGNAL_EVERY_M);
    m < endM - 5;
    m += SIGNAL_EVERY_M + random.uniform(-120, 120)
  ) {
    if (!random.chance(stopShare)) continue
    const lineM = m - random.pick([2, 2, 9, 16, 30])
    const standS = random.uniform(5, 120)
    stops.push({ m: lineM, standS, by: 'red' })
    if (random.chance(0.3))
      stops.push({ m: lineM + random.uniform(4, 18), standS: random.uniform(2, 25), by: 'queue' })
  }
  if (random.chance(0.05)) {
    const jamM = endM - random.uniform(20, 250)
    for (let k = 0; k < 5; k += 1)
      stops.push({ m: jamM + k * random.uniform(6, 30), standS: random.uniform(3, 60), by: 'queue' })
  }
  if (passBy) stops.push({ m: outM, standS: random.uniform(1, 5), by: 'turn' })
  const creepM = random.chance(0.2) ? random.uniform(2, 10) : 0
  return {
    cruiseMps: random.uniform(8, 16),
    stops: stops.filter(stop => stop.m > 5 && stop.m < endM - 4).sort((a, b) => a.m - b.m),
    endM,
    creepM,
    passBy,
    far,
    at,
  }
}

type Driven = {
  readonly parkedAtS: number
  /** Longest stand within 100 m of the place before parking. */
  readonly redNearS: number
  readonly strayDoors: Trip['cues']
  at(atS: number): Metres & { readonly speedMps: number }
}

function drive(road: Road, random: Random): Driven {
  const speeds: number[] = []
  const metres: number[] = []
  const strayDoors: Trip['cues'][number][] = []
  let [m, v, s, next, standS, redNearS] = [0, 0, 0, 0, 0, 0]
  const startS = random.uniform(3, 20)
  while (m < road.endM - 0.05 && s < TRIP_S_MAX) {
    const stop = road.stops[next]
    const targetM = stop?.m ?? road.endM
    const leftM = targetM - m
    if (s < startS || standS > 0) v = 0
    else {
      const isCreeping = stop === undefined && leftM < road.creepM
      const limit = isCreeping ? 1.5 : road.cruiseMps
      v = Math.min(limit, v + 2 * STEP_S, Math.max(0.3, Math.sqrt(2 * 2.2 * leftM)))
    }
    standS = Math.max(0, standS - STEP_S)
    m = Math.min(targetM, m + v * STEP_S)
    if (stop !== undefined && targetM - m < 0.05) {
      const near = Math.hypot(road.at(m).x, road.at(m).y) <= 100
      if (near) redNearS = Math.max(redNearS, stop.standS)
      // Now and then a door is opened at a red light.
      if (stop.by === 'red' && random.chance(0.002))
        strayDoors.push({ atS: s + random.uniform(1, stop.standS), by: 'door', real: false })
      standS = stop.standS
      v = 0
      next += 1
    }
    metres.push(m)
    speeds.push(v)
    s += STEP_S
  }
  const parkedAtS = s
  return {
    parkedAtS,
    redNearS,
    strayDoors,
    at: atS => {
      const i = Math.round(atS / STEP_S)
      const place = road.at(metres[Math.min(i, metres.length - 1)] ?? 0)
      return { ...place, speedMps: i < speeds.length ? (speeds[i] ?? 0) : 0 }
    },
  }
}

/** A door in 92 of 100 stops, 4 to 15 s after the stop; the engine now and then, more often where no door is told. */
function cuesOf(parkedAtS: number, random: Random): Trip['cues'] {
  const cues: Trip['cues'][number][] = []
  const door = random.chance(0.92)
  if (door) cues.push({ atS: parkedAtS + random.uniform(4, 15), by: 'door', real: true })
  if (random.chance(door ? 0.3 : 0.5))
    cues.push({ atS: parkedAtS + random.uniform(3, 40), by: 'ignition', real: true })
  return cues
}

/** In one trip of ten a tunnel or an underpass, now and then right before the place. */
function outagesOf(parkedAtS: number, random: Random): [number, number][] {
  if (!random.chance(0.1)) return []
  const longS = random.uniform(10, 60)
  const fromS = random.chance(0.3) ? parkedAtS - random.uniform(5, longS + 5) : random.uniform(10, parkedAtS)
  return [[fromS, fromS + longS]]
}

/**
 * Error 6 m per axis, in one trip of five 15 m, wandering within 40 s; speed is truer. HDOP says so but for a few trips
 * whose receiver is sure of itself. After an outage it is worse at first.
 */
function receiverOf(random: Random) {
  const wild = random.chance(0.2)
  const errorM = wild ? 15 : 6
  const hdop = wild && random.chance(0.15) ? 1 : (errorM / 5) * random.uniform(0.8, 1.2)
  const keep = Math.exp(-1 / 40)
  const fresh = errorM * Math.sqrt(1 - keep * keep)
  let [x, y] = [random.normal(0, errorM), random.normal(0, errorM)]
  return (truth: Metres & { speedMps: number }, blind: boolean, sinceSkyS: number): Second['fix'] => {
    x = keep * x + random.normal(0, fresh)
    y = keep * y + random.normal(0, fresh)
    if (blind) return null
    const worse = sinceSkyS < 5 ? 2 : 1
    const spike = wild && random.chance(0.01) ? random.uniform(2, 4) : 0
    return {
      x: truth.x + worse * x,
      y: truth.y + worse * y,
      speedMps: Math.max(0, truth.speedMps + random.normal(0, wild ? 0.3 : 0.12) + spike),
      hdop: worse * hdop,
    }
  }
}
