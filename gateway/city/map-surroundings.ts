import { z } from 'zod'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { StandbyPlace } from '../coverage/move-ups.ts'

/** What the map shows beside roads and grids: a GeoJSON FeatureCollection, handed on as it is. */
const Surroundings = z.object({ type: z.literal('FeatureCollection'), features: z.array(z.unknown()) })

export const NO_SURROUNDINGS = JSON.stringify({ type: 'FeatureCollection', features: [] })

/** The text itself when pages can draw it, else `FILE_BROKEN`. `named` is what the person typed: `--city town.geojson`. */
export function surroundingsOf(named: string, text: string): Result<string> {
  const parsed = Surroundings.safeParse(jsonOf(text))
  return parsed.success ? ok(text) : fault('FILE_BROKEN', `${named} is no GeoJSON FeatureCollection`)
}

const Post = z.object({
  properties: z.object({
    kind: z.enum(['post', 'duty_station', 'joint', 'joint_station', 'station', 'police_station']),
    name: z.string(),
  }),
  geometry: z.object({
    type: z.literal('Point'),
    coordinates: z.tuple([z.number(), z.number()]).rest(z.number()),
  }),
})

/** Posts and stations among the surroundings: where a unit may stand by. */
export function standbyPlaces(text: string): StandbyPlace[] {
  const parsed = Surroundings.safeParse(jsonOf(text))
  if (!parsed.success) return []
  return parsed.data.features.flatMap(feature => {
    const post = Post.safeParse(feature)
    if (!post.success) return []
    const [lon, lat] = post.data.geometry.coordinates
    return [{ lat, lon, name: post.data.properties.name }]
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
