import type { CoverageView } from '#protocols/coverage.ts'
import type { EtaView } from '#protocols/eta.ts'
import type { OperatorView } from '#protocols/operator.ts'

/**
 * What an operator watches. No label names a unit, a device or a person: those are for the API, where reading is
 * audited, and a thousand series already cost 15 ms per scrape.
 */
export type Metrics = {
  readonly recordsStored: (lane: string, count: number) => void
  /** A stable code of `protocols/errors.ts`. */
  readonly refused: (code: string) => void
  readonly sessions: (open: number) => void
  readonly orderIssued: (kind: string) => void
  readonly orderReceipted: (outcome: string) => void
  readonly alarmRaised: (kind: string) => void
  readonly commit: (seconds: number, rows: number) => void
  readonly request: (method: string, route: string, status: number) => void
  readonly streamClients: (open: number) => void
  readonly streamDropped: (reason: string) => void
  /** Asked on every scrape for what is a state rather than an event. */
  readonly gauges: (read: () => MetricGauges) => void
  /** Prometheus text format 0.0.4. */
  readonly text: () => Promise<string>
  readonly contentType: string
}

export type MetricGauges = {
  readonly openIncidents: number
  readonly openAlarms: number
  readonly waitingOrders: number
  readonly unitsByFreshness: Readonly<Record<'live' | 'ageing' | 'stale' | 'never', number>>
  readonly loopQueued: number
  /** The newest refresh; null before the first. */
  readonly coverage: CoverageView | null
  /** How past promises of arrival fared; null where nothing is learned. */
  readonly etas: EtaView['past'] | null
  /** What the operator's page shows; absent in tests of other things. */
  readonly operator?: OperatorView
  /** What intake did since the start: `records`, `duplicates`, and every code of a refusal. */
  readonly intake: ReadonlyMap<string, number>
}
