import type { Clock } from '#protocols/time.ts'

/** A clock whose monotonic time can run faster than the one below it; its wall time stays true. */
export type PacedClock = Clock & {
  readonly factor: () => number
  readonly setFactor: (factor: number) => void
}

/**
 * Time for what may be hurried: driving, crews, incidents. Timers that are running when the pace changes end when the new
 * pace says so.
 */
export function openPacedClock(clock: Clock, first = 1): PacedClock {
  let factor = first
  let anchor = { realMs: clock.now().monoMs, pacedMs: clock.now().monoMs }
  const timers = new Set<{ arm: () => void }>()

  const pacedMs = (): number => anchor.pacedMs + (clock.now().monoMs - anchor.realMs) * factor

  return {
    now: () => ({ ...clock.now(), monoMs: pacedMs() }),
    after: (ms, run) => {
      const dueMs = pacedMs() + Math.max(0, ms)
      let cancel = (): void => {}
      const timer = {
        arm: () => {
          cancel()
          cancel = clock.after(Math.max(0, (dueMs - pacedMs()) / factor), () => {
            timers.delete(timer)
            run()
          })
        },
      }
      timers.add(timer)
      timer.arm()
      return () => {
        timers.delete(timer)
        cancel()
      }
    },
    factor: () => factor,
    setFactor: next => {
      anchor = { realMs: clock.now().monoMs, pacedMs: pacedMs() }
      factor = next
      for (const timer of [...timers]) timer.arm()
    },
  }
}
