import { describe, expect, it } from 'vitest'
import { freeTimes } from '#gateway/reach/drive-times.ts'
import { driveEtaDays } from './eta/eta-days.ts'
import { judgeEtas } from './eta/judge-etas.ts'

/* A seeded sample of `reach5 prove eta`: two hours teach, the same two hours of the next day are promised. */
const PLAN = { seed: 9, junctions: 800, cars: 6, testCars: 4, learnHours: 2, testHours: 2, fromHour: 7 }

describe('learned driving times', () => {
  it('promise better than the profile, and say within what four of five arrive', () => {
    const { trips, heard, centre } = driveEtaDays({ ...PLAN, timesOf: freeTimes })
    const judged = judgeEtas(trips)
    console.info(JSON.stringify({ heard, ...judged }))
    expect(judged.trips).toBeGreaterThan(40)
    expect(judged.learnedTrips).toBe(judged.trips)
    expect(judged.fall).toBeGreaterThan(0.3)
    expect(judged.within80).toBeGreaterThan(0.65)
    expect(judged.within80).toBeLessThan(0.95)

    const view = centre.city.etas({ monoMs: 0, utcMs: 0, quality: 'ntp' })!
    const { profile, learned } = view.past
    // What was promised on the first day and arrived on it, and nothing of the second.
    expect(profile.trips + learned.trips).toBeGreaterThan(0.6 * heard.dispatched)
    expect(profile.trips + learned.trips).toBeLessThanOrEqual(heard.dispatched)
    expect(view.hours.some(hour => hour.kind === 'response' && hour.hour === 7 && hour.factor !== null)).toBe(
      true,
    )
    expect(view.hours.every(hour => hour.hour === null || (hour.hour >= 7 && hour.hour <= 9))).toBe(true)
  }, 120_000)
})
