import type { UnitId } from '#protocols/ids.ts'
import type { DrivingKind } from './sums.ts'

/** One order from when the car set off for it to its end; UTC milliseconds. */
export type DutySpan = {
  readonly fromUtcMs: number
  /** Null while it has not arrived, and for who never did. */
  readonly arrivedUtcMs: number | null
  /** Null while it lasts. */
  readonly endedUtcMs: number | null
  /** Nothing is learned from an exercise. */
  readonly exercise: boolean
}

/** Orders remembered per unit, so that positions filled in later are known for what they were. */
const SPANS_KEPT = 8

/** What each unit drove for, when. */
export class DutySpans {
  private readonly spans = new Map<UnitId, readonly DutySpan[]>()

  /** An order came to its end. */
  ended(unitId: UnitId, span: DutySpan): void {
    this.spans.set(unitId, [span, ...(this.spans.get(unitId) ?? [])].slice(0, SPANS_KEPT))
  }

  /** `present`: the order a unit has now. Null: on scene, or in an exercise. */
  kindAt(unitId: UnitId, present: DutySpan | null, utcMs: number): DrivingKind | null {
    const all = [...(present === null ? [] : [present]), ...(this.spans.get(unitId) ?? [])]
    const span = all.find(one => utcMs >= one.fromUtcMs && utcMs < (one.endedUtcMs ?? Infinity))
    if (span === undefined) return 'patrol'
    return span.exercise || utcMs >= (span.arrivedUtcMs ?? Infinity) ? null : 'response'
  }
}
