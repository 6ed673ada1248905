import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { EtaView } from '#protocols/eta.ts'
import type { OperatorView } from '#protocols/operator.ts'
import { CIRCLE_SECONDS, CoverageColour } from '#protocols/coverage.ts'
import type { MetricGauges, Metrics } from './metrics.ts'

/** From a healthy synced batch on an SSD (1 ms) to a disk that is dying. */
const COMMIT_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** Numbers of the operator's page, read from the very view the page is given. */
const PICTURE: readonly (readonly [string, string, (view: OperatorView) => number | null])[] = [
  ['commit_p50_seconds', 'Half of the commits of the last minute took less', v => v.gateway.commitP50Seconds],
  ['commit_p99_seconds', '99 % of the commits of the last minute took less', v => v.gateway.commitP99Seconds],
  [
    'loop_lag_p99_seconds',
    'Delay of the event loop, 99th percentile of 5 s',
    v => v.gateway.loopLagP99Seconds,
  ],
  ['resident_bytes', 'Memory of the process, looked at every 5 s', v => v.gateway.residentBytes],
  ['disk_free_bytes', 'Free on the disk of the ledger', v => v.gateway.diskFreeBytes],
  ['disk_total_bytes', 'Size of the disk of the ledger', v => v.gateway.diskTotalBytes],
  ['coverage_age_seconds', 'Age of the newest refresh of coverage', v => v.gateway.coverageAgeSeconds],
  ['receivers_jammed', 'Cars whose receivers tell interference now', v => v.totals.jammed],
  ['certificate_days_least', 'Days left of the certificate that ends first', v => leastDays(v)],
]

const leastDays = ({ devices }: OperatorView): number | null => {
  const days = devices.flatMap(d =>
    d.state === 'active' && d.certificateDays !== null ? [d.certificateDays] : [],
  )
  return days.length === 0 ? null : Math.min(...days)
}

type Entries = Iterable<readonly [string, number]>

