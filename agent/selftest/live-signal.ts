import type { Fix } from '#protocols/fix.ts'
import type { SignalSummary } from '#protocols/technician.ts'

/** One epoch as it was heard, with the computer's clock at that moment. */
type Heard = { readonly fix: Fix; readonly utcMs: number; readonly monoMs: number }

/** A sample is the newest half minute: long enough to see a sky, short enough for somebody who waits. */
export const SAMPLE_MS = 30_000
/** Epochs in a row that have to be good before the signal is. */
export const GOOD_EPOCHS = 5
/** Four satellites make a place in three dimensions; a dilution above this blurs it beyond a street. */
const SATS_MIN = 4
const HDOP_MAX = 5

/** The newest epochs of a receiver, and whether they are good enough for a dispatcher. */
export class LiveSignal {
  #heard: readonly Heard[] = []

  hear(fix: Fix, now: { readonly utcMs: number; readonly monoMs: number }): void {
    const kept = this.#heard.filter(({ monoMs }) => now.monoMs - monoMs < SAMPLE_MS)
    this.#heard = [...kept, { fix, ...now }]
  }

  /** The last epochs all have a place, enough satellites and a usable geometry. */
  isGood(): boolean {
    const last = this.#heard.slice(-GOOD_EPOCHS)
    return last.length === GOOD_EPOCHS && last.every(({ fix }) => isGoodFix(fix))
  }

  summary(): SignalSummary | null {
    const newest = this.#heard.at(-1)
    const oldest = this.#heard[0]
    if (newest === undefined || oldest === undefined) return null
    const fixes = this.#heard.filter(({ fix }) => fix.mode >= 2)
    const place = fixes.at(-1)?.fix
    return {
      seconds: Math.round((newest.monoMs - oldest.monoMs) / 1000),
      epochs: this.#heard.length,
      fixes: fixes.length,
      mode: newest.fix.mode,
      satsUsed: newest.fix.satsUsed ?? null,
      satsSeen: newest.fix.satsSeen ?? null,
      hdop: median(fixes.flatMap(({ fix }) => fix.hdop ?? [])),
      sats: newest.fix.sats ?? null,
      lat: place?.lat ?? null,
      lon: place?.lon ?? null,
      clockOffsetMs: median(
        this.#heard.flatMap(({ fix, utcMs }) => (fix.timeUtcMs === undefined ? [] : utcMs - fix.timeUtcMs)),
      ),
    }
  }
}

const isGoodFix = ({ mode, satsUsed, hdop }: Fix): boolean =>
  mode === 3 && (satsUsed ?? SATS_MIN) >= SATS_MIN && (hdop ?? 0) <= HDOP_MAX

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}
