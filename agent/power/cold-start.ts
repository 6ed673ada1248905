import { perBattery } from './battery-curve.ts'
import type { PowerConfig } from './power-config.ts'

/*
 * A computer that loads while the starter turns browns out, restarts and browns out again. So the agent looks at the
 * voltage first: steady above the border for some seconds, twice as long after every brown-out, up to a bound.
 */
export type ColdStart = {
  readonly beganMs: number
  readonly brownouts: number
  readonly heardMs: number | null
  readonly aboveSinceMs: number | null
}

export const beginColdStart = (nowMs: number, brownouts: number): ColdStart => ({
  beganMs: nowMs,
  brownouts,
  heardMs: null,
  aboveSinceMs: null,
})

const DOUBLINGS_MAX = 5

/** `volts` is a new reading, absent for time alone. `go`: load now; `why` is for the log. */
export function advanceColdStart(
  start: ColdStart,
  nowMs: number,
  config: PowerConfig,
  volts?: number,
): { readonly start: ColdStart; readonly go: boolean; readonly why: 'steady' | 'blind' | 'waited' | '' } {
  const next =
    volts === undefined
      ? start
      : {
          ...start,
          heardMs: nowMs,
          aboveSinceMs:
            perBattery(volts, config.system) >= config.boot ? (start.aboveSinceMs ?? nowMs) : null,
        }
  const steadyMs = config.bootSteadyMs * 2 ** Math.min(start.brownouts, DOUBLINGS_MAX)
  if (next.aboveSinceMs !== null && nowMs - next.aboveSinceMs >= steadyMs)
    return { start: next, go: true, why: 'steady' }
  if (next.heardMs === null && nowMs - next.beganMs >= config.bootBlindMs)
    return { start: next, go: true, why: 'blind' }
  if (nowMs - next.beganMs >= config.bootMsMax) return { start: next, go: true, why: 'waited' }
  return { start: next, go: false, why: '' }
}

/** Kept from run to run: whether the last one ended in order, and how many in a row did not while the voltage was low. */
export type LastEnd = {
  readonly inOrder: boolean
  readonly lastVolts: number | null
  readonly brownouts: number
}

/** Brown-outs in a row up to this start. */
export const brownoutsOf = (last: LastEnd | undefined, config: PowerConfig): number =>
  last === undefined || last.inOrder || last.lastVolts === null || last.lastVolts >= config.boot
    ? 0
    : last.brownouts + 1
