import { z } from 'zod'

/** How far the wall clock can be believed: a computer that boots in 1970 is normal (`none`). */
export const ClockQuality = z.enum(['gnss', 'ntp', 'rtc', 'none'])
export type ClockQuality = z.infer<typeof ClockQuality>

/**
 * One moment, told twice. `monoMs` only ever grows and drives every decision; `utcMs` is what a person reads.
 * Example: `{ monoMs: 81_233, utcMs: 1_795_478_400_000, quality: 'gnss' }`.
 */
export type Now = { readonly monoMs: number; readonly utcMs: number; readonly quality: ClockQuality }

/** The only source of time for a composed process; pure code is handed a `Now` or a `monoMs`. */
export type Clock = {
  now(): Now
  /** Calls `run` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
}

/** RFC 3339, UTC, milliseconds: `2026-11-24T00:13:11.000Z`. */
export function rfc3339(utcMs: number): string {
  const ms = Math.trunc(utcMs)
  if (ms === newestMs) return newestText
  if (!(ms >= 0)) return new Date(utcMs).toISOString()
  const day = Math.floor(ms / DAY_MS)
  if (day !== newestDay) [newestDay, newestDayText] = [day, new Date(ms).toISOString().slice(0, -13)]
  const left = ms - day * DAY_MS
  const [h, m, s] = [
    Math.floor(left / 3_600_000),
    Math.floor(left / 60_000) % 60,
    Math.floor(left / 1000) % 60,
  ]
  newestMs = ms
  newestText = `${newestDayText}${two(h)}:${two(m)}:${two(s)}.${String(left % 1000).padStart(3, '0')}Z`
  return newestText
}

const DAY_MS = 86_400_000
const two = (n: number): string => (n < 10 ? `0${n}` : String(n))
/** Nearly everything is of one day, whose text is made once; and what happens together is of one moment. */
let newestDay = -1
let newestDayText = ''
let newestMs = -1
let newestText = ''

/** China has one time zone and no summer time, so the local day is arithmetic. */
const LOCAL_OFFSET_MS = 8 * 3_600_000

/** `20261124` in UTC+8. */
export const localDay = (utcMs: number): string =>
  rfc3339(utcMs + LOCAL_OFFSET_MS)
    .slice(0, 10)
    .replaceAll('-', '')

/** Minutes since local midnight, UTC+8: 0 to 1439. */
export const localMinute = (utcMs: number): number =>
  Math.floor(((utcMs + LOCAL_OFFSET_MS) % 86_400_000) / 60_000)
