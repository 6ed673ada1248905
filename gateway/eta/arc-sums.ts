import type { Drive } from '#protocols/roads/network.ts'
import { DRIVING_KINDS, HOURS } from './sums.ts'
import type { DrivingKind } from './sums.ts'

/** Drives kept at most, 10 MB: those of a city of 60,000 junctions that are driven at all. Later ones go by their class. */
const ARCS_MAX = 100_000
const FIELDS = HOURS + 2

/** What is kept of one drive: whole passes, what they took, and the profile's seconds of them by hour of the day. */
export type ArcSums = {
  readonly passes: number
  readonly seconds: number
  readonly baseByHour: ArrayLike<number>
}

/**
 * Sums of drives that were driven from end to end, in one flat array that doubles as it fills:
 *
 *   f32[slots * 26]   passes, seconds, then the profile's seconds in each hour
 */
export class ArcTable {
  private fields = new Float32Array(1_024 * FIELDS)
  private readonly slots = new Map<number, number>()
  private readonly sizeMax: number

  constructor(sizeMax = ARCS_MAX) {
    this.sizeMax = sizeMax
  }

  get size(): number {
    return this.slots.size
  }

  /** False when the table is full and the drive not in it. */
  add(kind: DrivingKind, drive: Drive, sums: ArcSums): boolean {
    const at = this.slotOf(kind, drive)
    if (at === undefined) return false
    this.fields[at]! += sums.passes
    this.fields[at + 1]! += sums.seconds
    for (let hour = 0; hour < HOURS; hour++) this.fields[at + 2 + hour]! += sums.baseByHour[hour] ?? 0
    return true
  }

  addPass(kind: DrivingKind, drive: Drive, hour: number, baseSeconds: number, seconds: number): boolean {
    const at = this.slotOf(kind, drive)
    if (at === undefined) return false
    this.fields[at]! += 1
    this.fields[at + 1]! += seconds
    this.fields[at + 2 + hour]! += baseSeconds
    return true
  }

  /** Valid until the table changes. */
  of(kind: DrivingKind, drive: Drive): ArcSums | undefined {
    const slot = this.slots.get(keyOf(kind, drive))
    return slot === undefined ? undefined : this.sumsAt(slot * FIELDS)
  }

  *entries(): Generator<readonly [DrivingKind, Drive, ArcSums]> {
    for (const [key, slot] of this.slots)
      yield [DRIVING_KINDS[key % 2]!, Math.floor(key / 2), this.sumsAt(slot * FIELDS)]
  }

  /** Every drive in it, once for each kind of driving. */
  *drives(): Generator<Drive> {
    for (const key of this.slots.keys()) yield Math.floor(key / 2)
  }

  fade(share: number): void {
    for (let i = 0; i < this.fields.length; i++) this.fields[i]! *= share
  }

  private sumsAt(at: number): ArcSums {
    return {
      passes: this.fields[at]!,
      seconds: this.fields[at + 1]!,
      baseByHour: this.fields.subarray(at + 2, at + FIELDS),
    }
  }

  /** Where the drive's fields begin. */
  private slotOf(kind: DrivingKind, drive: Drive): number | undefined {
    const key = keyOf(kind, drive)
    const known = this.slots.get(key)
    if (known !== undefined) return known * FIELDS
    const slot = this.slots.size
    if (slot >= this.sizeMax) return undefined
    if ((slot + 1) * FIELDS > this.fields.length) {
      const wider = new Float32Array(2 * this.fields.length)
      wider.set(this.fields)
      this.fields = wider
    }
    this.slots.set(key, slot)
    return slot * FIELDS
  }
}

const keyOf = (kind: DrivingKind, drive: Drive): number => 2 * drive + DRIVING_KINDS.indexOf(kind)
