import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { UnitId } from '#protocols/ids.ts'

/** Within so much a unit stays where it is, whatever its receiver says. */
const STAYS_M = 30
/** A patrol that looks round for a moment stands for less; who stands for longer stays. */
const STANDS_MS = 60_000

/** Who stands still: since when each unit has been within a few metres of one place. */
export class StandingStill {
  private readonly since = new Map<UnitId, { readonly at: LatLon; readonly monoMs: number }>()

  /** Where everybody is who is known at all; others are forgotten. */
  note(units: readonly (LatLon & { readonly unitId: UnitId })[], monoMs: number): void {
    const here = new Set(units.map(unit => unit.unitId))
    for (const unitId of this.since.keys()) if (!here.has(unitId)) this.since.delete(unitId)
    for (const { unitId, lat, lon } of units) {
      const known = this.since.get(unitId)
      if (known === undefined || distanceM(known.at, { lat, lon }) > STAYS_M)
        this.since.set(unitId, { at: { lat, lon }, monoMs })
    }
  }

  stands(unitId: UnitId, monoMs: number): boolean {
    const known = this.since.get(unitId)
    return known !== undefined && monoMs - known.monoMs >= STANDS_MS
  }
}
