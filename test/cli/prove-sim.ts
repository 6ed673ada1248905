import { planCities } from '#sim/ordeal/city-plan.ts'
import type { CityReport } from '#sim/ordeal/city-run.ts'
import { runJobs } from '#sim/ordeal/city-threads.ts'
import { replayOf } from '#sim/ordeal/job.ts'
import type { CityJob } from '#sim/ordeal/job.ts'
import { ADDED, addedUp, isClean, sumOf, summaryOf } from '#sim/ordeal/summary.ts'
import type { Summary } from '#sim/ordeal/summary.ts'
import { codeOf } from './evidence.ts'
import type { Finding } from './evidence.ts'
import { openProgress, untilAsked } from './progress.ts'
import type { Progress } from './progress.ts'

const SEEDS = 50
const VEHICLE_HOURS_PER_SEED = 2_000
const VEHICLE_HOURS_MIN = 100_000
const THREADS = 2

/** What lives in the simulated cities, and what judges it. */
export const SIM_COVERS = [
  'agent/outbox',
  'agent/uplink/carrier.ts',
  'agent/uplink/delivery.ts',
  'agent/uplink/unstored.ts',
  'gateway/intake',
  'gateway/loop',
  'sim/ordeal',
  'sim/store',
  'test/cli/prove-sim.ts',
]

const SUMMED = [...ADDED, 'faults', 'lost', 'duplicated', 'reordered', 'forgedExecuted'] as const

/** One city that is over. */
type Lived = { readonly report: CityReport; readonly seconds: number }
type Done = Summary & { readonly seconds: number; readonly replay: string | null }

/** 100,000 vehicle-hours over 50 seeds. Asked to end, it ends with the city under way, and says how far it came. */
export async function proveSim(say: (words: string) => void): Promise<Finding> {
  const code = codeOf(SIM_COVERS).sha256
  const progress = openProgress<Lived>('sim')
  const isAsked = untilAsked()
  const done: Done[] = []
  for (let seed = 1; seed <= SEEDS && !isAsked(); seed++) {
    const one = await liveThrough(seed, code, progress, () => !isAsked())
    done.push(one)
    const verdict = isClean(one) ? 'clean' : `NOT CLEAN: ${one.replay}`
    say(
      `seed ${seed} of ${SEEDS}: ${one.vehicleHours} h, ${one.accepted} records, ${one.faults} faults, ${one.seconds} s, ${verdict}`,
    )
  }
  const vehicleHours = sumOf(done, ['vehicleHours']).vehicleHours
  if (vehicleHours >= VEHICLE_HOURS_MIN) progress.drop()
  const { seconds } = sumOf(done, ['seconds'])
  return {
    holds: done.every(isClean) && vehicleHours >= VEHICLE_HOURS_MIN,
    evidence: {
      vehicleHours,
      vehicleHoursPromised: VEHICLE_HOURS_MIN,
      seeds: done.length,
      ...sumOf(done, SUMMED),
      faultsByKind: addedUp(done.map(one => one.faultsByKind)),
      otherViolations: addedUp(done.map(one => one.otherViolations)),
      notClean: done.flatMap(({ replay }) => (replay === null ? [] : [replay])),
      threadSeconds: seconds,
      hashes: done.map(({ seed, vehicleHours: hours, hash }) => `${seed} ${hours} h ${hash}`),
    },
  }
}

/** The cities of a seed, those of before and as many more as may begin. */
async function liveThrough(
  seed: number,
  code: string,
  progress: Progress<Lived>,
  mayGoOn: () => boolean,
): Promise<Done> {
  const nameOf = ({ city }: CityJob): string => `seed ${seed} city ${city}`
  const jobs = planCities(seed, VEHICLE_HOURS_PER_SEED).map(({ index }): CityJob => ({
    ...{ seed, vehicleHours: VEHICLE_HOURS_PER_SEED, city: index, faults: true },
    ...{ only: null, car: null, untilMs: null, faultsPerHour: null },
  }))
  let sinceMs = performance.now()
  const open = jobs.filter(job => progress.of(nameOf(job), code) === undefined)
  await runJobs(
    open,
    THREADS,
    (job, report) => {
      const nowMs = performance.now()
      progress.keep(nameOf(job), code, { report, seconds: (nowMs - sinceMs) / 1000 })
      sinceMs = nowMs
    },
    mayGoOn,
  )
  const lived = jobs.flatMap(job => ({ job, ...progress.of(nameOf(job), code) }))
  const over = lived.flatMap(({ job, report, seconds = 0 }) => (report ? [{ job, report, seconds }] : []))
  const guilty = over.find(({ report }) => report.violations.length > 0)
  const plans = planCities(seed, VEHICLE_HOURS_PER_SEED)
  const vehicleHours = over.reduce((all, { job }) => {
    const { hours, cars } = plans[job.city]!
    return all + hours * cars.length
  }, 0)
  const reports = over.map(({ report }) => report)
  const { seconds } = sumOf(over, ['seconds'])
  return {
    ...summaryOf(seed, vehicleHours, reports),
    seconds: Math.round(seconds),
    replay: guilty === undefined ? null : replayOf(guilty.job),
  }
}
