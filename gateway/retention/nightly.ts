import type { Logger } from '#protocols/log.ts'
import type { Clock } from '#protocols/time.ts'

const DAY_MS = 24 * 3_600_000
/** Local time of the quietest hour. */
const AT_MS = 3 * 3_600_000

/** Milliseconds until the next three o'clock at night, local time. */
export function untilNightMs(nowUtcMs: number, utcOffsetMinutes: number): number {
  const sinceMidnightMs = (((nowUtcMs + utcOffsetMinutes * 60_000) % DAY_MS) + DAY_MS) % DAY_MS
  return (AT_MS - sinceMidnightMs + DAY_MS) % DAY_MS || DAY_MS
}

/** Runs a work every night, the first time in the first night; a night that failed is said and the next one tries again. */
export function nightly(
  {
    clock,
    log,
    utcOffsetMinutes,
  }: { readonly clock: Clock; readonly log: Logger; readonly utcOffsetMinutes: number },
  work: () => Promise<void>,
): () => void {
  let cancel = (): void => {}
  const arm = (): void => {
    cancel = clock.after(untilNightMs(clock.now().utcMs, utcOffsetMinutes), () => {
      arm()
      work().catch((error: unknown) => log.error({ event: 'nightly.failed', detail: String(error) }))
    })
  }
  arm()
  return () => cancel()
}
