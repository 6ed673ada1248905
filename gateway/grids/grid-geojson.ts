import { z } from 'zod'
import { GridId } from '#protocols/ids.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Grid } from './grid.ts'

const Coordinate = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).rest(z.number())
const Ring = z.array(Coordinate).min(4)
const GridFile = z.object({
  type: z.literal('FeatureCollection'),
  features: z
    .array(
      z.object({
        type: z.literal('Feature'),
        properties: z.object({ id: GridId, name: z.string().min(1).max(64) }),
        geometry: z.object({ type: z.literal('Polygon'), coordinates: z.array(Ring).min(1) }),
      }),
    )
    .min(1)
    .max(2_000),
})

/**
 * Grids from GeoJSON text: a FeatureCollection of Polygons in WGS-84 with properties `id` and `name`. Fault `FILE_BROKEN`
 * names the first thing that does not fit.
 */
export function parseGrids(text: string): Result<readonly Grid[]> {
  try {
    const parsed = GridFile.safeParse(JSON.parse(text))
    if (!parsed.success) return fault('FILE_BROKEN', z.prettifyError(parsed.error).split('\n')[0]!)
    const grids = parsed.data.features.map(({ properties, geometry }) => ({
      ...properties,
      polygon: geometry.coordinates.map(ring => ring.map(([lon, lat]): [number, number] => [lon, lat])),
    }))
    const ids = new Set(grids.map(grid => grid.id))
    return ids.size === grids.length ? ok(grids) : fault('FILE_BROKEN', 'two grids have the same id')
  } catch (error) {
    return fault('FILE_BROKEN', (error as Error).message)
  }
}

/** Grids as the map draws them. */
export const gridsGeoJson = (grids: readonly Grid[]): string =>
  JSON.stringify({
    type: 'FeatureCollection',
    features: grids.map(({ id, name, polygon }) => ({
      type: 'Feature',
      id,
      properties: { id, name, datum: 'wgs84' },
      geometry: { type: 'Polygon', coordinates: polygon },
    })),
  })
