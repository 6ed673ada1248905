import type { CityReport } from './city-run.ts'
import type { Violation } from './checker/findings.ts'
import { faultsOf, planOf } from './job.ts'
import type { CityJob } from './job.ts'

export type Shrunk = {
  /** The smallest job found that still goes wrong in the same way. */
  readonly job: CityJob
  readonly faults: number
  readonly runs: number
}

/** After what went wrong a run goes on for so long. */
const AFTER_MS = 90_000

/**
 * From a city that went wrong to the few faults that it takes: first the car alone and no longer than needed, then ddmin over
 * the list of faults (Zeller and Hildebrandt, 2002). Faults, cars and chance are independent of each other, so leaving some
 * out changes nothing of the rest. `mayGoOn` ends it early with the best found so far.
 */
export async function shrink(
  job: CityJob,
  violation: Violation,
  run: (job: CityJob) => Promise<CityReport>,
  mayGoOn: () => boolean,
): Promise<Shrunk> {
  let runs = 0
  const fails = async (candidate: CityJob): Promise<boolean> => {
    runs++
    const { violations } = await run(candidate)
    return violations.some(({ invariant }) => invariant === violation.invariant)
  }
  let best = job
  for (const simpler of simplerOf(job, violation)) {
    const candidate = simpler(best)
    if (candidate !== best && mayGoOn() && (await fails(candidate))) best = candidate
  }
  let ids = faultsOf(best).map(fault => fault.id)
  const withOnly = (only: readonly number[]): CityJob => ({ ...best, only })
  if (mayGoOn() && (await fails(withOnly([])))) ids = []
  for (let parts = 2; ids.length > 1 && mayGoOn();) {
    const chunks = chunksOf(ids, Math.min(parts, ids.length))
    const smaller = await firstThat(candidatesOf(ids, chunks), only => fails(withOnly(only)), mayGoOn)
    if (smaller !== undefined) {
      parts = smaller.length < ids.length / 2 ? 2 : Math.max(2, parts - 1)
      ids = [...smaller]
    } else if (parts >= ids.length) break
    else parts *= 2
  }
  return { job: withOnly(ids), faults: ids.length, runs }
}

/** One car instead of many, and not a moment more than it takes. */
function simplerOf(job: CityJob, { deviceId, atMs }: Violation): readonly ((job: CityJob) => CityJob)[] {
  const isCar = planOf(job).cars.some(car => car.deviceId === deviceId)
  const endMs = planOf(job).hours * 3_600_000
  const shorter =
    atMs + AFTER_MS < endMs ? [(j: CityJob): CityJob => ({ ...j, untilMs: Math.ceil(atMs) + AFTER_MS })] : []
  return [
    ...(isCar && job.car === null ? [(j: CityJob): CityJob => ({ ...j, car: deviceId })] : []),
    ...shorter,
  ]
}

/** The chunks alone, then everything but one of them. */
function candidatesOf(
  ids: readonly number[],
  chunks: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const without = chunks.map(chunk => ids.filter(id => !chunk.includes(id)))
  return chunks.length === 2 ? chunks : [...chunks, ...without]
}

async function firstThat<T>(
  items: readonly T[],
  holds: (item: T) => Promise<boolean>,
  mayGoOn: () => boolean,
): Promise<T | undefined> {
  for (const item of items) {
    if (!mayGoOn()) return undefined
    if (await holds(item)) return item
  }
  return undefined
}

const chunksOf = (ids: readonly number[], count: number): readonly (readonly number[])[] =>
  Array.from({ length: count }, (_, i) =>
    ids.slice(Math.floor((i * ids.length) / count), Math.floor(((i + 1) * ids.length) / count)),
  )
