import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { putIncident, putWalkIn } from '../city/rows.ts'
import type { City } from '../city/city-state.ts'
import type { Incident } from '../dispatch/incident.ts'
import { viewOfIncident } from '../dispatch/incident.ts'
import type { CityEffect } from '../loop/effects.ts'
import type { WalkInRow } from './walk-in.ts'

/** A visit whose words have had their time, as the ledger has it; the books may have left it behind long ago. */
export type OverVisit = {
  readonly walkIn: WalkInRow
  readonly incident: Incident | null
  /** The time by which it was judged. */
  readonly asOfMs: number
}

/** Rows written on one tick; more wait for the next. */
const VISITS_PER_TICK = 256

/** The words of visits go, in book and row at once; that there were some, and when they went, stays with visit and incident. */
export function letGoEffects(city: City, now: Now): CityEffect[] {
  if (city.walkIns.over.length === 0) return []
  const over = city.walkIns.over.splice(0, VISITS_PER_TICK)
  const gone = over.flatMap(visit => letGo(city, visit, now))
  const visits = gone.filter(effect => effect.type === 'del').length
  if (visits === 0) return []
  const detail = { visits, asOf: rfc3339(over[0]!.asOfMs) }
  return [...gone, { type: 'audit', action: 'retention.reporter', actor: 'gateway', detail }]
}

function letGo(city: City, visit: OverVisit, now: Now): CityEffect[] {
  const known = city.walkIns.byId(visit.walkIn.id)
  const row = known ?? visit.walkIn
  // Told more since it was judged: another night looks at it again.
  if (row.sealed === null || row.eventIds.length !== visit.walkIn.eventIds.length) return []
  const removed: WalkInRow = { ...row, sealed: null, removedUtcMs: now.utcMs }
  if (known !== undefined) city.walkIns.put(removed)
  return [
    putWalkIn(removed),
    { type: 'del', key: `over/${removed.id}` },
    ...(visit.incident === null ? [] : marked(city, visit.incident, now)),
  ]
}

/** The incident stays as it was, and says that its reporter is not known any more. */
function marked(city: City, stored: Incident, now: Now): CityEffect[] {
  const known = city.incident(stored.id)
  const incident = known ?? stored
  if (incident.walkIn === undefined) return []
  const told = { ...incident, walkIn: { ...incident.walkIn, removedAt: rfc3339(now.utcMs) } }
  if (known === undefined) return [putIncident(told)]
  city.incidents.put(told)
  return [
    putIncident(told),
    { type: 'change', change: { type: 'incident.changed', data: viewOfIncident(told, now) } },
  ]
}
