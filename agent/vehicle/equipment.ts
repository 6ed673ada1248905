import type { EquipmentState } from '#protocols/equipment.ts'
import type { VehicleState } from './state.ts'

/** Every channel the car is fitted with; one that was not read since the boot is `unknown`, not absent. */
export function equipmentOf({ fittedChannels, equipment }: VehicleState): EquipmentState {
  const made = SHOWN.get(equipment)
  if (made?.fittedChannels === fittedChannels) return made.shown
  const unread = fittedChannels.map(channel => [channel, 'unknown' as const])
  const shown: EquipmentState = { ...Object.fromEntries(unread), ...equipment }
  SHOWN.set(equipment, { fittedChannels, shown })
  return shown
}

/** Asked for with every live slot and every page; what it is made of is replaced, never changed, and seldom. */
const SHOWN = new WeakMap<
  EquipmentState,
  { readonly fittedChannels: VehicleState['fittedChannels']; readonly shown: EquipmentState }
>()
