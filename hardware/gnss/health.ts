import type { Fix } from '#protocols/fix.ts'
import { antennaIn, jammingIn } from '#protocols/nmea/receiver-words.ts'
import type { UbxReading } from '#protocols/nmea/ubx.ts'
import type { AntennaState, JammingState, ReceiverHealth, SpoofingHint } from '#protocols/receiver-health.ts'

/**
 * What a receiver and its sky say beside the fix. The antenna is a reading: an open or shorted wire needs a technician.
 * Jamming and spoofing are hints and no more: each has harmless causes, and none of them ever changes a fix.
 */
export type GnssHealth = Omit<ReceiverHealth, 'refused'>

/** Receiver and computer may drift and be read late, but not by this much between two fixes. */
const TIME_JUMP_MS = 10_000
/** They have three letters; what a broken sentence made longer is cut. */
const DATUM_LENGTH_MAX = 16
/** A hint is told this long after it was last true. */
const HINT_MS = 60_000

/** Collects what was heard about one receiver. */
export class HealthWatch {
  #antenna: AntennaState | undefined
  #jamming: JammingState | undefined
  #receiver = false
  #datum: string | undefined
  readonly #hintedMonoMs = new Map<SpoofingHint, number>()
  #last: { readonly timeUtcMs: number; readonly monoMs: number } | undefined

  hearWords(words: string): void {
    this.#antenna = antennaIn(words) ?? this.#antenna
    this.#jamming = jammingIn(words) ?? this.#jamming
    this.#receiver ||= /SPOOF/i.test(words)
  }

  /** Whatever is heard next comes from a receiver nothing is known of. */
  forget(): void {
    this.#antenna = undefined
    this.#jamming = undefined
    this.#receiver = false
    this.#datum = undefined
    this.#hintedMonoMs.clear()
    this.#last = undefined
  }

  hearUbx({ antenna, jamming, spoofing }: UbxReading): void {
    this.#antenna = antenna ?? this.#antenna
    this.#jamming = jamming ?? this.#jamming
    this.#receiver = spoofing ?? this.#receiver
  }

  /** `isUniform`: the sky told last looks like that of one transmitter. */
  hearFix({ timeUtcMs, datumSuspect }: Fix, isUniform: boolean, monoMs: number): void {
    this.#datum = datumSuspect
    if (this.#receiver) this.#hintedMonoMs.set('receiver', monoMs)
    if (isUniform) this.#hintedMonoMs.set('uniform_signals', monoMs)
    if (timeUtcMs === undefined) return
    const last = this.#last
    this.#last = { timeUtcMs, monoMs }
    if (last !== undefined && Math.abs(timeUtcMs - last.timeUtcMs - (monoMs - last.monoMs)) > TIME_JUMP_MS)
      this.#hintedMonoMs.set('time_jump', monoMs)
  }

  health(monoMs: number): GnssHealth {
    const hints = [...this.#hintedMonoMs].filter(([, at]) => monoMs - at <= HINT_MS).map(([hint]) => hint)
    return {
      ...(this.#antenna === undefined ? {} : { antenna: this.#antenna }),
      ...(this.#jamming === undefined ? {} : { jamming: this.#jamming }),
      hints: hints.sort(),
      ...(this.#datum === undefined ? {} : { datum: this.#datum.slice(0, DATUM_LENGTH_MAX) }),
    }
  }
}
