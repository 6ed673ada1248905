import { planCities } from './city-plan.ts'
import type { CityPlan } from './city-plan.ts'
import { runCity } from './city-run.ts'
import type { CityReport } from './city-run.ts'
import { planFaults } from './fault-plan.ts'
import type { Fault } from './fault-plan.ts'

/** What is to be lived through: plain data, so that it fits in a message to a thread and in one line for a person. */
export type CityJob = {
  readonly seed: number
  readonly vehicleHours: number
  readonly city: number
  readonly faults: boolean
  /** Of the city's faults these alone, by their numbers. */
  readonly only: readonly number[] | null
  /** Of the city's cars this one alone; it drives, is dispatched and fails as it does among the others. */
  readonly car: string | null
}

export const runJob = (job: CityJob): Promise<CityReport> => runCity(planOf(job), faultsOf(job))

export function planOf({ seed, vehicleHours, city, car }: CityJob): CityPlan {
  const plan = planCities(seed, vehicleHours)[city]
  if (plan === undefined) throw new Error(`there is no city ${city} in ${vehicleHours} vehicle-hours`)
  if (car === null) return plan
  const cars = plan.cars.filter(({ deviceId }) => deviceId === car)
  if (cars.length === 0) throw new Error(`there is no ${car} in city ${city}`)
  return { ...plan, cars }
}

export function faultsOf(job: CityJob): readonly Fault[] {
  if (!job.faults) return []
  const whole = planFaults(planOf({ ...job, car: null }))
  return whole.filter(
    ({ id, target }) =>
      (job.only === null || job.only.includes(id)) &&
      (job.car === null || target === job.car || target === 'city'),
  )
}

/** The one line that lives through it again. */
export function replayOf({ seed, vehicleHours, city, faults, only, car }: CityJob): string {
  const flags = [`--seed ${seed}`, `--vehicle-hours ${vehicleHours}`, `--city ${city}`]
  if (car !== null) flags.push(`--car ${car}`)
  if (faults) flags.push('--faults on')
  if (only !== null) flags.push(`--faults-only ${only.join(',')}`)
  return `npm run -s reach5 -- sim ${flags.join(' ')}`
}
