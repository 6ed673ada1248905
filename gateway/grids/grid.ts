import type { Polygon } from '#protocols/geo/polygon.ts'

/** 接处警网格: an area with its own crews, in degrees WGS-84. */
export type Grid = {
  readonly id: string
  readonly name: string
  /** The county that answers for it, where the file says so: crews of another one come as mutual aid. */
  readonly county?: { readonly id: string; readonly name: string }
  /** Every ring, `[lon, lat]`: inside is where an odd number of them is around. One outer ring with holes, or several. */
  readonly polygon: Polygon
  /** The same rings part by part where the grid has several; a grid of one part has none. */
  readonly parts?: readonly Polygon[]
}

/** Part by part, each an outer ring with its holes. */
export const partsOf = (grid: Grid): readonly Polygon[] => grid.parts ?? [grid.polygon]
