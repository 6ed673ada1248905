import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { shapeLengthM } from '#protocols/roads/pack-graph.ts'
import { nodeControlOf } from './drive-controls.ts'
import { GroundReading } from './ground-reading.ts'
import type { Ground } from './ground-reading.ts'
import { GROUND_KEYS, PLACE_KEYS } from './ground-rules.ts'
import { reportOf } from './import-report.ts'
import { JoinedExtracts } from './joined-extracts.ts'
import type { ImportReport } from './import-report.ts'
import { keptRoads } from './kept-roads.ts'
import type { Kept } from './kept-roads.ts'
import { NodeStore } from './node-store.ts'
import { readOsmPbf } from './osm-pbf-file.ts'
import type { OsmItem, OsmRelation, OsmWay } from './osm-pbf-file.ts'
import {
  directionsOf,
  judgeWay,
  nameOf,
  nodeBlocks,
  NODE_KEYS,
  roadClassOf,
  speedOf,
  structureOf,
  WAY_KEYS,
} from './road-rules.ts'
import type { WayVerdict } from './road-rules.ts'
import { splitWays } from './split-ways.ts'
import type { SplitResult, Way } from './split-ways.ts'
import { TurnPlaces } from './turn-places.ts'
import { restrictTurns } from './turn-restrictions.ts'
import type { DrawnTurn } from './turn-restrictions.ts'
import { TURN_KEYS } from './turn-tags.ts'

export type { ImportReport } from './import-report.ts'

export const OSM_ATTRIBUTION = '© OpenStreetMap contributors, ODbL 1.0'

/** Counts up whenever the same extract gives another network or another ground: part of the name of what is kept. */
export const IMPORT_VERSION = 6

export type Imported = {
  readonly network: RoadNetwork
  /** What stands beside the roads, for the map and for naming places. */
  readonly ground: Ground
  readonly report: ImportReport
}

const unique = (keys: readonly string[]): string[] => [...new Set(keys)]
const KEYS = {
  node: unique([...NODE_KEYS, ...PLACE_KEYS]),
  way: unique([...WAY_KEYS, ...GROUND_KEYS, ...PLACE_KEYS]),
  relation: unique([...TURN_KEYS, ...GROUND_KEYS, ...PLACE_KEYS]),
}

/**
 * Any OSM extract to a drivable road network and the ground around it, in one pass over the file; or several extracts,
 * neighbours that overlap or not, to the one network that an extract of all of them would have given. Faults: those of
 * `readOsmPbf`, and OSM_NO_ROADS for an extract without a connected drivable road. The same files always give the same
 * network, ids included, whatever their order.
 */
export async function importPbf(
  file: string | readonly string[],
  onProgress?: (doneBytes: number, totalBytes: number, file: string) => void,
): Promise<Result<Imported>> {
  const files = typeof file === 'string' ? [file] : file
  const reading = new Reading()
  const joined = files.length > 1 ? new JoinedExtracts() : undefined
  let items = 0
  for (const one of files) {
    const read = await readOsmPbf(
      one,
      { keys: KEYS, ...(onProgress && { onProgress: (done, total) => onProgress(done, total, one) }) },
      item => (joined === undefined ? reading.take(item) : joined.take(item, node => reading.take(node))),
    )
    if (!read.ok) return read
    items += read.value
  }
  joined?.finish(item => reading.take(item))
  const split = splitWays(reading.drivable, reading.nodes)
  const kept = keptRoads(split)
  if (kept.edges.length === 0)
    return fault('OSM_NO_ROADS', `${files.join(', ')}: no connected drivable road in it`)
  const turns = restrictTurns(reading.turns, placesOn(split, kept), kept)
  const ground = reading.ground.finish(reading.nodes)
  const report = reportOf({
    items,
    verdicts: reading.verdicts,
    refused: reading.refused,
    lengthM: refs => shapeLengthM(reading.lineOf(refs)),
    split,
    kept,
    turns: turns.report,
    ground,
  })
  return ok({
    network: { source: OSM_ATTRIBUTION, nodes: kept.nodes, edges: kept.edges, forbidden: turns.forbidden },
    ground,
    report,
  })
}

function placesOn(split: SplitResult, kept: Kept): TurnPlaces {
  const wayIds = kept.keptEdges.map(edge => split.wayIds[edge]!)
  const junctions = kept.keptNodes.flatMap((node, junction) => {
    const id = split.nodeIds[node]
    return id === undefined ? [] : [[id, junction] as const]
  })
  return new TurnPlaces(kept.edges, wayIds, new Map(junctions))
}

/** One pass over the file: coordinates of all nodes (16 bytes each), ways by what they are, turn restrictions. */
class Reading {
  readonly nodes = new NodeStore()
  readonly ground = new GroundReading()
  readonly drivable: Way[] = []
  /** Roads by class that no patrol may use, and why. */
  readonly refused: {
    readonly id: number
    readonly verdict: WayVerdict
    readonly refs: readonly number[]
  }[] = []
  readonly verdicts: Record<WayVerdict, number> = {
    drivable: 0,
    notRoad: 0,
    noAccess: 0,
    driveway: 0,
    area: 0,
    reversible: 0,
  }
  readonly turns: DrawnTurn[] = []

  take(item: OsmItem): void {
    switch (item.type) {
      case 'node':
        this.nodes.add(item.id, item.lat, item.lon, nodeBlocks(item.tags), nodeControlOf(item.tags))
        this.ground.takeNode(item)
        break
      case 'way':
        this.ground.takeWay(item)
        this.takeWay(item)
        break
      case 'relation':
        this.ground.takeRelation(item)
        this.takeRelation(item)
        break
    }
  }

  private takeWay({ id, refs, tags }: OsmWay): void {
    if (tags?.['highway'] === undefined) return
    const verdict = judgeWay(tags)
    this.verdicts[verdict]++
    const roadClass = roadClassOf(tags)
    if (roadClass === undefined) return
    if (verdict !== 'drivable') {
      this.refused.push({ id, verdict, refs })
      return
    }
    const structure = structureOf(tags)
    this.drivable.push({
      ...{ id, refs, roadClass, name: nameOf(tags) },
      ...speedOf(tags, roadClass),
      ...directionsOf(tags),
      ...(structure !== undefined && { structure }),
    })
  }

  private takeRelation({ id, tags, members }: OsmRelation): void {
    if (tags?.['type'] === 'restriction') this.turns.push({ id, tags, members })
  }

  /** What the extract holds of a way. */
  lineOf(refs: readonly number[]): (readonly [number, number])[] {
    return refs.flatMap(ref => {
      const node = this.nodes.at(ref)
      return node === undefined ? [] : [[node.lon, node.lat] as const]
    })
  }
}
