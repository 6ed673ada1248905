import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { layGrids } from '#gateway/grids/lay-grids.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { baseMapOf } from '#gateway/tiles/base-map.ts'
import { tilesFile } from '#gateway/tiles/pack-tiles.ts'
import type { GroundFeature } from '#gateway/tiles/ground-features.ts'
import { TILES_VERSION } from '#gateway/tiles/tiles-layout.ts'
import type { NamedPlace } from '#gateway/roads/ground-reading.ts'
import { prepareGrids } from '#gateway/grids/prepare-grids.ts'
import { gridsGeoJson } from '#gateway/grids/grid-geojson.ts'
import { IMPORT_VERSION, importPbf } from '#gateway/roads/import-pbf.ts'
import type { ImportReport } from '#gateway/roads/import-pbf.ts'
import { fileFault } from '#protocols/cli/file-fault.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { GRAPH_VERSION } from '#protocols/roads/graph-layout.ts'
import { packGraph } from '#protocols/roads/pack-graph.ts'
import { CITY_VERSION, cityOn, simulatedCity } from '../city/city.ts'
import type { City } from '../city/city.ts'
import { realLandmarks } from '../city/real-landmarks.ts'
import type { Beat } from '../traffic/beat.ts'
import { StreetMap } from '../traffic/street-map.ts'
import { beatsOf } from './beats.ts'
import type { DemoFlags } from './flags.ts'
import { readCache, writeCache } from './world-cache.ts'
import { surroundingsOf } from './surroundings.ts'

/** Grids laid over an extract: as many as the reform text's city has, fewer when a small town would be cut to shreds. */
const GRIDS_MAX = 51
const JUNCTIONS_PER_GRID_MIN = 250

export type WorldFlags = Pick<DemoFlags, 'seed' | 'junctions' | 'roads' | 'grids' | 'grids-crs'>

/** The place the demo lives on, and the files the gateway reads it from. */
export type World = {
  readonly city: City
  readonly map: StreetMap
  readonly grids: readonly Grid[]
  /** The streets a unit of this grid patrols. */
  beatOf(grid: Grid): Beat
  readonly files: { readonly roads: string; readonly grids: string; readonly city: string }
  /** Only of a real extract: what was kept and what was left out. */
  readonly report: ImportReport | null
}

/** What is kept of a world besides the gateway's files. */
type Made = { readonly city: City; readonly grids: readonly Grid[]; readonly report: ImportReport | null }

/**
 * Draws the simulated city, or reads a real extract, and writes it down for the gateway. Made once per seed, size and
 * generator (or extract): the next start reads `dir`; what it cannot read there, or is of another kind, it makes again.
 */
export async function prepareWorld(
  flags: WorldFlags,
  dir: string,
  say: (words: string) => void = () => {},
): Promise<Result<World>> {
  const given = await readGivenGrids(flags)
  if (!given.ok) return given
  const key = await keyOf(flags, given.value)
  if (!key.ok) return key
  const files = {
    roads: join(dir, 'roads.graph'),
    grids: join(dir, 'grids.geojson'),
    city: join(dir, 'city.geojson'),
  }
  const known = await readCache<Made>(dir, key.value)
  if (known !== undefined) return ok(worldOf(known, files, say))

  const made = flags.roads === undefined ? drawn(flags, say) : await imported(flags.roads, flags.seed, say)
  if (!made.ok) return made
  const { report, ground, places } = made.value
  const city = given.value === undefined ? made.value.city : { ...made.value.city, grids: [] }
  const packed = packGraph(city.network)
  const graph = openGraph(packed)
  if (!graph.ok) return graph
  const prepared = gridsFor(city, graph.value, given.value, places, say)
  if (!prepared.ok) return prepared
  const grids = prepared.value
  const whole: Made = { city, grids, report }
  const surroundings = surroundingsOf(city)
  say('cutting map tiles')
  await writeCache(dir, key.value, whole, {
    'roads.graph': packed,
    'grids.geojson': gridsText(city, grids),
    'city.geojson': JSON.stringify(surroundings),
    'roads.tiles': tilesFile(
      baseMapOf(city.network, [...ground, ...surroundings.features]),
      city.network.source,
    ),
  })
  return ok(worldOf(whole, files, say))
}

function worldOf({ city, grids, report }: Made, files: World['files'], say: (words: string) => void): World {
  const { network } = city
  say(
    `${network.nodes.length} junctions, ${network.edges.length} roads, ${grids.length} grids (${network.source})`,
  )
  if (report)
    say(`  left out: ${JSON.stringify(report.dropped)}; simulated drivers do not know its turn restrictions`)
  const map = new StreetMap(network)
  return { city, grids, report, files, map, beatOf: beatsOf(map, grids) }
}

