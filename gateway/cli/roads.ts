import { rename, writeFile } from 'node:fs/promises'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { openGraph, packGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { importPbf, OSM_ATTRIBUTION } from '../roads/import-pbf.ts'
import type { ImportReport, LeftOut } from '../roads/import-report.ts'
import type { TurnReason } from '../roads/turn-restrictions.ts'
import { baseMapOf, tilesBeside } from '../tiles/base-map.ts'
import { writeTiles } from '../tiles/tiles-file.ts'
import { profileRows } from '../profiles/profile-table.ts'
import { readProfiles } from '../profiles/profiles-file.ts'
import type { RoadWeights } from '../reach/weights.ts'
import { parseArguments } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { DRIVING_HELP, DRIVING_OPTIONS, drivingOn } from './driving.ts'
import { print, readGraph, refuse, say } from './road-verb.ts'

const HELP = `reach5 roads: the road graph

  reach5 roads import FILE.osm.pbf [FILE.osm.pbf ...] --out FILE.graph [--tiles FILE.tiles]
      drivable roads of an OpenStreetMap extract as a road graph, and the map around them as vector tiles (beside the
      graph unless said otherwise); a report of what was kept and what was left out, and why, as JSON on stdout.
      Several extracts, neighbours that overlap or not, become one graph with no seam at the border
  reach5 roads edges FILE.graph [--profile patrol] [--hour N]
      CSV id,source,target,cost_ds,reverse_cost_ds (deciseconds; -1 is closed that way), what is lost at junctions included
  reach5 roads turns FILE.graph
      CSV from_edge,via_node,to_edge,via_edges of what must not be driven: from the first edge over the junction at its
      end (and over via_edges, in order, separated by spaces) into the last edge

  reach5 roads profiles [--profiles FILE.json]
      every number of every profile and where it comes from, as JSON lines {"profile","what","value","source"}

${DRIVING_HELP}

exit 0 done, 1 where it cannot write, 2 wrong use or a wrong file`

/** A city with its neighbours; a province is one extract. */
const EXTRACTS_MAX = 64

/** `reach5 roads import | edges | turns | profiles`. */
export async function roads(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, {
    options: ['--out', '--tiles', ...DRIVING_OPTIONS],
    switches: [],
    words: { min: 1, max: 1 + EXTRACTS_MAX },
  })
  if (parsed.ok && parsed.value.switches.has('--help')) {
    print(HELP)
    return 0
  }
  const verbs = ['import', 'edges', 'turns', 'profiles']
  const [verb = '', file = '', ...more] = parsed.ok ? parsed.value.words : args
  if (!verbs.includes(verb))
    return refuse('roads', fault('USAGE', `say import, edges, turns or profiles first`))
  if (!parsed.ok) return refuse('roads', parsed)
  if (verb === 'profiles') return printProfiles(parsed.value)
  if (file === '') return refuse('roads', fault('USAGE', `${verb} needs a file`))
  const out = parsed.value.options.get('--out')
  const tiles = parsed.value.options.get('--tiles')
  if (verb !== 'import' && (out ?? tiles) !== undefined)
    return refuse('roads', fault('USAGE', '--out and --tiles belong to import'))
  if (verb === 'import') {
    if (out === undefined) return refuse('roads', fault('USAGE', 'import needs --out FILE.graph'))
    const done = await importTo([file, ...more], out, tiles ?? tilesBeside(out))
    return done.ok ? 0 : refuse('roads', done)
  }
  if (more.length > 0) return refuse('roads', fault('USAGE', `${verb} takes one graph`))
  const graph = await readGraph(file)
  if (!graph.ok) return refuse('roads', graph)
  if (verb === 'turns') {
    print(turnTable(graph.value))
    return 0
  }
  const driving = await drivingOn(parsed.value, graph.value)
  if (!driving.ok) return refuse('roads', driving)
  print(edgeTable(driving.value))
  return 0
}

async function printProfiles({ words, options }: Arguments): Promise<number> {
  if (words.length > 1)
    return refuse('roads', fault('USAGE', 'profiles takes --profiles FILE.json and no other'))
  const profiles = await readProfiles(options.get('--profiles') ?? '')
  if (!profiles.ok) return refuse('roads', profiles)
  for (const row of profileRows(profiles.value)) print(JSON.stringify(row))
  return 0
}

