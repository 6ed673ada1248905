import type { Lane } from '#protocols/record.ts'
import type { Clock } from '#protocols/time.ts'
import type { Metrics } from './metrics.ts'

/** What happened since the start and lately, kept as plain numbers for the operator's page. */
export type Tallies = {
  readonly recordsByLane: Readonly<Record<Lane, number>>
  readonly refusals: Readonly<Record<string, number>>
  /** Of the last ten minutes. */
  readonly refusedLately: Readonly<Record<string, number>>
  readonly streamDroppedLately: number
  readonly sessions: number
  readonly streamClients: number
  readonly commits: number
  /** Over the commits of the last minute; 0 without any. */
  readonly commitP50Seconds: number
  readonly commitP99Seconds: number
}

const LATELY_MS = 600_000
const COMMITS_WITHIN_MS = 60_000
/** More than the commits of a minute at full load would be kept for nothing. */
const COMMITS_KEPT = 2_048
/** Refusals remembered one by one; beyond it a storm is a storm. */
const LATELY_KEPT = 2_048

/** The same metrics, and what went through them as numbers to read back. */
export function tallied(
  metrics: Metrics,
  clock: Clock,
): { readonly metrics: Metrics; readonly read: () => Tallies } {
  const recordsByLane: Record<Lane, number> = { alarm: 0, event: 0, track: 0, diag: 0 }
  const refusals = new Map<string, number>()
  const lately: { readonly what: string; readonly monoMs: number }[] = []
  const recent: { readonly seconds: number; readonly monoMs: number }[] = []
  let sessions = 0
  let streamClients = 0
  let commits = 0

  const note = (what: string): void => {
    lately.push({ what, monoMs: clock.now().monoMs })
    if (lately.length > LATELY_KEPT) lately.shift()
  }
  const countLately = (): Map<string, number> => {
    const { monoMs } = clock.now()
    while (lately.length > 0 && monoMs - lately[0]!.monoMs > LATELY_MS) lately.shift()
    const counts = new Map<string, number>()
    for (const { what } of lately) counts.set(what, (counts.get(what) ?? 0) + 1)
    return counts
  }

  return {
    metrics: {
      ...metrics,
      recordsStored: (lane, count) => {
        if (Object.hasOwn(recordsByLane, lane)) recordsByLane[lane as Lane] += count
        metrics.recordsStored(lane, count)
      },
      refused: code => {
        refusals.set(code, (refusals.get(code) ?? 0) + 1)
        note(code)
        metrics.refused(code)
      },
      sessions: open => metrics.sessions((sessions = open)),
      streamClients: open => metrics.streamClients((streamClients = open)),
      streamDropped: reason => {
        note('')
        metrics.streamDropped(reason)
      },
      commit: (seconds, rows) => {
        commits += 1
        recent.push({ seconds, monoMs: clock.now().monoMs })
        if (recent.length > COMMITS_KEPT) recent.shift()
        metrics.commit(seconds, rows)
      },
    },
    read: () => {
      const since = clock.now().monoMs - COMMITS_WITHIN_MS
      const took = recent.filter(one => one.monoMs >= since).map(one => one.seconds)
      took.sort((a, b) => a - b)
      const counts = countLately()
      const streamDroppedLately = counts.get('') ?? 0
      counts.delete('')
      return {
        recordsByLane: { ...recordsByLane },
        refusals: Object.fromEntries(refusals),
        refusedLately: Object.fromEntries(counts),
        streamDroppedLately,
        sessions,
        streamClients,
        commits,
        commitP50Seconds: quantile(took, 0.5),
        commitP99Seconds: quantile(took, 0.99),
      }
    },
  }
}

/** Nearest rank; 0 of nothing. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
