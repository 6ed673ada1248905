import { Worker } from 'node:worker_threads'
import type { CityReport } from '#sim/ordeal/city-run.ts'
import { faultsOf, replayOf } from '#sim/ordeal/job.ts'
import type { CityJob } from '#sim/ordeal/job.ts'
import { shrink } from '#sim/ordeal/shrink.ts'
import { buildMutant } from './build.ts'
import type { Mutant } from './list.ts'

export type Verdict = {
  readonly name: string
  readonly file: string
  /** Null: it lived. */
  readonly killedBy: string | null
  readonly seed: number | null
  readonly detail: string
}

/** Of each run of a hunt: two cars for two hours, and more goes wrong than usual. */
export const HUNT_VEHICLE_HOURS = 4
export const HUNT_FAULTS_PER_HOUR = 16
export const SEEDS_MAX = 50
/** A city that is not over by then never will be. */
const RUN_MS_MAX = 300_000
const SHRINK_S_MAX = 58

export const huntJob = (seed: number): CityJob => ({
  ...{ seed, vehicleHours: HUNT_VEHICLE_HOURS, city: 0 },
  ...{ faults: true, only: null, car: null, untilMs: null, faultsPerHour: HUNT_FAULTS_PER_HOUR },
})

/** Lives through one city after the other with a mutant in it, until something is found. */
export async function hunt(mutant: Mutant, seeds: readonly number[]): Promise<Verdict> {
  const { name, file } = mutant
  const made = await buildMutant(mutant)
  const worker = openWorker(made.file)
  try {
    for (const seed of seeds) {
      const outcome = await worker.run(huntJob(seed))
      if (typeof outcome === 'string') return { name, file, killedBy: 'ended', seed, detail: outcome }
      // That something did not end says less than what went wrong.
      const first = outcome.violations.find(v => v.invariant !== 'stuck') ?? outcome.violations[0]
      if (first !== undefined) return { name, file, killedBy: first.invariant, seed, detail: first.detail }
    }
    return { name, file, killedBy: null, seed: null, detail: `${seeds.length} seeds` }
  } finally {
    await worker.end()
    await made.drop()
  }
}

export type Planted = {
  readonly name: string
  readonly seed: number | null
  readonly invariant: string
  /** How many there were, and how many are enough. */
  readonly faultsBefore: number
  readonly faults: number
  readonly runs: number
  readonly seconds: number
  /** The one line that shows it again. */
  readonly replay: string
}

/** Plants a bug in cities of the usual size, and shrinks the first run that finds it; a minute at most. */
export async function shrinkPlanted(mutant: Mutant, vehicleHours: number): Promise<Planted> {
  const { name } = mutant
  const made = await buildMutant(mutant)
  const worker = openWorker(made.file)
  const run = async (job: CityJob): Promise<CityReport> => {
    const outcome = await worker.run(job)
    if (typeof outcome === 'string') throw new Error(outcome)
    return outcome
  }
  try {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const job: CityJob = { ...huntJob(seed), vehicleHours, faultsPerHour: null }
      const { violations } = await run(job)
      const violation = violations.find(v => v.invariant !== 'stuck') ?? violations[0]
      if (violation === undefined) continue
      const faultsBefore = faultsOf(job).length
      const startedMs = performance.now()
      const secondsNow = (): number => (performance.now() - startedMs) / 1000
      const {
        faults,
        runs,
        job: small,
      } = await shrink(job, violation, run, () => secondsNow() < SHRINK_S_MAX)
      const facts = { faultsBefore, faults, runs, seconds: Math.round(secondsNow() * 10) / 10 }
      return { name, seed, invariant: violation.invariant, ...facts, replay: replayOf(small) }
    }
    throw new Error(`${name}: nothing found in ${SEEDS_MAX} seeds`)
  } finally {
    await worker.end()
    await made.drop()
  }
}

export type CityWorker = {
  /** The report, or in words why there is none. */
  run(job: CityJob): Promise<CityReport | string>
  end(): Promise<unknown>
}

export function openWorker(file: string): CityWorker {
  const worker = new Worker(file, { resourceLimits: { maxYoungGenerationSizeMb: 64 } })
  // A run that ended its thread has said so to whoever waited for it.
  worker.on('error', () => {})
  return {
    run: job =>
      new Promise(resolve => {
        const timer = setTimeout(() => done('it never ends'), RUN_MS_MAX)
        const onError = (error: Error): void => done(`it threw: ${error.message}`)
        const done = (outcome: CityReport | string): void => {
          clearTimeout(timer)
          worker.off('error', onError)
          resolve(outcome)
        }
        worker.once('error', onError)
        worker.once('message', done)
        worker.postMessage(job)
      }),
    end: () => worker.terminate(),
  }
}
