import { createHash } from 'node:crypto'
import type { Bbox } from '../geo/polygon.ts'

/** Raised with every change of the layout; an unknown version is refused, never guessed at. */
export const GRAPH_VERSION = 3
export const GRAPH_MAGIC = 'R5GRAPH\0'

/**
 * Flags of an edge whose other direction lies beyond the map (`NetworkEdge.part`). A file from before they were known has none
 * of either, and means the same.
 */
export const OUT_ONLY = 8
export const IN_ONLY = 16

/** What a graph says about itself. */
export type GraphMetadata = {
  readonly source: string
  /** To be shown wherever the roads are shown. */
  readonly attribution: string
  /** Inside it is always WGS-84; shifted coordinates are turned back before they get here. */
  readonly crs: 'WGS-84'
  readonly bbox: Bbox
  /** Turn restrictions the importer saw and could not or would not obey: ETAs may be short by a forbidden turn. */
  readonly turnRestrictionsIgnored: number
}

/** The counts in the header, in the order they are written there. */
export const GRAPH_COUNTS = [
  'nodes',
  'edges',
  'arcs',
  'shapePoints',
  'names',
  'nameBytes',
  'metadataBytes',
  'copies',
  'forbidden',
  'forbiddenDrives',
] as const
export type GraphCounts = Readonly<Record<(typeof GRAPH_COUNTS)[number], number>>

export const HEADER_BYTES = 88
/** Where the length of the file stands in the header, and the SHA-256. */
export const LENGTH_AT = 52
export const HASH_AT = 56

/** About 29 hours on one stretch of road: nothing drivable costs more, and a bucket queue of this many is 4 MiB. */
export const COST_DS_MAX = 2 ** 20

/** The sections of a graph file, in file order; see `RoadGraph` for what they mean. */
export type GraphArrays = {
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
  readonly edgeCosts: Uint32Array
  readonly edgeNames: Uint32Array
  readonly edgeShapeFirst: Uint32Array
  readonly shapeLatE7: Int32Array
  readonly shapeLonE7: Int32Array
  readonly nameFirst: Uint32Array
  readonly copyJunction: Uint32Array
  readonly forbiddenFirst: Uint32Array
  readonly forbiddenDrives: Uint32Array
  readonly edgeClasses: Uint8Array
  readonly edgeFlags: Uint8Array
  readonly driveControls: Uint8Array
  readonly nameBytes: Uint8Array
  readonly metadataBytes: Uint8Array
}

type Kind = 'i32' | 'u32' | 'u8'
type SectionName = keyof GraphArrays

const SECTIONS: readonly (readonly [SectionName, Kind, (c: GraphCounts) => number])[] = [
  ['latE7', 'i32', c => c.nodes],
  ['lonE7', 'i32', c => c.nodes],
  ['arcFirst', 'u32', c => c.nodes + c.copies + 1],
  ['arcTo', 'u32', c => c.arcs],
  ['arcDrive', 'u32', c => c.arcs],
  ['backFirst', 'u32', c => c.nodes + c.copies + 1],
  ['backFrom', 'u32', c => c.arcs],
  ['backDrive', 'u32', c => c.arcs],
  ['edgeFrom', 'u32', c => c.edges],
  ['edgeTo', 'u32', c => c.edges],
  ['edgeLengthDm', 'u32', c => c.edges],
  ['edgeCosts', 'u32', c => c.edges],
  ['edgeNames', 'u32', c => c.edges],
  ['edgeShapeFirst', 'u32', c => c.edges + 1],
  ['shapeLatE7', 'i32', c => c.shapePoints],
  ['shapeLonE7', 'i32', c => c.shapePoints],
  ['nameFirst', 'u32', c => c.names + 1],
  ['copyJunction', 'u32', c => c.copies],
  ['forbiddenFirst', 'u32', c => c.forbidden + 1],
  ['forbiddenDrives', 'u32', c => c.forbiddenDrives],
  ['edgeClasses', 'u8', c => c.edges],
  ['edgeFlags', 'u8', c => c.edges],
  ['driveControls', 'u8', c => 2 * c.edges],
  ['nameBytes', 'u8', c => c.nameBytes],
  ['metadataBytes', 'u8', c => c.metadataBytes],
]

/** Where each section starts and how long the file is, from the counts alone. */
export function sectionsOf(counts: GraphCounts): {
  starts: ReadonlyMap<SectionName, number>
  totalBytes: number
} {
  const starts = new Map<SectionName, number>()
  let at = HEADER_BYTES
  for (const [name, kind, countOf] of SECTIONS) {
    starts.set(name, at)
    at += countOf(counts) * (kind === 'u8' ? 1 : 4)
  }
  return { starts, totalBytes: at }
}

/** Typed views into `bytes`, which must be aligned to 4 and as long as the counts say. */
export function viewsOf(bytes: Uint8Array, counts: GraphCounts): GraphArrays {
  const { starts } = sectionsOf(counts)
  const views = SECTIONS.map(([name, kind, countOf]) => {
    const at = bytes.byteOffset + (starts.get(name) ?? 0)
    return [name, viewOf(kind, bytes.buffer, at, countOf(counts))]
  })
  return Object.fromEntries(views) as GraphArrays
}

