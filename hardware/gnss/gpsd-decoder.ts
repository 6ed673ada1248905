import { z } from 'zod'
import type { Fix } from '#protocols/fix.ts'

/*
 * gpsd's protocol 3 (gpsd_json(5)): one JSON object per line, units m, m/s, degrees.
 *
 *   {"class":"VERSION","release":"3.22",…}      greeting
 *   {"class":"DEVICES","devices":[…]}           what it listens to
 *   {"class":"SKY","device":"/dev/ttyACM0","hdop":0.9,"satellites":[{"PRN":5,"gnssid":0,"used":true},…]}
 *   {"class":"TPV","device":"/dev/ttyACM0","mode":3,"time":"2026-11-24T03:20:11.000Z","lat":35.6,"lon":117.0,
 *    "altMSL":60.1,"speed":8.3,"track":42.1}
 *
 * SKY comes before or after TPV and less often; each fix carries the newest one that is not old.
 */

/** A satellite list costs about 100 B each; a longer line is no report of gpsd's. */
const LINE_BYTES_MAX = 32 * 1024
/** A sky told more than this many reports ago says nothing about this fix. */
const SKY_GOOD_FOR_FIXES = 10

const Satellite = z.object({
  PRN: z.number().optional(),
  gnssid: z.number().optional(),
  used: z.boolean().optional(),
})
const Report = z.discriminatedUnion('class', [
  z.object({
    class: z.literal('TPV'),
    device: z.string().default(''),
    mode: z.number().int().min(0).max(3),
    status: z.number().optional(),
    time: z.string().optional(),
    lat: z.number().min(-90).max(90).optional(),
    lon: z.number().min(-180).max(180).optional(),
    altMSL: z.number().optional(),
    /** Before release 3.20 the height above the sea. */
    alt: z.number().optional(),
    speed: z.number().nonnegative().optional(),
    track: z.number().min(0).max(360).optional(),
    /** Of the receiver's DTM; absent where it told none. */
    datum: z.string().optional(),
  }),
  z.object({
    class: z.literal('SKY'),
    device: z.string().default(''),
    hdop: z.number().nonnegative().optional(),
    satellites: z.array(Satellite).max(256).optional(),
  }),
])
type Tpv = Extract<z.infer<typeof Report>, { class: 'TPV' }>
type Sky = Extract<z.infer<typeof Report>, { class: 'SKY' }>

/** Status 8 of gpsd: the receiver says that it simulates. */
const SIMULATED = 8

export type GpsdStats = {
  readonly fixes: number
  /** Lines that were no JSON, too long, or a report that does not fit. */
  readonly refused: number
  /** Classes nobody here needs. */
  readonly unread: number
}

/** From gpsd's JSON lines to fixes. Several receivers behind one gpsd: the first that tells a place is listened to. */
export class GpsdDecoder {
  readonly #text = new TextDecoder()
  #line = ''
  #skipping = false
  #device: string | undefined
  #last: { readonly timeUtcMs: number | undefined; readonly mode: number } = { timeUtcMs: undefined, mode: 1 }
  readonly #skies = new Map<string, { readonly sky: Sky; ageFixes: number }>()
  #fixes = 0
  #refused = 0
  #unread = 0