async function importTo(files: readonly string[], out: string, tilesOut: string): Promise<Result<true>> {
  const startedMs = performance.now()
  const says = new Map(files.map(file => [file, progress(`reading ${file}`)]))
  const imported = await importPbf(files, (done, total, file) => says.get(file)?.(done, total))
  if (!imported.ok) return imported
  const { network, ground, report } = imported.value
  const bytes = packGraph(network, { turnRestrictionsIgnored: report.turns.notObeyed })
  const graph = openGraph(bytes)
  if (!graph.ok) return graph
  try {
    // A reader never sees half a graph: the name changes hands when the file is whole.
    await writeFile(`${out}.part`, bytes)
    await rename(`${out}.part`, out)
  } catch (error) {
    return fault('FILE_UNWRITABLE', `${out}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const cutting = progress('cutting map tiles')
  const tiles = writeTiles(tilesOut, baseMapOf(network, ground.features), OSM_ATTRIBUTION, share =>
    cutting(share, 1),
  )
  if (!tiles.ok) return tiles
  const { hash, metadata } = graph.value
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  const map = { file: tilesOut, ...tiles.value }
  print(JSON.stringify({ graph: out, bytes: bytes.length, hash, ...metadata, tiles: map, report, seconds }))
  sayReport(out, report)
  say(`${tilesOut}: ${tiles.value.tiles} map tiles, ${Math.ceil(tiles.value.bytes / 1000)} kB`)
  return ok(true)
}

const REASONS: Readonly<Record<LeftOut['reason'], string>> = {
  noAccess: 'closed to cars or private',
  driveway: 'driveways and drive-throughs',
  area: 'squares drawn as areas',
  reversible: 'direction changes by the hour',
  tooLong: 'broken coordinates',
  disconnected: 'joined to the rest by no road of the extract',
}

const BORDER: Readonly<Record<keyof ImportReport['border'], string>> = {
  outOnly: 'that lead out of the extract and not back: cars are sent there',
  inOnly: 'that only lead into it: cars come from there, and it counts in no coverage',
}

const TURN_REASONS: Readonly<Record<TurnReason, string>> = {
  otherVehicle: 'for other vehicles',
  exempt: 'cars excepted',
  conditional: 'at some hours only',
  unknownSign: 'an unknown sign',
  incomplete: 'without from, via or to',
  notInGraph: 'on roads that are not in the graph',
  notJoined: 'on roads that do not meet there',
  closed: 'on ways that are closed anyway',
  ambiguous: 'fitting two ways',
  deadEnd: 'leaving no way on',
}

/** The account in words: what is in, and for each reason what is not, with ways to look at. */
function sayReport(
  out: string,
  { nodes, edges, lengthKm, keptShare, left, border, turns }: ImportReport,
): void {
  const share = (100 * keptShare).toFixed(1)
  say(`${out}: ${nodes} junctions, ${edges} edges, ${lengthKm} km of road, ${share} % of what is there`)
  for (const [part, { ways, km, examples }] of Object.entries(border))
    if (ways > 0)
      say(
        `  at the border: ${km} km in ${ways} ways, ${BORDER[part as keyof typeof BORDER]} (way ${examples.join(', ')})`,
      )
  for (const { reason, ways, km, examples } of left) {
    say(`  left out: ${km} km in ${ways} ways, ${REASONS[reason]} (way ${examples.join(', ')})`)
  }
  const obeyed = Object.values(turns.obeyed).reduce((sum, count) => sum + count, 0)
  say(
    `  turn restrictions: ${obeyed} of ${turns.seen} obeyed, ${turns.obeyedThroughWays} through other roads`,
  )
  for (const { reason, count, examples } of turns.left)
    say(`  not obeyed: ${count}, ${TURN_REASONS[reason]} (relation ${examples.join(', ')})`)
}

/** Plain lines, at most one a second and none for a file that is read at once. */
function progress(what: string): (doneBytes: number, totalBytes: number) => void {
  let saidAtMs = Date.now()
  return (doneBytes, totalBytes) => {
    if (Date.now() - saidAtMs < 1000) return
    saidAtMs = Date.now()
    say(`${what}: ${Math.floor((100 * doneBytes) / Math.max(1, totalBytes))} %`)
  }
}

function edgeTable(weights: RoadWeights): string {
  const { graph } = weights
  const costOf = (drive: number): number => (weights.isOpen(drive) ? weights.wholeDs(drive) : -1)
  const lines = ['id,source,target,cost_ds,reverse_cost_ds']
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [there, back] = [costOf(2 * edge), costOf(2 * edge + 1)]
    lines.push(`${edge},${graph.edgeFrom[edge] ?? 0},${graph.edgeTo[edge] ?? 0},${there},${back}`)
  }
  return lines.join('\n')
}

function turnTable(graph: RoadGraph): string {
  say(`${graph.metadata.turnRestrictionsIgnored} turn restrictions are not obeyed in this graph`)
  const lines = graph.forbiddenPaths().map(path => {
    const [from = 0, onto = 0] = path
    const via = path.slice(1, -1).map(drive => drive >> 1)
    return `${from >> 1},${graph.driveFrom(onto)},${(path[path.length - 1] ?? 0) >> 1},${via.join(' ')}`
  })
  return ['from_edge,via_node,to_edge,via_edges', ...lines].join('\n')
}
