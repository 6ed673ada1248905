import type { PowerLife, PowerPhase } from '#protocols/equipment.ts'
import type { Now } from '#protocols/time.ts'
import type { DueEnd } from '../power/power.ts'
import { record } from './appending.ts'
import type { VehicleEffect } from './events.ts'
import type { VehicleState } from './state.ts'

/** Save power and stay visible: below the silence announced to the gateway with room for one lost message. */
const SURVIVAL_EVERY_MS = 9_000

/** The watch over the battery says how the car is powered. */
export function onPower(
  state: VehicleState,
  { phase, due }: { readonly phase: PowerPhase; readonly due: DueEnd | null },
  now: Now,
): VehicleEffect[] {
  const before = state.power
  state.power = phase
  state.powerDue = due
  const isLow = phase === 'survival' && before !== 'survival'
  const detail = `${state.gauges.batteryVolts?.toFixed(1) ?? '?'} V`
  const fault = { driver: 'power', code: 'BATTERY_LOW', detail }
  return [...(isLow ? [record(state, 'driver.fault', fault, now)] : []), { type: 'live' }]
}

/** The start that follows brown-outs says so once. */
export const recordBrownouts = (state: VehicleState, now: Now): VehicleEffect[] =>
  state.brownouts === 0
    ? []
    : [
        record(
          state,
          'driver.fault',
          { driver: 'power', code: 'BROWN_OUT', detail: `${state.brownouts} in a row` },
          now,
        ),
      ]

/** Whether a position may become a record: not while the car goes down, seldom while its battery is low. */
export function powerAllows({ power, panic, sampled }: VehicleState, { monoMs }: Now): boolean {
  if (power !== 'survival') return power !== 'shutting_down'
  const isEmergency = panic !== null && !panic.acknowledged
  return isEmergency || sampled === null || monoMs - sampled.at.monoMs >= SURVIVAL_EVERY_MS
}

/** As it is told to gateway and crew; nothing where nobody watches and nothing tells the volts. */
export function powerOf(
  { power, gauges, powerDue, brownouts }: VehicleState,
  now: Now,
): { readonly power?: PowerLife } {
  const batteryVolts = gauges.batteryVolts ?? null
  if (power === null && batteryVolts === null) return {}
  const due = powerDue && { endsInMs: Math.max(0, powerDue.atMs - now.monoMs), endsWhy: powerDue.why }
  return {
    power: {
      ...{ phase: power, batteryVolts },
      ...due,
      ...(brownouts > 0 && { brownouts }),
    },
  }
}