const gridCountOf = ({ network }: City): number =>
  Math.max(1, Math.min(GRIDS_MAX, Math.floor(network.nodes.length / JUNCTIONS_PER_GRID_MIN)))

/** The grids that were given, else the city's own, else laid over its roads. */
function gridsFor(
  city: City,
  graph: RoadGraph,
  given: GivenGrids | undefined,
  places: readonly NamedPlace[],
  say: (words: string) => void,
): Result<readonly Grid[]> {
  if (given !== undefined) {
    const prepared = prepareGrids(given.text, given.crs, graph)
    if (!prepared.ok) return fault(prepared.code, `--grids ${given.file}: ${prepared.detail}`)
    for (const { words } of prepared.value.findings) say(`  grids: ${words}`)
    return ok(prepared.value.grids)
  }
  if (city.grids.length === 0) return ok(layGrids(graph, gridCountOf(city), places))
  return ok(city.grids.map(g => ({ id: g.id, name: g.properties.name, polygon: g.geometry.coordinates })))
}

type GivenGrids = { readonly file: string; readonly text: string; readonly crs: string | undefined }

async function readGivenGrids(flags: WorldFlags): Promise<Result<GivenGrids | undefined>> {
  const { grids: file, 'grids-crs': crs } = flags
  if (file === undefined)
    return crs === undefined ? ok(undefined) : fault('USAGE', '--grids-crs belongs to --grids FILE.geojson')
  try {
    return ok({ file, crs, text: await readFile(file, 'utf8') })
  } catch (error) {
    return fileFault(`--grids ${file}`, error)
  }
}

/** What the gateway can read: files of another format are made again. */
const FORMATS = `graph ${GRAPH_VERSION}, tiles ${TILES_VERSION}`

/** Everything the result depends on. */
async function keyOf(flags: WorldFlags, given: GivenGrids | undefined): Promise<Result<string>> {
  const roads = await roadsKeyOf(flags)
  if (!roads.ok || given === undefined) return roads
  const hash = createHash('sha256').update(given.text).digest('hex')
  return ok(`${roads.value}, grids ${hash} ${given.crs ?? ''}`)
}

async function roadsKeyOf(flags: WorldFlags): Promise<Result<string>> {
  const { seed, junctions, roads } = flags
  if (roads === undefined) return ok(`city ${CITY_VERSION}, ${FORMATS}, seed ${seed}, ${junctions} junctions`)
  try {
    const hash = createHash('sha256')
      .update(await readFile(roads))
      .digest('hex')
    return ok(`extract ${hash}, import ${IMPORT_VERSION}, city ${CITY_VERSION}, ${FORMATS}, seed ${seed}`)
  } catch (error) {
    return fileFault(`--roads ${roads}`, error)
  }
}

/** `ground`: what an extract shows beside its roads, for the map alone. */
type Drawn = Omit<Made, 'grids'> & {
  readonly ground: readonly GroundFeature[]
  readonly places: readonly NamedPlace[]
}

function drawn(
  { seed, junctions }: Pick<DemoFlags, 'seed' | 'junctions'>,
  say: (words: string) => void,
): Result<Drawn> {
  if (junctions > 10_000)
    say(`drawing a city of ${junctions} junctions; the next start reads it from its file`)
  return ok({
    city: simulatedCity({ seed, junctions, onProgress: say }),
    report: null,
    ground: [],
    places: [],
  })
}

async function imported(file: string, seed: number, say: (words: string) => void): Promise<Result<Drawn>> {
  let told = 0
  const read = await importPbf(file, (done, total) => {
    const quarter = Math.floor((4 * done) / Math.max(1, total))
    if (quarter > told) say(`reading roads: ${(told = quarter) * 25} %`)
  })
  if (!read.ok) return read
  const { network, ground, report } = read.value
  const landmarks = realLandmarks(network, ground.places)
  return ok({
    city: { ...cityOn(network, seed), landmarks },
    report,
    ground: ground.features,
    places: ground.places,
  })
}

/** The city's own grids keep what it knows of them besides: county, station, demand. */
const gridsText = (city: City, grids: readonly Grid[]): string =>
  city.grids.length > 0
    ? JSON.stringify({ type: 'FeatureCollection', crs: 'WGS84', features: city.grids })
    : gridsGeoJson(grids)
