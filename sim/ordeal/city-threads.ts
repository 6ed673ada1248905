import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
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
  if (threads <= 1) await work(runJob)
  else {
    setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED_BYTES}`)
    const start = await workerStarter()
    await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, () => withThread(start(), work)))
  }
  return reports
}

/**
 * A city runs a little of all our code and hardly any of it for long: a quarter of its processor time went into optimising
 * functions with all they call inside them. With a third of that inside a city takes a tenth less (57.5 s of processor for 400
 * vehicle-hours, 64.9 without; half of it or none cost as much again).
 */
const INLINED_BYTES = 300

/** Most of what a city makes is gone in a moment: with room for it, less of the time goes into sweeping. */
const resourceLimits = { maxYoungGenerationSizeMb: 96, maxOldGenerationSizeMb: 3_000 }

async function withThread(
  worker: Worker,
  work: (run: (job: CityJob) => Promise<CityReport>) => Promise<void>,
): Promise<void> {
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
 * In the bundle the worker is a file beside this one. In a checkout it is TypeScript, which is bundled here once: a loader in
 * every thread takes seconds to begin, and what it makes of the code names each closure again whenever one is made, which
 * costs a tenth of a city.
 */
async function workerStarter(): Promise<() => Worker> {
  const url = (file: string): URL => new URL(file, import.meta.url)
  if (!import.meta.url.endsWith('.ts')) return () => new Worker(url('./city-worker.js'), { resourceLimits })
  const { build } = await import('esbuild')
  const made = await build({
    entryPoints: [fileURLToPath(url('./city-worker.ts'))],
    bundle: true,
    write: false,
    // Text that a thread can be given; packages are found from where the process was started.
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    external: NOT_REACHED,
  })
  const code = made.outputFiles[0]!.text
  return () => new Worker(code, { eval: true, execArgv: [], resourceLimits })
}

/** Native code that a city of memory never asks for. */
const NOT_REACHED = ['classic-level', '@serialport/bindings-cpp']
