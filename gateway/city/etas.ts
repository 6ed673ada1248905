import { occurredUtcMs } from '../dispatch/occurrence.ts'
import { hasEnded } from '../dispatch/assignment.ts'
import type { Assignment } from '../dispatch/assignment.ts'
import type { Incident } from '../dispatch/incident.ts'
import { firstToldMs } from '../dispatch/moments.ts'
import type { DutySpan } from '../eta/duty-spans.ts'
import type { DrivingKind } from '../eta/sums.ts'
import type { Unit } from '../fleet/unit.ts'
import type { CityEvent } from '../loop/effects.ts'
import type { Now } from '#protocols/time.ts'
import type { City } from './city-state.ts'

type RecordEvent = Extract<CityEvent, { type: 'record' }>

/** A position teaches what its road takes; which car it was is forgotten with the drive. */
export function learnFromPosition(
  city: City,
  { deviceId, record, body, ageMs }: RecordEvent,
  now: Now,
): void {
  const unit = city.fleet.byDevice(deviceId)
  if (city.etas === null || unit === undefined || body?.kind !== 'position') return
  const { bootId, monoMs } = record
  const utcMs = occurredUtcMs(record, ageMs, now)
  const kind = drivingKindOf(city, unit, utcMs)
  city.etas.seen(unit.id, { bootId, monoMs, utcMs, position: body.body }, kind, now)
}

/** What a unit drove for at a moment; null when nothing is to be learned from it: off duty, on scene, an exercise. */
function drivingKindOf(city: City, unit: Unit, utcMs: number): DrivingKind | null {
  if (unit.availability !== 'available' && unit.availability !== 'assigned') return null
  const newest = city.incidents.newestOf(unit.id)
  const present = newest === undefined ? null : spanOf(newest.incident, newest.assignment)
  return city.etas?.duties.kindAt(unit.id, present, utcMs) ?? null
}

function spanOf({ exercise }: Incident, { moments }: Assignment): DutySpan {
  const dispatchedUtcMs = firstToldMs(moments, 'tDispatched') ?? 0
  return {
    fromUtcMs: firstToldMs(moments, 'tRolling', 'sensed') ?? dispatchedUtcMs,
    arrivedUtcMs: firstToldMs(moments, 'tArrived') ?? null,
    endedUtcMs: null,
    exercise,
  }
}

/** An order came to its end: what was promised is held against when the car was sensed to be there. */
export function settleEta(
  city: City,
  incident: Incident,
  before: Assignment,
  after: Assignment,
  now: Now,
): void {
  const { etas } = city
  if (etas === null || hasEnded(before) || !hasEnded(after)) return
  etas.duties.ended(after.unitId, { ...spanOf(incident, after), endedUtcMs: now.utcMs })
  const arrivedUtcMs = firstToldMs(after.moments, 'tArrived', 'sensed')
  const sentUtcMs = firstToldMs(after.moments, 'tDispatched')
  if (incident.exercise || after.state !== 'cleared' || !after.promised) return
  if (arrivedUtcMs !== undefined && sentUtcMs !== undefined)
    etas.arrived(after.promised, (arrivedUtcMs - sentUtcMs) / 1000)
}
