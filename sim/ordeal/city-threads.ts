import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { CityReport } from './city-run.ts'
import { runJob } from './job.ts'
import type { CityJob } from './job.ts'

/**
 * Lives through cities, so many at a time, or as many of them as `mayGoOn` lets begin. Each has its own seed and knows of no other, so their reports are the same
 * however many threads there are; they come back in the order of the jobs.
 */
export async function runJobs(
  jobs: readonly CityJob[],
  threads: number,
  onReport: (job: CityJob, report: CityReport) => void,
  mayGoOn: () => boolean = () => true,
): Promise<readonly CityReport[]> {
  const reports: CityReport[] = []
  let next = 0
  const work = async (run: (job: CityJob) => Promise<CityReport>): Promise<void> => {
    for (let i = next++; i < jobs.length && mayGoOn(); i = next++) {
      reports[i] = await run(jobs[i]!)
      onReport(jobs[i]!, reports[i]!)
    }
  }
  if (threads <= 1 || jobs.length <= 1) await work(runJob)
  else await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, () => withThread(work)))
  return reports
}

/** Most of what a city makes is gone in a moment: with room for it, less of the time goes into sweeping. */
const resourceLimits = { maxYoungGenerationSizeMb: 96, maxOldGenerationSizeMb: 3_000 }

async function withThread(
  work: (run: (job: CityJob) => Promise<CityReport>) => Promise<void>,
): Promise<void> {
  const worker = startWorker()
  const run = (job: CityJob): Promise<CityReport> =>
    new Promise((resolve, reject) => {
      worker.once('error', reject)
      worker.once('message', (report: CityReport) => {
        worker.off('error', reject)
        resolve(report)
      })
      worker.postMessage(job)
    })
  try {
    await work(run)
  } finally {
    await worker.terminate()
  }
}

/**
 * In the bundle the worker is a file beside this one. In a checkout it is TypeScript, which a worker cannot load by
 * itself: a line of code registers the loader first.
 */
function startWorker(): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./city-worker.js', import.meta.url), { resourceLimits })
  const url = new URL('./city-worker.ts', import.meta.url)
  // `require` finds the CommonJS twin, which looks for its parts in a folder it does not have.
  const found = createRequire(import.meta.url).resolve('tsx/esm/api')
  const loader = pathToFileURL(found.replace(/\.cjs$/, '.mjs')).href
  const code = `import(${JSON.stringify(loader)}).then(({ register }) => (register(), import(${JSON.stringify(url.href)})))`
  return new Worker(code, { eval: true, resourceLimits })
}
