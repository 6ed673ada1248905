import type { Availability } from '#protocols/bodies.ts'
import type { EquipmentState } from '#protocols/equipment.ts'
import type { GridId, UnitId } from '#protocols/ids.ts'
import type { Now } from '#protocols/time.ts'
import { fixAgeMsOf } from './unit.ts'
import type { BootMark, Unit, UnitFix } from './unit.ts'

/** `unit/{unitId}`: where a unit was last known to be, so that a restarted gateway shows an old place, not none. */
export type UnitRow = {
  readonly v: 1
  readonly unitId: UnitId
  readonly callSign: string
  readonly fix: UnitFix | null
  readonly fixAgeMs: number
  readonly gridId: GridId | null
  readonly equipment: EquipmentState
  readonly availability: Availability
  readonly recording: boolean
  readonly emergency: boolean
  readonly announcedMs: number
  readonly boot: BootMark | null
  readonly savedUtcMs: number
}

export function rowOfUnit(unit: Unit, now: Now): UnitRow {
  const { callSign, fix, equipment, availability, recording, emergency, announcedMs, boot } = unit
  const gridId = unit.membership.gridId
  const state = { callSign, fix, gridId, equipment, availability, recording, emergency, announcedMs, boot }
  return { v: 1, unitId: unit.id, fixAgeMs: fixAgeMsOf(unit, now) ?? 0, ...state, savedUtcMs: now.utcMs }
}

/** A row is written at most this often per unit: it is a convenience after a crash, the ledger is the truth. */
const ROW_EVERY_MS = 10_000

/** Remembers which units moved on since their row was written. */
export class UnitRowsDue {
  private readonly changed = new Set<UnitId>()
  private readonly writtenMonoMs = new Map<UnitId, number>()

  note(unitId: UnitId): void {
    this.changed.add(unitId)
  }

  /** Units to write now; they count as written. */
  take(now: Now): UnitId[] {
    const due = [...this.changed].filter(
      id => now.monoMs - (this.writtenMonoMs.get(id) ?? -Infinity) >= ROW_EVERY_MS,
    )
    for (const id of due) {
      this.changed.delete(id)
      this.writtenMonoMs.set(id, now.monoMs)
    }
    return due
  }
}
