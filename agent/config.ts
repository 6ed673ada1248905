import { z } from 'zod'
import { parseConfig } from '#protocols/cli/flags.ts'
import { isLineName } from '#hardware/gnss/gpsd-name.ts'
import type { Result } from '#protocols/result.ts'
import { BACKFILL_BYTES_PER_S } from './uplink/delivery.ts'

const Port = z.coerce.number().int().min(0).max(65_535)

/** Everything the agent can be told; each field has a default or is named in the error. */
export const AgentConfig = z.strictObject({
  /** Where identity, outbox and log live. */
  data: z.string().min(1),
  /** What this computer is: in a patrol vehicle, or at a duty station. */
  profile: z.enum(['vehicle', 'station']).default('vehicle'),
  /** The serial line of the GNSS receiver, best by its stable name, or `gpsd://host:port`; empty: as fitted. */
  gnss: z.string().refine(isLineName, 'neither a path nor gpsd://host:port').default(''),
  gnssBaud: z.coerce.number().int().min(1200).max(921_600).optional(),
  /** The serial line of the Modbus panel; empty: as fitted. */
  panel: z.string().default(''),
  panelBaud: z.coerce.number().int().min(1200).max(921_600).optional(),
  terminalPort: Port.default(5112),
  /** Of a station: what visitors touch, and what the duty officer sees. */
  kioskPort: Port.default(5113),
  deskPort: Port.default(5114),
  /** Of a station: GeoJSON with the named places a visitor may point at; empty: none. */
  places: z.string().default(''),
  /** The page that puts a bare computer into service. */
  technicianPort: Port.default(5116),
  /** Ports to look at instead of those the system lists, comma between them. */
  ports: z.string().default(''),
  /** Offered on the page; a technician may type another. */
  enrolUrl: z.string().default('https://127.0.0.1:5111'),
  /** Another way to the gateway than the one in the identity, such as a proxy. */
  mqttUrl: z.string().default(''),
  /** The folder that holds the built pages. */
  pages: z.string().min(1),
  /** Which fixes become records: as the track needs them, or every one of a receiver at 1 Hz. */
  sampling: z.enum(['adaptive', 'every-second']).default('adaptive'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** How fast a backlog may leave, bytes a second: 20 KiB keep a link of 256 kbit/s usable. */
  backfillBytesPerS: z.coerce.number().int().min(1024).default(BACKFILL_BYTES_PER_S),
  /** Longest pause between two tries to reach the gateway. */
  backoffMaxMs: z.coerce.number().int().min(200).default(60_000),
})
export type AgentConfig = z.infer<typeof AgentConfig>

export const parseAgentConfig = (flags: Readonly<Record<string, string>>): Result<AgentConfig> =>
  parseConfig(AgentConfig, flags, '--data ./agent --gnss /dev/ttyUSB0')
