import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import { placeText } from '../coverage/move-up-book.ts'
import type { CityEffect } from '../loop/effects.ts'
import type { City } from './city-state.ts'

type Outcome = { readonly effects: readonly CityEffect[]; readonly result: Result<unknown> }

/** A dispatcher takes up a proposal: the unit is ordered to its place, and stays free for an incident. */
export function acceptMoveUp(city: City, moveUpId: string, actor: string, now: Now): Outcome {
  const { moveUps, nameOf } = city.coverage
  const unitId = moveUps.unitOf(moveUpId)
  const unit = unitId === undefined ? undefined : city.fleet.byId(unitId)
  if (unit === undefined || unit.deviceId === null) return refused(fault('MOVE_UP_UNKNOWN', moveUpId))
  const head = city.orderHead(unit.deviceId, unit.id, 0, now)
  const accepted = moveUps.accept(moveUpId, city.unitView(unit, now), head.orderId, now)
  if (!accepted.ok) return { effects: city.coverageChanged(now), result: accepted }
  const { place } = accepted.value
  const told = { lat: place.lat, lon: place.lon, text: placeText(place, nameOf) }
  const issued = city.issue({ ...head, kind: 'move_up', place: told }, actor, now)
  return {
    effects: [...issued, ...city.coverageChanged(now)],
    result: ok(moveUps.view(moveUpId, nameOf, now)),
  }
}

/** A dispatcher says no; the answer is the proposal as it was. */
export function declineMoveUp(city: City, moveUpId: string, now: Now): Outcome {
  const { moveUps, nameOf } = city.coverage
  const view = moveUps.view(moveUpId, nameOf, now)
  const declined = moveUps.decline(moveUpId, now)
  return declined.ok ? { effects: city.coverageChanged(now), result: ok(view) } : refused(declined)
}

const refused = (result: Result<unknown>): Outcome => ({ effects: [], result })
