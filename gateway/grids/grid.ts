import type { Polygon } from '#protocols/geo/polygon.ts'

/** 接处警网格: an area with its own crews. `polygon` is one outer ring with holes, `[lon, lat]` degrees WGS-84. */
export type Grid = {
  readonly id: string
  readonly name: string
  readonly polygon: Polygon
}
