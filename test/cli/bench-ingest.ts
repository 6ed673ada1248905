import { ingestRun } from '../fleet/ingest-run.ts'
import type { Finding } from './evidence.ts'

const REPEATS = 5
const FEW = { connections: 200, repeats: REPEATS, batches: 4, singles: 40 }
const MANY = { connections: 2_000, repeats: REPEATS, batches: 1, singles: 10 }
const RATIO_MAX = 1

/** What an accepted record costs beside a plain relay: at most as much, in the mix a fleet sends. */
export async function benchIngest(say: (words: string) => void): Promise<Finding> {
  const few = await ingestRun(FEW, say)
  const many = await ingestRun(MANY, say)
  return { holds: few.mixed.ratio <= RATIO_MAX && many.mixed.ratio <= RATIO_MAX, evidence: { few, many } }
}
