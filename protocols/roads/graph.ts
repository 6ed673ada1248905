import { fault, ok } from '../result.ts'
import type { Fault, Result } from '../result.ts'
import { checkStructure, GRAPH_COUNTS, GRAPH_MAGIC, GRAPH_VERSION, graphHash } from './graph-layout.ts'
import { HASH_AT, HEADER_BYTES, LENGTH_AT, sectionsOf, viewsOf } from './graph-layout.ts'
import { IN_ONLY, OUT_ONLY } from './graph-layout.ts'
import type { GraphArrays, GraphCounts, GraphMetadata } from './graph-layout.ts'
import { ROAD_CLASSES } from './network.ts'
import type { Drive, ForbiddenPath, RoadClass } from './network.ts'
import { layArcs } from './split-arcs.ts'

export { packGraph } from './pack-graph.ts'
export type { GraphMetadata } from './graph-layout.ts'

/**
 * The one definition of what a part of an edge costs, shared by search, oracle and simulator so that their numbers agree
 * to the decisecond. `fraction` runs from the edge's `from` (0) to its `to` (1); the rest is `costDs` less the part, so
 * part and rest always add up. `partialCostDs(15, 0.5)` is 8, the rest 7.
 */
export const partialCostDs = (costDs: number, fraction: number): number => Math.round(costDs * fraction)

/**
 * A road network in flat arrays, read-only, backed by the bytes of one file. All numbers little-endian (every machine we
 * run on is). N junctions, C copies of junctions, E edges, A arcs (an edge open both ways is two, and a copy has arcs of its
 * own), S shape points, K names, F forbidden paths:
 *
 *   at  0  'R5GRAPH\0'   8 format version u32   12 N   16 E   20 A   24 S   28 K   32 name bytes   36 metadata bytes
 *      40  C   44 F   48 drives of forbidden paths   52 length of the file   56 SHA-256 over everything but these 32 bytes
 *      88  the sections:
 *
 *   latE7 i32[N]  lonE7 i32[N]                                  1e-7 degrees WGS-84
 *   arcFirst u32[N+C+1]  arcTo u32[A]  arcDrive u32[A]          arcs leaving n: arcFirst[n] .. arcFirst[n+1]-1
 *   backFirst u32[N+C+1]  backFrom u32[A]  backDrive u32[A]     the same arcs, by the node they enter
 *   edgeFrom u32[E]  edgeTo u32[E]  edgeLengthDm u32[E]  edgeCosts u32[E]  edgeNames u32[E]  edgeShapeFirst u32[E+1]
 *   shapeLatE7 i32[S]  shapeLonE7 i32[S]                        both ends of every edge included
 *   nameFirst u32[K+1]
 *   copyJunction u32[C]                                         rising; copy i is node N+i of a search
 *   forbiddenFirst u32[F+1]  forbiddenDrives u32[]              what the copies obey, for people and oracles
 *   edgeClasses u8[E]  edgeFlags u8[E]                          flags: 1 forward open, 2 backward open, 4 no limit tagged,
 *                                                               8 OUT_ONLY, 16 IN_ONLY
 *   driveControls u8[2E]                                        signals and the like on the way: `packControls`
 *   names UTF-8   metadata JSON UTF-8
 *
 * A search goes from node to node: 0 .. N-1 are the junctions (the ids people see), N .. N+C-1 the copies somebody stands
 * on who has driven the beginning of a forbidden path (`split-junctions.ts`). The time of a junction is the least of its own
 * and its copies'. A drive is twice an edge, one more against it. Arcs of a node are in edge order, the forward one
 * first. Costs are integer deciseconds, 1 <= cost <= COST_DS_MAX: never zero, so a search always moves on. What driving
 * takes in a profile is laid over this (`gateway/reach/weights.ts`).
 */
