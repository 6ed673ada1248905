import { destination } from '#protocols/geo/sphere.ts'
import type { Random } from '../random.ts'
import type { Truth } from './receiver.ts'

/*
 * What stands between the car and the sky, as a list of spells. Each changes what a receiver makes of the truth:
 *
 *   cold start   nothing -> time -> date -> two dimensions -> fix           the almanac is being read
 *   tunnel       fix ... no fix (or a guess by wheels) ... fix              concrete above
 *   multipath    a place 10-80 m off that wanders slowly                    glass fronts
 *   rollover     a date 1024 weeks ago, all else right                      a firmware past its week
 *   antenna      no fix, and the receiver says why                          a cut or crushed cable
 */
export type Spell = { readonly fromUtcMs: number; readonly untilUtcMs: number } & (
  | { readonly kind: 'cold-start' }
  | { readonly kind: 'tunnel'; readonly estimates?: boolean }
  | { readonly kind: 'multipath'; readonly offM: number }
  | { readonly kind: 'rollover' }
  | { readonly kind: 'antenna'; readonly fault: 'open' | 'short' }
)

const ROLLOVER_MS = 1024 * 7 * 86_400_000
/** Shares of a cold start: after them the receiver has the time, the date, a first fix of three satellites. */
const COLD = { time: 0.2, date: 0.4, flat: 0.8 } as const
/** How fast a reflected place wanders: the correlation over one second. */
const MULTIPATH_KEPT = 0.97

/** The world as one receiver sees it: truths in, in order of time, what it makes of them out. */
export function receptionOf(spells: readonly Spell[], random: Random): (truth: Truth) => Truth {
  const wander = { eastM: 0, northM: 0 }
  return truth =>
    spells
      .filter(spell => truth.utcMs >= spell.fromUtcMs && truth.utcMs < spell.untilUtcMs)
      .reduce<Truth>((seen, spell) => through(spell, seen, truth.utcMs, wander, random), truth)
}

function through(
  spell: Spell,
  truth: Truth,
  atUtcMs: number,
  wander: { eastM: number; northM: number },
  random: Random,
): Truth {
  switch (spell.kind) {
    case 'cold-start': {
      const share = (atUtcMs - spell.fromUtcMs) / (spell.untilUtcMs - spell.fromUtcMs)
      if (share >= COLD.flat) return { ...truth, mode: 2 }
      const knows = share < COLD.time ? 'nothing' : share < COLD.date ? 'time' : 'date'
      return { ...truth, fix: false, knows }
    }
    case 'tunnel':
      return spell.estimates === true ? { ...truth, estimated: true } : { ...truth, fix: false }
    case 'multipath': {
      const step = (was: number): number =>
        was * MULTIPATH_KEPT + random.normal(0, spell.offM * Math.sqrt(1 - MULTIPATH_KEPT ** 2))
      wander.eastM = step(wander.eastM)
      wander.northM = step(wander.northM)
      const bearing = (Math.atan2(wander.eastM, wander.northM) * 180) / Math.PI
      return { ...truth, ...destination(truth, bearing, Math.hypot(wander.eastM, wander.northM)) }
    }
    case 'rollover':
      return { ...truth, utcMs: truth.utcMs - ROLLOVER_MS }
    case 'antenna':
      return { ...truth, fix: false, antenna: spell.fault }
  }
}
