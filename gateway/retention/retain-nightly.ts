import type { Logger } from '#protocols/log.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Clock } from '#protocols/time.ts'
import type { CityCore } from '../city.ts'
import type { GatewayConfig } from '../config.ts'
import { underPrefix } from '../ledger/ledger.ts'
import type { Ledger, LedgerOp } from '../ledger/ledger.ts'
import type { Loop } from '../loop/loop.ts'
import { nightly } from './nightly.ts'
import { nightTimes, reporterPolicy } from './reporter-policy.ts'
import { kiosksOf, retireQuestions } from './retire-questions.ts'
import { retireReporters } from './retire-reporters.ts'
import { retireStrays } from './retire-strays.ts'
import { newestGnssMs, retireTracks } from './retire-tracks.ts'
import { trackPolicy } from './track-policy.ts'

/**
 * Between two pieces; nobody on the street must notice. At 64 records a piece a day of 255 cars at one fix a second, 22 million
 * records, takes three hours.
 */
const REST_MS = 20
/** The city lets go on its tick, once a second, 256 visits at once. */
const LET_GO_MS = 5_000
/** A backup that was put back brings what had gone since: that is not to be read until the next night. */
const FIRST_AFTER_MS = 5 * 60_000

/** No car was heard with a satellite's time for so long, or the gateway's own time is wrong: said every night. */
const DOUBTED_MS = 7 * 24 * 3_600_000

export type RetentionParts = {
  readonly clock: Clock
  readonly log: Logger
  readonly ledger: Ledger
  readonly loop: Pick<Loop, 'submit'>
  readonly city: Pick<CityCore, 'letGo'>
  readonly config: Pick<
    GatewayConfig,
    'utcOffset' | 'fullTrackDays' | 'trackDays' | 'reporterDays' | 'lostChildDays' | 'consultationDays'
  >
}

/**
 * Every night lets go of what has had its time: tracks of cars, what visitors told kiosks; and says in the audit what went. The
 * returned function ends it.
 */
export function retainNightly(parts: RetentionParts): () => void {
  const { clock, log, config } = parts
  const visitors = (): Promise<void> => letVisitorsGo(parts)
  const cancelFirst = clock.after(FIRST_AFTER_MS, () => {
    visitors().catch((error: unknown) => log.error({ event: 'retention.failed', detail: String(error) }))
  })
  const stop = nightly({ clock, log, utcOffsetMinutes: config.utcOffset }, async () => {
    // First what names people: tracks take hours.
    await visitors()
    await letTracksGo(parts)
  })
  return () => {
    cancelFirst()
    stop()
  }
}

async function letTracksGo(parts: RetentionParts): Promise<void> {
  const { clock, log, ledger, loop, config } = parts
  const policy = trackPolicy({ full: config.fullTrackDays, thin: config.trackDays })
  const retired = await retireTracks({ ledger, ...stepsOf(parts) }, policy, clock.now().utcMs)
  if (!retired.ok) return log.error({ event: 'retention.failed', detail: retired.detail })
  const { asOfMs, ...sums } = retired.value
  const detail = { ...sums, asOf: Number.isFinite(asOfMs) ? rfc3339(asOfMs) : null }
  log.info({ event: 'retention.done', ...detail })
  if (clock.now().utcMs - asOfMs > DOUBTED_MS) log.warn({ event: 'retention.clock_not_vouched', ...detail })
  if (sums.stores === 0) return
  await loop.submit({ audit: { action: 'retention.track', actor: 'gateway', detail } })
}

/** Visits are audited by the city, in the commit in which they go. */
async function letVisitorsGo(parts: RetentionParts): Promise<void> {
  const { clock, log, ledger, loop, city, config } = parts
  const policy = reporterPolicy({
    reporter: config.reporterDays,
    lostChild: config.lostChildDays,
    consultation: config.consultationDays,
  })
  const times = nightTimes(clock.now().utcMs, await newestGnssMs(ledger))
  const steps = stepsOf(parts)
  const letGo: CityCore['letGo'] = visits => city.letGo(visits)
  const visits = await retireReporters({ ledger, ...steps, letGo }, policy, times)
  if (!visits.ok) return log.error({ event: 'retention.failed', detail: visits.detail })
  const questions = await retireQuestions({ ledger, ...steps }, policy.questionMs, times)
  if (!questions.ok) return log.error({ event: 'retention.failed', detail: questions.detail })
  const strays = await retireStrays({ ledger, ...steps }, policy, times)
  if (!strays.ok) return log.error({ event: 'retention.failed', detail: strays.detail })
  const sums = { visits: visits.value, questions: questions.value, strays: strays.value.length }
  if (sums.visits + sums.questions + sums.strays === 0) return
  const asOf = rfc3339(times.asOfMs)
  log.info({ event: 'retention.visitors', ...sums, asOf })
  const audit = (action: string, detail: Record<string, unknown>) =>
    loop.submit({ audit: { action, actor: 'gateway', detail: { ...detail, asOf } } })
  if (sums.questions > 0) await audit('retention.consultation', { questions: sums.questions })
  if (sums.strays > 0) await audit('retention.stray', { records: sums.strays })
  await new Promise<void>(resolve => clock.after(LET_GO_MS, resolve))
  const told = new Set([...(await kiosksOf(ledger)), ...strays.value])
  for (const prefix of ['walkin/', ...[...told].map(id => `record/${id}/`)])
    await ledger.scour?.(underPrefix(prefix))
}

const stepsOf = ({ clock, loop }: RetentionParts) => ({
  submit: (ops: readonly LedgerOp[]) => loop.submit({ ops }),
  rest: () => new Promise<void>(resolve => clock.after(REST_MS, resolve)),
})
