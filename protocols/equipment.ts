import { z } from 'zod'
import { ReceiverHealth } from './receiver-health.ts'

/**
 * What patrol cars wire to the input module, in the order of a factory-fitted eight-channel panel.
 * `camera_recording` is the dry contact of the body-camera dock: the camera's own word that it records. `crash` is the
 * ninth, for modules with room: the airbag controller's or a shock sensor's contact.
 */
export const Channel = z.enum([
  'ignition',
  'lightbar',
  'siren',
  'door',
  'weapon_rack',
  'brake',
  'panic',
  'camera_recording',
  'crash',
])
export type Channel = z.infer<typeof Channel>
export const CHANNELS: readonly Channel[] = Channel.options

/** `unknown` after a gap longer than a pulse could last: never silently `off`. */
export const ChannelValue = z.enum(['on', 'off', 'unknown'])
export type ChannelValue = z.infer<typeof ChannelValue>

/** All channels at one moment; a channel the car does not have is absent. */
export const EquipmentState = z.partialRecord(Channel, ChannelValue)
export type EquipmentState = z.infer<typeof EquipmentState>

/** `silent`: the receiver says nothing; `no_fix`: it speaks and sees too little sky; `no_device`: its port is not there. */
export const GnssState = z.enum(['fix', 'no_fix', 'silent', 'no_device'])
export type GnssState = z.infer<typeof GnssState>

/** `silent`: a port, and no answer to believe; `no_device`: its port is not there. */
export const PanelLife = z.enum(['ok', 'silent', 'no_device'])
export type PanelLife = z.infer<typeof PanelLife>

/**
 * How the car's computer is powered. `standby`: engine off, on shift; `survival`: low voltage, so positions are thinned and
 * everything else works; `shutting_down`: it says goodbye.
 */
export const PowerPhase = z.enum(['running', 'standby', 'survival', 'shutting_down'])
export type PowerPhase = z.infer<typeof PowerPhase>

/** `batteryVolts` is null where nothing tells it, `phase` where a meter is read and nobody acts on it. */
export const PowerLife = z.object({
  phase: PowerPhase.nullable(),
  batteryVolts: z.number().nullable(),
  /** Milliseconds until the computer goes down, and why: the engine is off, or what is left starts it. */
  endsInMs: z.number().optional(),
  endsWhy: z.enum(['off', 'battery']).optional(),
  /** Starts in a row that ended in a low voltage, before the one that lives; absent: none. */
  brownouts: z.number().int().optional(),
})
export type PowerLife = z.infer<typeof PowerLife>

/**
 * How the parts a car is fitted with are doing. `power` is absent where nothing is known of it, `receiver` while the
 * receiver has said nothing of itself, and both from devices of before.
 */
export const DriverStates = z.object({
  gnss: GnssState,
  panel: PanelLife,
  power: PowerLife.optional(),
  receiver: ReceiverHealth.optional(),
})
export type DriverStates = z.infer<typeof DriverStates>

/** What the panel can switch: the trigger contact of the body-camera dock, and spares. */
export const Output = z.enum(['camera_trigger'])
export type Output = z.infer<typeof Output>

/**
 * What the car's own bus tells in numbers: speed of the wheels (m/s), volts at the control module, turns of the crank
 * per minute.
 */
export const Gauge = z.enum(['speedMps', 'batteryVolts', 'engineRpm'])
export type Gauge = z.infer<typeof Gauge>
