import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { fileFault } from '#protocols/cli/file-fault.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import type { KioskState } from '#protocols/kiosk.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** Two pages of a kiosk; more would have to be searched, and searching is typing. */
const PLACES_MAX = 12
/** The circle a duty station answers for. */
const WITHIN_M = 2_000
/** Nearer than this it is the station itself. */
const BEYOND_M = 30

const Places = z.object({
  features: z.array(
    z.object({
      geometry: z.object({ type: z.string(), coordinates: z.unknown() }),
      properties: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
})
const Point = z.tuple([z.number(), z.number()]).rest(z.number())

/** Named points of a GeoJSON file (WGS-84) that lie near the station, nearest first; one line per name. Faults: FILE_ABSENT, FILE_UNREADABLE, FILE_BROKEN. */
export async function readPlaces(file: string, station: LatLon): Promise<Result<KioskState['places']>> {
  if (file === '') return ok([])
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return fileFault(`--places ${file}`, error)
  }
  const places = Places.safeParse(parsedJson(text))
  if (!places.success) return fault('FILE_BROKEN', `--places ${file} is no GeoJSON FeatureCollection`)
  const near = places.data.features.flatMap(({ geometry, properties }) => {
    const at = Point.safeParse(geometry.coordinates)
    const name = properties?.['name']
    if (geometry.type !== 'Point' || !at.success || typeof name !== 'string' || name === '') return []
    const [lon, lat] = at.data
    return [{ name: name.slice(0, 80), lat, lon, distanceM: Math.round(distanceM(station, { lat, lon })) }]
  })
  near.sort((a, b) => a.distanceM - b.distanceM)
  const named = near.filter((p, i) => near.findIndex(q => q.name === p.name) === i)
  return ok(named.filter(p => p.distanceM > BEYOND_M && p.distanceM <= WITHIN_M).slice(0, PLACES_MAX))
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
