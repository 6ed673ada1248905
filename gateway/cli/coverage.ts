import type { AreaCoverage } from '#protocols/coverage.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { demandByClass } from '../coverage/demand.ts'
import { KLabels } from '../coverage/k-labels.ts'
import { CoverageMeasure } from '../coverage/measure.ts'
import { Stretches } from '../coverage/stretches.ts'
import { parseGrids } from '../grids/grid-geojson.ts'
import type { Grid } from '../grids/grid.ts'
import { layGrids } from '../grids/lay-grids.ts'
import { RoadSnap } from '../roads/snap.ts'
import { parseArguments, parseNumber } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { DRIVING_HELP, DRIVING_OPTIONS, drivingOn } from './driving.ts'
import { print, readBytes, readGraph, refuse } from './road-verb.ts'
import { placed, readUnits } from './units-file.ts'

const HELP = `reach5 coverage: how much road the units reach in time, as the gateway measures it

  reach5 coverage FILE.graph --units UNITS.geojson [--seconds N] [--grids FILE.geojson | --grid-count N]
                  [--profile patrol] [--hour N] [--turns off] [--closures FILE]

  UNITS.geojson   as for reach5 nearest; every unit sets out at once, no turnout is added
  --seconds N     the circle (300)
  --grids FILE    the grids; else --grid-count of them (1) are laid over the roads
${DRIVING_HELP}

stdout: {"seconds","units","offRoad":[ids],"city":{"roadM","share","demandShare","atLeast":[1,2,3 units]},
         "grids":[{"gridId","name",... the same}]}; shares 0 to 1, roads cut where the time ends and at borders
exit 0 done, 2 wrong use or a file that is none of ours`

const OPTIONS = ['--units', '--seconds', '--grids', '--grid-count', ...DRIVING_OPTIONS]
/** Beyond half an hour nothing is a matter of who is near. */
const SECONDS_MAX = 1_800
const GRIDS_LAID_MAX = 2_000

/** `reach5 coverage`. */
export async function coverage(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, { options: OPTIONS, switches: [], words: { min: 1, max: 1 } })
  if (!parsed.ok) return refuse('coverage', parsed)
  if (parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const answered = await answer(parsed.value)
  if (!answered.ok) return refuse('coverage', answered)
  print(JSON.stringify(answered.value))
  return 0
}

async function answer(given: Arguments) {
  const { words, options } = given
  const file = options.get('--units')
  if (file === undefined) return fault('USAGE', '--units UNITS.geojson is missing')
  const seconds = parseNumber('--seconds', options.get('--seconds') ?? '300', 1, SECONDS_MAX)
  if (!seconds.ok) return seconds
  const read = await readGraph(words[0] ?? '')
  if (!read.ok) return read
  const driving = await drivingOn(given, read.value)
  if (!driving.ok) return driving
  const { graph } = driving.value
  const grids = await gridsOf(options, graph)
  if (!grids.ok) return grids
  const units = await readUnits(file)
  if (!units.ok) return units
  const { table, offRoad } = placed(graph, new RoadSnap(graph), units.value)
  const labels = new KLabels(table, 3, driving.value)
  const promiseDs = Math.floor(seconds.value * 10 + 1e-6)
  const measure = new CoverageMeasure(new Stretches(graph, grids.value, demandByClass), labels, promiseDs)
  const turnoutDs = new Uint32Array(table.sizeMax)
  labels.run(turnoutDs, { budgetDs: promiseDs, fillDs: promiseDs })
  measure.run(turnoutDs)
  return ok({
    seconds: seconds.value,
    units: table.size,
    offRoad,
    city: sharesOf(measure.areaOf(grids.value.length)),
    grids: grids.value.map(({ id, name }, i) => ({ gridId: id, name, ...sharesOf(measure.areaOf(i)) })),
  })
}

const sharesOf = ({ roadM, circles, demandCircles, atLeast }: AreaCoverage) => ({
  roadM: Math.round(roadM * 10) / 10,
  share: circles[2],
  demandShare: demandCircles[2],
  atLeast,
})

async function gridsOf(options: Arguments['options'], graph: RoadGraph): Promise<Result<readonly Grid[]>> {
  const file = options.get('--grids')
  const count = options.get('--grid-count')
  if (file !== undefined && count !== undefined) return fault('USAGE', 'give one of --grids, --grid-count')
  if (file === undefined) {
    const laid = parseNumber('--grid-count', count ?? '1', 1, GRIDS_LAID_MAX)
    return laid.ok ? ok(layGrids(graph, Math.floor(laid.value))) : laid
  }
  const bytes = await readBytes(file)
  if (!bytes.ok) return bytes
  const grids = parseGrids(bytes.value.toString('utf8'))
  return grids.ok ? ok(grids.value.grids) : fault(grids.code, `${file}: ${grids.detail}`)
}
