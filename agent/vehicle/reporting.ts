import { activeOrders } from './orders.ts'
import { isMoving } from './sampling.ts'
import type { SamplingRules, Situation } from './sampling.ts'
import type { VehicleState } from './state.ts'

/** What the car does, for how often it reports: on the way to an incident, driving, or standing. */
export function situationOf(state: VehicleState): Situation {
  const { fix, sampling } = state
  const moving = fix === null ? sampling.moving : isMoving(sampling.moving, fix.fix)
  if (state.panic !== null && !state.panic.acknowledged) return 'incident'
  if (state.power === 'survival') return 'parked' // and the gateway is told to expect no more
  if (activeOrders(state).some(order => order.step !== 'on_scene')) return moving ? 'incident' : 'parked'
  return moving ? 'patrol' : 'parked'
}

export const rulesNow = (state: VehicleState): SamplingRules => state.rules[situationOf(state)]

/** The longest silence of this car, as things stand: what live and hello tell the gateway. */
export const announcedMs = (state: VehicleState): number => rulesNow(state).announcedMs
