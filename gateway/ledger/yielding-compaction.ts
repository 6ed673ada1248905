import type { Result } from '#protocols/result.ts'
import { makeNicer, threadIds } from '../niceness.ts'
import type { Ledger } from './ledger.ts'

/** A third of the loop's weight: whoever compacts too slowly holds up everybody's commits. */
const NICER_BY = 5

/**
 * Opens a ledger whose store compacts behind everything else the process does. LevelDB has one thread for it, which lives as
 * long as the process; with a fleet's backlog coming in it took a seventh of a processor in stretches of up to 27 ms, and a
 * loop that is its equal gets every other slice. Faults: those of `open`.
 */
export async function withYieldingCompaction(open: () => Promise<Result<Ledger>>): Promise<Result<Ledger>> {
  const before = new Set(threadIds())
  const ledger = await open()
  if (!ledger.ok) return ledger
  // There is nothing to compact, but whoever compacts is there from now on.
  await ledger.value.scour?.({ from: '\0', before: '\0' })
  const started = threadIds().filter(id => !before.has(id))
  // Of several nobody can tell which it is.
  if (started.length === 1) makeNicer(started[0]!, NICER_BY)
  return ledger
}
