import { z } from 'zod'
import { parseConfig } from '#protocols/cli/flags.ts'
import type { Result } from '#protocols/result.ts'

const Port = z.coerce.number().int().min(0).max(65_535)

/** Everything the vehicle process can be told; each field has a default or is named in the error. */
export const AgentConfig = z.strictObject({
  /** Where identity, outbox and log live. */
  data: z.string().min(1),
  /** The serial line of the GNSS receiver, best by its stable name; empty: none fitted. */
  gnss: z.string().default(''),
  gnssBaud: z.coerce.number().int().min(1200).max(921_600).default(9600),
  /** The serial line of the Modbus panel; empty: none fitted. */
  panel: z.string().default(''),
  panelBaud: z.coerce.number().int().min(1200).max(921_600).default(38_400),
  terminalPort: Port.default(5112),
  /** Another way to the gateway than the one in the identity, such as a proxy. */
  mqttUrl: z.string().default(''),
  pages: z.string().min(1),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Longest pause between two tries to reach the gateway. */
  backoffMaxMs: z.coerce.number().int().min(200).default(60_000),
})
export type AgentConfig = z.infer<typeof AgentConfig>

export const parseAgentConfig = (flags: Readonly<Record<string, string>>): Result<AgentConfig> =>
  parseConfig(AgentConfig, flags, '--data ./agent --gnss /dev/ttyUSB0')