  feed(bytes: Uint8Array): Fix[] {
    const fixes: Fix[] = []
    const parts = (this.#line + this.#text.decode(bytes, { stream: true })).split('\n')
    this.#line = parts.pop() ?? ''
    for (const line of parts) {
      if (this.#skipping) this.#skipping = false
      else if (line.trim() !== '') this.#hear(line, fixes)
    }
    if (this.#line.length > LINE_BYTES_MAX) {
      this.#line = ''
      if (!this.#skipping) this.#refused++
      this.#skipping = true
    }
    return fixes
  }

  /** A line of gpsd ends where it ends; quiet tells nothing. */
  quiet(): Fix[] {
    return []
  }

  stats(): GpsdStats {
    return { fixes: this.#fixes, refused: this.#refused, unread: this.#unread }
  }

  #hear(line: string, fixes: Fix[]): void {
    const json = objectOf(line)
    if (json === undefined) return void this.#refused++
    if (json['class'] !== 'TPV' && json['class'] !== 'SKY') return void this.#unread++
    const report = Report.safeParse(json)
    if (!report.success) return void this.#refused++
    if (report.data.class === 'SKY') {
      // Some drivers tell dilution and satellites in two reports.
      const before = this.#skies.get(report.data.device)?.sky
      const { satellites = before?.satellites, hdop = before?.hdop } = report.data
      if (this.#skies.size < 8 || before !== undefined)
        this.#skies.set(report.data.device, {
          sky: { ...report.data, ...(satellites && { satellites }), ...(hdop !== undefined && { hdop }) },
          ageFixes: 0,
        })
      return
    }
    const tpv = report.data
    if (tpv.mode >= 2) this.#device ??= tpv.device
    if (this.#device !== undefined && tpv.device !== this.#device) return
    const fix = this.#fixOf(tpv)
    if (this.#isRepeated(fix)) return
    fixes.push(fix)
    this.#fixes++
  }

  /**
   * While gpsd learns a receiver's cycle it reports after every sentence: the same moment up to five times, first
   * without altitude. One that knows no more than the last one is not another fix.
   */
  #isRepeated({ timeUtcMs, mode }: Fix): boolean {
    const { timeUtcMs: lastUtcMs, mode: lastMode } = this.#last
    this.#last = { timeUtcMs, mode }
    return timeUtcMs !== undefined && timeUtcMs === lastUtcMs && mode <= lastMode
  }

  #fixOf(tpv: Tpv): Fix {
    const held = this.#skies.get(tpv.device)
    const fresh = held !== undefined && held.ageFixes++ < SKY_GOOD_FOR_FIXES ? held.sky : undefined
    const mode = Math.max(1, tpv.mode) as Fix['mode']
    const timeUtcMs = Date.parse(tpv.time ?? '')
    const placed = mode >= 2 && tpv.lat !== undefined && tpv.lon !== undefined
    const altMslM = tpv.altMSL ?? tpv.alt
    return {
      mode: placed ? mode : 1,
      ...(Number.isFinite(timeUtcMs) && { timeUtcMs }),
      ...(placed && { lat: tpv.lat, lon: tpv.lon }),
      ...(placed && mode === 3 && altMslM !== undefined && { altMslM }),
      ...(placed && tpv.speed !== undefined && { speedMps: tpv.speed }),
      ...(placed && tpv.track !== undefined && { trackDeg: tpv.track }),
      ...(placed && isForeign(tpv.datum) && { datumSuspect: tpv.datum }),
      ...(tpv.status === SIMULATED && { simulated: true }),
      ...(fresh && skyOf(fresh)),
    }
  }
}

const isForeign = (datum = 'WGS84'): boolean => datum !== 'WGS84' && datum !== 'W84'

/** Names of gpsd's `gnssid`, as u-blox numbers them. */
const SYSTEMS = ['gps', 'sbas', 'galileo', 'beidou', 'imes', 'qzss', 'glonass', 'navic'] as const

function skyOf({ hdop, satellites }: Sky): Pick<Fix, 'hdop' | 'sats' | 'satsSeen' | 'satsUsed'> {
  if (satellites === undefined) return { ...(hdop !== undefined && { hdop }) }
  const sats: Record<string, [number, number]> = {}
  for (const { gnssid, PRN, used } of satellites) {
    const row = (sats[SYSTEMS[gnssid ?? -1] ?? systemOfPrn(PRN ?? 0)] ??= [0, 0])
    row[0] += used === true ? 1 : 0
    row[1] += 1
  }
  return {
    ...(hdop !== undefined && { hdop }),
    sats,
    satsUsed: satellites.filter(s => s.used === true).length,
    satsSeen: satellites.length,
  }
}

/** gpsd before 3.18 told no `gnssid`; its PRN ranges are those of NMEA, widened. */
function systemOfPrn(prn: number): string {
  if (prn >= 1 && prn <= 32) return 'gps'
  if (prn >= 65 && prn <= 96) return 'glonass'
  if (prn >= 193 && prn <= 200) return 'qzss'
  if (prn >= 301 && prn <= 336) return 'galileo'
  if (prn >= 401 && prn <= 437) return 'beidou'
  return 'sbas'
}

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(line)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
