import type { Drive } from '#protocols/roads/network.ts'
import { FREE_FLOW } from './conditions.ts'
import type { Conditions, Layer } from './conditions.ts'

/** Takes up new conditions, as `RoadWeights.lay`. */
export type Layable = { lay(conditions: Conditions, only?: readonly Drive[]): void }

/**
 * The conditions of the moment, put together: closures, what was learned and the hour each have one owner who replaces
 * their own part, and everything that searches is told at once. Parts are layered in the order they were first put.
 */
export class RoadConditions {
  private readonly parts = new Map<string, Layer>()
  private readonly told: Layable[] = []
  private hourOfWeek: number | null = FREE_FLOW.hourOfWeek

  now(): Conditions {
    return { hourOfWeek: this.hourOfWeek, layers: [...this.parts.values()] }
  }

  /** From now on it is told of every change, beginning with how things are. */
  tell(layable: Layable): void {
    this.told.push(layable)
    layable.lay(this.now())
  }

  /** Replaces one part; when both it and the one before name drives, only those are laid anew. */
  put(part: string, layer: Layer): void {
    const before = this.parts.get(part) ?? { by: 'drive', factors: new Map() }
    this.parts.set(part, layer)
    const only =
      before.by === 'drive' && layer.by === 'drive'
        ? [...new Set([...before.factors.keys(), ...layer.factors.keys()])]
        : undefined
    this.layAll(only)
  }

  /** Replaces several parts and lays all roads anew, once. */
  putAll(parts: readonly (readonly [string, Layer])[]): void {
    for (const [part, layer] of parts) this.parts.set(part, layer)
    this.layAll()
  }

  /** Another hour of the week, null for free flow. */
  setHour(hourOfWeek: number | null): void {
    if (hourOfWeek === this.hourOfWeek) return
    this.hourOfWeek = hourOfWeek
    this.layAll()
  }

  private layAll(only?: readonly Drive[]): void {
    const conditions = this.now()
    for (const layable of this.told) layable.lay(conditions, only)
  }
}
