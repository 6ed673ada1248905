import type { DeviceId } from '#protocols/ids.ts'
import { ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import { STRAYS } from '../walkins/stray.ts'
import type { StrayRow } from '../walkins/stray.ts'
import { latestMs } from './reporter-policy.ts'
import type { NightTimes, ReporterPolicy } from './reporter-policy.ts'
import { withoutWords } from './retire-reporters.ts'

const ROWS_AT_ONCE = 64

type Partners = {
  readonly ledger: Pick<Ledger, 'range' | 'get'>
  readonly submit: (ops: readonly LedgerOp[]) => Promise<Result<void>>
  readonly rest: () => Promise<void>
}

/**
 * Lets go of what visitors told devices that stand at no duty station. Nobody is ever shown it, so the shorter of the two times
 * of a report is its own; as with visits it begins with the first night that finds it, by what satellites say. Returns of which
 * devices something went, one for each record.
 */
export async function retireStrays(
  { ledger, submit, rest }: Partners,
  policy: ReporterPolicy,
  times: NightTimes,
): Promise<Result<readonly DeviceId[]>> {
  if (!Number.isFinite(times.asOfMs)) return ok([])
  const gone: DeviceId[] = []
  const { from, before } = underPrefix(STRAYS)
  let after = from
  for (;;) {
    const rows = await ledger.range({ after, before, limit: ROWS_AT_ONCE })
    if (rows.length === 0) return ok(gone)
    after = rows.at(-1)![0]
    const ops: LedgerOp[] = []
    for (const [key, value] of rows) {
      const { eventId, sinceMs } = value as StrayRow
      const isKnown = sinceMs !== null && sinceMs <= latestMs(times)
      const began = isKnown ? sinceMs : Math.max(times.asOfMs, times.newestGnssMs)
      if (!isKnown)
        ops.push({ type: 'put', key, value: { v: 1, eventId, sinceMs: began } satisfies StrayRow })
      else if (times.asOfMs - began >= Math.min(policy.reporterMs, policy.lostChildMs)) {
        ops.push({ type: 'del', key }, ...(await withoutWords(ledger, eventId)))
        gone.push(eventId.split('/')[0] as DeviceId)
      }
    }
    const committed = ops.length === 0 ? ok(undefined) : await submit(ops)
    if (!committed.ok) return committed
    await rest()
  }
}
