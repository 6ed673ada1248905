import { z } from 'zod'

const Ms = z.number().int().nonnegative()
const Volts = z.number().min(5).max(16)

/** How a car's computer lives on its battery. Volts are those of one 12 V battery, also in a 24 V system. */
export const PowerConfig = z.strictObject({
  system: z.union([z.literal(12), z.literal(24)]).default(12),
  /**
   * Whether the car is ended at all. Who fits this also fits what starts the computer again with the ignition; without
   * it a car would stay dark, so a car nobody said anything of is watched and never ended.
   */
  ends: z.boolean().default(true),
  /** A meter of the computer's own, as Linux shows it: a file with a number, by default in millivolts (hwmon `in1_input`). */
  meter: z
    .strictObject({
      path: z.string().regex(/^\//, 'an absolute path such as /sys/class/hwmon/hwmon2/in1_input'),
      voltsPerUnit: z.number().positive().max(1_000).default(0.001),
    })
    .optional(),
  /** From ignition off to the end: long enough for a crew that is on foot, short enough for a start next morning. */
  delayMs: Ms.default(15 * 60_000),
  /** An open panic or incident holds the end up for this long at most. */
  busyMs: Ms.default(2 * 3_600_000),
  engineOn: Volts.default(13.2),
  engineOff: Volts.default(12.9),
  /** Below this for `lowForMs` the car saves power; a starter's dip is far shorter. */
  low: Volts.default(11.8),
  recovered: Volts.default(12.3),
  /** Below this for `lowForMs` it goes down, whatever the ignition says: what is left starts the engine. */
  critical: Volts.default(11.0),
  lowForMs: Ms.default(60_000),
  /** Loading begins above this, steady for `bootSteadyMs`, twice as long after each brown-out. */
  boot: Volts.default(11.5),
  bootSteadyMs: Ms.default(2_000),
  /** Without any reading for this long there is no source of voltage, and nothing to wait for. */
  bootBlindMs: Ms.default(3_000),
  /** Longest wait: a car whose battery stays low starts all the same, for its panic button works only then. */
  bootMsMax: Ms.default(90_000),
  stepMs: z
    .strictObject({ stop_sampling: Ms, flush: Ms, goodbye: Ms, close: Ms })
    .default({ stop_sampling: 2_000, flush: 10_000, goodbye: 3_000, close: 5_000 }),
})
export type PowerConfig = z.infer<typeof PowerConfig>
export const DEFAULT_POWER: PowerConfig = PowerConfig.parse({})
/** Of a car whose fittings say nothing of power. */
export const WATCHED_ONLY: PowerConfig = PowerConfig.parse({ ends: false })
