import { z } from 'zod'

/** GeoJSON as maps read it; what the features mean is in the words of each route. */
export const FeatureCollection = z.looseObject({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.looseObject({
      type: z.literal('Feature'),
      properties: z.record(z.string(), z.unknown()).nullable(),
      geometry: z.looseObject({ type: z.string(), coordinates: z.array(z.unknown()) }),
    }),
  ),
})
export type FeatureCollection = z.infer<typeof FeatureCollection>

/** TileJSON 3.0; the address carries the version of the import, so a tile may be kept for ever. */
export const TileJson = z.object({
  tilejson: z.literal('3.0.0'),
  name: z.string(),
  scheme: z.literal('xyz'),
  tiles: z.array(z.string()),
  attribution: z.string(),
  bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  center: z.tuple([z.number(), z.number(), z.number()]),
  minzoom: z.number(),
  maxzoom: z.number(),
  version: z.string(),
  vector_layers: z.array(
    z.object({
      id: z.string(),
      fields: z.record(z.string(), z.string()),
      minzoom: z.number(),
      maxzoom: z.number(),
    }),
  ),
})
export type TileJson = z.infer<typeof TileJson>
