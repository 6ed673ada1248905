import type { Forecast } from './estimate.ts'

/** What was promised when a car was sent, as it is kept with the order. */
export type Promise50 = Forecast & { readonly p50Seconds: number; readonly p80Seconds: number }

/** How promises of one basis fared. Counts fade with time, so they are not whole numbers. */
export type Fared = {
  trips: number
  /** Arrived within `p80Seconds`. */
  within80: number
  errorSum: number
  /** How many were wrong by so many seconds, in steps of a tenth: `bins[i]` is about 1.1^i - 1 s. */
  readonly bins: number[]
}

export type PastRow = {
  readonly v: 1
  readonly profile: Fared
  readonly learned: Fared
  /** Where arrivals fell in the forecast's own distribution: deviations from its median, -4 to 4 in steps of an eighth. */
  readonly deviations: readonly number[]
}

const BINS = 80
const DEVIATION_BINS = 64
const DEVIATION_MOST = 4
/** Arrivals that the normal distribution weighs against what was seen. */
const NORMAL_TRIPS = 20
/** Of the newest so many trips half of the calibration is made. */
const CALIBRATION_HALF_TRIPS = 400
/** What is longer is no drive to an incident but a mistake of somebody's clock; it is counted as quarantined. */
export const TRIP_SECONDS_MAX = 6 * 3600

const newFared = (): Fared => ({
  trips: 0,
  within80: 0,
  errorSum: 0,
  bins: Array.from({ length: BINS }, () => 0),
})

/**
 * Promised against sensed: the error of past ETAs, and what it says about the next. A forecast is corrected by where arrivals
 * fell in the distributions of the forecasts before it, so that half arrive before p50 and four of five before p80.
 */
export class PastEtas {
  readonly profile = newFared()
  readonly learned = newFared()
  quarantined = 0
  private deviations: number[] = Array.from({ length: DEVIATION_BINS }, () => 0)
  /** Of the few shares anybody asks for. */
  private readonly deviationOf = new Map<number, number>()

  /** A car that was promised arrived after so many seconds. */
  arrived(promised: Promise50, seconds: number): void {
    if (!(seconds > 0 && seconds <= TRIP_SECONDS_MAX)) {
      this.quarantined += 1
      return
    }
    const fared = this[promised.basis]
    const error = promised.p50Seconds - seconds
    fared.trips += 1
    fared.within80 += seconds <= promised.p80Seconds ? 1 : 0
    fared.errorSum += error
    fared.bins[binOf(Math.abs(error))]! += 1
    const deviation =
      Math.log(seconds / Math.max(1, promised.medianSeconds)) / Math.max(0.01, promised.logDeviation)
    const fade = 2 ** (-1 / CALIBRATION_HALF_TRIPS)
    this.deviations = this.deviations.map(count => count * fade)
    this.deviations[deviationBin(deviation)]! += 1
    this.deviationOf.clear()
  }

  /** A forecast as it is promised. On the profile's basis half of it is the profile's own number. */
  promise(forecast: Forecast): Promise50 {
    const { basis, medianSeconds, logDeviation, samples } = forecast
    const p50Seconds = basis === 'profile' ? medianSeconds : this.at(forecast, 0.5)
    const p80Seconds = Math.max(p50Seconds, this.at(forecast, 0.8))
    return { basis, medianSeconds, logDeviation, samples, p50Seconds, p80Seconds }
  }

  /** A value of the forecast's distribution by share, in seconds: `at(forecast, 0.2)` is early. */
  at(forecast: Forecast, share: number): number {
    return forecast.medianSeconds * Math.exp(forecast.logDeviation * this.deviationAt(share))
  }

  forgetDay(share: number): void {
    for (const fared of [this.profile, this.learned]) {
      fared.trips *= share
      fared.within80 *= share
      fared.errorSum *= share
      fared.bins.forEach((count, i) => (fared.bins[i] = count * share))
    }
  }

  row(): PastRow {
    return { v: 1, profile: this.profile, learned: this.learned, deviations: this.deviations }
  }

  restore(row: PastRow): void {
    for (const basis of ['profile', 'learned'] as const) {
      const [mine, theirs] = [this[basis], row[basis]]
      mine.trips += theirs.trips
      mine.within80 += theirs.within80
      mine.errorSum += theirs.errorSum
      theirs.bins.forEach((count, i) => (mine.bins[i]! += count))
    }
    row.deviations.forEach((count, i) => (this.deviations[i]! += count))
    this.deviationOf.clear()
  }

  /** Deviations from the median that a share of arrivals stays below; worked out once between two arrivals. */
  private deviationAt(share: number): number {
    const known = this.deviationOf.get(share)
    if (known !== undefined) return known
    const deviation = this.foundDeviationAt(share)
    this.deviationOf.set(share, deviation)
    return deviation
  }

  /** What was seen and, while that is little, the normal distribution. */
  private foundDeviationAt(share: number): number {
    const seen = this.deviations.reduce((sum, count) => sum + count, 0)
    const wanted = share * (seen + NORMAL_TRIPS)
    let below = 0
    for (let i = 0; i < DEVIATION_BINS; i++) {
      const [low, high] = [lowOf(i), lowOf(i + 1)]
      const inside = this.deviations[i]! + NORMAL_TRIPS * (normalBelow(high) - normalBelow(low))
      if (below + inside >= wanted) return low + ((wanted - below) / inside) * (high - low)
      below += inside
    }
    return DEVIATION_MOST
  }
}

/** Median of the absolute errors in seconds; null of none. */
export function medianErrorOf({ trips, bins }: Fared): number | null {
  if (trips < 0.5) return null
  let below = 0
  for (let i = 0; i < BINS; i++) {
    const count = bins[i]!
    if (count > 0 && below + count >= trips / 2)
      return startOf(i) + ((trips / 2 - below) / count) * (startOf(i + 1) - startOf(i))
    below += count
  }
  return startOf(BINS)
}

const binOf = (seconds: number): number => Math.min(BINS - 1, Math.floor(Math.log1p(seconds) / Math.log(1.1)))
const startOf = (bin: number): number => 1.1 ** bin - 1

const lowOf = (bin: number): number => -DEVIATION_MOST + (bin * 2 * DEVIATION_MOST) / DEVIATION_BINS
const deviationBin = (deviation: number): number =>
  Math.min(
    DEVIATION_BINS - 1,
    Math.max(0, Math.floor(((deviation + DEVIATION_MOST) * DEVIATION_BINS) / (2 * DEVIATION_MOST))),
  )

/** Share of the standard normal distribution below z (Abramowitz and Stegun 26.2.17, wrong by at most 7.5e-8). */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly
  return z > 0 ? 1 - tail : tail
}