export class RoadGraph {
  /** Junctions: ids below this are for people. */
  readonly nodeCount: number
  /** Junctions and copies: what a search goes over. */
  readonly searchCount: number
  readonly edgeCount: number
  readonly arcCount: number
  readonly latE7: Int32Array
  readonly lonE7: Int32Array
  readonly arcFirst: Uint32Array
  readonly arcTo: Uint32Array
  readonly arcDrive: Uint32Array
  readonly backFirst: Uint32Array
  readonly backFrom: Uint32Array
  readonly backDrive: Uint32Array
  readonly edgeFrom: Uint32Array
  readonly edgeTo: Uint32Array
  readonly edgeLengthDm: Uint32Array
  /** Index with an edge, or ask `edgeCostDs`. */
  readonly edgeCosts: Uint32Array
  readonly edgeShapeFirst: Uint32Array
  readonly shapeLatE7: Int32Array
  readonly shapeLonE7: Int32Array
  readonly edgeFlags: Uint8Array
  /** Index with a drive: what it passes, as `unpackControls` reads it. */
  readonly driveControls: Uint8Array
  /** Copies of junction n: nodes copyFirst[n] .. copyFirst[n+1]-1. */
  readonly copyFirst: Uint32Array
  readonly metadata: GraphMetadata
  /** SHA-256 of the file in hex: which graph an answer was computed on. */
  readonly hash: string
  private readonly arrays: GraphArrays
  private ends: Uint32Array | undefined

  constructor(
    counts: Pick<GraphCounts, 'nodes' | 'edges' | 'arcs' | 'copies'>,
    arrays: GraphArrays,
    metadata: GraphMetadata,
    hash: string,
  ) {
    this.nodeCount = counts.nodes
    this.searchCount = counts.nodes + counts.copies
    this.edgeCount = counts.edges
    this.arcCount = counts.arcs
    this.arrays = arrays
    this.latE7 = arrays.latE7
    this.lonE7 = arrays.lonE7
    this.arcFirst = arrays.arcFirst
    this.arcTo = arrays.arcTo
    this.arcDrive = arrays.arcDrive
    this.backFirst = arrays.backFirst
    this.backFrom = arrays.backFrom
    this.backDrive = arrays.backDrive
    this.edgeFrom = arrays.edgeFrom
    this.edgeTo = arrays.edgeTo
    this.edgeLengthDm = arrays.edgeLengthDm
    this.edgeCosts = arrays.edgeCosts
    this.edgeShapeFirst = arrays.edgeShapeFirst
    this.shapeLatE7 = arrays.shapeLatE7
    this.shapeLonE7 = arrays.shapeLonE7
    this.edgeFlags = arrays.edgeFlags
    this.driveControls = arrays.driveControls
    this.copyFirst = copyOffsets(counts.nodes, arrays.copyJunction)
    this.metadata = metadata
    this.hash = hash
  }

  /**
   * Index with a drive: the node it leads to when nothing was driven before it; its junction when it is closed. Laid out when
   * first asked for: who only looks at a map never does.
   */
  get driveEnd(): Uint32Array {
    return (this.ends ??= driveEnds(this, this.arrays))
  }

  /** Latitude of a node in degrees. */
  lat(node: number): number {
    return (this.latE7[node] ?? 0) / 1e7
  }

  /** Longitude of a node in degrees. */
  lon(node: number): number {
    return (this.lonE7[node] ?? 0) / 1e7
  }

  /** No limit is tagged: the speed behind `edgeCostDs` is the one its class had at import. */
  isSpeedByClass(edge: number): boolean {
    return ((this.edgeFlags[edge] ?? 0) & 4) !== 0
  }

  /** What driving the whole edge takes in length over speed, deciseconds, whichever way it is open. */
  edgeCostDs(edge: number): number {
    return this.edgeCosts[edge] ?? 0
  }

  /** Drivable from `edgeFrom` to `edgeTo`. */
  isForward(edge: number): boolean {
    return ((this.edgeFlags[edge] ?? 0) & 1) !== 0
  }

  /** Drivable from `edgeTo` to `edgeFrom`. */
  isBackward(edge: number): boolean {
    return ((this.edgeFlags[edge] ?? 0) & 2) !== 0
  }

  /** Reached from the rest of the map, with no way back to it: a place to go to, not to come from. */
  isOutOnly(edge: number): boolean {
    return ((this.edgeFlags[edge] ?? 0) & OUT_ONLY) !== 0
  }

  /** Leads to the rest of the map, and no car of the map can get there. */
  isInOnly(edge: number): boolean {
    return ((this.edgeFlags[edge] ?? 0) & IN_ONLY) !== 0
  }

  /** The junction a drive begins at. */
  driveFrom(drive: Drive): number {
    return ((drive & 1) === 0 ? this.edgeFrom : this.edgeTo)[drive >> 1]!
  }

