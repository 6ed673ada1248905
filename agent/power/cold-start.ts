import { perBattery } from './battery-curve.ts'
import type { PowerConfig } from './power-config.ts'

/*
 * A computer that loads while the starter turns browns out, restarts and browns out again. So the agent looks at the
 * voltage first, twice as long after every brown-out:
 *
 *     running   two readings at what only an alternator gives: no starter will turn
 *     steady    above the border of loading for `bootSteadyMs`
 *     weak      below it, but at rest for five times as long: no starter turns, and waiting charges nothing
 *     waited    neither within `bootMsMax`: a panic button works only on a computer that runs
 *     blind     nobody tells the volts
 */
export type ColdStart = {
  readonly beganMs: number
  readonly brownouts: number
  readonly heardMs: number | null
  readonly aboveSinceMs: number | null
  /** Readings in a row with the engine running. */
  readonly charging: number
  /** A voltage that has hardly moved since then. */
  readonly rest: { readonly volts: number; readonly sinceMs: number } | null
}

export const beginColdStart = (nowMs: number, brownouts: number): ColdStart => ({
  beganMs: nowMs,
  brownouts,
  heardMs: null,
  aboveSinceMs: null,
  charging: 0,
  rest: null,
})

const DOUBLINGS_MAX = 5
/** A resting battery moves by less; a starter pulls it down by volts. */
const REST_VOLTS = 0.3
const WEAK_TIMES = 5
const CHARGING_READINGS = 2

export type BeginsBecause = 'running' | 'steady' | 'weak' | 'waited' | 'blind'

/** How it began. */
export type Begun = {
  readonly why: BeginsBecause
  readonly waitedMs: number
  readonly brownouts: number
  /** The newest reading. */
  readonly volts: number | null
}
export const BEGUN_AT_ONCE: Begun = { why: 'blind', waitedMs: 0, brownouts: 0, volts: null }

/** `volts` is a new reading, absent for time alone. `why` is there when it is time to load, and is for the log. */
export function advanceColdStart(
  start: ColdStart,
  nowMs: number,
  config: PowerConfig,
  volts?: number,
): { readonly start: ColdStart; readonly why: BeginsBecause | null } {
  const next = volts === undefined ? start : heard(start, nowMs, config, perBattery(volts, config.system))
  const steadyMs = config.bootSteadyMs * 2 ** Math.min(start.brownouts, DOUBLINGS_MAX)
  const isFor = (sinceMs: number | undefined | null, ms: number): boolean =>
    typeof sinceMs === 'number' && nowMs - sinceMs >= ms
  const reasons: readonly (readonly [BeginsBecause, boolean])[] = [
    ['running', next.charging >= CHARGING_READINGS],
    ['steady', isFor(next.aboveSinceMs, steadyMs)],
    ['weak', isFor(next.rest?.sinceMs, WEAK_TIMES * steadyMs)],
    ['waited', isFor(next.beganMs, config.bootMsMax)],
    ['blind', next.heardMs === null && isFor(next.beganMs, config.bootBlindMs)],
  ]
  return { start: next, why: reasons.find(([, holds]) => holds)?.[0] ?? null }
}

function heard(start: ColdStart, nowMs: number, config: PowerConfig, volts: number): ColdStart {
  const { rest } = start
  const rests = rest !== null && Math.abs(volts - rest.volts) <= REST_VOLTS
  return {
    ...start,
    heardMs: nowMs,
    aboveSinceMs: volts >= config.boot ? (start.aboveSinceMs ?? nowMs) : null,
    charging: volts >= config.engineOn ? start.charging + 1 : 0,
    rest: volts < config.critical ? null : rests ? rest : { volts, sinceMs: nowMs },
  }
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
