import type { EquipmentState } from '#protocols/equipment.ts'
import type { VehicleState } from './state.ts'

/** Every channel the car is fitted with; one that was not read since the boot is `unknown`, not absent. */
export const equipmentOf = ({ fittedChannels, equipment }: VehicleState): EquipmentState => ({
  ...Object.fromEntries(fittedChannels.map(channel => [channel, 'unknown' as const])),
  ...equipment,
})
