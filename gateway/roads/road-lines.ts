import { gzipSync } from 'node:zlib'
import { ROAD_LINES_FORMAT, ROAD_LINES_MAGIC } from '#protocols/coverage.ts'
import { ROAD_CLASSES } from '#protocols/roads/network.ts'
import type { RoadWeights } from '../reach/weights.ts'

/** A stretch that takes longer than this is drawn as if it took this long: 1 h 49 min. */
const DRIVE_DS_MAX = 65_534
const CLOSED = 65_535
const HEADER_BYTES = 16

/** The roads as the coverage layer draws them, in the format at the end of `protocols/coverage.ts`, packed; made once at start. */
export const roadLines = (weights: RoadWeights): { readonly gzip: Buffer } => ({
  gzip: gzipSync(roadLineBytes(weights)),
})

export function roadLineBytes(weights: RoadWeights): Buffer {
  const { graph } = weights
  const { edgeCount: edges, edgeShapeFirst: first } = graph
  const points = first[edges] ?? 0
  const pointsAt = HEADER_BYTES + 4 * (edges + 1)
  const forwardAt = pointsAt + 8 * points
  const backwardAt = forwardAt + 2 * edges
  const classesAt = backwardAt + 2 * edges
  const bytes = Buffer.alloc(classesAt + edges)
  for (const [n, value] of [ROAD_LINES_MAGIC, ROAD_LINES_FORMAT, edges, points].entries())
    bytes.writeUInt32LE(value, 4 * n)
  for (let edge = 0; edge <= edges; edge += 1)
    bytes.writeUInt32LE(first[edge] ?? points, HEADER_BYTES + 4 * edge)
  for (let point = 0; point < points; point += 1) {
    bytes.writeInt32LE(graph.shapeLonE7[point] ?? 0, pointsAt + 8 * point)
    bytes.writeInt32LE(graph.shapeLatE7[point] ?? 0, pointsAt + 8 * point + 4)
  }
  for (let edge = 0; edge < edges; edge += 1) {
    const driveDs = (drive: number): number =>
      weights.isOpen(drive) ? Math.min(DRIVE_DS_MAX, weights.runDs[drive]!) : CLOSED
    bytes.writeUInt16LE(driveDs(2 * edge), forwardAt + 2 * edge)
    bytes.writeUInt16LE(driveDs(2 * edge + 1), backwardAt + 2 * edge)
    bytes.writeUInt8(ROAD_CLASSES.indexOf(graph.edgeClass(edge)), classesAt + edge)
  }
  return bytes
}
