import type { RecordRow } from '../intake/rows.ts'

/*
 * What is kept of an officer's track (DOMAIN.md 10), by when the gateway received it:
 *
 *     0          30 d                 90 d
 *     every fix  | one a minute       | nothing
 *
 * but whole from five minutes before an incident of that car until it was cleared: that is kept with the incident.
 */
export type TrackPolicy = {
  /** Every fix for so long. */
  readonly fullMs: number
  /** One in `spacingMs` until then, nothing after it. */
  readonly thinMs: number
  readonly spacingMs: number
}

const DAY_MS = 24 * 3_600_000

export const trackPolicy = (days: { readonly full: number; readonly thin: number }): TrackPolicy => ({
  fullMs: days.full * DAY_MS,
  thinMs: days.thin * DAY_MS,
  spacingMs: 60_000,
})

/**
 * When a record came, by the gateway's clock or by the satellites, whichever is later: one that came while the gateway took
 * itself for 1970 is not half a century old once that is put right.
 */
export const cameMs = ({ receivedAt, clockQuality, occurredAtMs }: RecordRow): number =>
  Math.max(Date.parse(receivedAt), clockQuality === 'gnss' ? occurredAtMs : -Infinity)

/**
 * The time by which tracks are let go: the gateway's, but at most a day behind the newest time that a satellite gave a car. A
 * gateway that wakes in 2038 alone lets nothing go.
 */
export const vouchedMs = (nowUtcMs: number, newestGnssMs: number): number =>
  Math.min(nowUtcMs, newestGnssMs + DAY_MS)

/** A time of a car that belongs to an incident, UTC milliseconds, both ends included. */
export type HeldSpan = { readonly fromMs: number; readonly untilMs: number }

const isHeld = (spans: readonly HeldSpan[], atMs: number): boolean =>
  spans.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs)

/**
 * Of rows of one lane in their order those that stay once the full rate is over. `lastKeptMs` is the time of the newest
 * that stayed before them, null at the beginning.
 */
export function thinned(
  rows: readonly RecordRow[],
  spans: readonly HeldSpan[],
  lastKeptMs: number | null,
  spacingMs: number,
): { readonly kept: readonly RecordRow[]; readonly lastKeptMs: number | null } {
  const kept: RecordRow[] = []
  let last = lastKeptMs
  for (const row of rows) {
    const atMs = row.occurredAtMs
    // A clock that was set back begins anew; what is told once must not hide what comes after it.
    const isNext = last === null || atMs - last >= spacingMs || atMs < last
    if (!isNext && !isHeld(spans, atMs)) continue
    kept.push(row)
    if (isNext) last = atMs
  }
  return { kept, lastKeptMs: last }
}

/** Of rows whose time is over those that stay with an incident. */
export const heldOf = (rows: readonly RecordRow[], spans: readonly HeldSpan[]): readonly RecordRow[] =>
  rows.filter(row => isHeld(spans, row.occurredAtMs))
