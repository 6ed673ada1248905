import { bboxOf } from '../geo/polygon.ts'
import { distanceM } from '../geo/sphere.ts'
import { COST_DS_MAX, GRAPH_COUNTS, GRAPH_MAGIC, GRAPH_VERSION, LENGTH_AT } from './graph-layout.ts'
import { IN_ONLY, OUT_ONLY } from './graph-layout.ts'
import { sealGraph, sectionsOf, viewsOf } from './graph-layout.ts'
import type { GraphArrays, GraphCounts, GraphMetadata } from './graph-layout.ts'
import { ROAD_CLASSES } from './network.ts'
import type { NetworkEdge, RoadNetwork } from './network.ts'
import { layArcs, splitArcs } from './split-arcs.ts'

/** What the network itself does not say. */
export type PackNotes = { readonly attribution?: string; readonly turnRestrictionsIgnored?: number }

/**
 * A network as the bytes of a graph file (layout: `RoadGraph`). Node and edge ids are the indices in the network. The
 * same network gives the same bytes. Costs are length over speed, rounded to deciseconds, at least 1. A network that
 * contradicts itself (an edge to a missing node, a speed of 0, a forbidden path over no road) is our own mistake and throws.
 */
export function packGraph(network: RoadNetwork, notes: PackNotes = {}): Uint8Array {
  const names = nameTable(network.edges)
  const split = splitArcs(network)
  const forbidden = network.forbidden ?? []
  const metadata = new TextEncoder().encode(JSON.stringify(metadataOf(network, notes)))
  const counts: GraphCounts = {
    nodes: network.nodes.length,
    edges: network.edges.length,
    arcs: split.arcs.length,
    shapePoints: network.edges.reduce((sum, e) => sum + e.shape.length, 0),
    names: names.first.length - 1,
    nameBytes: names.bytes.length,
    metadataBytes: metadata.length,
    copies: split.copyJunction.length,
    forbidden: forbidden.length,
    forbiddenDrives: forbidden.reduce((sum, path) => sum + path.length, 0),
  }
  const bytes = new Uint8Array(sectionsOf(counts).totalBytes)
  writeHeader(bytes, counts)
  const arrays = viewsOf(bytes, counts)
  fillNodes(arrays, network)
  fillEdges(arrays, network, names.indexOf)
  layArcs(arrays, split.arcs)
  arrays.copyJunction.set(split.copyJunction)
  arrays.forbiddenDrives.set(forbidden.flat())
  forbidden.forEach((path, i) => (arrays.forbiddenFirst[i + 1] = arrays.forbiddenFirst[i]! + path.length))
  arrays.nameFirst.set(names.first)
  arrays.nameBytes.set(names.bytes)
  arrays.metadataBytes.set(metadata)
  sealGraph(bytes)
  return bytes
}

/** Driving time of a stretch in deciseconds: `edgeCostOf(1000, 36)` is 1,000. Never 0, so that a search always moves on. */
export const edgeCostOf = (lengthM: number, speedKph: number): number =>
  Math.max(1, Math.round((lengthM * 36) / speedKph))

/** Length of a line of `[lon, lat]` degrees, metres. */
export function shapeLengthM(shape: NetworkEdge['shape']): number {
  let sum = 0
  for (let i = 1; i < shape.length; i++) {
    const [a, b] = [shape[i - 1] ?? [0, 0], shape[i] ?? [0, 0]]
    sum += distanceM({ lon: a[0], lat: a[1] }, { lon: b[0], lat: b[1] })
  }
  return sum
}

/** Our own mistake, not the world's: stop. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

const e7 = (degrees: number): number => Math.round(degrees * 1e7)

function metadataOf(network: RoadNetwork, notes: PackNotes): GraphMetadata {
  const shapes = network.edges.flatMap(edge => edge.shape)
  const nodes = network.nodes.map(node => [node.lon, node.lat] as const)
  return {
    source: network.source,
    attribution: notes.attribution ?? network.source,
    crs: 'WGS-84',
    bbox: bboxOf([...shapes, ...nodes]),
    turnRestrictionsIgnored: notes.turnRestrictionsIgnored ?? 0,
  }
}

function writeHeader(bytes: Uint8Array, counts: GraphCounts): void {
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from(GRAPH_MAGIC, 'latin1'), 0)
  view.setUint32(8, GRAPH_VERSION, true)
  GRAPH_COUNTS.forEach((name, index) => {
    view.setUint32(12 + 4 * index, counts[name], true)
  })
  view.setUint32(LENGTH_AT, bytes.length, true)
}

function fillNodes(arrays: GraphArrays, network: RoadNetwork): void {
  network.nodes.forEach((node, index) => {
    must(Math.abs(node.lat) <= 90 && Math.abs(node.lon) <= 180, `node ${index} lies outside the world`)
    arrays.latE7[index] = e7(node.lat)
    arrays.lonE7[index] = e7(node.lon)
  })
}

function fillEdges(arrays: GraphArrays, network: RoadNetwork, nameIndexOf: (name: string) => number): void {
  let shapeAt = 0
  network.edges.forEach((edge, index) => {
    const inside = (node: number): boolean =>
      Number.isInteger(node) && node >= 0 && node < network.nodes.length
    must(inside(edge.from) && inside(edge.to), `edge ${index} ends at no node`)
    must(edge.shape.length >= 2 && edge.speedKph > 0, `edge ${index} has no shape or no speed`)
    const lengthM = shapeLengthM(edge.shape)
    const costDs = edgeCostOf(lengthM, edge.speedKph)
    must(costDs <= COST_DS_MAX, `edge ${index} takes ${costDs} ds, more than ${COST_DS_MAX}`)
    arrays.edgeFrom[index] = edge.from
    arrays.edgeTo[index] = edge.to
    arrays.edgeLengthDm[index] = Math.round(lengthM * 10)
    arrays.edgeCosts[index] = costDs
    arrays.edgeNames[index] = nameIndexOf(edge.name)
    arrays.edgeClasses[index] = ROAD_CLASSES.indexOf(edge.roadClass)
    arrays.edgeFlags[index] =
      Number(edge.forward) +
      2 * Number(edge.backward) +
      4 * Number(edge.speedByClass ?? false) +
      (edge.part === 'outOnly' ? OUT_ONLY : 0) +
      (edge.part === 'inOnly' ? IN_ONLY : 0)
    arrays.driveControls.set(edge.controls ?? [0, 0], 2 * index)
    arrays.edgeShapeFirst[index] = shapeAt
    for (const [lon, lat] of edge.shape) {
      arrays.shapeLonE7[shapeAt] = e7(lon)
      arrays.shapeLatE7[shapeAt++] = e7(lat)
    }
  })
  arrays.edgeShapeFirst[network.edges.length] = shapeAt
}

/** Each name once, in order of first use, as UTF-8 with offsets. */
function nameTable(edges: readonly NetworkEdge[]) {
  const index = new Map<string, number>()
  for (const { name } of edges) if (!index.has(name)) index.set(name, index.size)
  const encoded = [...index.keys()].map(name => new TextEncoder().encode(name))
  const first = new Uint32Array(encoded.length + 1)
  encoded.forEach((bytes, i) => {
    first[i + 1] = (first[i] ?? 0) + bytes.length
  })
  const bytes = new Uint8Array(first[encoded.length] ?? 0)
  encoded.forEach((name, i) => {
    bytes.set(name, first[i] ?? 0)
  })
  return { first, bytes, indexOf: (name: string): number => index.get(name) ?? 0 }
}
