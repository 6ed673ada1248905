import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { parseConfig, readFlags } from '#protocols/cli/flags.ts'
import { runJobs } from '../ordeal/city-threads.ts'
import type { CityReport } from '../ordeal/city-run.ts'
import { planCities } from '../ordeal/city-plan.ts'
import { replayOf, runJob } from '../ordeal/job.ts'
import type { CityJob } from '../ordeal/job.ts'
import { shrink } from '../ordeal/shrink.ts'
import { isClean, summaryOf } from '../ordeal/summary.ts'

export const ORDEAL_USAGE = `usage: reach5 sim --seed N --vehicle-hours H [--faults on] [--faults-per-hour N] [--threads N]
                  [--city K [--car ID] [--until-ms MS] [--faults-only ID,ID,...]]

  Lives through so many vehicle-hours of cities on simulated time, disks and links, and keeps books on every record
  and every order. The last line is one JSON summary; the same seed gives the same hash.

      reach5 sim --seed 1 --vehicle-hours 2000 --faults on
      reach5 sim --seed 1 --vehicle-hours 2000 --city 3 --car ptu-07 --faults on --faults-only 12,77

  exit 0: every promise was kept; 1: one was not, and the line that shows it again is printed; 2: wrong use`

/** A shrinking that takes longer ends with the best it has. */
const SHRINK_MS_MAX = 55_000

const whole = z.coerce.number().int().nonnegative()
const Flags = z.strictObject({
  seed: whole,
  vehicleHours: z.coerce.number().positive().max(10_000_000),
  faults: z.enum(['on', 'off']).default('off'),
  threads: whole.min(1).max(64).default(Math.min(2, availableParallelism())),
  shrink: z.enum(['on', 'off']).default('on'),
  city: whole.optional(),
  car: z.string().optional(),
  untilMs: whole.optional(),
  faultsPerHour: z.coerce.number().positive().max(1_000).optional(),
  faultsOnly: z
    .string()
    .regex(/^(\d+(,\d+)*)?$/)
    .optional(),
})
const NAMES = [
  'seed',
  'vehicle-hours',
  'faults',
  'threads',
  'city',
  'car',
  'until-ms',
  'faults-per-hour',
  'faults-only',
  'shrink',
]

/** `reach5 sim --seed …`: 0 every promise was kept, 1 one was not, 2 wrong use. */
export async function ordeal(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, NAMES)
  if (!flags.ok) return wrong(flags.detail)
  const read = parseConfig(Flags, flags.value, '--seed 1 --vehicle-hours 2000')
  if (!read.ok) return wrong(read.detail)
  const jobs = jobsOf(read.value)
  if (typeof jobs === 'string') return wrong(jobs)
  const { seed, vehicleHours, threads } = read.value
  const startedMs = performance.now()
  let done = 0
  const reports = await runJobs(jobs, threads, (job, report) => {
    done++
    tell(job, report)
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    console.error(`sim: city ${job.city} is over, ${done} of ${jobs.length}, ${seconds} s`)
  })
  if (read.value.shrink === 'on') await shrinkFirst(jobs, reports)
  const summary = summaryOf(seed, vehicleHours, reports)
  const seconds = (performance.now() - startedMs) / 1000
  const events = reports.reduce((sum, report) => sum + report.events, 0)
  console.error(
    `sim: ${vehicleHours} vehicle-hours in ${seconds.toFixed(1)} s on ${threads} threads, ${Math.round(events / seconds)} events/s`,
  )
  console.log(JSON.stringify(summary))
  return isClean(summary) ? 0 : 1
}

function jobsOf(flags: z.infer<typeof Flags>): readonly CityJob[] | string {
  const { seed, vehicleHours, city, car, faultsOnly } = flags
  if (city === undefined && (car !== undefined || faultsOnly !== undefined || flags.untilMs !== undefined))
    return '--car, --until-ms and --faults-only are of one city: name it with --city'
  const faults = flags.faults === 'on'
  const faultsPerHour = flags.faultsPerHour ?? null
  const only = faultsOnly === undefined ? null : faultsOnly.split(',').filter(Boolean).map(Number)
  const plans = planCities(seed, vehicleHours)
  if (city !== undefined) {
    const plan = plans[city]
    if (plan === undefined) return `--city ${city}: there are ${plans.length}, from 0`
    if (car !== undefined && !plan.cars.some(({ deviceId }) => deviceId === car))
      return `--car ${car}: city ${city} has ${plan.cars[0]!.deviceId} to ${plan.cars.at(-1)!.deviceId}`
    return [
      {
        seed,
        vehicleHours,
        city,
        faults,
        only,
        car: car ?? null,
        untilMs: flags.untilMs ?? null,
        faultsPerHour,
      },
    ]
  }
  return plans.map(({ index }) => ({
    seed,
    vehicleHours,
    city: index,
    faults,
    only,
    car: null,
    untilMs: null,
    faultsPerHour,
  }))
}

function tell(job: CityJob, { violations }: CityReport): void {
  if (violations.length === 0) return
  for (const { invariant, deviceId, atMs, detail } of violations)
    console.error(`sim: ${invariant} ${deviceId} at ${Math.round(atMs)} ms: ${detail}`)
  console.error(`sim: again with: ${replayOf(job)}`)
}

/** Of the first city that went wrong the few faults it takes; a minute at most. */
async function shrinkFirst(jobs: readonly CityJob[], reports: readonly CityReport[]): Promise<void> {
  const at = reports.findIndex(report => report.violations.length > 0)
  const found = reports[at]?.violations ?? []
  // What befell one car says more than that the city did not end.
  const violation = found.find(({ invariant }) => invariant !== 'stuck') ?? found[0]
  if (violation === undefined) return
  const endMs = performance.now() + SHRINK_MS_MAX
  const { job, faults, runs } = await shrink(jobs[at]!, violation, runJob, () => performance.now() < endMs)
  console.error(`sim: ${faults} faults are enough for it (${runs} runs): ${replayOf(job)}`)
}

function wrong(words: string): number {
  console.error(`reach5 sim: ${words} [USAGE]`)
  return 2
}
