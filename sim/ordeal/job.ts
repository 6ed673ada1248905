import { planCities } from './city-plan.ts'
import type { CityPlan } from './city-plan.ts'
import { runCity } from './city-run.ts'
import type { CityReport } from './city-run.ts'
import { FAULTS_PER_HOUR, planFaults } from './fault-plan.ts'
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
  /** Everything is healed and nobody does anything any more from here on; null: at the end of its hours. */
  readonly untilMs: number | null
  /** Faults of a vehicle-hour; null: as usual. */
  readonly faultsPerHour: number | null
}

export const runJob = (job: CityJob): Promise<CityReport> => runCity(planOf(job), faultsOf(job))

export function planOf({ seed, vehicleHours, city, car, untilMs }: CityJob): CityPlan {
  const plan = planCities(seed, vehicleHours)[city]
  if (plan === undefined) throw new Error(`there is no city ${city} in ${vehicleHours} vehicle-hours`)
  const hours = untilMs === null ? plan.hours : Math.min(plan.hours, untilMs / 3_600_000)
  if (car === null) return { ...plan, hours }
  const cars = plan.cars.filter(({ deviceId }) => deviceId === car)
  if (cars.length === 0) throw new Error(`there is no ${car} in city ${city}`)
  return { ...plan, cars, hours }
}

export function faultsOf(job: CityJob): readonly Fault[] {
  if (!job.faults) return []
  const plan = planOf({ ...job, car: null, untilMs: null })
  const whole = planFaults(plan, job.faultsPerHour ?? FAULTS_PER_HOUR)
  return whole.filter(
    ({ id, target, atMs }) =>
      (job.untilMs === null || atMs < job.untilMs) &&
      (job.only === null || job.only.includes(id)) &&
      (job.car === null || target === job.car || target === 'city'),
  )
}

/** The one line that lives through it again. */
export function replayOf({
  seed,
  vehicleHours,
  city,
  faults,
  only,
  car,
  untilMs,
  faultsPerHour,
}: CityJob): string {
  const flags = [`--seed ${seed}`, `--vehicle-hours ${vehicleHours}`, `--city ${city}`]
  if (car !== null) flags.push(`--car ${car}`)
  if (untilMs !== null) flags.push(`--until-ms ${untilMs}`)
  if (faultsPerHour !== null) flags.push(`--faults-per-hour ${faultsPerHour}`)
  if (faults) flags.push('--faults on')
  if (only !== null) flags.push(`--faults-only ${only.join(',')}`)
  return `npm run -s reach5 -- sim ${flags.join(' ')}`
}
