import type { Clock, ClockQuality } from '#protocols/time.ts'

/**
 * The machine's own time, for the demo. `monoMs` is the process's monotonic time, which no clock correction moves.
 * Timers keep the process alive; `compose` cancels them on the way out.
 */
export function openRealClock(quality: ClockQuality = 'ntp'): Clock {
  return {
    now: () => ({ monoMs: performance.now(), utcMs: Date.now(), quality }),
    after: (ms, run) => {
      const timer = setTimeout(run, Math.max(0, ms))
      return () => clearTimeout(timer)
    },
  }
}
