import { z } from 'zod'
import { parseConfig } from '#protocols/cli/flags.ts'
import { fault } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

const Port = z.coerce.number().int().min(0).max(65_535)

/** Everything the gateway process can be told; each field has a default or is named in the error. */
export const GatewayConfig = z.strictObject({
  /** Where CA, signing key and ledger live. */
  data: z.string().min(1),
  /** A graph made by `reach5 roads import`. */
  roads: z.string().min(1),
  /** GeoJSON of the grids; laid over the roads when none are given. */
  grids: z.string().default(''),
  /** Coordinate system of the grids where their file does not say it: WGS84, GCJ02, BD09 or CGCS2000. */
  gridsCrs: z.string().default(''),
  gridCount: z.coerce.number().int().min(1).max(2_000).default(4),
  /** GeoJSON of waters, railways, posts and named places, for the map alone. */
  city: z.string().default(''),
  /** How patrols move, as JSON on top of the built-in profiles (`reach5 roads profiles`). */
  profiles: z.string().default(''),
  /** Vector tiles of the base map; by default beside `roads`, when they are there. */
  tiles: z.string().default(''),
  /** How often a unit is busy when it is needed, 0 to 1, for the expected coverage; or measured in this fleet. */
  busyShare: z.union([z.literal('measured'), z.coerce.number().min(0).max(1)]).default('measured'),
  /** Local time less UTC, minutes: hours of the day are told apart by it. 480 is China. */
  utcOffset: z.coerce.number().int().min(-720).max(840).default(480),
  /** Every fix of a track is kept for so many days, one a minute for `trackDays` in all; with an incident it is kept whole. */
  fullTrackDays: z.coerce.number().int().min(1).max(3_650).default(30),
  trackDays: z.coerce.number().int().min(1).max(3_650).default(90),
  /** What names a visitor of a kiosk is kept for so long after the incident was closed, or the visit where there was none. */
  reporterDays: z.coerce.number().int().min(1).max(3_650).default(180),
  /** The same where a child was looked for. */
  lostChildDays: z.coerce.number().int().min(1).max(3_650).default(7),
  /** Single questions asked at kiosks; how often each topic was asked stays. */
  consultationDays: z.coerce.number().int().min(1).max(3_650).default(30),
  pages: z.string().min(1),
  pagesPort: Port.default(5110),
  enrolPort: Port.default(5111),
  mqttPort: Port.default(8883),
  /** A broker that is not ours, such as `mqtts://broker.example:8883`; empty: the embedded one. */
  broker: z
    .union([z.literal(''), z.url({ protocol: /^mqtts$/, error: 'an address such as mqtts://host:8883' })])
    .default(''),
  /** PEM of who signed that broker's certificate, when it was not our own CA. */
  brokerCa: z.string().default(''),
  /** How devices reach the broker, written into their identity; by default loopback and `mqttPort`. */
  mqttUrl: z.string().default(''),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})
export type GatewayConfig = z.infer<typeof GatewayConfig>

export function parseGatewayConfig(flags: Readonly<Record<string, string>>): Result<GatewayConfig> {
  const parsed = parseConfig(GatewayConfig, flags, '--data ./gateway --roads city.graph')
  if (!parsed.ok) return parsed
  const { fullTrackDays, trackDays } = parsed.value
  if (fullTrackDays <= trackDays) return parsed
  return fault(
    'CONFIG_INVALID',
    `--full-track-days ${fullTrackDays} is more than --track-days ${trackDays}: no fix is kept longer than all of them`,
  )
}
