import { z } from 'zod'
import type { Polygon, Position } from '#protocols/geo/polygon.ts'
import { GridId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { CRS_NAMES, parseCrs } from './datum.ts'
import type { Crs } from './datum.ts'
import { toWgs84 } from './gcoord-datum.ts'
import { partsOf } from './grid.ts'
import type { Grid } from './grid.ts'

/** More is no city: a county of Shandong has a dozen. */
export const GRIDS_MAX = 2_000
/** A surveyed border has a vertex every few metres; more than this in one file is not a border. */
const POSITIONS_MAX = 2_000_000

const Coordinate = z.tuple([z.number(), z.number()]).rest(z.number())
const Rings = z.array(z.array(Coordinate).min(1)).min(1)
const GridFile = z.object({
  type: z.literal('FeatureCollection'),
  crs: z.unknown().optional(),
  features: z
    .array(
      z.object({
        type: z.literal('Feature'),
        properties: z.object({
          id: GridId,
          name: z.string().min(1).max(64),
          countyId: GridId.optional(),
          county: z.string().min(1).max(64).optional(),
        }),
        geometry: z.discriminatedUnion('type', [
          z.object({ type: z.literal('Polygon'), coordinates: Rings }),
          z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(Rings).min(1) }),
        ]),
      }),
    )
    .min(1)
    .max(GRIDS_MAX),
})

/** Grids as a file gave them: which system, and what they are in WGS-84. */
export type GridFile = {
  readonly crs: Crs
  readonly grids: readonly Grid[]
  /** The same grids as the file wrote them, for asking whether another system would fit better. */
  readonly asWritten: readonly Grid[]
}

const HOW = `"crs": "GCJ02" (one of ${CRS_NAMES.join(', ')}), or --grids-crs GCJ02`

/**
 * Grids from GeoJSON text: a FeatureCollection of Polygons and MultiPolygons with properties `id` and `name` (and `countyId`
 * with the name of the `county`, where there are several), and the
 * coordinate system as a member `crs` of the collection unless `crsFlag` names it. Faults: FILE_BROKEN names the first
 * thing that does not fit, GRIDS_CRS when the system is missing, unknown, or another than the flag says.
 */
export function parseGrids(text: string, crsFlag?: string): Result<GridFile> {
  const read = readJson(text)
  if (!read.ok) return read
  const parsed = GridFile.safeParse(read.value)
  if (!parsed.success) return fault('FILE_BROKEN', firstIssue(parsed.error, read.value))
  const crs = crsOf(parsed.data.crs, crsFlag)
  if (!crs.ok) return crs
  const asWritten = parsed.data.features.map(({ properties, geometry }) => {
    const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
    const { id, name, countyId, county } = properties
    return gridOf(
      {
        ...{ id, name },
        ...(countyId !== undefined && { county: { id: countyId, name: county ?? countyId } }),
      },
      parts.map(part => part.map(ring => ring.map(([lon, lat]): Position => [lon, lat]))),
    )
  })
  const positions = asWritten.reduce(
    (sum, { polygon }) => sum + polygon.reduce((n, ring) => n + ring.length, 0),
    0,
  )
  if (positions > POSITIONS_MAX)
    return fault('FILE_BROKEN', `${positions} positions, more than ${POSITIONS_MAX}: thin the borders out`)
  const outside = asWritten.find(({ polygon }) => polygon.flat().some(([lon, lat]) => !onEarth(lon, lat)))
  if (outside !== undefined) return fault('FILE_BROKEN', offEarth(outside))
  return ok({ crs: crs.value, grids: convertGrids(asWritten, crs.value), asWritten })
}

/** Grids written in a system, in WGS-84. */
export const convertGrids = (grids: readonly Grid[], crs: Crs): Grid[] =>
  grids.map(grid =>
    gridOf(
      grid,
      partsOf(grid).map(part => part.map(ring => ring.map(position => toWgs84(crs, position)))),
    ),
  )

