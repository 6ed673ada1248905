import type { Fix } from '#protocols/fix.ts'
import { EpochAssembler } from '#protocols/nmea/epoch.ts'
import type { Reading } from '#protocols/nmea/epoch.ts'
import { Scanner } from '#protocols/nmea/scanner.ts'
import type { BinaryFamily, ScanCounts, ScanSink } from '#protocols/nmea/scanner.ts'
import { SecondOpinion, isDisputed } from '#protocols/nmea/second-opinion.ts'
import { readSentence } from '#protocols/nmea/sentence.ts'
import { UbxReader } from '#protocols/nmea/ubx.ts'
import type { UbxReading } from '#protocols/nmea/ubx.ts'
import type { Result } from '#protocols/result.ts'

/** `refused` by code: `NMEA_FIELD`, `NMEA_DISPUTED`, `UBX_SHORT`; `unread` are frames that nobody here needs. */
export type GnssStats = {
  readonly scan: ScanCounts
  readonly read: number
  readonly unread: number
  readonly refused: Readonly<Record<string, number>>
  readonly fixes: number
}

/** Told what a receiver says beside its fixes. */
export type AsideListener = {
  onWords(words: string): void
  onUbx(reading: UbxReading): void
}

/**
 * From bytes to fixes, synchronously: scanner, sentence and UBX readers, epochs. Knows no port and no clock; `quiet` is
 * told to it. The driver, the `nmea` verb and the simulator all use this one.
 */
export class GnssDecoder {
  readonly #scanner = new Scanner()
  readonly #ubx = new UbxReader()
  readonly #opinion = new SecondOpinion()
  readonly #epochs: EpochAssembler
  readonly #refused = new Map<string, number>()
  readonly #sink: ScanSink
  #fixes: Fix[] = []
  #read = 0
  #unread = 0
  #given = 0
  #aside: AsideListener | undefined

  /** `closeEarly`: give a fix as soon as the learned end of the cycle was heard, without waiting for quiet. */
  constructor(options: { readonly closeEarly: boolean } = { closeEarly: false }) {
    this.#epochs = new EpochAssembler(options)
    this.#sink = {
      sentence: (bytes, from, star) => this.#sentence(bytes, from, star),
      frame: (family, bytes, from, to) => this.#frame(family, bytes.subarray(from, to)),
    }
  }

  /** Any bytes in any chunking; gives the fixes they completed. */
  feed(bytes: Uint8Array): Fix[] {
    this.#scanner.scan(bytes, this.#sink)
    return this.#give()
  }

  /** Nothing came for a while: the burst is over, unfinished frames are given up. */
  quiet(): Fix[] {
    this.#scanner.end(this.#sink)
    this.#epochs.close(this.#fixes)
    return this.#give()
  }

  /** The file is over: as `quiet`, but nothing says that the last epoch was whole. */
  finish(): Fix[] {
    this.#scanner.end(this.#sink)
    this.#epochs.finish(this.#fixes)
    return this.#give()
  }

  /** What the receiver says beside its fixes goes to `listener`. */
  onAside(listener: AsideListener): void {
    this.#aside = listener
  }

  /** Whether every signal of the sky told last is equally strong. */
  isSkyUniform(): boolean {
    return this.#epochs.isSkyUniform()
  }

  stats(): GnssStats {
    return {
      scan: this.#scanner.counts(),
      read: this.#read,
      unread: this.#unread,
      refused: Object.fromEntries(this.#refused),
      fixes: this.#given,
    }
  }

  #give(): Fix[] {
    const fixes = this.#fixes
    this.#fixes = []
    this.#given += fixes.length
    return fixes
  }

  #sentence(bytes: Uint8Array, from: number, star: number): void {
    const result = readSentence(bytes, from, star)
    if (
      result.ok &&
      this.#opinion.isWanted(result.value) &&
      isDisputed(result.value, String.fromCharCode(...bytes.subarray(from, star + 3)))
    )
      this.#refuse('NMEA_DISPUTED')
    else this.#take(result)
  }

  #frame(family: BinaryFamily, frame: Uint8Array): void {
    if (family === 'ubx') this.#take(this.#ubx.read(frame))
    else this.#unread++
  }

  #take(result: Result<Reading>): void {
    if (!result.ok) {
      this.#epochs.skip()
      if (result.code.endsWith('_UNREAD')) this.#unread++
      else this.#refuse(result.code)
      return
    }
    this.#read++
    const reading = result.value
    if (reading.type === 'TXT') this.#aside?.onWords(reading.text)
    else if (reading.type === 'UBX') this.#aside?.onUbx(reading)
    this.#epochs.take(reading, this.#fixes)
  }

  #refuse(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
  }
}