/** Counters and gauges in a registry of their own; the event loop's lag comes with the defaults of the library. */
export function openPrometheus(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  let readGauges: () => MetricGauges = () => ({
    openIncidents: 0,
    openAlarms: 0,
    waitingOrders: 0,
    unitsByFreshness: { live: 0, ageing: 0, stale: 0, never: 0 },
    loopQueued: 0,
    coverage: null,
    etas: null,
    intake: new Map(),
  })
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter({ name: `reach5_${name}_total`, help, labelNames, registers })
  const gauge = (name: string, help: string, read?: (all: MetricGauges) => number): Gauge =>
    new Gauge({
      name: `reach5_${name}`,
      help,
      registers,
      ...(read && {
        collect() {
          this.set(read(readGauges()))
        },
      }),
    })

  const stored = counter('records_stored', 'Records committed to the ledger', ['lane'])
  const refused = counter('refused', 'Connections, messages and requests refused', ['code'])
  const issued = counter('orders_issued', 'Orders signed', ['kind'])
  const receipted = counter('orders_receipted', 'Receipts of orders', ['outcome'])
  const alarms = counter('alarms_raised', 'Alarms raised', ['kind'])
  const requests = counter('http_requests', 'HTTP answers', ['method', 'route', 'status'])
  const dropped = counter('stream_dropped', 'Stream clients disconnected by the gateway', ['reason'])
  const rows = counter('commit_rows', 'Rows written', [])
  const sessions = gauge('sessions', 'Devices connected')
  const clients = gauge('stream_clients', 'Pages connected to the stream')
  const commits = new Histogram({
    name: 'reach5_commit_seconds',
    help: 'Time of one synced batch',
    buckets: COMMIT_SECONDS,
    registers,
  })
  gauge('incidents_open', 'Incidents not yet resolved or cancelled', all => all.openIncidents)
  gauge('alarms_open', 'Alarms nobody acknowledged', all => all.openAlarms)
  gauge('orders_waiting', 'Orders without a receipt', all => all.waitingOrders)
  gauge('loop_queued', 'Events waiting for the loop', all => all.loopQueued)
  const table = <L extends string>(
    name: string,
    help: string,
    label: L,
    read: (all: MetricGauges) => Entries,
  ): Gauge =>
    new Gauge({
      name: `reach5_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        for (const [key, value] of read(readGauges())) this.set({ [label]: key } as Record<L, string>, value)
      },
    })
  table('coverage_share', 'Share of road reached within so many seconds', 'seconds', ({ coverage }) =>
    CIRCLE_SECONDS.map((seconds, i) => [String(seconds), coverage?.city.circles[i] ?? 0] as const),
  )
  table('grids', 'Grids by colour', 'colour', ({ coverage }) =>
    CoverageColour.options.map(
      colour => [colour, coverage?.grids.filter(grid => grid.colour === colour).length ?? 0] as const,
    ),
  )
  gauge('cold_spots', 'Listed cold spots', all => all.coverage?.coldSpots.length ?? 0)
  gauge('coverage_tick', 'Refreshes of coverage since the start', all => all.coverage?.tick ?? 0)
  gauge('coverage_refresh_seconds', 'What the newest refresh took', all => (all.coverage?.tookMs ?? 0) / 1000)
  const byBasis = (read: (fared: EtaView['past']['learned']) => number | null) => (all: MetricGauges) =>
    (['profile', 'learned'] as const).flatMap(basis => {
      const value = all.etas && read(all.etas[basis])
      return value === null ? [] : [[basis, value] as const]
    })
  table(
    'eta_trips',
    'Promises of arrival held against a sensed one',
    'basis',
    byBasis(f => f.trips),
  )
  table(
    'eta_error_median_seconds',
    'Half of the promises were wrong by less',
    'basis',
    byBasis(f => f.medianErrorSeconds),
  )
  table(
    'eta_bias_seconds',
    'Promised less taken; below 0 cars came late',
    'basis',
    byBasis(f => f.biasSeconds),
  )
  table(
    'eta_within_p80',
    'Share that arrived within the promised p80',
    'basis',
    byBasis(f => f.within80),
  )
  table('units', 'Units by freshness of their position', 'freshness', all =>
    Object.entries(all.unitsByFreshness),
  )
  for (const [name, help, read] of PICTURE)
    gauge(name, help, ({ operator }) => (operator && read(operator)) ?? NaN)
  table('devices', 'Devices with a certificate that counts, by link', 'link', ({ operator }) =>
    operator
      ? [
          ['up', operator.totals.devicesUp],
          ['down', operator.totals.devicesExpected - operator.totals.devicesUp],
        ]
      : [],
  )
  table('queued_records', 'Records that wait on devices, as each last said', 'lane', ({ operator }) =>
    Object.entries(operator?.totals.queued ?? {}),
  )
  table('antennas', "Cars by what their receivers last said of the antenna's wire", 'state', ({ operator }) =>
    Object.entries(operator?.totals.antennas ?? {}),
  )
  table(
    'fixes_refused',
    'Fixes and values cars did not believe, since each started',
    'reason',
    ({ operator }) => Object.entries(operator?.totals.fixesRefused ?? {}),
  )
  table('conditions', "What the operator's page lists", 'severity', ({ operator }) =>
    Object.entries(operator?.totals.conditions ?? {}),
  )
  table(
    'intake_count',
    'What intake did since the start: records, duplicates, refusals by code',
    'what',
    all => all.intake,
  )

  return {
    recordsStored: (lane, count) => stored.inc({ lane }, count),
    refused: code => refused.inc({ code }),
    sessions: open => sessions.set(open),
    orderIssued: kind => issued.inc({ kind }),
    orderReceipted: outcome => receipted.inc({ outcome }),
    alarmRaised: kind => alarms.inc({ kind }),
    commit: (seconds, count) => {
      commits.observe(seconds)
      rows.inc(count)
    },
    request: (method, route, status) => requests.inc({ method, route, status: String(status) }),
    streamClients: open => clients.set(open),
    streamDropped: reason => dropped.inc({ reason }),
    gauges: read => {
      readGauges = read
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