const gridOf = (
  { id, name, county }: Pick<Grid, 'id' | 'name' | 'county'>,
  parts: readonly Polygon[],
): Grid => ({
  id,
  name,
  ...(county !== undefined && { county }),
  polygon: parts.flat(),
  ...(parts.length > 1 && { parts }),
})

function readJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text.replace(/^\uFEFF/, '')))
  } catch (error) {
    return fault('FILE_BROKEN', `no JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`)
  }
}

/** Which feature, which field, what is wrong there. */
function firstIssue(error: z.ZodError, value: unknown): string {
  const issue = error.issues[0]
  const path = issue?.path ?? []
  const feature = path[0] === 'features' && typeof path[1] === 'number' ? path[1] : undefined
  const features = (value as { features?: { properties?: { id?: unknown } }[] } | null)?.features
  const id = feature === undefined ? undefined : features?.[feature]?.properties?.id
  const whose = typeof id === 'string' && path[3] !== 'id' ? ` (grid ${id.slice(0, 48)})` : ''
  return `${path.join('.') || 'the whole file'}${whose}: ${issue?.message ?? 'does not fit'}`
}

function crsOf(member: unknown, flag: string | undefined): Result<Crs> {
  const named = nameOfCrs(member)
  if (named === undefined && flag === undefined)
    return fault('GRIDS_CRS', `the grids do not say their coordinate system: write ${HOW}`)
  const [inFile, byFlag] = [named, flag].map(text => (text === undefined ? undefined : parseCrs(text)))
  if (flag !== undefined && byFlag === undefined)
    return fault('GRIDS_CRS', `--grids-crs ${JSON.stringify(flag)} is none of ${CRS_NAMES.join(', ')}`)
  if (named !== undefined && inFile === undefined)
    return fault('GRIDS_CRS', `crs ${JSON.stringify(named.slice(0, 80))} is not known: write ${HOW}`)
  if (inFile !== undefined && byFlag !== undefined && inFile !== byFlag)
    return fault('GRIDS_CRS', `the file says crs ${inFile} and --grids-crs says ${byFlag}`)
  return ok(byFlag ?? inFile ?? 'WGS84')
}

/** Our own `"crs": "GCJ02"`, or the object of GeoJSON 2008. */
function nameOfCrs(member: unknown): string | undefined {
  if (member === undefined || member === null) return undefined
  if (typeof member === 'string') return member
  const name: unknown = (member as { properties?: { name?: unknown } }).properties?.name
  return typeof name === 'string' ? name : JSON.stringify(member)
}

const onEarth = (lon: number, lat: number): boolean => Math.abs(lon) <= 180 && Math.abs(lat) <= 90

function offEarth({ id, polygon }: Grid): string {
  const [lon, lat] = polygon.flat().find(([x, y]) => !onEarth(x, y)) ?? [0, 0]
  const swapped = onEarth(lat, lon) ? ': longitude comes first in GeoJSON, are they swapped?' : ''
  const projected = Math.abs(lon) > 1_000 ? ': these are metres of a projection, degrees are needed' : swapped
  return `grid ${id}: [${lon}, ${lat}] is no [longitude, latitude]${projected}`
}

/** Grids as the map draws them. */
export const gridsGeoJson = (grids: readonly Grid[]): string =>
  JSON.stringify({
    type: 'FeatureCollection',
    crs: 'WGS84',
    features: grids.map(grid => ({
      type: 'Feature',
      id: grid.id,
      properties: {
        ...{ id: grid.id, name: grid.name, datum: 'wgs84' },
        ...(grid.county !== undefined && { countyId: grid.county.id, countyName: grid.county.name }),
      },
      geometry:
        grid.parts === undefined
          ? { type: 'Polygon', coordinates: grid.polygon }
          : { type: 'MultiPolygon', coordinates: grid.parts },
    })),
  })
