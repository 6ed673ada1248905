import type { AntennaState, ReceiverHealth } from '#protocols/receiver-health.ts'
import type { Now } from '#protocols/time.ts'
import { record } from './appending.ts'
import type { VehicleEffect } from './events.ts'
import type { VehicleState } from './state.ts'

/** A loose plug opens and closes with every bump: what it does is shown at once and recorded no oftener than this. */
const RECORD_EVERY_MS = 10_000

/** The antenna as the records told it last; nothing to tell is as good as `ok`. */
export type ToldAntenna = { readonly antenna: AntennaState; readonly monoMs: number }
export const NO_ANTENNA_TOLD: ToldAntenna = { antenna: 'ok', monoMs: -Infinity }

const CODES = { open: 'ANTENNA_OPEN', short: 'ANTENNA_SHORT', ok: 'ANTENNA_OK' } as const
const DETAILS = {
  open: 'the antenna is not connected',
  short: 'the antenna is shorted',
  ok: 'the antenna is connected again',
} as const

/** What the receiver says of itself, for crew, gateway and technician. */
export function onReceiver(state: VehicleState, health: ReceiverHealth, now: Now): VehicleEffect[] {
  const before = state.receiver
  state.receiver = health
  // More refusals alone are no news: they go with the next live slot.
  return [
    ...recordAntenna(state, now),
    ...(saidOf(before) === saidOf(health) ? [] : [{ type: 'live' } as const]),
  ]
}

/** A change of the antenna becomes a record, now or with a later tick. */
export function recordAntenna(state: VehicleState, now: Now): VehicleEffect[] {
  const antenna = state.receiver?.antenna
  const { antenna: told, monoMs } = state.antennaTold
  if (antenna === undefined || antenna === told || now.monoMs - monoMs < RECORD_EVERY_MS) return []
  state.antennaTold = { antenna, monoMs: now.monoMs }
  return [
    record(state, 'driver.fault', { driver: 'antenna', code: CODES[antenna], detail: DETAILS[antenna] }, now),
  ]
}

const saidOf = (health: ReceiverHealth | null): string => JSON.stringify({ ...health, refused: null })

/** As it is told to gateway and crew. */
export const receiverOf = ({ receiver }: VehicleState): { readonly receiver?: ReceiverHealth } =>
  receiver === null ? {} : { receiver }