  isOpen(drive: Drive): boolean {
    return ((this.edgeFlags[drive >> 1] ?? 0) & (1 + (drive & 1))) !== 0
  }

  /** The junction of a search's node, which is the node itself unless it is a copy. */
  junctionOf(node: number): number {
    return node < this.nodeCount ? node : this.arrays.copyJunction[node - this.nodeCount]!
  }

  /** The arc by which a search's node can be left on a drive, -1 when that is no way on from there. */
  arcOf(node: number, drive: Drive): number {
    const end = this.arcFirst[node + 1]!
    for (let arc = this.arcFirst[node]!; arc < end; arc++) if (this.arcDrive[arc] === drive) return arc
    return -1
  }

  /** Drives in a row that this graph does not drive in a row; for people and oracles. */
  forbiddenPaths(): ForbiddenPath[] {
    const { forbiddenFirst, forbiddenDrives } = this.arrays
    return Array.from({ length: forbiddenFirst.length - 1 }, (_, i) => [
      ...forbiddenDrives.subarray(forbiddenFirst[i], forbiddenFirst[i + 1]),
    ])
  }

  /** The same roads with nothing forbidden; the same graph when nothing is. New arrays only where they differ. */
  withoutTurns(): RoadGraph {
    return this.searchCount === this.nodeCount ? this : this.laidAnew(this.edgeFlags)
  }

  /** The same roads, every one open both ways and no turn forbidden: for those who walk. */
  openBothWays(): RoadGraph {
    return this.laidAnew(this.edgeFlags.map(flags => (flags | 3) & ~(OUT_ONLY | IN_ONLY)))
  }

  private laidAnew(edgeFlags: Uint8Array): RoadGraph {
    const isOpen = (drive: Drive): boolean => (edgeFlags[drive >> 1]! & (1 + (drive & 1))) !== 0
    const drives = Array.from({ length: 2 * this.edgeCount }, (_, drive) => drive).filter(isOpen)
    const arcs = drives.map(drive => ({
      drive,
      tail: this.driveFrom(drive),
      head: this.driveFrom(drive ^ 1),
    }))
    const offsets = (): Uint32Array => new Uint32Array(this.nodeCount + 1)
    const perArc = (): Uint32Array => new Uint32Array(arcs.length)
    const arrays: GraphArrays = {
      ...this.arrays,
      edgeFlags,
      ...{ arcFirst: offsets(), arcTo: perArc(), arcDrive: perArc() },
      ...{ backFirst: offsets(), backFrom: perArc(), backDrive: perArc() },
      ...{ copyJunction: perArc().subarray(0, 0), forbiddenFirst: Uint32Array.of(0) },
    }
    layArcs(arrays, arcs)
    const counts = { nodes: this.nodeCount, edges: this.edgeCount, arcs: arcs.length, copies: 0 }
    return new RoadGraph(counts, arrays, this.metadata, this.hash)
  }

  edgeClass(edge: number): RoadClass {
    return ROAD_CLASSES[this.edgeClassIndex(edge)] ?? 'unclassified'
  }

  /** Index of the class in `ROAD_CLASSES`. */
  edgeClassIndex(edge: number): number {
    return this.arrays.edgeClasses[edge] ?? 0
  }

  /** The road's name, '' when it has none. Decoded on every call: for people, not for loops. */
  edgeName(edge: number): string {
    const name = this.arrays.edgeNames[edge] ?? 0
    const first = this.arrays.nameFirst[name] ?? 0
    const end = this.arrays.nameFirst[name + 1] ?? first
    return new TextDecoder().decode(this.arrays.nameBytes.subarray(first, end))
  }

  /** The edge's line as `[lon, lat]` degrees, from `edgeFrom` to `edgeTo`, both ends included. */
  edgeShape(edge: number): [number, number][] {
    const shape: [number, number][] = []
    const end = this.edgeShapeFirst[edge + 1] ?? 0
    for (let i = this.edgeShapeFirst[edge] ?? 0; i < end; i++) {
      shape.push([(this.shapeLonE7[i] ?? 0) / 1e7, (this.shapeLatE7[i] ?? 0) / 1e7])
    }
    return shape
  }
}

