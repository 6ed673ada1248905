import type { Grid } from '#gateway/grids/grid.ts'
import type { Patch } from './patchwork.ts'

/** Plain data as the gateway's grids: kept apart so that the brute force itself imports nothing it judges. */
export const gridsOfPatches = (patches: readonly Patch[]): Grid[] =>
  patches.map(({ id, parts }) => ({
    id,
    name: id,
    polygon: parts.flat(),
    ...(parts.length > 1 && { parts }),
  }))
