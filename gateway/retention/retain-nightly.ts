import type { Logger } from '#protocols/log.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Clock } from '#protocols/time.ts'
import type { GatewayConfig } from '../config.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import type { Loop } from '../loop/loop.ts'
import { nightly } from './nightly.ts'
import { retireTracks } from './retire-tracks.ts'
import { trackPolicy } from './track-policy.ts'

/**
 * Between two pieces; nobody on the street must notice. At 64 records a piece a day of 255 cars at one fix a second, 22 million
 * records, takes three hours.
 */
const REST_MS = 20

/** No car was heard with a satellite's time for so long, or the gateway's own time is wrong: said every night. */
const DOUBTED_MS = 7 * 24 * 3_600_000

/** Every night lets go of the tracks whose time is over, and says in the audit what went. The returned function ends it. */
export function retainNightly(parts: {
  readonly clock: Clock
  readonly log: Logger
  readonly ledger: Ledger
  readonly loop: Pick<Loop, 'submit'>
  readonly config: Pick<GatewayConfig, 'utcOffset' | 'fullTrackDays' | 'trackDays'>
}): () => void {
  const { clock, log, ledger, loop, config } = parts
  const policy = trackPolicy({ full: config.fullTrackDays, thin: config.trackDays })
  const rest = (): Promise<void> => new Promise(resolve => clock.after(REST_MS, resolve))
  return nightly({ clock, log, utcOffsetMinutes: config.utcOffset }, async () => {
    const submit = (ops: readonly LedgerOp[]) => loop.submit({ ops })
    const retired = await retireTracks({ ledger, submit, rest }, policy, clock.now().utcMs)
    if (!retired.ok) return log.error({ event: 'retention.failed', detail: retired.detail })
    const { asOfMs, ...sums } = retired.value
    const detail = { ...sums, asOf: Number.isFinite(asOfMs) ? rfc3339(asOfMs) : null }
    log.info({ event: 'retention.done', ...detail })
    if (clock.now().utcMs - asOfMs > DOUBTED_MS) log.warn({ event: 'retention.clock_not_vouched', ...detail })
    if (sums.stores === 0) return
    await loop.submit({ audit: { action: 'retention.track', actor: 'gateway', detail } })
  })
}
