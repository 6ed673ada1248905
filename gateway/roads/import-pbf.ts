import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { RoadNetwork } from '#protocols/roads/network.ts'
import { shapeLengthM } from '#protocols/roads/pack-graph.ts'
import { largestComponent } from './largest-component.ts'
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
  speedKphOf,
  WAY_KEYS,
} from './road-rules.ts'
import type { WayVerdict } from './road-rules.ts'
import { splitWays } from './split-ways.ts'
import type { Way } from './split-ways.ts'

export const OSM_ATTRIBUTION = '© OpenStreetMap contributors, ODbL 1.0'

/** What was read, kept and left out, by count. */
export type ImportReport = {
  readonly items: number
  /** Highways by verdict; `notRoad` are footways, tracks and the like. */
  readonly ways: Readonly<Record<WayVerdict, number>>
  readonly nodes: number
  readonly edges: number
  readonly oneWayEdges: number
  readonly lengthKm: number
  readonly dropped: {
    readonly missingNodes: number
    readonly blockedNodes: number
    readonly tooLongEdges: number
    /** Outside the largest set of junctions that can all reach each other. */
    readonly disconnectedNodes: number
    readonly disconnectedEdges: number
  }
  /** Turn restrictions that begin on a kept road: not obeyed yet. */
  readonly turnRestrictionsIgnored: number
}

export type Imported = { readonly network: RoadNetwork; readonly report: ImportReport }

/**
 * Any OSM extract to a drivable road network. Faults: those of `readOsmPbf`, and OSM_NO_ROADS for an extract without a
 * connected drivable road. The same file always gives the same network, ids included.
 */
export async function importPbf(
  file: string,
  onProgress?: (doneBytes: number, totalBytes: number) => void,
): Promise<Result<Imported>> {
  const reading = new Reading()
  const keys = { node: NODE_KEYS, way: WAY_KEYS, relation: ['type', 'restriction', 'restriction:motorcar'] }
  const options = onProgress === undefined ? { keys } : { keys, onProgress }
  const read = await readOsmPbf(file, options, item => reading.take(item))
  if (!read.ok) return read
  const split = splitWays(reading.drivable, reading.nodes)
  const kept = largestComponent(split)
  if (kept.edges.length === 0) return fault('OSM_NO_ROADS', `${file}: no connected drivable road in it`)
  const { missingNodes, blockedNodes, tooLongEdges } = split
  const report: ImportReport = {
    items: read.value,
    ways: reading.verdicts,
    nodes: kept.nodes.length,
    edges: kept.edges.length,
    oneWayEdges: kept.edges.filter(edge => edge.forward !== edge.backward).length,
    lengthKm: Math.round(kept.edges.reduce((sum, edge) => sum + shapeLengthM(edge.shape), 0) / 100) / 10,
    dropped: {
      missingNodes,
      blockedNodes,
      tooLongEdges,
      disconnectedNodes: split.nodes.length - kept.nodes.length,
      disconnectedEdges: split.edges.length - kept.edges.length,
    },
    turnRestrictionsIgnored: reading.restrictionsOnRoads(),
  }
  return ok({ network: { source: OSM_ATTRIBUTION, ...kept }, report })
}

/** One pass over the file: coordinates of all nodes (16 bytes each), drivable ways, where restrictions begin. */
class Reading {
  readonly nodes = new NodeStore()
  readonly drivable: Way[] = []
  readonly verdicts: Record<WayVerdict, number> = {
    drivable: 0,
    notRoad: 0,
    noAccess: 0,
    driveway: 0,
    area: 0,
    reversible: 0,
  }
  private readonly restrictionStarts: number[] = []

  take(item: OsmItem): void {
    switch (item.type) {
      case 'node':
        this.nodes.add(item.id, item.lat, item.lon, nodeBlocks(item.tags))
        break
      case 'way':
        this.takeWay(item)
        break
      case 'relation':
        this.takeRelation(item)
        break
    }
  }

  private takeWay({ id, refs, tags }: OsmWay): void {
    if (tags?.['highway'] === undefined) return
    const verdict = judgeWay(tags)
    this.verdicts[verdict]++
    const roadClass = roadClassOf(tags)
    if (verdict !== 'drivable' || roadClass === undefined) return
    const speedKph = speedKphOf(tags, roadClass)
    this.drivable.push({ id, refs, roadClass, name: nameOf(tags), speedKph, ...directionsOf(tags) })
  }

  private takeRelation({ tags, members }: OsmRelation): void {
    if (tags?.['type'] !== 'restriction') return
    if (tags['restriction'] === undefined && tags['restriction:motorcar'] === undefined) return
    const start = members.find(member => member.role === 'from' && member.type === 'way')
    if (start !== undefined) this.restrictionStarts.push(start.ref)
  }

  restrictionsOnRoads(): number {
    const roads = new Set(this.drivable.map(way => way.id))
    return this.restrictionStarts.filter(way => roads.has(way)).length
  }
}
