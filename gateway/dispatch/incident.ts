import type { IncidentCreate, IncidentView } from '#protocols/api.ts'
import type { GridId, IncidentId } from '#protocols/ids.ts'
import type { IncidentState, Place } from '#protocols/incident.ts'
import { rfc3339 } from '#protocols/time.ts'
import type { Now } from '#protocols/time.ts'
import { hasArrived, hasEnded, viewOfAssignment } from './assignment.ts'
import type { Assignment } from './assignment.ts'
import { tell, timesOf } from './moments.ts'
import type { Moments } from './moments.ts'

/** `incident/{id}`: the row is the state. Values are replaced, never changed. */
export type Incident = {
  readonly v: 1
  readonly id: IncidentId
  readonly number: string
  readonly class: IncidentCreate['class']
  readonly severity: IncidentCreate['severity']
  readonly source: IncidentCreate['source']
  readonly exercise: boolean
  readonly place: Place
  readonly gridId: GridId | null
  readonly targetSeconds: number
  readonly revision: number
  readonly receivedUtcMs: number
  readonly receivedBy: string
  /** tReceived and tResolved; the other times belong to the assignments and are read from them. */
  readonly moments: Moments
  readonly closed: {
    readonly as: 'resolved' | 'cancelled'
    readonly reason: string
    readonly by: string
    /** It had been reported already. */
    readonly duplicate?: true
  } | null
  readonly assignments: readonly Assignment[]
  /** Of a report made at a kiosk. */
  readonly walkIn?: NonNullable<IncidentView['walkIn']>
}

/** Five minutes to the scene: the one number the whole system is about. */
export const TARGET_SECONDS = 300

export function receiveIncident(
  create: IncidentCreate,
  given: {
    readonly id: IncidentId
    readonly number: string
    readonly gridId: GridId | null
    readonly actor: string
  },
  now: Now,
): Incident {
  const { place, severity, source, exercise } = create
  const { id, number, gridId, actor } = given
  return {
    v: 1,
    id,
    number,
    class: create.class,
    severity,
    source,
    exercise,
    place,
    gridId,
    targetSeconds: TARGET_SECONDS,
    revision: 1,
    receivedUtcMs: now.utcMs,
    receivedBy: actor,
    moments: [{ moment: 'tReceived', slot: 'system', utcMs: now.utcMs, source: actor }],
    closed: null,
    assignments: [],
  }
}

/**
 * Derived, never stored, so it cannot disagree with the assignments: an incident whose only car was cancelled waits for
 * dispatch again; one that was attended stays attended until it is closed.
 */
export function stateOfIncident(incident: Incident): IncidentState {
  if (incident.closed) return incident.closed.as
  const { assignments } = incident
  if (assignments.some(hasArrived)) return 'attended'
  const active = assignments.filter(a => !hasEnded(a))
  if (active.some(a => a.state === 'enroute')) return 'responding'
  return active.length > 0 ? 'dispatched' : 'received'
}

/** An incident with one assignment put in the place of the one with the same order, or added; the revision grows. */
export function withAssignment(incident: Incident, assignment: Assignment): Incident {
  const known = incident.assignments.some(a => a.orderId === assignment.orderId)
  const assignments = known
    ? incident.assignments.map(a => (a.orderId === assignment.orderId ? assignment : a))
    : [...incident.assignments, assignment]
  return { ...incident, assignments, revision: incident.revision + 1 }
}

/** Closed for good: resolved when somebody was there, cancelled when nobody was. */
export function closeIncident(
  incident: Incident,
  reason: string,
  by: string,
  now: Now,
  duplicate = false,
): Incident {
  const as = incident.assignments.some(hasArrived) ? 'resolved' : 'cancelled'
  const told = { moment: 'tResolved', slot: 'system', utcMs: now.utcMs, source: by } as const
  const moments = as === 'resolved' ? tell(incident.moments, told) : incident.moments
  return {
    ...incident,
    closed: { as, reason, by, ...(duplicate && { duplicate: true as const }) },
    moments,
    revision: incident.revision + 1,
  }
}

/** Everybody left and at least one of them had been there. */
export const isDone = (incident: Incident): boolean =>
  incident.closed === null && incident.assignments.every(hasEnded) && incident.assignments.some(hasArrived)

export function viewOfIncident(incident: Incident, now: Now): IncidentView {
  const { id, number, severity, source, place, gridId, revision, exercise, targetSeconds } = incident
  return {
    id,
    number,
    class: incident.class,
    severity,
    state: stateOfIncident(incident),
    source,
    place,
    gridId,
    revision,
    exercise,
    times: timesOf(allMoments(incident)),
    ageMs: Math.max(0, now.utcMs - incident.receivedUtcMs),
    at: rfc3339(now.utcMs),
    targetSeconds,
    assignments: incident.assignments.map(viewOfAssignment),
    ...(incident.walkIn && { walkIn: incident.walkIn }),
  }
}

/**
 * The incident's own times and those of its cars. Per slot the earliest car counts: the first dispatched, the first
 * there. When a car cleared is that car's time alone, so it is left out.
 */
function allMoments(incident: Incident): Moments {
  const ofCars = incident.assignments.flatMap(a => firstTold(a.moments))
  return [...incident.moments, ...ofCars]
    .filter(told => told.moment !== 'tCleared')
    .sort((a, b) => a.utcMs - b.utcMs)
}

const firstTold = (all: Moments): Moments => {
  const moments = all.filter(m => !m.retracted)
  return moments.filter((m, i) => moments.findIndex(n => n.moment === m.moment && n.slot === m.slot) === i)
}
