import type { Fix } from '#protocols/fix.ts'
import { antennaIn, jammingIn } from '#protocols/nmea/receiver-words.ts'
import type { AntennaState, JammingState } from '#protocols/nmea/ubx-monitor.ts'
import type { UbxReading } from '#protocols/nmea/ubx.ts'

/**
 * What a receiver and its sky say beside the fix. The antenna is a reading: an open or shorted wire needs a technician.
 * The rest are hints and no more: each has harmless causes, and none of them ever changes a fix.
 */
export type GnssHealth = {
  readonly antenna?: AntennaState
  readonly jamming?: JammingState
  readonly hints: readonly SpoofingHint[]
}
/**
 * `receiver`: it says so itself. `uniform_signals`: every signal is equally strong, as from one transmitter. `time_jump`:
 * its time moved otherwise than the computer's. A receiver after a cold start jumps once too.
 */
export type SpoofingHint = 'receiver' | 'uniform_signals' | 'time_jump'

/** Receiver and computer may drift and be read late, but not by this much between two fixes. */
const TIME_JUMP_MS = 10_000
/** A hint is told this long after it was last true. */
const HINT_MS = 60_000

/** Collects what was heard about one receiver. */
export class HealthWatch {
  #antenna: AntennaState | undefined
  #jamming: JammingState | undefined
  #receiver = false
  readonly #hintedMonoMs = new Map<SpoofingHint, number>()
  #last: { readonly timeUtcMs: number; readonly monoMs: number } | undefined

  hearWords(words: string): void {
    this.#antenna = antennaIn(words) ?? this.#antenna
    this.#jamming = jammingIn(words) ?? this.#jamming
    this.#receiver ||= /SPOOF/i.test(words)
  }

  hearUbx({ antenna, jamming, spoofing }: UbxReading): void {
    this.#antenna = antenna ?? this.#antenna
    this.#jamming = jamming ?? this.#jamming
    this.#receiver = spoofing ?? this.#receiver
  }

  /** `isUniform`: the sky told last looks like that of one transmitter. */
  hearFix({ timeUtcMs }: Fix, isUniform: boolean, monoMs: number): void {
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
    }
  }
}
