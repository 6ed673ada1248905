import type { Clock } from '#protocols/time.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Metrics } from './metrics.ts'

/** The same ledger, its commits counted and timed. */
export function observedLedger(ledger: Ledger, clock: Clock, metrics: Metrics): Ledger {
  return {
    ledgerId: ledger.ledgerId,
    generation: ledger.generation,
    get: key => ledger.get(key),
    range: range => ledger.range(range),
    stored: range => ledger.stored(range),
    close: () => ledger.close(),
    commit: async (ops, options) => {
      const startMonoMs = clock.now().monoMs
      const result = await ledger.commit(ops, options)
      if (!result.ok) return result
      if (options.sync) metrics.commit((clock.now().monoMs - startMonoMs) / 1000, ops.length)
      for (const op of ops) {
        const [table, , , lane] = op.key.split('/')
        if (op.type === 'put' && table === 'record' && lane !== undefined) metrics.recordStored(lane)
      }
      return result
    },
  }
}
