import type { Incident } from '../dispatch/incident.ts'
import type { WalkInRow } from '../walkins/walk-in.ts'
import { vouchedMs } from './track-policy.ts'

/*
 * What is kept of those who came to a kiosk (DOMAIN.md 10):
 *
 *     while its incident is open       | over           180 d                      (lost child: 7 d)
 *     name, phone, story, sealed       | sealed still   | gone; class, place, times, answers, receipt number stay
 *
 *     a question somebody asked          30 d: its record goes; how often each topic was asked, by day and station, stays
 *
 * A visit without an incident (tip-off, complaint) is over when it was made.
 */
export type ReporterPolicy = {
  readonly reporterMs: number
  /** Of a child that was looked for: what is said of under-14s is sensitive as such (PIPL art. 28). */
  readonly lostChildMs: number
  readonly questionMs: number
}

const DAY_MS = 24 * 3_600_000

export const reporterPolicy = (days: {
  readonly reporter: number
  readonly lostChild: number
  readonly consultation: number
}): ReporterPolicy => ({
  reporterMs: days.reporter * DAY_MS,
  lostChildMs: days.lostChild * DAY_MS,
  questionMs: days.consultation * DAY_MS,
})

/** How long the words of a visit stay once it is over. */
export const keptMs = ({ report }: Pick<WalkInRow, 'report'>, policy: ReporterPolicy): number =>
  report?.class === 'lost_person' && report.answers.children === 'yes'
    ? Math.min(policy.lostChildMs, policy.reporterMs)
    : policy.reporterMs

/** What a night goes by: the gateway's clock, the newest time satellites gave a car, and what both allow (`vouchedMs`). */
export type NightTimes = {
  readonly nowUtcMs: number
  readonly newestGnssMs: number
  readonly asOfMs: number
}

export const nightTimes = (nowUtcMs: number, newestGnssMs: number): NightTimes => ({
  ...{ nowUtcMs, newestGnssMs },
  asOfMs: vouchedMs(nowUtcMs, newestGnssMs),
})

/** Later than this it cannot be, whichever of the two clocks is wrong. */
export const latestMs = ({ nowUtcMs, newestGnssMs }: NightTimes): number =>
  Math.max(nowUtcMs, newestGnssMs + DAY_MS)

/**
 * Since when a visit is over, as far as tonight can tell; null while its incident is open. A kiosk has no satellites, and a clock
 * that stood at 1970 on that day would let its words go at once: so its time begins with the first night that finds it over,
 * at what satellites say then, or later where its own moments do. `known` is what an earlier night found; one that lies in the
 * future came from a clock that ran ahead and counts no more.
 */
export function overSince(
  visit: { readonly walkIn: Pick<WalkInRow, 'happenedUtcMs'>; readonly incident: Incident | null },
  known: number | undefined,
  times: NightTimes,
): number | null {
  const { walkIn, incident } = visit
  if (incident !== null && incident.closed === null) return null
  if (known !== undefined && known <= latestMs(times)) return known
  const moments = [incident, ...(incident?.assignments ?? [])].flatMap(
    one => one?.moments.map(({ utcMs }) => utcMs) ?? [],
  )
  const told = [walkIn.happenedUtcMs, ...moments].filter(utcMs => utcMs <= latestMs(times))
  return Math.max(times.asOfMs, times.newestGnssMs, ...told)
}
