import type { IncidentId, OrderId, UnitId } from '#protocols/ids.ts'
import { hasEnded } from './assignment.ts'
import type { Assignment } from './assignment.ts'
import { IncidentNumbers } from './incident-number.ts'
import type { Incident } from './incident.ts'

/** Closed incidents kept in memory for lists and late steps; their rows stay. An open one never gives way. */
const CLOSED_KEPT = 500

export type ActiveAssignment = { readonly incident: Incident; readonly assignment: Assignment }

/** Every open incident, the newest closed ones, and who works on what. */
export class IncidentBook {
  readonly numbers = new IncidentNumbers()
  private readonly incidents = new Map<IncidentId, Incident>()
  /** Oldest first, in the order they were closed. */
  private readonly closed = new Set<IncidentId>()
  /** Incidents a unit has an active assignment in, in the order it was given them. */
  private readonly workOf = new Map<UnitId, Set<IncidentId>>()

  /** Newest first. */
  all(): readonly Incident[] {
    return [...this.incidents.values()].reverse()
  }

  byId(incidentId: IncidentId): Incident | undefined {
    return this.incidents.get(incidentId)
  }

  /** The incident a dispatch order belongs to. */
  byOrder(orderId: OrderId): Incident | undefined {
    for (const incident of this.incidents.values()) {
      if (incident.assignments.some(a => a.orderId === orderId)) return incident
    }
    return undefined
  }

  /** What the unit was given last and still works on. */
  newestOf(unitId: UnitId): ActiveAssignment | undefined {
    const newest = [...(this.workOf.get(unitId) ?? [])].at(-1)
    const incident = newest === undefined ? undefined : this.incidents.get(newest)
    const assignment = incident && activeOf(incident, unitId)
    return assignment && { incident, assignment }
  }

  openCount(): number {
    return this.incidents.size - this.closed.size
  }

  put(incident: Incident): void {
    this.incidents.set(incident.id, incident)
    this.numbers.seen(incident.number)
    for (const { unitId } of incident.assignments) this.index(incident, unitId)
    if (incident.closed) this.closed.add(incident.id)
    for (const oldest of this.closed) {
      if (this.closed.size <= CLOSED_KEPT) break
      this.closed.delete(oldest)
      this.incidents.delete(oldest)
    }
  }

  private index(incident: Incident, unitId: UnitId): void {
    const work = this.workOf.get(unitId) ?? new Set()
    if (activeOf(incident, unitId)) work.add(incident.id)
    else work.delete(incident.id)
    this.workOf.set(unitId, work)
  }
}

export const activeOf = (incident: Incident, unitId: UnitId): Assignment | undefined =>
  incident.assignments.find(a => a.unitId === unitId && !hasEnded(a))
