import { localPlane } from '#protocols/geo/local.ts'
import type { Now } from '#protocols/time.ts'
import { ARRIVAL, arrivalAfter, AWAY } from '#agent/vehicle/arrival.ts'
import type { ArrivalEffect, ArrivalEvent, ArrivalRules } from '#agent/vehicle/arrival.ts'
import { liveFixOf } from '#agent/vehicle/live-fix.ts'
import { NOT_ROLLING, rollingAfter } from '#agent/vehicle/rolling.ts'
import { randomOf } from '#sim/random.ts'
import { tripOf } from '#sim/trips/trip.ts'
import { quantile } from './quantile.ts'
import type { Trip } from '#sim/trips/trip.ts'

/** Labels come from the trip's truth; nothing here looks at what the rule is made of. */
export type ArrivalScore = {
  trips: number
  /** Parked within 100 m and a door or the ignition told: those that must be found. */
  due: number
  found: number
  /** Parked within 100 m and nothing but standing tells: found by dwell or not. */
  mute: number
  muteFound: number
  /** Parked 100-300 m away; asked, and confirmed although measured that near by an uncertain receiver. */
  far: number
  farPrompted: number
  farConfirmedWithin130M: number
  /** Stamped more than 10 s before the car stood for good. */
  early: number
  /** Confirmed by itself though the car parked further than 130 m: the radius and the worst accuracy believed. */
  falseFar: number
  stampErrorsS: number[]
  rollingErrorsS: number[]
  candidatesTakenBack: number
  redNear: number
  redNearOver90: number
  passBy: number
  tunnels: number
  /** How long after the stop a dispatcher is shown it. */
  shownAfterS: number[]
}

export const EARLY_S = 10
const PLANE = localPlane({ lat: 35.58, lon: 116.98 })
const PLACE = PLANE.origin

export function scoreArrivals(trips: number, seed: number, rules: ArrivalRules = ARRIVAL): ArrivalScore {
  const score: ArrivalScore = {
    trips: 0,
    due: 0,
    found: 0,
    mute: 0,
    muteFound: 0,
    far: 0,
    farPrompted: 0,
    farConfirmedWithin130M: 0,
    early: 0,
    falseFar: 0,
    stampErrorsS: [],
    rollingErrorsS: [],
    candidatesTakenBack: 0,
    redNear: 0,
    redNearOver90: 0,
    passBy: 0,
    tunnels: 0,
    shownAfterS: [],
  }
  for (let n = 0; n < trips; n += 1) count(score, tripOf(randomOf(seed, `trip-${n}`, 'trip')), rules)
  return score
}

function count(score: ArrivalScore, trip: Trip, rules: ArrivalRules): void {
  const { parkedAtS, parkedM, kind } = trip
  const told = sense(trip, rules)
  score.trips += 1
  if (kind.passBy) score.passBy += 1
  if (kind.tunnel) score.tunnels += 1
  if (kind.redNearS > 0) score.redNear += 1
  if (kind.redNearS > 90) score.redNearOver90 += 1
  score.candidatesTakenBack += told.effects.filter(({ effect }) => effect.type === 'undone').length
  if (told.rolledAtS !== null) score.rollingErrorsS.push(Math.abs(told.rolledAtS - startOf(trip)))
  const confirmed = told.effects.find(({ effect }) => effect.type === 'confirmed')
  const startedS = confirmed?.effect.type === 'confirmed' ? confirmed.effect.startedUtcMs / 1000 : null
  const isEarly = startedS !== null && startedS < parkedAtS - EARLY_S
  if (isEarly) score.early += 1
  if (parkedM > 100) {
    score.far += 1
    if (told.prompted) score.farPrompted += 1
    if (confirmed && !isEarly) {
      if (parkedM > 130) score.falseFar += 1
      else score.farConfirmedWithin130M += 1
    }
    return
  }
  const isDue = trip.cues.some(cue => cue.real)
  if (isDue) score.due += 1
  else score.mute += 1
  if (startedS === null || isEarly) return
  if (isDue) score.found += 1
  else score.muteFound += 1
  score.stampErrorsS.push(Math.abs(startedS - parkedAtS))
  score.shownAfterS.push(confirmed!.atS - parkedAtS)
}

const startOf = (trip: Trip): number => trip.seconds.find(({ truth }) => truth.speedMps > 0)?.atS ?? 0

/** The agent's own rules on what receiver and inputs say, second by second. */
function sense(trip: Trip, rules: ArrivalRules) {
  const effects: { readonly atS: number; readonly effect: ArrivalEffect }[] = []
  let [arrival, rolling] = [AWAY, NOT_ROLLING]
  let rolledAtS: number | null = null
  let prompted = false
  let cue = 0
  const feed = (event: ArrivalEvent, atS: number): void => {
    const next = arrivalAfter(arrival, event, PLACE, nowOf(atS), rules)
    arrival = next.arrival
    prompted ||= arrival.stage === 'prompt'
    effects.push(...next.effects.map(effect => ({ atS, effect })))
  }
  for (const { atS, fix: seen } of trip.seconds) {
    while (cue < trip.cues.length && trip.cues[cue]!.atS <= atS) {
      const { by, atS: cueAtS } = trip.cues[cue++]!
      if (rolledAtS !== null) feed({ type: 'cue', by }, cueAtS)
    }
    if (seen === null) continue
    const { speedMps, hdop } = seen
    const fix = liveFixOf({ ...PLANE.toLatLon(seen), mode: 3, speedMps, hdop }, nowOf(atS))
    if (fix === undefined) continue
    if (rolledAtS === null) {
      const found = rollingAfter(rolling, fix)
      rolling = found.rolling
      if (found.rolled !== null) rolledAtS = found.rolled.startedUtcMs / 1000
    } else feed({ type: 'fix', fix }, atS)
  }
  return { effects, rolledAtS, prompted }
}

const nowOf = (atS: number): Now => ({ monoMs: atS * 1000, utcMs: atS * 1000, quality: 'gnss' })

/** A rule of one stage, as a tracker has it: slow near the place for a few seconds is there. Must fail the same judge. */
export const SINGLE_STAGE: ArrivalRules = { ...ARRIVAL, dwellCloseMs: 8_000, dwellMs: 8_000 }

/** What must hold, and the counts behind it, in the words of the evidence. No trips hold nothing. */
export function countedArrivals(score: ArrivalScore) {
  const { stampErrorsS, rollingErrorsS, shownAfterS, ...counts } = score
  const recall = score.found / score.due
  const falseShare = (score.early + score.falseFar) / score.trips
  const stampP95 = quantile(stampErrorsS, 0.95)
  return {
    holds: score.trips > 0 && recall >= 0.99 && falseShare <= 0.001 && stampP95 <= 3,
    recall: round(recall),
    falseShare: round(falseShare),
    stampErrorS: { p50: round(quantile(stampErrorsS, 0.5)), p95: round(stampP95) },
    rollingErrorS: { trips: rollingErrorsS.length, p95: round(quantile(rollingErrorsS, 0.95)) },
    shownAfterS: { p50: round(quantile(shownAfterS, 0.5)), p95: round(quantile(shownAfterS, 0.95)) },
    ...counts,
  }
}

const round = (value: number): number => Math.round(100_000 * value) / 100_000
