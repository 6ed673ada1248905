import type { LatLon } from '#protocols/geo/sphere.ts'
import type { GridId, UnitId } from '#protocols/ids.ts'
import { fault } from '#protocols/result.ts'
import type { ClosureRoads } from '../closures/closure-roads.ts'
import type { Membership } from '#protocols/geo/membership.ts'
import type { Drive } from '#protocols/roads/network.ts'
import type { NearbyGrids } from '#protocols/session.ts'
import type { Turnout } from '../profiles/profile.ts'
import type { Steps } from './steps.ts'

/*
 * What the city asks of the world around it: a map of grids, a road search, and fresh names. Handed in, so a test draws
 * its own town and every name is predictable.
 */

/** Grids as the city needs them: which one a point is in, and what lies beside it. */
export type GridLookup = {
  /** The grid that holds a place. */
  readonly gridAt: (place: LatLon) => GridId | null
  /** A car's grid after a fix: at a border it stays where it was until it has clearly left. */
  readonly move: (was: Membership, fix: LatLon, monoMs: number) => Membership
  readonly neighboursOf: (gridId: GridId) => readonly GridId[]
  readonly nameOf: (gridId: GridId) => string | null
  /** Id of the county that answers for a grid; null where the grids do not say. */
  readonly countyOf: (gridId: GridId) => string | null
  /** A grid and those around it, small enough for one message; undefined where there is no such grid. */
  readonly nearby: (gridId: GridId) => NearbyGrids | undefined
}

export type ReachUnit = LatLon & {
  readonly unitId: UnitId
  readonly speedMps?: number | undefined
  readonly trackDeg?: number | undefined
}

/** A way drive by drive and what each takes, in deciseconds: the first `count` of two columns. */
export type Way = {
  readonly count: number
  readonly drives: ArrayLike<Drive>
  readonly ds: ArrayLike<number>
}

export type ReachAnswer = {
  /** The place on the road, how far that is from the place asked for, and the road's name ('' without one). */
  readonly place: LatLon & {
    readonly snappedM: number
    readonly road: string
    /** It lies on a closed road: times end where the closed road begins. */
    readonly closed: boolean
  }
  /** Seconds of driving from the unit to the place; a unit no road connects is absent. */
  readonly roadSeconds: ReadonlyMap<UnitId, number>
  /** Units standing on no road at all. */
  readonly offRoad: ReadonlySet<UnitId>
  /** The way of one of the units, until that of another or anything else is asked. Absent where ways are not known. */
  readonly wayOf?: (unitId: UnitId) => Way | undefined
  /** False once roads were laid anew or another was asked: ways are not to be read any more. True when absent. */
  readonly stands?: () => boolean
}

export type Reach = {
  /** What crews need to get going, by what they are doing; the built-in numbers when absent. */
  readonly turnout?: Turnout
  /** Exact driving times of all given units, or undefined when the place has no road near. */
  readonly times: (place: LatLon, units: readonly ReachUnit[]) => ReachAnswer | undefined
  /** The same in steps, one question at a time: another that begins meanwhile makes it begin again. `times` when absent. */
  readonly timing?: (place: LatLon, units: readonly ReachUnit[]) => Steps<ReachAnswer | undefined>
  /** [lon, lat] pairs along the road from the unit to the place; undefined where there is no way. */
  readonly route: (place: LatLon, unit: ReachUnit) => readonly (readonly [number, number])[] | undefined
}

/** Of a city that knows no roads: nothing can be closed. */
export const NO_CLOSURE_ROADS: ClosureRoads = {
  stretchOf: () => fault('CLOSURE_NO_ROAD', 'this city knows no roads'),
  again: closure => closure,
  obey: () => {},
}

/** New names, from randomness the composition owns. */
export type Mint = {
  /** `id('inc')` is `inc-` and 16 hex digits. */
  readonly id: (prefix: string) => string
  /** 32 hex digits, never given twice. */
  readonly nonce: () => string
}

/** A mint over a source of random hex digits; `randomHex(8)` gives the digits of 8 bytes. */
export const mintOf = (randomHex: (bytes: number) => string): Mint => ({
  id: prefix => `${prefix}-${randomHex(8)}`,
  nonce: () => randomHex(16),
})
