import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import type { Target } from '../reach/nearest.ts'
import { reachNodes, reachShapes } from '../reach/reach.ts'
import { RoadSearch } from '../reach/search.ts'
import { RoadSnap } from '../roads/snap.ts'
import { parseArguments, parseNumber } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { DRIVING_HELP, DRIVING_OPTIONS, drivingOn } from './driving.ts'
import { nodeTarget, placeTarget, print, readBytes, readGraph, refuse } from './road-verb.ts'

const HELP = `reach5 reach: where one can be in time

  reach5 reach FILE.graph (--from LON,LAT | --from-node ID | --starts FILE) --seconds N
               [--geojson] [--profile patrol] [--hour N] [--turns off] [--closures FILE]

  --starts FILE   one start per line, LON,LAT or a node id; '#' begins a comment
  --geojson       the stretches of road instead of the junctions

${DRIVING_HELP}

stdout: one line per start, {"nodes":[[nodeId,deciseconds],...]}
exit 0 done, 1 a place is off the roads or a file is unreadable, 2 wrong use`

const OPTIONS = ['--from', '--from-node', '--starts', '--seconds', ...DRIVING_OPTIONS]
/** A day: longer than any search a person waits for. */
const SECONDS_MAX = 86_400

/** `reach5 reach`. */
export async function reach(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, {
    options: OPTIONS,
    switches: ['--geojson'],
    words: { min: 1, max: 1 },
  })
  if (!parsed.ok) return refuse('reach', parsed)
  if (parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const budget = budgetOf(parsed.value)
  if (!budget.ok) return refuse('reach', budget)
  const read = await readGraph(parsed.value.words[0] ?? '')
  if (!read.ok) return refuse('reach', read)
  const driving = await drivingOn(parsed.value, read.value)
  if (!driving.ok) return refuse('reach', driving)
  const { graph } = driving.value
  const starts = await startsOf(parsed.value, graph)
  if (!starts.ok) return refuse('reach', starts)
  const search = new RoadSearch(graph, driving.value)
  for (const start of starts.value) {
    const nodes = reachNodes(search, start, budget.value)
    print(
      parsed.value.switches.has('--geojson')
        ? asGeoJson(search, start, budget.value)
        : JSON.stringify({ nodes }),
    )
  }
  return 0
}

/** Whole deciseconds, rounded down: a junction at 300.05 s is not within 300 s. */
function budgetOf({ options }: Arguments): Result<number> {
  const given = ['--from', '--from-node', '--starts'].filter(name => options.has(name))
  if (given.length !== 1) return fault('USAGE', 'give one of --from, --from-node, --starts')
  const seconds = options.get('--seconds')
  if (seconds === undefined) return fault('USAGE', '--seconds N is missing')
  const value = parseNumber('--seconds', seconds, 0, SECONDS_MAX)
  return value.ok ? ok(Math.floor(value.value * 10 + 1e-6)) : value
}

async function startsOf({ options }: Arguments, graph: RoadGraph): Promise<Result<Target[]>> {
  const node = options.get('--from-node')
  const file = options.get('--starts')
  if (node !== undefined) return listed([nodeTarget(graph, '--from-node', node)])
  const snap = new RoadSnap(graph)
  if (file === undefined) return listed([placeTarget(snap, options.get('--from') ?? '', 'from')])
  const bytes = await readBytes(file)
  if (!bytes.ok) return bytes
  const lines = bytes.value.toString('utf8').split(/\r?\n/)
  const wanted = lines.map(line => line.replace(/#.*/, '').trim()).filter(line => line !== '')
  if (wanted.length === 0) return fault('FILE_UNREADABLE', `${file}: holds no start`)
  return listed(
    wanted.map(line =>
      line.includes(',') ? placeTarget(snap, line, 'from') : nodeTarget(graph, '--starts', line),
    ),
  )
}

/** All of them, or the first fault. */
function listed(results: readonly Result<Target>[]): Result<Target[]> {
  const targets: Target[] = []
  for (const result of results) {
    if (!result.ok) return result
    targets.push(result.value)
  }
  return ok(targets)
}

function asGeoJson(search: RoadSearch, start: Target, budgetDs: number): string {
  const { hash, metadata } = search.graph
  const properties = { seconds: budgetDs / 10, graph: hash, attribution: metadata.attribution }
  const geometry = { type: 'MultiLineString', coordinates: reachShapes(search, start, budgetDs) }
  return JSON.stringify({ type: 'Feature', properties, geometry })
}
