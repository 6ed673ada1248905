import type { ClosureCreate } from '#protocols/closures.ts'
import { fault, ok } from '#protocols/result.ts'
import type { Result } from '#protocols/result.ts'
import type { Now } from '#protocols/time.ts'
import { CLOSURES_MAX } from '../closures/closure-book.ts'
import { endClosure, openClosure, viewOfClosure } from '../closures/closure.ts'
import type { Closure } from '../closures/closure.ts'
import type { CityEffect } from '../loop/effects.ts'
import type { City } from './city-state.ts'
import { putClosure } from './rows.ts'

type Outcome = { readonly effects: readonly CityEffect[]; readonly result: Result<unknown> }

/** A road is closed or slow from now on, or from the time named; the next question about the roads knows. */
export function closeRoad(city: City, asked: ClosureCreate, actor: string, now: Now): Outcome {
  const wrong = wrongTimes(asked, now)
  if (wrong !== undefined) return refused('CLOSURE_TIMES', wrong)
  if (city.closures.lastingCount() >= CLOSURES_MAX)
    return refused('CLOSURE_TOO_MANY', `${CLOSURES_MAX} are in force or to come`)
  const stretch = city.roads.stretchOf(asked.where)
  if (!stretch.ok) return { effects: [], result: stretch }
  const closure = openClosure(asked, stretch.value, { id: city.mint.id('clo'), actor }, now)
  return { effects: keep(city, closure, now), result: ok(viewOfClosure(closure, now)) }
}

/** Open again before its time, or given up before it began. */
export function openRoad(city: City, id: string, note: string, actor: string, now: Now): Outcome {
  const closure = city.closures.byId(id)
  if (closure === undefined) return refused('CLOSURE_UNKNOWN', JSON.stringify(id.slice(0, 80)))
  if (closure.ended !== null) return refused('CLOSURE_ENDED', `${id} has ended`)
  const ended = endClosure(closure, actor, note, now.utcMs)
  return { effects: keep(city, ended, now), result: ok(viewOfClosure(ended, now)) }
}

/** What the clock did: some began, some are over, some are forgotten. */
export function closuresTick(city: City, now: Now): CityEffect[] {
  const { changed, forgotten } = city.closures.tick(now)
  city.obeyClosures(now)
  return [
    ...changed.flatMap(closure => told(closure, now)),
    ...forgotten.map(id => ({ type: 'del' as const, key: `closure/${id}` })),
  ]
}

function wrongTimes({ from, until }: ClosureCreate, now: Now): string | undefined {
  if (until === null) return undefined
  const untilUtcMs = Date.parse(until)
  if (untilUtcMs <= now.utcMs) return `until ${until} is in the past`
  return from !== undefined && untilUtcMs <= Date.parse(from)
    ? `until ${until} is before from ${from}`
    : undefined
}

function keep(city: City, closure: Closure, now: Now): CityEffect[] {
  city.closures.put(closure)
  city.obeyClosures(now)
  return told(closure, now)
}

const told = (closure: Closure, now: Now): CityEffect[] => [
  putClosure(closure),
  { type: 'change', change: { type: 'closure.changed', data: viewOfClosure(closure, now) } },
]

const refused = (code: string, detail: string): Outcome => ({ effects: [], result: fault(code, detail) })
