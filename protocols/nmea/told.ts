import { groundM } from '../geo/ellipsoid.ts'
import { geoidM } from '../geo/geoid.ts'
import type { Place } from './fields.ts'

/** What a sentence or message adds to its epoch, as bits. */
export const TIME = 1
export const PLACE = 2
export const MODE = 4
/** A dilution of precision: the number of satellites used is told again with it. */
export const DOP = 8
/** The satellites in view are whole. */
export const SKY = 16
/** Anything else that is new: height, speed, track, accuracy. */
export const DATA = 32
/** The fix is told after this one, whatever was learned about the cycle. */
export const REPORT = 64
/** A new epoch begins with this one, whatever its time. */
export const START = 128
/** The receiver does not know the time any more, so its cycle is unknown too. */
export const FORGET = 256

/** 0 while nothing has said. */
export type Mode = 0 | 1 | 2 | 3

/** Faster than anything that flies: one of the two places was wrong. */
const SPEED_MAX_MPS = 9_999

/** What an epoch, or a single sentence of it, tells; undefined is "not told". */
export class Told {
  timeUtcMs: number | undefined
  place: Place | undefined
  mode: Mode = 0
  altMslM: number | undefined
  altHaeM: number | undefined
  speedMps: number | undefined
  trackDeg: number | undefined
  accuracyM: number | undefined
  hdop: number | undefined
  isSimulated = false
  isEstimated = false
  /** Absent while it is WGS-84. */
  foreignDatum: string | undefined
  /** The place is computed from an earth-centred one, the speed from components: they give way to told ones. */
  placeYields = false
  speedYields = false

  clear(): void {
    this.timeUtcMs = undefined
    this.place = undefined
    this.mode = 0
    this.altMslM = undefined
    this.altHaeM = undefined
    this.speedMps = undefined
    this.trackDeg = undefined
    this.accuracyM = undefined
    this.hdop = undefined
    this.isSimulated = false
    this.isEstimated = false
    this.foreignDatum = undefined
    this.placeYields = false
    this.speedYields = false
  }

  /** Becomes the same as another. */
  copy(other: Told): void {
    this.timeUtcMs = other.timeUtcMs
    this.place = other.place
    this.mode = other.mode
    this.altMslM = other.altMslM
    this.altHaeM = other.altHaeM
    this.speedMps = other.speedMps
    this.trackDeg = other.trackDeg
    this.accuracyM = other.accuracyM
    this.hdop = other.hdop
    this.isSimulated = other.isSimulated
    this.isEstimated = other.isEstimated
    this.foreignDatum = other.foreignDatum
  }

  /** Keeps of another what the next epoch may need. */
  remember(other: Told): void {
    this.timeUtcMs = other.timeUtcMs
    this.place = other.place
    this.mode = other.mode
    this.altMslM = other.altMslM
    this.altHaeM = other.altHaeM
  }

  hasAltitude(): boolean {
    return this.altMslM !== undefined || this.altHaeM !== undefined
  }

  hasFix(): boolean {
    return this.mode >= 2 && this.place !== undefined
  }

  /** Adds what a sentence says, later over earlier. */
  merge(next: Told, bits: number): void {
    if ((bits & TIME) !== 0) this.timeUtcMs = next.timeUtcMs
    if ((bits & MODE) !== 0) this.mode = next.mode
    if ((bits & PLACE) !== 0 && !(next.placeYields && this.place !== undefined)) {
      this.place = next.place
      this.altHaeM = next.altHaeM ?? this.altHaeM
    }
    this.altMslM = next.altMslM ?? this.altMslM
    if (!next.speedYields) {
      this.speedMps = next.speedMps ?? this.speedMps
      this.trackDeg = next.trackDeg ?? this.trackDeg
    } else {
      this.speedMps ??= next.speedMps
      this.trackDeg ??= next.trackDeg
    }
    this.accuracyM = next.accuracyM ?? this.accuracyM
    this.hdop = next.hdop ?? this.hdop
    this.isSimulated ||= next.isSimulated
    this.isEstimated ||= next.isEstimated
  }

  /** A height above the ellipsoid becomes one above the sea; a speed nobody told is what lies between two fixes. */
  complete(before: Told): void {
    if (this.altMslM === undefined && this.altHaeM !== undefined && this.place !== undefined)
      this.altMslM = this.altHaeM - geoidM(this.place.lat, this.place.lon)
    if (this.speedMps === undefined && this.mode >= 2 && before.mode >= 2)
      this.speedMps = speedBetween(before, this)
  }
}

const speedBetween = (before: Told, now: Told): number | undefined => {
  if (now.timeUtcMs === undefined || before.timeUtcMs === undefined) return undefined
  if (now.place === undefined || before.place === undefined) return undefined
  const ms = now.timeUtcMs - before.timeUtcMs
  const speedMps = ms > 0 ? (groundM(before.place, now.place) * 1000) / ms : Infinity
  return speedMps <= SPEED_MAX_MPS ? speedMps : undefined
}
