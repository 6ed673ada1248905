import { parseArgs } from 'node:util'
import { z } from 'zod'
import { isLineName } from '#hardware/gnss/gpsd-name.ts'
import { wordsOf, wrongUseOf } from '#protocols/cli/flags.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

const Port = z.coerce.number().int().min(0).max(65_535)

/** What `npm start -- …` understands. */
export const DemoFlags = z.object({
  data: z.string().min(1).default('.reach5/demo'),
  fresh: z.boolean().default(false),
  seed: z.coerce.number().int().min(0).default(1),
  units: z.coerce.number().int().min(1).max(255).default(102),
  junctions: z.coerce.number().int().min(200).max(100_000).default(60_000),
  /** An OSM extract to live on instead of the simulated town. */
  roads: z.string().optional(),
  /** Duty grids of one's own instead of the city's, and their coordinate system where the file does not say it. */
  grids: z.string().optional(),
  'grids-crs': z.string().optional(),
  /** How patrols move, for the gateway's times: profiles of one's own. */
  profiles: z.string().min(1).optional(),
  /** A recorded receiver whose bytes the full agent hears instead of the simulated one's. */
  nmea: z.string().optional(),
  /** A receiver or a panel that is plugged in, in the place of the simulated one; it may come later. */
  gnss: z.string().min(1).refine(isLineName, 'neither a path nor gpsd://host:port').optional(),
  'gnss-baud': z.coerce.number().int().min(1200).max(921_600).optional(),
  panel: z.string().min(1).optional(),
  'incidents-per-day': z.coerce.number().min(0).max(20_000).default(1_000),
  /** Seconds; in the place of the day's rhythm. */
  'incident-every': z.coerce.number().min(0).optional(),
  /** How often cars report: once a second for eyes on a map; a real car's own default is `adaptive`. */
  sampling: z.enum(['adaptive', 'every-second']).default('every-second'),
  'map-port': Port.default(5110),
  'enrol-port': Port.default(5111),
  'terminal-port': Port.default(5112),
  /** Of the duty station; free ones where the terminal's is left to chance too. */
  'kiosk-port': Port.optional(),
  'desk-port': Port.optional(),
  'mqtt-port': Port.default(8883),
  'sim-port': Port.default(5115),
  help: z.boolean().default(false),
})
export type DemoFlags = z.infer<typeof DemoFlags>

/** Of the duty station: where nothing was said, beside the terminal's; free ones where that is left to chance. */
export const stationPortsOf = (flags: DemoFlags) => ({
  kioskPort: flags['kiosk-port'] ?? (flags['terminal-port'] === 0 ? 0 : 5113),
  deskPort: flags['desk-port'] ?? (flags['terminal-port'] === 0 ? 0 : 5114),
})

export const DEMO_USAGE = `usage: npm start -- [options]

  --data DIR            where everything is kept             (.reach5/demo)
  --fresh               begin anew: removes what --data holds
  --roads FILE.osm.pbf  live on a real OSM extract instead of the simulated town
  --grids FILE.geojson  duty grids of your own, their coordinate system as member "crs" or by --grids-crs GCJ02
  --profiles FILE.json  how the gateway takes patrols to move; see reach5 roads profiles
  --gnss PATH|gpsd      the full vehicle hears this real receiver: a serial line, gpsd, or gpsd://host:port
  --gnss-baud N         of that line, when it is not found by itself
  --panel PATH          the full vehicle reads this real Modbus panel
  --nmea FILE           the full vehicle hears this recorded receiver instead of the simulated one
  --units N             vehicles on the street, 1 to 255     (102: two per grid)
  --junctions N         size of the simulated city           (60000)
  --seed N              another town, other incidents        (1)
  --incidents-per-day N by hour of day and place, 0: none    (1000; quiet 500, hard 1500)
  --incident-every S    one every S seconds instead, 0: none
  --sampling adaptive   cars report when their track needs it, as real ones do, not once a second
  --map-port, --enrol-port, --terminal-port, --kiosk-port, --desk-port, --sim-port, --mqtt-port
                        (5110, 5111, 5112, 5113, 5114, 5115, 8883; 0: any free one)`

/** Flags of the demo; a fault names the flag, what was seen and what would fit. */
export function parseDemoFlags(args: readonly string[]): Result<DemoFlags> {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: Object.fromEntries(
        Object.keys(DemoFlags.shape).map(name => [
          name,
          { type: ['fresh', 'help'].includes(name) ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
    })
    const parsed = DemoFlags.safeParse(values)
    if (parsed.success) return agreed(parsed.data)
    const issue = parsed.error.issues[0]!
    const name = String(issue.path[0])
    const rest = DemoFlags.safeParse({ ...values, [name]: undefined })
    const fits = (rest.data as Record<string, unknown> | undefined)?.[name]
    const example = fits === undefined ? '' : `; for example --${name} ${String(fits)}`
    return fault('USAGE', `--${name} ${JSON.stringify(values[name])}: ${wordsOf(issue)}${example}`)
  } catch (error) {
    return fault('USAGE', wrongUseOf(error, Object.keys(DemoFlags.shape)))
  }
}

/** What fits by itself and not together. */
function agreed(flags: DemoFlags): Result<DemoFlags> {
  if (flags.gnss !== undefined && flags.nmea !== undefined)
    return fault('USAGE', '--gnss and --nmea: one receiver only, a real one or a recorded one')
  if (flags.gnss === undefined && flags['gnss-baud'] !== undefined)
    return fault('USAGE', '--gnss-baud belongs to --gnss PATH')
  return ok(Object.freeze(flags))
}
