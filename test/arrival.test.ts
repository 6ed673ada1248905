import { describe, expect, it } from 'vitest'
import { countedArrivals, scoreArrivals, SINGLE_STAGE } from './oracle/arrivals.ts'

/* A seeded sample of `reach5 prove arrival`. */
const SEED = 7
const TRIPS = 500

describe('arrival on labelled trips', () => {
  it('is found where a door or the ignition tells, never early, within 3 s', () => {
    const { holds, ...counted } = countedArrivals(scoreArrivals(TRIPS, SEED))
    console.log(JSON.stringify(counted))
    expect(counted.trips).toBe(TRIPS)
    expect(
      Math.min(counted.due, counted.far, counted.redNearOver90, counted.passBy, counted.tunnels),
    ).toBeGreaterThan(5)
    expect(holds).toBe(true)
  }, 60_000)

  it('a rule of one stage does not pass the same judge', () => {
    const { holds, ...counted } = countedArrivals(scoreArrivals(TRIPS / 2, SEED, SINGLE_STAGE))
    expect(counted.falseShare).toBeGreaterThan(0.02)
    expect(holds).toBe(false)
  }, 60_000)
})
