import { z } from 'zod'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { NearestUnits } from '../reach/nearest.ts'
import type { Target } from '../reach/nearest.ts'
import { UNITS_MAX, UnitsOnRoads } from '../reach/units-on-roads.ts'
import { RoadSnap } from '../roads/snap.ts'
import { parseArguments, parseNumber } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { checkProfile, nodeTarget, OFF_ROAD_M, placeTarget, print } from './road-verb.ts'
import { readBytes, readGraph, refuse, say } from './road-verb.ts'

const HELP = `reach5 nearest: who can be there first, by road

  reach5 nearest FILE.graph --units UNITS.geojson (--at LON,LAT | --at-node ID) [-k N]
                 [--profile patrol] [--turns off]

  UNITS.geojson   FeatureCollection of points; id from "id" or properties.id;
                  properties.trackDeg and speedMps choose the carriageway of a divided road
  -k N            how many (5)

stdout: {"units":[{"id","etaDs"},...],"offRoad":[ids]}, nearest first, equals by id
exit 0 somebody can come, 1 nobody can, a place is off the roads or a file is unreadable, 2 wrong use`

const OPTIONS = ['--units', '--at', '--at-node', '-k', '--profile', '--turns']

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

/** `reach5 nearest`. */
export async function nearest(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, { options: OPTIONS, switches: [], words: { min: 1, max: 1 } })
  if (!parsed.ok) return refuse('nearest', parsed)
  if (parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const answered = await answer(parsed.value)
  if (!answered.ok) return refuse('nearest', answered)
  print(JSON.stringify(answered.value))
  if (answered.value.units.length > 0) return 0
  say('reach5 nearest: no unit can drive there')
  return 1
}

async function answer({ words, options, ...rest }: Arguments) {
  const file = options.get('--units')
  if (file === undefined) return fault('USAGE', '--units UNITS.geojson is missing')
  if (options.has('--at') === options.has('--at-node')) return fault('USAGE', 'give one of --at, --at-node')
  const k = parseNumber('-k', options.get('-k') ?? '5', 1, UNITS_MAX)
  if (!k.ok || !Number.isInteger(k.value))
    return fault('USAGE', `-k is a whole number from 1 to ${UNITS_MAX}`)
  const graph = await readGraph(words[0] ?? '')
  if (!graph.ok) return graph
  const profile = checkProfile({ words, options, ...rest }, graph.value)
  if (!profile.ok) return profile
  const units = await readUnits(file)
  if (!units.ok) return units
  const snap = new RoadSnap(graph.value)
  const target = targetOf(options, graph.value, snap)
  if (!target.ok) return target
  const { table, offRoad } = placed(graph.value, snap, units.value)
  return ok({ units: new NearestUnits(table).nearest(target.value, k.value), offRoad })
}

function targetOf(options: Arguments['options'], graph: RoadGraph, snap: RoadSnap): Result<Target> {
  const node = options.get('--at-node')
  return node === undefined
    ? placeTarget(snap, options.get('--at') ?? '')
    : nodeTarget(graph, '--at-node', node)
}

async function readUnits(file: string): Promise<Result<Unit[]>> {
  const bytes = await readBytes(file)
  if (!bytes.ok) return bytes
  const json = parsedJson(bytes.value.toString('utf8'))
  const units = Units.safeParse(json)
  if (!units.success) {
    const issue = units.error.issues[0]
    return fault('UNITS_INVALID', `${file}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
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
function placed(graph: RoadGraph, snap: RoadSnap, units: readonly Unit[]) {
  const table = new UnitsOnRoads(graph, Math.max(1, units.length))
  const offRoad: string[] = []
  for (const unit of units) {
    const [lon, lat] = unit.geometry.coordinates
    const motion = { trackDeg: unit.properties?.trackDeg, speedMps: unit.properties?.speedMps }
    const place = snap.snap(lat, lon, OFF_ROAD_M, motion)
    if (place === undefined) offRoad.push(idOf(unit))
    else table.place(idOf(unit), place.edge, place.fraction)
  }
  return { table, offRoad }
}