function viewOf(kind: Kind, buffer: ArrayBufferLike, at: number, length: number) {
  switch (kind) {
    case 'i32':
      return new Int32Array(buffer, at, length)
    case 'u32':
      return new Uint32Array(buffer, at, length)
    case 'u8':
      return new Uint8Array(buffer, at, length)
  }
}

/**
 * Every index points inside and every cost is in bounds, or a sentence saying what is not. A hash proves that nothing
 * was altered, not that the writer was right; a search over a wrong index would run for ever instead of failing.
 */
export function checkStructure(c: GraphCounts, a: GraphArrays, classCount: number): string | undefined {
  if (!rising(a.nameFirst, c.nameBytes)) return 'name offsets do not rise'
  if (!rising(a.forbiddenFirst, c.forbiddenDrives)) return 'offsets of forbidden paths do not rise'
  if (!below(a.forbiddenDrives, 2 * c.edges)) return 'a forbidden path leads over no edge'
  if (
    !below(a.copyJunction, c.nodes) ||
    !a.copyJunction.every((at, i) => i === 0 || at >= a.copyJunction[i - 1]!)
  )
    return 'a copy belongs to no junction'
  const broken = edgeFault(c, a, classCount)
  if (broken !== undefined) return broken
  return (
    arcFault(c, a, { first: a.arcFirst, drives: a.arcDrive, others: a.arcTo }, 0) ??
    arcFault(c, a, { first: a.backFirst, drives: a.backDrive, others: a.backFrom }, 1)
  )
}

/** All there is to check of an edge in one pass: code that runs for the first time in a process is slow. */
function edgeFault(c: GraphCounts, a: GraphArrays, classCount: number): string | undefined {
  const { edgeFrom, edgeTo, edgeNames, edgeClasses, edgeCosts, edgeShapeFirst } = a
  const { nodes, edges, names, shapePoints } = c
  if (edgeShapeFirst[0] !== 0 || edgeShapeFirst[edges] !== shapePoints)
    return 'shapes do not fill their points'
  for (let edge = 0; edge < edges; edge++) {
    if (edgeShapeFirst[edge + 1]! < edgeShapeFirst[edge]!) return 'shape offsets do not rise'
    if (edgeFrom[edge]! >= nodes || edgeTo[edge]! >= nodes) return 'an edge ends at no node'
    if (edgeNames[edge]! >= names) return 'an edge has no name entry'
    if (edgeClasses[edge]! >= classCount) return 'an edge has an unknown class'
    const costDs = edgeCosts[edge]!
    if (costDs === 0 || costDs > COST_DS_MAX) return `a cost is 0 or above ${COST_DS_MAX}`
  }
  return undefined
}

/** Arcs by their node: those of `node` are `first[node]` .. `first[node + 1] - 1`. */
type ArcList = { readonly first: Uint32Array; readonly drives: Uint32Array; readonly others: Uint32Array }

/**
 * Every arc leaves and enters (a copy of) the junctions at the ends of its edge. `against` is the last bit of the drives that
 * leave their arc's node along the edge: 1 where arcs are listed by head. What lies outside an array reads as undefined,
 * which is no junction. Code that runs for the first time is slow: nothing is looked at twice, and nothing laid out first.
 */
function arcFault(
  { nodes, copies, arcs }: GraphCounts,
  { edgeFrom, edgeTo, copyJunction }: GraphArrays,
  { first, drives, others }: ArcList,
  against: 0 | 1,
): string | undefined {
  if (first[0] !== 0 || first[nodes + copies] !== arcs) return 'the arcs of all nodes are not all arcs'
  let arc = 0
  for (let node = 0; node < nodes + copies; node++) {
    const end = first[node + 1]!
    if (end < arc) return 'arc offsets do not rise'
    const junction = node < nodes ? node : copyJunction[node - nodes]!
    for (; arc < end; arc++) {
      const drive = drives[arc]!
      const other = others[arc]!
      const edge = drive >>> 1
      const along = (drive & 1) === against
      if (
        (along ? edgeFrom : edgeTo)[edge] !== junction ||
        (along ? edgeTo : edgeFrom)[edge] !== (other < nodes ? other : copyJunction[other - nodes])
      )
        return 'an arc leads elsewhere than its road'
    }
  }
  return undefined
}

const below = (values: Uint32Array | Uint8Array, bound: number): boolean => {
  for (let i = 0; i < values.length; i++) if (values[i]! >= bound) return false
  return true
}

const rising = (offsets: Uint32Array, end: number): boolean => {
  for (let i = 1; i < offsets.length; i++) if (offsets[i]! < offsets[i - 1]!) return false
  return offsets[0] === 0 && offsets[offsets.length - 1] === end
}

/** SHA-256 over the file but its own hash field, in hex. */
export function graphHash(bytes: Uint8Array): string {
  return createHash('sha256')
    .update(bytes.subarray(0, HASH_AT))
    .update(bytes.subarray(HASH_AT + 32))
    .digest('hex')
}

/** Writes the hash into its field; the last step of packing. */
export function sealGraph(bytes: Uint8Array): void {
  bytes.set(Buffer.from(graphHash(bytes), 'hex'), HASH_AT)
}
