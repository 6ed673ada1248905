import { z } from 'zod'
import { CHANNELS } from '#protocols/equipment.ts'
import { factoryProfile } from '#hardware/panel/profile.ts'
import type { PanelProfile } from '#hardware/panel/profile.ts'
import { panelDevice } from '#hardware/panel/device-table.ts'
import { FittedCamera } from './bodycam/camera-words.ts'
import { TriggerConfig } from './bodycam/trigger-config.ts'
import { PowerConfig } from './power/power-config.ts'
import { FITTED_SOURCES, Wiring, unclearWiring } from './fitted-sources.ts'

export type { Wiring } from './fitted-sources.ts'

/**
 * What this vehicle is fitted with, as a technician found it: the agent starts with it, flags override it.
 *
 *     { "v": 1, "gnss": { "path": "/dev/serial/by-id/usb-u-blox…", "baud": 9600 },
 *       "panel": { "path": "…", "baud": 38400, "device": "waveshare-io-8ch", "address": 1, "inputs": [ … ] },
 *       "modules": [ { "device": "advantech-adam-4051", "address": 2, "inputs": [ … ] } ],
 *       "can": { "kind": "socketcan", "interface": "can0", "ignition": true },
 *       "gpio": { "chip": "gpiochip0", "inputs": [ { "channel": "door", "input": 17, "activeWhen": "low" } ] },
 *       "rules": [ { "channel": "weapon_rack", "only": { "channel": "ignition", "is": "on" } } ],
 *       "camera": { "kind": "udp", "address": "192.168.7.20:4810", "cameraIds": ["cam-07"] },
 *       "power": { "delayMs": 900000, "meter": { "path": "/sys/class/hwmon/hwmon2/in1_input" } },
 *       "trigger": { "postMs": 60000, "sources": { "lightbar": "level", "panic": "momentary" } } }
 */
const Fields = z.strictObject({
  v: z.literal(1),
  gnss: z
    .strictObject({ path: z.string().min(1), baud: z.number().int() })
    .nullable()
    .default(null),
  panel: z
    .strictObject({
      path: z.string().min(1),
      baud: z.number().int(),
      device: z.string(),
      address: z.number().int().min(1).max(247),
      inputs: z.array(Wiring).max(CHANNELS.length),
    })
    .nullable()
    .default(null),
  ...FITTED_SOURCES,
  /** The body cameras of this car; absent: a dry contact. */
  camera: FittedCamera.optional(),
  /** How ignition and battery end this car; absent: both are watched and told, and the car is never ended. */
  power: PowerConfig.optional(),
  /** What is different from the factory in how they are started. */
  trigger: z
    .record(z.string(), z.unknown())
    .superRefine((value, context) => {
      const parsed = TriggerConfig.safeParse(value)
      for (const { path, message } of parsed.success ? [] : parsed.error.issues)
        context.addIssue({ code: 'custom', path: [...path], message })
    })
    .optional(),
})
export const Fittings = Fields.superRefine((fitted, context) => {
  for (const message of unclearWiring(fitted)) context.addIssue({ code: 'custom', path: [], message })
})
export type Fittings = z.infer<typeof Fittings>

export const NOTHING_FITTED: Fittings = { v: 1, gnss: null, panel: null }

/** The driver's profile of a fitted module; undefined for one this version does not know. */
export function profileOf(
  panel: Pick<NonNullable<Fittings['panel']>, 'device' | 'address' | 'inputs'>,
): PanelProfile | undefined {
  const device = panelDevice(panel.device)
  return device && factoryProfile(device, { address: panel.address, inputs: panel.inputs })
}

/** A camera on the network hears its start as words, once; a contact is held. */
const ON_THE_NETWORK = { actions: ['network', 'marker'], output: { pulseMs: 200 } } as const

/** How this car starts its cameras: the factory's way for its kind of camera, changed by its own file. */
export const triggerOf = ({ camera, trigger }: Fittings): TriggerConfig =>
  TriggerConfig.parse({ ...(camera && camera.kind !== 'contact' && ON_THE_NETWORK), ...trigger })
