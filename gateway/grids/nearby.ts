import { createHash } from 'node:crypto'
import { bboxMiddle, bboxOf } from '#protocols/geo/polygon.ts'
import { distanceM } from '#protocols/geo/sphere.ts'
import type { LatLon } from '#protocols/geo/sphere.ts'
import { NEARBY_VERTICES_MAX } from '#protocols/session.ts'
import type { NearbyGrids } from '#protocols/session.ts'
import type { Grid } from './grid.ts'

const GRIDS_MAX = 32
/** A tenth of a metre; a receiver does not tell more. */
const DECIMALS = 6

/** A grid as cars are told of it. */
export type ToldGrid = NearbyGrids['grids'][number]

/** Made once for all cars: a grid lies in its own piece and in those of all its neighbours. */
export const toldGrids = (grids: readonly Grid[]): ToldGrid[] =>
  grids.map(({ id, name, polygon }) => ({
    id,
    name: name.slice(0, 64),
    polygon: polygon.map(ring => ring.map(([lon, lat]): [number, number] => [round(lon), round(lat)])),
  }))

/**
 * The piece of the map one car carries: its own grid and those that touch it, nearest first, as many as fit one message.
 * Undefined when there is no such grid or it alone is too finely drawn. `version` changes with any vertex.
 */
export function nearbyGrids(
  gridId: string,
  grids: readonly ToldGrid[],
  neighbours: readonly string[],
): NearbyGrids | undefined {
  const own = grids.find(grid => grid.id === gridId)
  if (own === undefined) return undefined
  const middle = middleOf(own)
  const around = grids
    .filter(grid => neighbours.includes(grid.id))
    .sort((a, b) => distanceM(middle, middleOf(a)) - distanceM(middle, middleOf(b)))
  const kept: ToldGrid[] = []
  let vertices = 0
  for (const grid of [own, ...around].slice(0, GRIDS_MAX)) {
    vertices += grid.polygon.reduce((sum, ring) => sum + ring.length, 0)
    if (vertices > NEARBY_VERTICES_MAX) break
    kept.push(grid)
  }
  if (kept.length === 0) return undefined
  const digest = createHash('sha256').update(JSON.stringify(kept)).digest('hex').slice(0, 12)
  return { version: `${gridId}@${digest}`.slice(0, 64), grids: kept }
}

const middleOf = (grid: ToldGrid): LatLon => bboxMiddle(bboxOf(grid.polygon.flat()))

const round = (degrees: number): number => Number(degrees.toFixed(DECIMALS))
