import type { Fix } from '#protocols/fix.ts'
import { distanceM } from '#protocols/geo/sphere.ts'

/*
 * A parked car's fix wanders by tens of metres, into the neighbouring street and out again. Its speed does not: it is
 * measured from the carrier, not from the place. So the place is held while the speed says "standing", and let go by
 * speed, or by a place that stays away.
 *
 *   moving --3 fixes below 0.5 m/s--> held --2 fixes above 1.2 m/s, or 3 fixes further than 40 m--> moving
 */
const STANDING_MPS = 0.5
const MOVING_MPS = 1.2
const AWAY_M = 40
const STANDING_FIXES = 3
const MOVING_FIXES = 2
const AWAY_FIXES = 3

export type Clamp = {
  /** Where the car stands, while it is held. */
  readonly held: { readonly lat: number; readonly lon: number } | undefined
  readonly standing: number
  readonly moving: number
  readonly away: number
}

export const openClamp: Clamp = { held: undefined, standing: 0, moving: 0, away: 0 }

/** The fix with its place held while the car stands: speed 0 and no track. A fix without place or speed passes. */
export const clamp = (state: Clamp, fix: Fix): { readonly state: Clamp; readonly fix: Fix } => {
  const { lat, lon, speedMps } = fix
  if (fix.mode < 2 || lat === undefined || lon === undefined || speedMps === undefined) return { state, fix }
  const next = counted(state, { lat, lon }, speedMps)
  if (state.held !== undefined && (next.moving >= MOVING_FIXES || next.away >= AWAY_FIXES))
    return { state: openClamp, fix }
  if (next.standing < STANDING_FIXES && next.held === undefined) return { state: next, fix }
  const held = next.held ?? { lat, lon }
  const { trackDeg: _, ...rest } = fix
  return { state: { ...next, held }, fix: { ...rest, ...held, speedMps: 0 } }
}

const counted = (state: Clamp, place: { lat: number; lon: number }, speedMps: number): Clamp => ({
  held: state.held,
  standing: speedMps <= STANDING_MPS ? state.standing + 1 : 0,
  moving: speedMps >= MOVING_MPS ? state.moving + 1 : 0,
  away: state.held !== undefined && distanceM(state.held, place) > AWAY_M ? state.away + 1 : 0,
})
