/** When a car that crossed a border belongs to the other side. */
export type BorderRules = {
  /** This far outside its grid it has left for certain: three times the usual error of a receiver in a street. */
  readonly leaveM: number
  /** Outside, however near, for this long: it is working there. A patrol along the border road stays where it was. */
  readonly leaveMs: number
}
export const BORDER_RULES: BorderRules = { leaveM: 30, leaveMs: 10_000 }

/** A unit's grid. Keep it with the unit and hand it back with the next fix. */
export type Membership = {
  readonly gridId: string | null
  /** Since when the fixes lie outside the grid, monotonic ms; null while inside. */
  readonly outsideSinceMs: number | null
}
export const NO_GRID: Membership = { gridId: null, outsideSinceMs: null }

/** A fix, as the map of grids sees it. */
export type GridSighting = {
  /** The grid that holds it. */
  readonly gridId: string | null
  /** Metres from the fix to the border of the grid the unit belonged to; undefined when that grid is not on the map. */
  readonly outsideM: (() => number) | undefined
}

/**
 * The unit's grid after a fix. It changes at once 30 m outside or after 10 s outside, else it stays; a unit without a
 * grid gets one at once. Gives back `was` itself when nothing changed. One rule for gateway and agent, so that both name
 * the same grid.
 */
export function moveMembership(
  was: Membership,
  { gridId, outsideM }: GridSighting,
  nowMs: number,
  rules: BorderRules = BORDER_RULES,
): Membership {
  if (was.gridId === null || outsideM === undefined || gridId === was.gridId)
    return was.gridId === gridId && was.outsideSinceMs === null ? was : { gridId, outsideSinceMs: null }
  const sinceMs = was.outsideSinceMs ?? nowMs
  if (nowMs - sinceMs >= rules.leaveMs || outsideM() >= rules.leaveM) return { gridId, outsideSinceMs: null }
  return was.outsideSinceMs === sinceMs ? was : { gridId: was.gridId, outsideSinceMs: sinceMs }
}
