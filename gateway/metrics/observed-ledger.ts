import type { Clock } from '#protocols/time.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import type { Metrics } from './metrics.ts'

/** The same ledger, its commits counted and timed. */
export function observedLedger(ledger: Ledger, clock: Clock, metrics: Metrics): Ledger {
  return {
    ledgerId: ledger.ledgerId,
    generation: ledger.generation,
    get: key => ledger.get(key),
    range: range => ledger.range(range),
    stored: range => ledger.stored(range),
    scour: async range => ledger.scour?.(range),
    close: () => ledger.close(),
    commit: async (ops, options) => {
      const startMonoMs = clock.now().monoMs
      const result = await ledger.commit(ops, options)
      if (!result.ok) return result
      if (options.sync) metrics.commit((clock.now().monoMs - startMonoMs) / 1000, ops.length)
      for (const [lane, count] of recordsByLane(ops)) metrics.recordsStored(lane, count)
      return result
    },
  }
}

/** A counter with labels costs as much as a check of a record, so it is told once for all of a commit. */
export function recordsByLane(ops: readonly LedgerOp[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { type, key } of ops) {
    // `record/{deviceId}/{epoch}/{lane}/{seq}`; a name under which a record came again (`record/=/…`) is none.
    if (type !== 'put' || !key.startsWith('record/') || key.startsWith('record/=')) continue
    const laneEnd = key.lastIndexOf('/')
    const lane = key.slice(key.lastIndexOf('/', laneEnd - 1) + 1, laneEnd)
    counts.set(lane, (counts.get(lane) ?? 0) + 1)
  }
  return counts
}
