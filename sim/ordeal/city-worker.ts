import { parentPort } from 'node:worker_threads'
import { runJob } from './job.ts'
import type { CityJob } from './job.ts'

/*
 * A thread that lives through one city after the other: a CityJob in, its CityReport out. A city begins in a promise's turn,
 * as it does without a thread: begun in the message's own, its first event would not wait for promises (`turns.ts`).
 */
parentPort?.on('message', (job: CityJob) => {
  Promise.resolve(job)
    .then(runJob)
    .then(
      report => parentPort?.postMessage(report),
      (error: unknown) => {
        throw error
      },
    )
})
