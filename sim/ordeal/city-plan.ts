import { DEFAULT_BOUNDS } from '#agent/outbox/shedding.ts'
import type { Bounds } from '#agent/outbox/shedding.ts'
import { hash32, randomOf } from '../random.ts'

/** A city is so large at most, and lives so long: small enough to be run again many times when something is found. */
const CARS_MAX = 25
const HOURS_MAX = 2
/** One vehicle in so many enters from the bytes of its lines. */
const BYTES_ONE_IN = 50
const KIB = 1024

export type CarPlan = { readonly deviceId: string; readonly bounds: Bounds; readonly isOfBytes: boolean }

/**
 * `tight`: stores so small that positions give way in every longer silence. `roomy`: stores that keep what the gateway has,
 * so that it can be put back to an earlier state.
 */
export type CityKind = 'tight' | 'roomy'

export type CityPlan = {
  readonly index: number
  readonly seed: number
  readonly kind: CityKind
  readonly hours: number
  readonly cars: readonly CarPlan[]
}

/** The cities of a run; each has a seed of its own and can be run alone. */
export function planCities(seed: number, vehicleHours: number): readonly CityPlan[] {
  const cities: CityPlan[] = []
  let [carNumber, left] = [0, vehicleHours]
  for (let index = 0; left > 1e-9; index++) {
    const size = Math.min(left, CARS_MAX * HOURS_MAX)
    const count = Math.min(CARS_MAX, Math.max(1, Math.round(size / HOURS_MAX)))
    const citySeed = hash32(`${seed}/${index}`)
    // A run of one city is of either kind, by its seed; of many cities every fourth is roomy.
    const kind = (index + (hash32(`${seed}`) % 4)) % 4 === 3 ? 'roomy' : 'tight'
    const cars = Array.from({ length: count }, (_, i): CarPlan => {
      carNumber++
      const deviceId = `ptu-${String(i + 1).padStart(2, '0')}`
      return {
        deviceId,
        bounds: boundsOf(citySeed, deviceId, kind),
        isOfBytes: carNumber % BYTES_ONE_IN === 0,
      }
    })
    cities.push({ index, seed: citySeed, kind, hours: size / count, cars })
    left -= size
  }
  return cities
}

function boundsOf(seed: number, deviceId: string, kind: CityKind): Bounds {
  if (kind === 'roomy') return { ...DEFAULT_BOUNDS, bytesMax: 8 * KIB * KIB, alarmReserveBytes: 256 * KIB }
  const random = randomOf(seed, deviceId, 'bounds')
  const alarmReserveBytes = random.pick([8, 12, 16]) * KIB
  return { bytesMax: random.pick([40, 64, 112]) * KIB, alarmReserveBytes }
}
