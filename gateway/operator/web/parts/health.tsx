import type { OperatorView } from '#protocols/operator.ts'
import { ageWords, bytesWords, millisOf, words } from '../words/words.ts'

/** The gateway's own numbers, named as /metrics names them. */
export function Health({ view }: { view: OperatorView }) {
  const w = words.value
  const h = w.health
  const { gateway: g, totals } = view
  const ms = (seconds: number): string => w.millis(millisOf(seconds))
  const rows: readonly (readonly [string, readonly (readonly [string, string, string])[]])[] = [
    [
      h.process,
      [
        [h.software, g.software, ''],
        [h.uptime, ageWords(g.uptimeSeconds * 1000), ''],
        [h.resident, bytesWords(g.residentBytes), 'reach5_resident_bytes'],
        [h.cpu, w.seconds(g.cpuSeconds.toFixed(0)), 'process_cpu_seconds_total'],
        [h.lag, ms(g.loopLagP99Seconds), 'reach5_loop_lag_p99_seconds'],
        [h.queued, String(g.loopQueued), 'reach5_loop_queued'],
        [
          h.disk,
          g.diskFreeBytes === null
            ? w.none
            : `${bytesWords(g.diskFreeBytes)} / ${bytesWords(g.diskTotalBytes ?? 0)}`,
          'reach5_disk_free_bytes',
        ],
      ],
    ],
    [
      h.ledger,
      [
        [h.commits, g.commits.toLocaleString('en'), 'reach5_commit_seconds_count'],
        [h.p50, ms(g.commitP50Seconds), 'reach5_commit_p50_seconds'],
        [h.p99, ms(g.commitP99Seconds), 'reach5_commit_p99_seconds'],
        ...(['alarm', 'event', 'track', 'diag'] as const).map(
          lane =>
            [
              `${h.byLane} · ${w.lanes[lane]}`,
              g.recordsByLane[lane].toLocaleString('en'),
              `reach5_records_stored_total{lane="${lane}"}`,
            ] as const,
        ),
        [h.duplicates, g.duplicates.toLocaleString('en'), 'reach5_intake_count{what="duplicates"}'],
        [h.lost, g.lost.toLocaleString('en'), 'reach5_intake_count{what="lost"}'],
      ],
    ],
    [
      h.traffic,
      [
        [h.sessions, String(g.sessions), 'reach5_sessions'],
        [h.streams, String(g.streamClients), 'reach5_stream_clients'],
        ...Object.entries(g.refusals).map(
          ([code, count]) =>
            [`${h.refusals} · ${code}`, String(count), `reach5_refused_total{code="${code}"}`] as const,
        ),
        ...(Object.keys(g.refusals).length === 0
          ? [[h.refusals, h.noRefusals, 'reach5_refused_total'] as const]
          : []),
        [
          h.coverage,
          g.coverageAgeSeconds === null ? w.none : w.seconds(g.coverageAgeSeconds.toFixed(1)),
          'reach5_coverage_age_seconds',
        ],
      ],
    ],
    [
      h.duty,
      [
        [h.incidents, String(totals.incidentsOpen), 'reach5_incidents_open'],
        [h.alarms, String(totals.alarmsOpen), 'reach5_alarms_open'],
        [h.orders, String(totals.ordersWaiting), 'reach5_orders_waiting'],
      ],
    ],
  ]
  return (
    <div class="health">
      {rows.map(([title, facts]) => (
        <section key={title}>
          <h2>{title}</h2>
          <dl>
            {facts.map(([name, value, metric]) => (
              <div key={name} data-metric={metric}>
                <dt>
                  {name}
                  {metric !== '' && <code>{metric}</code>}
                </dt>
                <dd class="num">{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <p class="sub">
        {h.metrics} <a href="../metrics">/metrics</a>
      </p>
    </div>
  )
}
