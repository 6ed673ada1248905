import { stormRun } from '../fleet/storm-run.ts'
import type { Finding } from './evidence.ts'

/** Two thousand devices lose their link in one moment and come back in one moment, each with a full mutual handshake. */
export async function proveStorm(say: (words: string) => void): Promise<Finding> {
  const { holds, ...evidence } = await stormRun({ devices: 2_000 }, say)
  return { holds, evidence }
}
