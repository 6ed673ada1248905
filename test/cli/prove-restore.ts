import { restoreRun } from '../fleet/restore-run.ts'
import type { Finding } from './evidence.ts'

/** Forty cars at 1 Hz, compressed: ten minutes before the backup, an hour since, five minutes on either side of the restart. */
const RUN = { cars: 40, before: 600, since: 3_600, after: 300 }

/** `reach5 backup` of a running gateway and `reach5 restore` under load, with real processes and real connections. */
export async function proveRestore(say: (words: string) => void): Promise<Finding> {
  const { holds, ...evidence } = await restoreRun(RUN, say)
  return { holds, evidence }
}
