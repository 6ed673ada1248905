import { freeTimes } from '#gateway/reach/drive-times.ts'
import { driveEtaDays } from '../eta/eta-days.ts'
import { HIDDEN_SIGMA, SIGNALS, TRIP_SIGMA } from '../eta/hidden-traffic.ts'
import { judgeEtas } from '../eta/judge-etas.ts'
import type { Finding } from './evidence.ts'

const SEEDS = [1, 2, 3, 4, 5]
const PLAN = { junctions: 1_200, cars: 8, testCars: 3, learnHours: 24, testHours: 24, fromHour: 0 }

/** A day of patrols and incidents teaches, the next day is promised: five towns whose roads take what nobody was told. */
export function proveEta(say: (words: string) => void): Finding {
  const towns = SEEDS.map(seed => {
    const { trips, heard, centre } = driveEtaDays({ ...PLAN, seed, timesOf: freeTimes })
    const judged = judgeEtas(trips)
    say(
      `seed ${seed}: ${judged.trips} trips, median error ${judged.medianErrorSeconds.profile.toFixed(1)} s by the profile, ` +
        `${judged.medianErrorSeconds.learned.toFixed(1)} s learned (${Math.round(100 * judged.fall)} % less), ` +
        `${(100 * judged.within80).toFixed(1)} % within p80`,
    )
    const { learner } = centre.etas
    const roads = { known: learner.arcs.size, spoken: learner.arcFactors.response.size }
    return { seed, heard, ...judged, holds: holds(judged), roads }
  })
  const evidence = {
    plan: PLAN,
    hidden: { classAndHourSigma: HIDDEN_SIGMA, tripSigma: TRIP_SIGMA, signals: SIGNALS },
    promised: { fallLeast: FALL_LEAST, within80: WITHIN_80 },
    fallLeast: Math.min(...towns.map(town => town.fall)),
    within80: {
      least: Math.min(...towns.map(t => t.within80)),
      most: Math.max(...towns.map(t => t.within80)),
    },
    towns,
  }
  return { holds: towns.every(town => town.holds), evidence }
}

const FALL_LEAST = 0.5
const WITHIN_80 = [0.75, 0.85] as const

const holds = ({ fall, within80 }: { readonly fall: number; readonly within80: number }): boolean =>
  fall >= FALL_LEAST && within80 >= WITHIN_80[0] && within80 <= WITHIN_80[1]
