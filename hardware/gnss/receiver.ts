import type { Fix } from '#protocols/fix.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { Port } from '../port.ts'
import { GnssDecoder } from './decoder.ts'
import type { GnssStats } from './decoder.ts'

/** Receivers send an epoch as one burst; this much quiet means that it is over. */
const QUIET_MS = 150

export type ReceiverListener = {
  /** Every closed epoch, also one without a fix (`mode` 1). */
  onFix(fix: Fix, now: Now): void
}

export type Receiver = {
  stats(): GnssStats
  /** Stops listening and closes the port. */
  close(): Promise<void>
}

/** Listens to a receiver on a port: bytes in, fixes out, an epoch closed by the next one or by 150 ms of quiet. */
export function openReceiver(port: Port, clock: Clock, listener: ReceiverListener): Receiver {
  const decoder = new GnssDecoder()
  let closed = false
  let cancelQuiet = (): void => {}

  const give = (fixes: readonly Fix[]): void => {
    for (const fix of fixes) listener.onFix(fix, clock.now())
  }
  port.onBytes(bytes => {
    if (closed) return
    cancelQuiet()
    give(decoder.feed(bytes))
    cancelQuiet = clock.after(QUIET_MS, () => give(decoder.quiet()))
  })
  return {
    stats: () => decoder.stats(),
    close: async () => {
      closed = true
      cancelQuiet()
      await port.close()
    },
  }
}
