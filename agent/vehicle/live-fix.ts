import type { Fix } from '#protocols/fix.ts'
import type { Now } from '#protocols/time.ts'

/** A fix good enough to tell where a car stands, at the moment the receiver told it. Nothing sensed uses any other. */
export type LiveFix = {
  readonly lat: number
  readonly lon: number
  readonly speedMps: number
  readonly accuracyM: number
  readonly at: Now
}

/** A fix that is not sure to this many metres senses nothing. */
export const ACCURACY_M_MAX = 30

/** Metres of error per unit of HDOP in a street, about one deviation; and where a receiver tells no HDOP. */
const METRES_PER_HDOP = 5
const HDOP_UNTOLD = { 2: 4, 3: 2 } as const

/** Undefined without a position or when it is too uncertain. */
export function liveFixOf({ mode, lat, lon, speedMps, hdop }: Fix, at: Now): LiveFix | undefined {
  if (mode === 1 || lat === undefined || lon === undefined || speedMps === undefined) return undefined
  const accuracyM = METRES_PER_HDOP * (hdop ?? HDOP_UNTOLD[mode])
  return accuracyM <= ACCURACY_M_MAX ? { lat, lon, speedMps, accuracyM, at } : undefined
}
