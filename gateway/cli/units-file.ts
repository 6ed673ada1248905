import { z } from 'zod'
import { wordsOf } from '#protocols/cli/flags.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { UNITS_MAX, UnitsOnRoads } from '../reach/units-on-roads.ts'
import type { RoadSnap } from '../roads/snap.ts'
import { OFF_ROAD_M, readBytes } from './road-verb.ts'

const Unit = z.object({
  type: z.literal('Feature'),
  id: z.union([z.string(), z.number()]).optional(),
  geometry: z.object({
    type: z.literal('Point'),
    coordinates: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).rest(z.number()),
  }),
  properties: z
    .object({
      id: z.union([z.string(), z.number()]).optional(),
      trackDeg: z.number().optional(),
      speedMps: z.number().optional(),
    })
    .nullish(),
})
const Units = z.object({ type: z.literal('FeatureCollection'), features: z.array(Unit).max(UNITS_MAX) })
type Unit = z.infer<typeof Unit>

/** Units of a GeoJSON file, each with an id of its own. Faults: those of `readBytes`, UNITS_INVALID. */
export async function readUnits(file: string): Promise<Result<Unit[]>> {
  const bytes = await readBytes(file)
  if (!bytes.ok) return bytes
  const json = parsedJson(bytes.value.toString('utf8'))
  const units = Units.safeParse(json)
  if (!units.success) {
    const issue = units.error.issues[0]
    return fault(
      'UNITS_INVALID',
      `${file}: ${issue?.path.join('.') || 'no GeoJSON:'} ${wordsOf(issue ?? { message: 'does not fit' })}`,
    )
  }
  const ids = units.data.features.map(idOf)
  const unnamed = ids.findIndex((id, i) => id === '' || ids.indexOf(id) !== i)
  if (unnamed >= 0) return fault('UNITS_INVALID', `${file}: features.${unnamed} has no id of its own`)
  return ok(units.data.features)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const idOf = (unit: Unit): string => String(unit.id ?? unit.properties?.id ?? '')

/** Units on their nearest road; those with none near are named, never guessed at. */
export function placed(graph: RoadGraph, snap: RoadSnap, units: readonly Unit[]) {
  const table = new UnitsOnRoads(graph, Math.max(1, units.length))
  const offRoad: string[] = []
  for (const unit of units) {
    const [lon, lat] = unit.geometry.coordinates
    const motion = { trackDeg: unit.properties?.trackDeg, speedMps: unit.properties?.speedMps }
    const place = snap.snap(lat, lon, OFF_ROAD_M, motion, 'from')
    if (place === undefined) offRoad.push(idOf(unit))
    else table.place(idOf(unit), place.edge, place.fraction)
  }
  return { table, offRoad }
}
