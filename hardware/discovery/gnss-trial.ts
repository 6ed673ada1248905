import { Scanner } from '#protocols/nmea/scanner.ts'

/** What was heard at one speed. */
export type GnssTrial = {
  readonly bytes: number
  /** Frames whose sum was right, and those whose sum was not. */
  readonly valid: number
  readonly invalid: number
  readonly talkers: readonly string[]
}

/** Enough to be sure of a speed: noise passes an 8-bit sum once in 256, three times in a row never. */
export const VALID_ENOUGH = 3

/** Listens without judging; `trial()` is what was heard so far. */
export class GnssListener {
  readonly #scanner = new Scanner()
  readonly #talkers = new Set<string>()

  feed(bytes: Uint8Array): void {
    for (const event of this.#scanner.feed(bytes)) {
      if (event.kind === 'frame') this.#talkers.add(event.family.toUpperCase())
      else if (this.#talkers.size < 16) this.#talkers.add(event.text.slice(1, 3))
    }
  }

  trial(): GnssTrial {
    const { bytes, sentences, frames, refused } = this.#scanner.counts()
    return {
      bytes,
      valid: sentences + Object.values(frames).reduce((sum, count) => sum + count, 0),
      invalid: refused.checksum + refused.broken + refused.overlong,
      talkers: [...this.#talkers].sort(),
    }
  }
}

/** For a line that is kept open: bytes in, frames with a right sum so far. */
export function judgeFrames(): (bytes: Uint8Array) => number {
  const listener = new GnssListener()
  return bytes => {
    listener.feed(bytes)
    return listener.trial().valid
  }
}

export const isReceiver = ({ valid, invalid }: GnssTrial): boolean => valid >= VALID_ENOUGH && valid > invalid

/** 0 to 100: full marks for a clean line that says several kinds of things; every damaged frame costs. */
export function gnssScore(trial: GnssTrial): number {
  if (!isReceiver(trial)) return 0
  const clean = trial.valid / (trial.valid + trial.invalid)
  return Math.round(60 * clean + 40 * Math.min(1, trial.valid / 8))
}
