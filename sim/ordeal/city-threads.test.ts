import { expect, it } from 'vitest'
import { runJobs } from './city-threads.ts'
import type { CityJob } from './job.ts'

it('lives through a city in a thread as it does without one', { timeout: 120_000 }, async () => {
  const jobs = [1, 2].map((seed): CityJob => ({
    ...{ seed, vehicleHours: 1, city: 0, faults: true },
    ...{ only: null, car: null, untilMs: null, faultsPerHour: null },
  }))
  const hashes = async (threads: number): Promise<string[]> =>
    (await runJobs(jobs, threads, () => {})).map(({ hash }) => hash)
  expect(await hashes(2)).toEqual(await hashes(1))
})
