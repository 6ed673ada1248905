import type { Fix } from '#protocols/fix.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { Port } from '../port.ts'
import { GnssDecoder } from './decoder.ts'
import { GpsdDecoder } from './gpsd-decoder.ts'
import { isGpsd } from './gpsd-name.ts'

/** Receivers send an epoch as one burst; this much quiet means that it is over. */
const QUIET_MS = 150

export type ReceiverListener = {
  /** Every closed epoch, also one without a fix (`mode` 1). */
  onFix(fix: Fix, now: Now): void
}

/** Bytes to fixes, whatever the bytes are: sentences of a receiver, or the JSON lines of gpsd. */
export type FixDecoder = { feed(bytes: Uint8Array): Fix[]; quiet(): Fix[] }

export type Receiver = {
  /** Stops listening and closes the port. */
  close(): Promise<void>
}

/** What understands the bytes of a line: `gpsd://…` speaks JSON, everything else NMEA and UBX. */
export const decoderOf = (path: string): FixDecoder => (isGpsd(path) ? new GpsdDecoder() : new GnssDecoder())

/** Listens to a receiver on a port: bytes in, fixes out, an epoch closed by the next one or by 150 ms of quiet. */
export function openReceiver(
  port: Port,
  clock: Clock,
  listener: ReceiverListener,
  decoder: FixDecoder = decoderOf(port.path),
): Receiver {
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
    close: async () => {
      closed = true
      cancelQuiet()
      await port.close()
    },
  }
}