/** Copies are few: between two of them the same offset is filled in. */
function copyOffsets(junctions: number, copyJunction: Uint32Array): Uint32Array {
  const first = new Uint32Array(junctions + 1)
  let from = 0
  for (const [copy, junction] of copyJunction.entries()) {
    first.fill(junctions + copy, from, junction + 1)
    from = junction + 1
  }
  return first.fill(junctions + copyJunction.length, from)
}

/** An arc ends where its drive does, or at a copy of that. */
function driveEnds(
  { nodeCount, edgeCount }: Pick<RoadGraph, 'nodeCount' | 'edgeCount'>,
  { arcFirst, arcTo, arcDrive, edgeFrom, edgeTo }: GraphArrays,
): Uint32Array {
  const ends = new Uint32Array(2 * edgeCount)
  for (let edge = 0; edge < edgeCount; edge++) {
    ends[2 * edge] = edgeTo[edge]!
    ends[2 * edge + 1] = edgeFrom[edge]!
  }
  const arcs = arcFirst[nodeCount]!
  for (let arc = 0; arc < arcs; arc++) if (arcTo[arc]! >= nodeCount) ends[arcDrive[arc]!] = arcTo[arc]!
  return ends
}

/**
 * Bytes of a graph file to a graph. The arrays look into `bytes` (copied only when not aligned to 4), so do not write
 * to them afterwards. Faults: GRAPH_MAGIC (another kind of file), GRAPH_VERSION, GRAPH_TRUNCATED (length differs from
 * the one written), GRAPH_HASH (bits flipped), GRAPH_STRUCTURE (hash is right, numbers point outside).
 */
export function openGraph(bytes: Uint8Array): Result<RoadGraph> {
  const refused = refuseHeader(bytes)
  if (refused !== undefined) return refused
  const hash = graphHash(bytes)
  if (hash !== Buffer.from(bytes.subarray(HASH_AT, HASH_AT + 32)).toString('hex')) {
    return fault('GRAPH_HASH', 'the file was altered after it was written: import it again')
  }
  const counts = countsOf(bytes)
  if (sectionsOf(counts).totalBytes !== bytes.length)
    return fault('GRAPH_STRUCTURE', 'sections do not fill the file')
  const arrays = viewsOf(bytes.byteOffset % 4 === 0 ? bytes : bytes.slice(), counts)
  const broken = checkStructure(counts, arrays, ROAD_CLASSES.length)
  if (broken !== undefined) return fault('GRAPH_STRUCTURE', broken)
  const metadata = readMetadata(arrays.metadataBytes)
  if (metadata === undefined) return fault('GRAPH_STRUCTURE', 'metadata is not readable')
  return ok(new RoadGraph(counts, arrays, metadata, hash))
}

function refuseHeader(bytes: Uint8Array): Fault | undefined {
  const magic = Buffer.from(bytes.subarray(0, GRAPH_MAGIC.length)).toString('latin1')
  if (magic !== GRAPH_MAGIC) return fault('GRAPH_MAGIC', 'not a road graph file')
  if (bytes.length < HEADER_BYTES) return fault('GRAPH_TRUNCATED', `${bytes.length} bytes, header cut off`)
  const version = viewOf(bytes).getUint32(8, true)
  if (version !== GRAPH_VERSION) {
    return fault(
      'GRAPH_VERSION',
      `format ${version}, this program reads ${GRAPH_VERSION}: import the extract again`,
    )
  }
  const written = viewOf(bytes).getUint32(LENGTH_AT, true)
  if (written !== bytes.length) return fault('GRAPH_TRUNCATED', `${bytes.length} bytes of ${written}`)
  return undefined
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function countsOf(bytes: Uint8Array): GraphCounts {
  const at = (index: number): number => viewOf(bytes).getUint32(12 + 4 * index, true)
  return Object.fromEntries(GRAPH_COUNTS.map((name, index) => [name, at(index)])) as GraphCounts
}

function readMetadata(bytes: Uint8Array): GraphMetadata | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isMetadata(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isMetadata(value: unknown): value is GraphMetadata {
  if (typeof value !== 'object' || value === null) return false
  const { source, attribution, crs, bbox, turnRestrictionsIgnored } = value as Record<string, unknown>
  const words = typeof source === 'string' && typeof attribution === 'string' && crs === 'WGS-84'
  return words && typeof bbox === 'object' && bbox !== null && typeof turnRestrictionsIgnored === 'number'
}
