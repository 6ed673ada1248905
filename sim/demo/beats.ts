import { GridRaster } from '#gateway/grids/grid-raster.ts'
import type { Grid } from '#gateway/grids/grid.ts'
import { beatAmong, beatOf, usableEdges } from '../traffic/beat.ts'
import type { Beat } from '../traffic/beat.ts'
import type { StreetMap } from '../traffic/street-map.ts'

/**
 * Where the units of a grid patrol: its streets, or everywhere when it holds no street one could drive. One pass over
 * the map for all grids, made when the first asks.
 */
export function beatsOf(map: StreetMap, grids: readonly Grid[]): (grid: Grid) => Beat {
  let beats: ReadonlyMap<string, Beat> | undefined
  let everywhere: Beat | undefined
  return grid => {
    beats ??= new Map(edgesByGrid(map, grids).map(([id, edges]) => [id, beatAmong(map, edges)]))
    return beats.get(grid.id) ?? (everywhere ??= beatOf(map))
  }
}

function edgesByGrid(map: StreetMap, grids: readonly Grid[]): [string, number[]][] {
  const raster = new GridRaster(grids)
  const lists = grids.map((): number[] => [])
  for (const edge of usableEdges(map)) {
    const { lat, lon } = map.latLonOf(map.pointAt({ edge, alongM: map.lengthM(edge) / 2 }))
    lists[raster.indexAt(lat, lon)]?.push(edge)
  }
  return lists.flatMap((edges, i): [string, number[]][] =>
    edges.length === 0 ? [] : [[grids[i]!.id, edges]],
  )
}
