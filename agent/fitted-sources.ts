import { z } from 'zod'
import { panelDevice } from '#hardware/panel/device-table.ts'
import { Channel, CHANNELS } from '#protocols/equipment.ts'

export const Wiring = z.strictObject({
  channel: Channel,
  /** Terminal of the module, 0 is the first. */
  input: z.number().int().min(0).max(63),
  activeWhen: z.enum(['closed', 'open']),
  releaseMs: z.number().int().min(0).max(5_000).default(30),
  /** So many active samples in a row act; 1 is the fastest, more trade speed for noise. */
  confirmSamples: z.number().int().min(1).max(10).optional(),
})
export type Wiring = z.infer<typeof Wiring>

const Condition = z.strictObject({ channel: Channel, is: z.enum(['on', 'off']) })

/** A CAN interface of this computer, or an adapter on a serial line. */
const FittedCan = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('socketcan'),
    interface: z.string().regex(/^[a-z][a-z0-9]{1,14}$/, 'a name such as can0'),
    /** Whether the ignition is told by this bus, and not by a wire. */
    ignition: z.boolean().default(false),
    /** `off` only in a car whose computers were seen to answer exactly while the ignition is on. */
    silenceMeans: z.enum(['unknown', 'off']).default('unknown'),
  }),
  z.strictObject({
    kind: z.literal('elm327'),
    path: z.string().min(1),
    baud: z.number().int().default(38_400),
    ignition: z.boolean().default(false),
    silenceMeans: z.enum(['unknown', 'off']).default('unknown'),
  }),
])
export type FittedCan = z.infer<typeof FittedCan>

/** Where inputs come from beside the panel's first module, and what the car makes of them. */
export const FITTED_SOURCES = {
  /** Further modules on the panel's line. */
  modules: z
    .array(
      z.strictObject({
        device: z.string(),
        address: z.number().int().min(1).max(247),
        inputs: z.array(Wiring).max(CHANNELS.length),
      }),
    )
    .max(7)
    .optional(),
  can: FittedCan.optional(),
  gpio: z
    .strictObject({
      chip: z.string().regex(/^(\/dev\/)?gpiochip\d{1,3}$/, 'a chip such as gpiochip0'),
      inputs: z
        .array(
          Wiring.extend({
            /** Offset of the line on its chip. */
            input: z.number().int().min(0).max(1_023),
            activeWhen: z.enum(['high', 'low']),
          }),
        )
        .min(1)
        .max(CHANNELS.length),
    })
    .optional(),
  rules: z
    .array(
      z.strictObject({
        channel: Channel,
        senses: z.enum(['level', 'edge']).default('level'),
        holdMs: z.number().int().min(0).max(600_000).default(0),
        only: Condition.nullable().default(null),
        latchedUntil: Condition.nullable().default(null),
      }),
    )
    .max(CHANNELS.length)
    .optional(),
}
type Sources = z.infer<z.ZodObject<typeof FITTED_SOURCES>>

/** What cannot be meant: a channel from two sources, two rules for one, two modules of one address, an edge of no length. */
export function unclearWiring(
  fitted: Sources & {
    readonly panel: { device: string; address: number; inputs: Wiring[] } | null
  },
): readonly string[] {
  const modules = [...(fitted.panel ? [fitted.panel] : []), ...(fitted.modules ?? [])]
  const wired = [
    ...modules.flatMap(({ inputs }) => inputs.map(({ channel }) => channel)),
    ...(fitted.gpio?.inputs ?? []).map(({ channel }) => channel),
    ...(fitted.can?.ignition === true ? ['ignition' as const] : []),
  ]
  const rules = fitted.rules ?? []
  return [
    ...twice(wired).map(channel => `${channel} is told by two inputs`),
    ...twice(modules.map(({ address }) => address)).map(address => `two modules have the address ${address}`),
    ...twice(rules.map(({ channel }) => channel)).map(channel => `${channel} has two rules`),
    ...modules.flatMap(({ device, inputs }) => beyond(device, inputs)),
    ...(fitted.modules ?? [])
      .filter(({ device }) => panelDevice(device) === undefined)
      .map(({ device }) => `${device} is no module we know`),
    ...rules
      .filter(({ senses, holdMs }) => senses === 'edge' && holdMs === 0)
      .map(({ channel }) => `${channel} is an edge and never shown: say holdMs`),
    ...((fitted.modules ?? []).length > 0 && fitted.panel === null
      ? ['modules without a panel have no line']
      : []),
  ]
}

/** A terminal the module does not have would be "off" for ever. */
const beyond = (device: string, inputs: readonly Wiring[]): string[] => {
  const count = panelDevice(device)?.inputs.count ?? Infinity
  return inputs
    .filter(({ input }) => input >= count)
    .map(({ channel, input }) => `${channel} is on input ${input + 1}, and ${device} has ${count}`)
}

const twice = <T>(items: readonly T[]): T[] => [
  ...new Set(items.filter((item, i) => items.indexOf(item) !== i)),
]
