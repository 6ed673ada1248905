import { offlineRun } from '../fleet/offline-run.ts'
import type { Finding } from './evidence.ts'

const RUN = { hours: 72, panicAtHour: 3 }

/** Three days out of reach on simulated time, on the real store; the way back on real time over a link of 256 kbit/s. */
export async function proveOffline(say: (words: string) => void): Promise<Finding> {
  const { holds, ...evidence } = await offlineRun(RUN, say)
  return { holds, evidence }
}
