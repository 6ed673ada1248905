import { z } from 'zod'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'

/** What the map shows beside roads and grids: a GeoJSON FeatureCollection, handed on as it is. */
const Surroundings = z.object({ type: z.literal('FeatureCollection'), features: z.array(z.unknown()) })

export const NO_SURROUNDINGS = JSON.stringify({ type: 'FeatureCollection', features: [] })

/** The text itself when pages can draw it, else `FILE_BROKEN`. `named` is what the person typed: `--city town.geojson`. */
export function surroundingsOf(named: string, text: string): Result<string> {
  const parsed = Surroundings.safeParse(jsonOf(text))
  return parsed.success ? ok(text) : fault('FILE_BROKEN', `${named} is no GeoJSON FeatureCollection`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
