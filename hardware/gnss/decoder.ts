import type { Fix } from '#protocols/fix.ts'
import { EpochAssembler } from '#protocols/nmea/epoch.ts'
import type { Reading } from '#protocols/nmea/epoch.ts'
import { Scanner } from '#protocols/nmea/scanner.ts'
import type { ScanCounts, ScanEvent } from '#protocols/nmea/scanner.ts'
import { parseSentence } from '#protocols/nmea/sentence.ts'
import { readUbx } from '#protocols/nmea/ubx.ts'
import type { Result } from '#protocols/result.ts'

/** `refused` by code: `NMEA_FIELD`, `NMEA_DISPUTED`, `UBX_SHORT`; `unread` are frames that nobody here needs. */
export type GnssStats = {
  readonly scan: ScanCounts
  readonly read: number
  readonly unread: number
  readonly refused: Readonly<Record<string, number>>
  readonly fixes: number
}

/**
 * From bytes to fixes, synchronously: scanner, sentence and UBX readers, epochs. Knows no port and no clock; `quiet` and
 * `finish` are told to it. The driver, the `nmea` verb and the simulator all use this one.
 */
export class GnssDecoder {
  readonly #scanner = new Scanner()
  readonly #epochs = new EpochAssembler()
  readonly #refused = new Map<string, number>()
  readonly #closeEarly: boolean
  #read = 0
  #unread = 0
  #fixes = 0

  /** `closeEarly`: give a fix as soon as the learned end of the cycle was heard, without waiting for quiet. */
  constructor(options: { readonly closeEarly: boolean } = { closeEarly: false }) {
    this.#closeEarly = options.closeEarly
  }

  /** Any bytes in any chunking; gives the fixes they completed. */
  feed(bytes: Uint8Array): Fix[] {
    return this.#takeAll(this.#scanner.feed(bytes))
  }

  /** Nothing came for a while: the burst is over, unfinished frames are given up. */
  quiet(): Fix[] {
    const fixes = this.#takeAll(this.#scanner.flush())
    this.#keep(this.#epochs.close(), fixes)
    return fixes
  }

  stats(): GnssStats {
    return {
      scan: this.#scanner.counts(),
      read: this.#read,
      unread: this.#unread,
      refused: Object.fromEntries(this.#refused),
      fixes: this.#fixes,
    }
  }

  #takeAll(events: readonly ScanEvent[]): Fix[] {
    const fixes: Fix[] = []
    for (const event of events) {
      const reading = this.#readingOf(event)
      if (reading === undefined) continue
      this.#keep(this.#epochs.take(reading), fixes)
      if (this.#closeEarly && this.#epochs.isCycleEnd()) this.#keep(this.#epochs.close(), fixes)
    }
    return fixes
  }

  #readingOf(event: ScanEvent): Reading | undefined {
    const result: Result<Reading> | undefined =
      event.kind === 'sentence'
        ? parseSentence(event.text)
        : event.family === 'ubx'
          ? readUbx(event.bytes)
          : undefined
    if (result?.ok) {
      this.#read++
      return result.value
    }
    if (result === undefined || result.code.endsWith('_UNREAD')) this.#unread++
    else this.#refused.set(result.code, (this.#refused.get(result.code) ?? 0) + 1)
    return undefined
  }

  #keep(fix: Fix | undefined, fixes: Fix[]): void {
    if (fix === undefined) return
    fixes.push(fix)
    this.#fixes++
  }
}
