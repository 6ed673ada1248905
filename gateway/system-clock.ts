import type { Clock, Now } from '#protocols/time.ts'

/** Before this the computer has no idea of the date: a clock without a battery boots in 1970. */
const EARLIEST_BELIEVABLE_UTC_MS = Date.UTC(2024, 0, 1)

/** The computer's clocks: wall time with an honest quality, monotonic time for every decision. */
export function systemClock(): Clock {
  return {
    now(): Now {
      const utcMs = Date.now()
      return {
        monoMs: performance.now(),
        utcMs,
        quality: utcMs < EARLIEST_BELIEVABLE_UTC_MS ? 'none' : 'rtc',
      }
    },
    after(ms, run) {
      const timer = setTimeout(run, Math.max(0, ms))
      return () => clearTimeout(timer)
    },
  }
}
