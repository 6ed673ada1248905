import { readFileSync, statSync } from 'node:fs'

import { GnssDecoder } from '#hardware/gnss/decoder.ts'
import type { Fix } from '#protocols/fix.ts'
import { withoutHeader } from '#protocols/nmea/capture.ts'
import { rfc3339 } from '#protocols/time.ts'

const HELP = `reach5 nmea decode FILE

Reads what a receiver sent (NMEA sentences and u-blox binary frames in any mixture) and prints one JSON object per fix:
time lat lon mode speedMps trackDeg altMslM hdop accuracyM satsUsed satsSeen sats. What the receiver did not tell is absent.
mode: 1 no fix, 2 horizontal, 3 with altitude. satsUsed, satsSeen: of the sky told last, one per signal; sats: used and seen
per constellation, each satellite once. deadReckoning, simulated, dateSuspect: true when the receiver says so, or its date
cannot be. It is what the receiver says: a vehicle's own gate and clamp stand behind it and are not applied here.
Lines starting with # at the head of FILE are comments. What was refused is told on stderr.
`

/** The verb `nmea`. Returns the exit code: 0 decoded, 2 wrong use or no such file. */
export async function nmea(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) return say(process.stdout, HELP, 0)
  const [action, file, ...rest] = args
  if (action !== 'decode')
    return usage(action === undefined ? 'what to do? e.g. nmea decode FILE' : `no such action: ${action}`)
  if (file === undefined) return usage('which FILE?')
  if (rest.length > 0) return usage(`one FILE at a time, not also ${rest.join(' ')}`)
  if (file.startsWith('-')) return usage(`no such option: ${file}`)
  const bytes = read(file)
  if (typeof bytes === 'string') return say(process.stderr, `nmea: ${bytes}\n`, 2)
  const decoder = new GnssDecoder()
  const fixes = [...decoder.feed(withoutHeader(bytes)), ...decoder.finish()]
  await say(process.stdout, fixes.map(fix => `${JSON.stringify(lineOf(fix))}\n`).join(''), 0)
  const { scan, refused } = decoder.stats()
  const total = Object.entries({ ...scan.refused, ...refused }).filter(([, n]) => n > 0)
  const refusals =
    total.length === 0 ? 'nothing refused' : `refused: ${total.map(([why, n]) => `${why} ${n}`).join(', ')}`
  const frames = Object.values(scan.frames).reduce((sum, n) => sum + n, 0)
  return say(
    process.stderr,
    `nmea: ${fixes.length} epochs from ${scan.sentences} sentences and ${frames} binary frames; ${refusals}\n`,
    0,
  )
}

/** A fix in the words of the verb: `time` as ISO 8601. */
export const lineOf = ({ timeUtcMs, lat, lon, mode, ...rest }: Fix): Readonly<Record<string, unknown>> => ({
  ...(timeUtcMs === undefined ? {} : { time: rfc3339(timeUtcMs) }),
  ...(lat === undefined || lon === undefined ? {} : { lat: degrees(lat), lon: degrees(lon) }),
  mode,
  ...rest,
})

/** Nine decimals are a tenth of a millimetre; what follows is the noise of binary fractions. */
const degrees = (value: number): number => Math.round(value * 1e9) / 1e9

/** The bytes, or one line for the person at the prompt. */
const read = (file: string): Uint8Array | string => {
  try {
    if (statSync(file).isDirectory())
      return `${file} is a directory; give the file a receiver's bytes were saved in`
    const bytes = readFileSync(file)
    return bytes.length === 0 ? `${file} is empty` : bytes
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return code === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read (${code ?? String(error)})`
  }
}

const usage = (what: string): Promise<number> =>
  say(process.stderr, `nmea: ${what} (nmea --help tells more)\n`, 2)

/** Resolves when the text has left, so that a large result is whole before the process ends. */
const say = (stream: NodeJS.WriteStream, text: string, code: number): Promise<number> =>
  new Promise(resolve => {
    stream.write(text, () => resolve(code))
  })
