import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { planCities } from '#sim/ordeal/city-plan.ts'
import type { CityReport } from '#sim/ordeal/city-run.ts'
import { runJobs } from '#sim/ordeal/city-threads.ts'
import { FAULT_KINDS } from '#sim/ordeal/fault-plan.ts'
import { replayOf } from '#sim/ordeal/job.ts'
import type { CityJob } from '#sim/ordeal/job.ts'
import { isClean, summaryOf } from '#sim/ordeal/summary.ts'
import type { Summary } from '#sim/ordeal/summary.ts'
import { codeOf } from './evidence.ts'
import type { Finding } from './evidence.ts'

const SEEDS = 50
const VEHICLE_HOURS_PER_SEED = 2_000
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

/** Seeds that are done, so that a proof of hours may be broken off and go on; of other code it begins anew. */
const PROGRESS = join('node_modules', '.cache', 'reach5-prove-sim.json')
type Done = Summary & { readonly seconds: number; readonly replay: string | null }
type Progress = { readonly code: string; readonly done: readonly Done[] }

/** 100,000 vehicle-hours over 50 seeds. */
export async function proveSim(say: (words: string) => void): Promise<Finding> {
  const code = codeOf(SIM_COVERS).sha256
  const done = readProgress(code)
  for (let seed = done.length + 1; seed <= SEEDS; seed++) {
    const one = await liveThrough(seed)
    done.push(one)
    keepProgress({ code, done })
    const verdict = isClean(one) ? 'clean' : `NOT CLEAN: ${one.replay}`
    say(
      `seed ${seed} of ${SEEDS}: ${one.accepted} records, ${one.faults} faults, ${one.seconds} s, ${verdict}`,
    )
  }
  rmSync(PROGRESS, { force: true })
  const sum = (of: (one: Done) => number): number => done.reduce((all, one) => all + of(one), 0)
  const hours = sum(one => one.vehicleHours)
  const faultsByKind = Object.fromEntries(
    Object.keys(FAULT_KINDS).map(kind => [kind, sum(one => one.faultsByKind[kind] ?? 0)]),
  )
  return {
    holds: done.every(isClean) && hours >= 100_000,
    evidence: {
      vehicleHours: hours,
      seeds: done.length,
      accepted: sum(one => one.accepted),
      effective: sum(one => one.effective),
      receipted: sum(one => one.receipted),
      alarms: sum(one => one.alarms),
      orders: sum(one => one.orders),
      positions: sum(one => one.positions),
      edges: sum(one => one.edges),
      faults: sum(one => one.faults),
      faultsByKind,
      crashesDuringWrite: sum(one => one.crashesDuringWrite),
      lost: sum(one => one.lost),
      duplicated: sum(one => one.duplicated),
      reordered: sum(one => one.reordered),
      forgedExecuted: sum(one => one.forgedExecuted),
      notClean: done.flatMap(({ replay }) => (replay === null ? [] : [replay])),
      vehicleHoursPerSecond: Math.round(hours / sum(one => one.seconds)),
      hashes: done.map(({ seed, hash }) => `${seed} ${hash}`),
    },
  }
}

async function liveThrough(seed: number): Promise<Done> {
  const startedMs = performance.now()
  const jobs = planCities(seed, VEHICLE_HOURS_PER_SEED).map(({ index }): CityJob => ({
    ...{ seed, vehicleHours: VEHICLE_HOURS_PER_SEED, city: index, faults: true },
    ...{ only: null, car: null, untilMs: null, faultsPerHour: null },
  }))
  let replay: string | null = null
  const onReport = (job: CityJob, { violations }: CityReport): void => {
    if (violations.length > 0) replay ??= replayOf(job)
  }
  const reports = await runJobs(jobs, THREADS, onReport)
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  return { ...summaryOf(seed, VEHICLE_HOURS_PER_SEED, reports), seconds, replay }
}

function readProgress(code: string): Done[] {
  try {
    const progress = JSON.parse(readFileSync(PROGRESS, 'utf8')) as Progress
    return progress.code === code ? [...progress.done] : []
  } catch {
    return []
  }
}

function keepProgress(progress: Progress): void {
  mkdirSync(dirname(PROGRESS), { recursive: true })
  writeFileSync(PROGRESS, JSON.stringify(progress))
}
