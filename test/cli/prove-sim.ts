import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { planCities } from '#sim/ordeal/city-plan.ts'
import type { CityReport } from '#sim/ordeal/city-run.ts'
import { runJobs } from '#sim/ordeal/city-threads.ts'
import { replayOf } from '#sim/ordeal/job.ts'
import type { CityJob } from '#sim/ordeal/job.ts'
import { ADDED, addedUp, isClean, sumOf, summaryOf } from '#sim/ordeal/summary.ts'
import type { Summary } from '#sim/ordeal/summary.ts'
import { codeOf, evidencePath } from './evidence.ts'
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
  'agent/vehicle/completions.ts',
  'agent/vehicle/nonces.ts',
  'agent/vehicle/order-inbox.ts',
  'agent/vehicle/orders.ts',
  'gateway/dispatch/orders.ts',
  'gateway/intake',
  'gateway/loop',
  'sim/ordeal',
  'sim/store',
  'test/cli/prove-sim.ts',
]

const SUMMED = [
  ...(['vehicleHours', ...ADDED, 'faults'] as const),
  ...(['lost', 'duplicated', 'reordered', 'forgedExecuted'] as const),
] as const

/** One city that is over. */
type Lived = { readonly report: CityReport; readonly seconds: number }
type Done = Summary & {
  readonly seconds: number
  readonly replay: string | null
  /** All of its cities are over. */
  readonly isWhole: boolean
}

/** What is written of seeds that were lived through whole; more of them are added by whoever goes on. */
const SoFar = z.object({
  seeds: z.int().nonnegative(),
  sums: z.record(z.string(), z.number()),
  faultsByKind: z.record(z.string(), z.number()),
  otherViolations: z.record(z.string(), z.number()),
  notClean: z.array(z.string()),
  threadSeconds: z.number(),
  hashes: z.array(z.string()),
})
type SoFar = z.infer<typeof SoFar>

const NOTHING: SoFar = {
  ...{ seeds: 0, sums: {}, faultsByKind: {}, otherViolations: {} },
  ...{ notClean: [], threadSeconds: 0, hashes: [] },
}

/**
 * 100,000 vehicle-hours over 50 seeds. Asked to end, it ends with the city under way; what is written counts whole seeds, and the
 * next run on the same code goes on behind them, wherever it runs.
 */
export async function proveSim(say: (words: string) => void): Promise<Finding> {
  const code = codeOf(SIM_COVERS).sha256
  const progress = openProgress<Lived>('sim')
  const isAsked = untilAsked()
  let sofar = writtenOn(code)
  if (sofar.seeds > 0) say(`${sofar.seeds} seeds are written down on this code; going on behind them`)
  while (sofar.seeds < SEEDS && !isAsked()) {
    const seed = sofar.seeds + 1
    const one = await liveThrough(seed, code, progress, () => !isAsked())
    if (one.isWhole) sofar = withSeed(sofar, one)
    const verdict = isClean(one) ? 'clean' : `NOT CLEAN: ${one.replay}`
    say(
      `seed ${seed} of ${SEEDS}: ${one.vehicleHours} h, ${one.accepted} records, ${one.faults} faults, ${one.seconds} s, ${verdict}`,
    )
  }
  const vehicleHours = sofar.sums['vehicleHours'] ?? 0
  if (vehicleHours >= VEHICLE_HOURS_MIN) progress.drop()
  return {
    holds: sofar.notClean.length === 0 && vehicleHours >= VEHICLE_HOURS_MIN,
    evidence: { vehicleHours, vehicleHoursPromised: VEHICLE_HOURS_MIN, ...sofar },
  }
}

/** What the evidence file says of this very code. */
function writtenOn(code: string): SoFar {
  const path = evidencePath('prove', 'sim')
  if (!existsSync(path)) return NOTHING
  const written = Written.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  return written.success && written.data.code.sha256 === code ? SoFar.parse(written.data) : NOTHING
}

const Written = SoFar.extend({ code: z.object({ sha256: z.string() }) })

function withSeed(sofar: SoFar, one: Done): SoFar {
  return {
    seeds: sofar.seeds + 1,
    sums: addedUp([sofar.sums, sumOf([one], SUMMED)]),
    faultsByKind: addedUp([sofar.faultsByKind, one.faultsByKind]),
    otherViolations: addedUp([sofar.otherViolations, one.otherViolations]),
    notClean: [...sofar.notClean, ...(one.replay === null ? [] : [one.replay])],
    threadSeconds: sofar.threadSeconds + one.seconds,
    hashes: [...sofar.hashes, `${one.seed} ${one.vehicleHours} h ${one.hash}`],
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
    isWhole: over.length === jobs.length,
  }
}
