import { parentPort } from 'node:worker_threads'
import { runJob } from './job.ts'
import type { CityJob } from './job.ts'

/* A thread that lives through one city after the other: a CityJob in, its CityReport out. */
parentPort?.on('message', (job: CityJob) => {
  runJob(job).then(
    report => parentPort?.postMessage(report),
    (error: unknown) => {
      throw error
    },
  )
})
