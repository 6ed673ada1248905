import type { Tags } from './road-rules.ts'

/** Relation tags these rules read; the importer decodes no others. */
export const TURN_KEYS = [
  ...['type', 'except', 'day_on', 'hour_on'],
  ...['restriction', 'restriction:vehicle', 'restriction:motor_vehicle', 'restriction:motorcar'],
  ...['restriction:conditional', 'restriction:vehicle:conditional'],
  ...['restriction:motor_vehicle:conditional', 'restriction:motorcar:conditional'],
]

const SIGNS = [
  ...['no_left_turn', 'no_right_turn', 'no_straight_on', 'no_u_turn', 'no_entry', 'no_exit'],
  ...['only_left_turn', 'only_right_turn', 'only_straight_on', 'only_u_turn'],
] as const
export type TurnSign = (typeof SIGNS)[number]

/** Why a restriction needs no obeying by a patrol car, or cannot be obeyed before it is even looked for on the map. */
export type TurnTagReason = 'otherVehicle' | 'exempt' | 'conditional' | 'unknownSign'

/**
 * What the sign says to a patrol car that obeys like everybody (wiki: Relation:restriction): the tag for the most special
 * kind of vehicle counts; one that holds at some hours only is not obeyed but counted; `except=emergency` is not used, that
 * is for a car with its lights on. `restriction:hgv` alone is for others.
 */
export function judgeTurn(tags: Tags): { readonly sign: TurnSign } | { readonly reason: TurnTagReason } {
  const tagged = ['motorcar', 'motor_vehicle', 'vehicle', '']
    .map(vehicle => tags[vehicle === '' ? 'restriction' : `restriction:${vehicle}`])
    .find(value => value !== undefined)
  if (tagged === undefined) {
    const isConditional = Object.keys(tags).some(key => key.endsWith(':conditional'))
    return { reason: isConditional ? 'conditional' : 'otherVehicle' }
  }
  const excepted = (tags['except'] ?? '').split(/[;,]/).map(vehicle => vehicle.trim())
  if (tagged === 'none' || excepted.some(vehicle => OUR_KINDS.includes(vehicle))) return { reason: 'exempt' }
  if (tags['day_on'] !== undefined || tags['hour_on'] !== undefined) return { reason: 'conditional' }
  const sign = SIGNS.find(known => known === tagged)
  return sign === undefined ? { reason: 'unknownSign' } : { sign }
}

const OUR_KINDS = ['motorcar', 'motor_vehicle', 'vehicle']
