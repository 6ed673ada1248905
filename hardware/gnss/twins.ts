import type { Fix } from '#protocols/fix.ts'

/*
 * Some receivers stamp the sentences of one epoch with two times:
 *
 *   RMC .000 speed track   GGA .200 altitude | RMC 1.000 ...
 *   `------------- one moment -------------'
 *
 * The decoder tells two fixes then, each with half of what is known. That they are twins shows in the times alone: a short
 * step and a long one in turn. Once that was seen twice, the second of each pair is given what the first told.
 */
const PAIRS_TO_LEARN = 2
/** The long step is at least so many times the short one. */
const RATIO_MIN = 2

export type Twins = {
  readonly last: Fix | undefined
  readonly stepMs: number
  /** Short steps after long ones, in a row. */
  readonly pairs: number
}

export const openTwins: Twins = { last: undefined, stepMs: 0, pairs: 0 }

/** The fix, completed by its twin before it where there is one. */
export const pair = (state: Twins, fix: Fix): { readonly state: Twins; readonly fix: Fix } => {
  const { last } = state
  const stepMs =
    last?.timeUtcMs === undefined || fix.timeUtcMs === undefined ? 0 : fix.timeUtcMs - last.timeUtcMs
  const isSecond = stepMs > 0 && state.stepMs >= stepMs * RATIO_MIN
  const isFirst = state.stepMs > 0 && stepMs >= state.stepMs * RATIO_MIN
  const pairs = isSecond ? state.pairs + 1 : isFirst ? state.pairs : 0
  const joined = isSecond && pairs > PAIRS_TO_LEARN && last !== undefined ? completed(fix, last) : fix
  return { state: { last: fix, stepMs, pairs }, fix: joined }
}

/** Speed goes with track: the twin that has a track has measured, the other has its speed from two places. */
const completed = (fix: Fix, twin: Fix): Fix => {
  const speedFrom = fix.trackDeg === undefined && twin.trackDeg !== undefined ? twin : fix
  const { speedMps, trackDeg } = speedFrom
  const altMslM = fix.altMslM ?? twin.altMslM
  return {
    ...fix,
    ...(speedMps === undefined ? {} : { speedMps }),
    ...(trackDeg === undefined ? {} : { trackDeg }),
    ...(altMslM === undefined ? {} : { altMslM }),
  }
}
