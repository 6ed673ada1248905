import { readFile } from 'node:fs/promises'
import { fileFault } from '#protocols/cli/file-fault.ts'
import type { Logger } from '#protocols/log.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import { openGraph } from '#protocols/roads/graph.ts'
import type { RoadGraph } from '#protocols/roads/graph.ts'
import { NO_SURROUNDINGS, surroundingsOf } from './city/map-surroundings.ts'
import type { GatewayConfig } from './config.ts'
import type { Grid } from './grids/grid.ts'
import { layGrids } from './grids/lay-grids.ts'
import { prepareGrids } from './grids/prepare-grids.ts'
import { gridsWithoutMargin, ROAD_MARGIN_M } from './grids/road-margin.ts'
import { tilesBeside } from './tiles/base-map.ts'
import { openTiles } from './tiles/tiles-file.ts'
import type { Tiles } from './tiles/tiles-file.ts'

/** The ground a gateway stands on, as it was read. */
export type Land = {
  readonly graph: RoadGraph
  /** The file `graph` looks into, for whoever needs a copy of its own. */
  readonly graphBytes: Uint8Array
  readonly grids: readonly Grid[]
  readonly surroundings: string
}

/** Roads, grids and what the map shows beside them; each file that is missing or broken is named. */
export async function readLand(config: GatewayConfig, log: Logger): Promise<Result<Land>> {
  const file = await readNamed(config.roads)
  if (!file.ok) return file
  // One copy for the loop and the thread that computes coverage.
  const roads = new Uint8Array(new SharedArrayBuffer(file.value.length))
  roads.set(file.value)
  const graph = openGraph(roads)
  if (!graph.ok) return fault(graph.code, `${config.roads}: ${graph.detail}`)
  const grids =
    config.grids === ''
      ? ok(layGrids(graph.value, config.gridCount))
      : await readGrids(config, graph.value, log)
  if (!grids.ok) return grids
  const surroundings = await readSurroundings(config.city)
  if (!surroundings.ok) return surroundings
  return ok({
    graph: graph.value,
    graphBytes: roads,
    grids: grids.value,
    surroundings: surroundings.value,
  })
}

async function readSurroundings(file: string): Promise<Result<string>> {
  if (file === '') return ok(NO_SURROUNDINGS)
  const read = await readNamed(file)
  return read.ok ? surroundingsOf(`--city ${file}`, read.value.toString('utf8')) : read
}

/** The tiles named, or those beside the graph; without any the page draws the roads alone, and the log says so. */
export async function openBaseMap(config: GatewayConfig, log: Logger): Promise<Result<Tiles | null>> {
  const file = config.tiles === '' ? tilesBeside(config.roads) : config.tiles
  const found = await openTiles(file)
  if (found.ok) {
    log.info({ event: 'tiles.opened', file, tiles: found.value.count })
    return found
  }
  if (config.tiles !== '' || found.code !== 'FILE_ABSENT') return found
  log.warn({ event: 'tiles.absent', file, detail: 'the map shows roads only; import the extract again' })
  return ok(null)
}

/** The grids of the file, turned to WGS-84; what is odd about them is in the log, what is wrong with them a fault. */
async function readGrids(
  config: GatewayConfig,
  graph: RoadGraph,
  log: Logger,
): Promise<Result<readonly Grid[]>> {
  const text = await readNamed(config.grids)
  if (!text.ok) return text
  const prepared = prepareGrids(text.value.toString('utf8'), config.gridsCrs || undefined, graph)
  if (!prepared.ok) return fault(prepared.code, `${config.grids}: ${prepared.detail}`)
  const { grids, crs, findings } = prepared.value
  for (const { kind, gridIds, words } of findings) log.warn({ event: 'grids.warning', kind, gridIds, words })
  const rim = gridsWithoutMargin(grids, graph.metadata.bbox)
  if (rim.length > 0)
    log.info({
      ...{ event: 'roads.margin', grids: rim.length, gridIds: rim.slice(0, 10), marginM: ROAD_MARGIN_M },
      detail: 'roads end near these grids: import the neighbouring extracts too (reach5 roads import A B)',
    })
  log.info({ event: 'grids.read', file: config.grids, crs, grids: grids.length, warnings: findings.length })
  return ok(grids)
}

async function readNamed(file: string): Promise<Result<Buffer>> {
  try {
    return ok(await readFile(file))
  } catch (error) {
    return fileFault(file, error)
  }
}
