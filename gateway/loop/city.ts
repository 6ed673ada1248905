import type { Now } from '#protocols/time.ts'
import type { CityEffect, CityEvent } from './effects.ts'

/**
 * Everything the gateway knows about units, incidents, orders and alarms, as the loop sees it. `restore` is called once at
 * boot with the committed rows (all but records and audit, in the order of their keys) and before any event.
 */
export type City = {
  restore(rows: Iterable<{ readonly key: string; readonly value: unknown }>, now: Now): void
  handle(event: CityEvent, now: Now): readonly CityEffect[]
}
