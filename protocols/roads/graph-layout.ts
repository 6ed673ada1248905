import { createHash } from 'node:crypto'
import type { Bbox } from '../geo/polygon.ts'

/** Raised with every change of the layout; an unknown version is refused, never guessed at. */
export const GRAPH_VERSION = 1
export const GRAPH_MAGIC = 'R5GRAPH\0'

/** What a graph says about itself. */
export type GraphMetadata = {
  readonly source: string
  /** To be shown wherever the roads are shown. */
  readonly attribution: string
  /** Inside it is always WGS-84; shifted coordinates are turned back before they get here. */
  readonly crs: 'WGS-84'
  readonly bbox: Bbox
  /** Turn restrictions the importer saw and left out: ETAs may be short by a forbidden turn. */
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
] as const
export type GraphCounts = Readonly<Record<(typeof GRAPH_COUNTS)[number], number>>

export const HEADER_BYTES = 80
/** Where the SHA-256 stands in the header. */
export const HASH_AT = 48

/** About 29 hours on one stretch of road: nothing drivable costs more, and a bucket queue of this many is 4 MiB. */
export const COST_DS_MAX = 2 ** 20

/** The sections of a graph file, in file order; see `RoadGraph` for what they mean. */
export type GraphArrays = {
  readonly latE7: Int32Array
  readonly lonE7: Int32Array
  readonly arcFirst: Uint32Array
  readonly arcTo: Uint32Array
  readonly arcEdge: Uint32Array
  readonly arcCostDs: Uint32Array
  readonly backFirst: Uint32Array
  readonly backFrom: Uint32Array
  readonly backEdge: Uint32Array
  readonly backCostDs: Uint32Array
  readonly edgeFrom: Uint32Array
  readonly edgeTo: Uint32Array
  readonly edgeLengthDm: Uint32Array
  readonly edgeCosts: Uint32Array
  readonly edgeNames: Uint32Array
  readonly edgeShapeFirst: Uint32Array
  readonly shapeLatE7: Int32Array
  readonly shapeLonE7: Int32Array
  readonly nameFirst: Uint32Array
  readonly edgeClasses: Uint8Array
  readonly edgeFlags: Uint8Array
  readonly nameBytes: Uint8Array
  readonly metadataBytes: Uint8Array
}

type Kind = 'i32' | 'u32' | 'u8'
type SectionName = keyof GraphArrays

const SECTIONS: readonly (readonly [SectionName, Kind, (c: GraphCounts) => number])[] = [
  ['latE7', 'i32', c => c.nodes],
  ['lonE7', 'i32', c => c.nodes],
  ['arcFirst', 'u32', c => c.nodes + 1],
  ['arcTo', 'u32', c => c.arcs],
  ['arcEdge', 'u32', c => c.arcs],
  ['arcCostDs', 'u32', c => c.arcs],
  ['backFirst', 'u32', c => c.nodes + 1],
  ['backFrom', 'u32', c => c.arcs],
  ['backEdge', 'u32', c => c.arcs],
  ['backCostDs', 'u32', c => c.arcs],
  ['edgeFrom', 'u32', c => c.edges],
  ['edgeTo', 'u32', c => c.edges],
  ['edgeLengthDm', 'u32', c => c.edges],
  ['edgeCosts', 'u32', c => c.edges],
  ['edgeNames', 'u32', c => c.edges],
  ['edgeShapeFirst', 'u32', c => c.edges + 1],
  ['shapeLatE7', 'i32', c => c.shapePoints],
  ['shapeLonE7', 'i32', c => c.shapePoints],
  ['nameFirst', 'u32', c => c.names + 1],
  ['edgeClasses', 'u8', c => c.edges],
  ['edgeFlags', 'u8', c => c.edges],
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
  if (!rising(a.arcFirst, c.arcs) || !rising(a.backFirst, c.arcs)) return 'arc offsets do not rise'
  if (!rising(a.edgeShapeFirst, c.shapePoints)) return 'shape offsets do not rise'
  if (!rising(a.nameFirst, c.nameBytes)) return 'name offsets do not rise'
  if (!below(a.arcTo, c.nodes) || !below(a.backFrom, c.nodes)) return 'an arc leads to no node'
  if (!below(a.arcEdge, c.edges) || !below(a.backEdge, c.edges)) return 'an arc belongs to no edge'
  if (!below(a.edgeFrom, c.nodes) || !below(a.edgeTo, c.nodes)) return 'an edge ends at no node'
  if (!below(a.edgeNames, c.names)) return 'an edge has no name entry'
  if (!below(a.edgeClasses, classCount)) return 'an edge has an unknown class'
  if (![a.arcCostDs, a.backCostDs, a.edgeCosts].every(costsInBounds))
    return `a cost is 0 or above ${COST_DS_MAX}`
  return undefined
}

const below = (values: Uint32Array | Uint8Array, bound: number): boolean => {
  for (const value of values) if (value >= bound) return false
  return true
}

const rising = (offsets: Uint32Array, end: number): boolean => {
  let previous = 0
  for (const offset of offsets) {
    if (offset < previous) return false
    previous = offset
  }
  return offsets[0] === 0 && previous === end
}

const costsInBounds = (costs: Uint32Array): boolean => {
  for (const cost of costs) if (cost === 0 || cost > COST_DS_MAX) return false
  return true
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
