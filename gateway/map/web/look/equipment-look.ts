import type { EquipmentState } from '#protocols/equipment.ts'

export const CHANNELS_SHOWN = ['lightbar', 'siren', 'door', 'weapon_rack', 'camera_recording'] as const
export type ChannelShown = (typeof CHANNELS_SHOWN)[number]

/** What a dispatcher reads about a car's equipment: what is on, what nobody knows; a channel that is off says nothing. */
export function equipmentLook(equipment: EquipmentState): {
  readonly on: readonly ChannelShown[]
  readonly unknown: readonly ChannelShown[]
  /** No channel was ever told. */
  readonly isAbsent: boolean
} {
  const those = (value: 'on' | 'unknown'): ChannelShown[] =>
    CHANNELS_SHOWN.filter(channel => equipment[channel] === value)
  return { on: those('on'), unknown: those('unknown'), isAbsent: Object.keys(equipment).length === 0 }
}
