import type { OperatorView } from '#protocols/operator.ts'
import type { Now } from '#protocols/time.ts'
import type { CityViews } from '../city.ts'
import type { Change } from '../loop/effects.ts'
import type { MetricGauges, Metrics } from './metrics.ts'

/** Counts what the changes of one commit say: orders issued and answered, alarms raised. */
export function observeChanges(
  metrics: Pick<Metrics, 'orderIssued' | 'orderReceipted' | 'alarmRaised'>,
  changes: readonly Change[],
): void {
  for (const change of changes) {
    if (change.type === 'order.changed') {
      if (change.data.outcome === null) metrics.orderIssued(change.data.kind)
      else metrics.orderReceipted(change.data.outcome)
    }
    // An alarm changes twice: when it is raised and when somebody acknowledges it.
    if (change.type === 'alarm.changed' && change.data.acknowledgedAt === null) {
      metrics.alarmRaised(change.data.kind)
    }
  }
}

/** The state of the gateway as gauges, read once per scrape; `intakeCounts` is what the loop's intake counted. */
export function gaugesOf(
  views: Pick<CityViews, 'units' | 'counts' | 'coverage' | 'etas'>,
  now: Now,
  loopQueued: number,
  intakeCounts: ReadonlyMap<string, number> = new Map(),
  operator?: OperatorView,
): MetricGauges {
  const unitsByFreshness = { live: 0, ageing: 0, stale: 0, never: 0 }
  for (const unit of views.units(now)) unitsByFreshness[unit.freshness]++
  return {
    ...views.counts(),
    unitsByFreshness,
    loopQueued,
    coverage: views.coverage(now),
    etas: views.etas(now)?.past ?? null,
    intake: intakeCounts,
    ...(operator && { operator }),
  }
}
