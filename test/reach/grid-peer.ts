import { z } from 'zod'
import { npmPeerModule } from '../cli/peers.ts'
import type { Patch } from '../oracle/patchwork.ts'

const FLATBUSH = '4.7.0'
const HAO = '1.2.4'

type Tree = {
  add(west: number, south: number, east: number, north: number): void
  finish(): void
  search(west: number, south: number, east: number, north: number): number[]
}
const callable = <T>() => z.custom<T>(made => typeof made === 'function')
const Flatbush = z.object({ default: callable<new (count: number) => Tree>() })
const Hao = z.object({
  default:
    callable<
      (point: readonly number[], polygon: readonly (readonly (readonly number[])[])[]) => boolean | 0
    >(),
})

/** Which grid a place is in, the way a careful user of npm builds it: a static R-tree of boxes, then a robust test. */
export async function openGridPeer(patches: readonly Patch[]) {
  const { default: Index } = Flatbush.parse((await npmPeerModule('flatbush', FLATBUSH)).module)
  const { default: pointInPolygon } = Hao.parse((await npmPeerModule('point-in-polygon-hao', HAO)).module)
  const parts = patches.flatMap(({ parts }, grid) => parts.map(rings => ({ grid, rings })))
  const tree = new Index(parts.length)
  for (const { rings } of parts) {
    const points = rings.flat()
    const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)]
    tree.add(Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats))
  }
  tree.finish()
  return {
    version: `flatbush ${FLATBUSH} and point-in-polygon-hao ${HAO}`,
    /** Index of the grid, -1 for none. */
    gridAt: (lon: number, lat: number): number => {
      const place = [lon, lat]
      const found = tree
        .search(lon, lat, lon, lat)
        .find(i => pointInPolygon(place, parts[i]!.rings) !== false)
      return found === undefined ? -1 : parts[found]!.grid
    },
  }
}
