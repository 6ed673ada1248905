import imported from 'gcoord'
import type { Position } from '#protocols/geo/polygon.ts'
import type { Crs } from './datum.ts'

// Its types describe a default export, its code is a plain CommonJS object.
const gcoord = imported as unknown as (typeof imported)['default']

/** The library turns back to about 0.1 m; two steps of correction bring that under a millimetre. */
const STEPS = 2

/** A position of another system in WGS-84. Outside China nothing is shifted. */
export function toWgs84(crs: Crs, position: Position): Position {
  if (crs === 'WGS84' || crs === 'CGCS2000') return position
  let [lon, lat] = gcoord.transform<[number, number]>([...position], SYSTEMS[crs], gcoord.WGS84)
  for (let step = 0; step < STEPS; step++) {
    const [backLon, backLat] = fromWgs84(crs, [lon, lat])
    lon += position[0] - backLon
    lat += position[1] - backLat
  }
  return [lon, lat]
}

/** A WGS-84 position as another system writes it. */
export function fromWgs84(crs: Crs, position: Position): Position {
  if (crs === 'WGS84' || crs === 'CGCS2000') return position
  return gcoord.transform<[number, number]>([...position], gcoord.WGS84, SYSTEMS[crs])
}

const SYSTEMS = { GCJ02: gcoord.GCJ02, BD09: gcoord.BD09 } as const
