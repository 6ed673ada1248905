import { z } from 'zod'
import { bestFirst, toldAs } from './sky-reader.ts'
import type { SeenSatellite, SkyEars } from './sky-reader.ts'

/*
 * The sky behind a gpsd (gpsd_json(5)):
 *
 *     {"class":"SKY","satellites":[{"gnssid":3,"svid":19,"el":60,"az":10,"ss":44,"used":true}]}
 */
const LINE_CHARS_MAX = 32 * 1024
const Degrees = z.number().min(-360).max(360).optional()
const GpsdSkyReport = z.object({
  class: z.literal('SKY'),
  satellites: z
    .array(
      z.object({
        gnssid: z.number().int().optional(),
        svid: z.number().int().optional(),
        el: Degrees,
        az: Degrees,
        ss: z.number().min(0).max(99).optional(),
        used: z.boolean().optional(),
      }),
    )
    .max(256),
})

/** gpsd numbers systems and satellites as u-blox does (gpsd_json(5)); before release 3.18 it did not, and shows none. */
export class GpsdSky implements SkyEars {
  readonly #text = new TextDecoder()
  #line = ''
  #sky: readonly SeenSatellite[] = []

  feed(bytes: Uint8Array): void {
    const lines = (this.#line + this.#text.decode(bytes, { stream: true })).split('\n')
    this.#line = (lines.pop() ?? '').slice(-LINE_CHARS_MAX)
    for (const line of lines) if (line.includes('"SKY"')) this.#take(line)
  }

  sky(): readonly SeenSatellite[] {
    return this.#sky
  }

  #take(line: string): void {
    const report = GpsdSkyReport.safeParse(jsonOf(line))
    if (!report.success) return
    this.#sky = bestFirst(
      report.data.satellites.flatMap(({ gnssid = -1, svid = 0, el, az, ss, used = false }) => {
        const seen = { elevationDeg: el ?? null, azimuthDeg: az ?? null, cn0Dbhz: ss ? Math.round(ss) : null }
        const told = toldAs(gnssid, svid, seen)
        return told ? [{ ...told, used }] : []
      }),
    )
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
