import type { Fix } from '#protocols/fix.ts'
import type { ReceiverHealth, Refusal } from '#protocols/receiver-health.ts'
import type { Clock, Now } from '#protocols/time.ts'
import type { Port } from '../port.ts'
import { BelievedFixes } from './believed-fixes.ts'
import { GnssDecoder } from './decoder.ts'
import { GpsdDecoder } from './gpsd-decoder.ts'
import { isGpsd } from './gpsd-name.ts'
import { HealthWatch } from './health.ts'

/** Receivers send an epoch as one burst; this much quiet means that it is over. */
const QUIET_MS = 150
/** Refusals come with every epoch when they come; nobody acts on them within less. */
const REFUSALS_EVERY_MS = 10_000

export type ReceiverListener = {
  /** Every closed epoch that can be true, also one without a fix (`mode` 1); a standing car's place is held. */
  onFix(fix: Fix, now: Now): void
  /** The antenna, a hint or the datum changed; or, told every ten seconds at most, more was refused. */
  onHealth?(health: ReceiverHealth, now: Now): void
}

/** Bytes to fixes, whatever the bytes are: sentences of a receiver, or the JSON lines of gpsd. */
export type FixDecoder = { feed(bytes: Uint8Array): Fix[]; quiet(): Fix[] }

export type Receiver = {
  health(): ReceiverHealth
  /** The receiver was unplugged: what it said of itself is not said of the next one. */
  forget(): void
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
  let told = { health: '', refused: '', monoMs: -Infinity }

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
    const { refused, ...said } = healthAt(now)
    const text = { health: JSON.stringify(said), refused: JSON.stringify(refused), monoMs: now.monoMs }
    const isDue = text.refused !== told.refused && now.monoMs - told.monoMs >= REFUSALS_EVERY_MS
    if (text.health === told.health && !isDue) return
    told = text
    listener.onHealth({ ...said, refused }, now)
  }
  const healthAt = ({ monoMs }: Now): ReceiverHealth => ({
    ...watch.health(monoMs),
    refused: withoutNoughts(believed.refused()),
  })
  port.onBytes(bytes => {
    if (closed) return
    cancelQuiet()
    give(decoder.feed(bytes))
    cancelQuiet = clock.after(QUIET_MS, () => give(decoder.quiet()))
  })
  return {
    health: () => healthAt(clock.now()),
    forget: () => {
      watch.forget()
      tellHealth(clock.now())
    },
    close: async () => {
      closed = true
      cancelQuiet()
      await port.close()
    },
  }
}

const withoutNoughts = (counts: Readonly<Record<Refusal, number>>): ReceiverHealth['refused'] =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
