import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { NearestUnits } from '../reach/nearest.ts'
import type { Target } from '../reach/nearest.ts'
import { RoadSearch } from '../reach/search.ts'
import { UNITS_MAX } from '../reach/units-on-roads.ts'
import { RoadSnap } from '../roads/snap.ts'
import { parseArguments, parseNumber } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { DRIVING_HELP, DRIVING_OPTIONS, drivingOn } from './driving.ts'
import { nodeTarget, placeTarget, print, readGraph, refuse, say } from './road-verb.ts'
import { placed, readUnits } from './units-file.ts'

const HELP = `reach5 nearest: who can be there first, by road

  reach5 nearest FILE.graph --units UNITS.geojson (--at LON,LAT | --at-node ID) [-k N]
                 [--profile patrol] [--hour N] [--turns off] [--closures FILE]

  UNITS.geojson   FeatureCollection of points; id from "id" or properties.id;
                  properties.trackDeg and speedMps choose the carriageway of a divided road
  -k N            how many (5)
${DRIVING_HELP}

stdout: {"units":[{"id","etaDs"},...],"offRoad":[ids]}, nearest first, equals by id
exit 0 somebody can come, 1 nobody can, a place is off the roads or a file is unreadable, 2 wrong use`

const OPTIONS = ['--units', '--at', '--at-node', '-k', ...DRIVING_OPTIONS]

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
  const read = await readGraph(words[0] ?? '')
  if (!read.ok) return read
  const driving = await drivingOn({ words, options, ...rest }, read.value)
  if (!driving.ok) return driving
  const { graph } = driving.value
  const units = await readUnits(file)
  if (!units.ok) return units
  const snap = new RoadSnap(graph)
  const target = targetOf(options, graph, snap)
  if (!target.ok) return target
  const { table, offRoad } = placed(graph, snap, units.value)
  return ok({
    units: new NearestUnits(table, new RoadSearch(graph, driving.value)).nearest(target.value, k.value),
    offRoad,
  })
}

function targetOf(options: Arguments['options'], graph: RoadGraph, snap: RoadSnap): Result<Target> {
  const node = options.get('--at-node')
  return node === undefined
    ? placeTarget(snap, options.get('--at') ?? '', 'to')
    : nodeTarget(graph, '--at-node', node)
}
