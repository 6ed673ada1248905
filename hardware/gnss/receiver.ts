import type { Fix } from '#protocols/fix.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { Port } from '../port.ts'
import { BelievedFixes } from './believed-fixes.ts'
import { GnssDecoder } from './decoder.ts'
import { GpsdDecoder } from './gpsd-decoder.ts'
import { isGpsd } from './gpsd-name.ts'
import { HealthWatch } from './health.ts'
import type { GnssHealth } from './health.ts'
import type { Gate } from './plausibility.ts'

/** Receivers send an epoch as one burst; this much quiet means that it is over. */
const QUIET_MS = 150

export type ReceiverListener = {
  /** Every closed epoch that can be true, also one without a fix (`mode` 1); a standing car's place is held. */
  onFix(fix: Fix, now: Now): void
  /** The antenna or a hint changed. */
  onHealth?(health: GnssHealth, now: Now): void
}

/** Bytes to fixes, whatever the bytes are: sentences of a receiver, or the JSON lines of gpsd. */
export type FixDecoder = { feed(bytes: Uint8Array): Fix[]; quiet(): Fix[] }

export type Receiver = {
  /** What was refused up to now, by reason. */
  refused(): Gate['refused']
  health(): GnssHealth
  /** Stops listening and closes the port. */
  close(): Promise<void>
}

/** What understands the bytes of a line: `gpsd://…` speaks JSON, everything else NMEA and UBX. */
export const decoderOf = (path: string): FixDecoder => (isGpsd(path) ? new GpsdDecoder() : new GnssDecoder())

/**
 * Listens to a receiver on a port: bytes in, fixes out, an epoch closed by the next one or by 150 ms of quiet. Between
 * decoder and listener stand the gate, the joining of twins and the clamp.
 */
export function openReceiver(
  port: Port,
  clock: Clock,
  listener: ReceiverListener,
  decoder: FixDecoder = decoderOf(port.path),
): Receiver {
  const watch = new HealthWatch()
  const believed = new BelievedFixes()
  let closed = false
  let cancelQuiet = (): void => {}
  let told = ''

  if (decoder instanceof GnssDecoder)
    decoder.onAside({ onWords: words => watch.hearWords(words), onUbx: reading => watch.hearUbx(reading) })

  const give = (fixes: readonly Fix[]): void => {
    const now = clock.now()
    for (const fix of fixes) {
      watch.hearFix(fix, decoder instanceof GnssDecoder && decoder.isSkyUniform(), now.monoMs)
      const published = believed.take(fix, now.monoMs)
      if (published !== undefined) listener.onFix(published, now)
    }
    tellHealth(now)
  }
  const tellHealth = (now: Now): void => {
    if (listener.onHealth === undefined) return
    const health = watch.health(now.monoMs)
    const text = JSON.stringify(health)
    if (text === told) return
    told = text
    listener.onHealth(health, now)
  }
  port.onBytes(bytes => {
    if (closed) return
    cancelQuiet()
    give(decoder.feed(bytes))
    cancelQuiet = clock.after(QUIET_MS, () => give(decoder.quiet()))
  })
  return {
    refused: () => believed.refused(),
    health: () => watch.health(clock.now().monoMs),
    close: async () => {
      closed = true
      cancelQuiet()
      await port.close()
    },
  }
}
